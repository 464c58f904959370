"""Infection with precancer: healthy people whom exposure infects, some of whom get precancer and cancer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from coley.disease.disease import Disease, Findings, Floats, Mortal, Observable
from coley.mechanisms.antibody import antibody
from coley.mechanisms.infection import infection
from coley.mechanisms.survival import survival
from coley.modeling import Mechanism
from coley.streams import Patients, uniforms

EVENTS = ("infection", "persistence", "CIN2", "CIN3", "cancer")
"""First events, from the commonest to the rarest."""
GRADES = {"CIN2": 2.0, "CIN3": 3.0, "cancer": 4.0}


class Infection(Disease):
    """Infection with papillomavirus and precancer of the cervix. The endpoint is the incidence of first events.

    People begin some years after exposure began: ``time_exposed`` is the burden that grows to enrolment. Some are
    infected by then.
    """

    kind: ClassVar[str] = "infection"
    criteria: ClassVar[str] = "first-infection"
    assumptions: ClassVar[tuple[str, ...]] = (
        "A person's course is a chain of states in continuous time; its chances are followed, events drawn by them.",
        "Exposure is constant over the years; the virus types of one vaccine count as one.",
        "Antibody keeps off new infections alone: those that are there clear, persist and progress as without it.",
        "Who has cleared an infection has the antibody of natural infection, for life.",
        "First events of one person are drawn by one number: who is infected early is the one who gets precancer.",
        "Precancer is not treated, so that first events are counted and nothing after them.",
    )
    clocks: ClassVar[tuple[str, ...]] = ("hazard_death", *(f"hazard_{event}" for event in EVENTS))
    burden: ClassVar[str] = "time_exposed"
    diagnosis: ClassVar[str] = "time_enrolment"

    def mechanisms(self) -> list[Mechanism]:
        """Antibody, infection with its consequences, and death."""
        return [mechanism(self.context) for mechanism in (antibody, infection, survival)]

    def observables(self) -> tuple[Observable, ...]:
        """Chances of each state, and antibody."""
        return (
            Observable("p_virus", "Chance that the virus is found", "percent", "tumour"),
            Observable("p_persistent", "Chance of a persistent infection", "percent", "tumour"),
            Observable("p_CIN2", "Chance of precancer of grade 2", "percent", "tumour"),
            Observable("p_CIN3", "Chance of precancer of grade 3", "percent", "tumour"),
            Observable("p_cancer", "Chance of cancer", "percent", "tumour"),
            Observable("titre", "Antibody, relative to natural infection", "", "immune"),
            Observable("protection", "New infections averted", "percent", "immune"),
        )

    def mortals(self) -> tuple[Mortal, ...]:
        """None: cells are not followed."""
        return ()

    @property
    def watched(self) -> tuple[str, ...]:
        """Hazards of first events, and the chance that the virus is found."""
        return (*(f"hazard_{event}" for event in EVENTS), "p_virus")

    def examine(self, values: Mapping[str, Floats], patients: Patients, visit: int, *, seed: int) -> Findings:
        """A swab for the virus, which first infections there have been, and the worst histology since the start."""
        chance = uniforms(seed, "first events", patients)
        had = {event: values[f"hazard_{event}"] > -np.log1p(-chance) for event in EVENTS}
        worst = np.zeros(len(chance))
        for event, grade in GRADES.items():
            worst = np.where(had[event], grade, worst)
        return {
            "histology": worst,
            "virus": (uniforms(seed, "virus", patients) < values["p_virus"]).astype(float),
            "infection": had["infection"].astype(float),
            "persistent_infection": had["persistence"].astype(float),
        }
