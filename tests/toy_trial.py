"""A trial small enough to be worked by hand: lesions grow at a constant rate, and shrink at another once treated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import symengine

from coley.catalogue import load_catalogue
from coley.disease.kinds.solid import TARGETS, Solid
from coley.facts import Quantity
from coley.modeling import Mechanism, assemble
from coley.pharmacology.agent import Agent
from coley.population import Cohort
from coley.protocol import Arm, Trial, Visits
from coley.regimen import Regimen, parse
from coley.trial.arms import Epoch, Line, Plan
from coley.trial.conduct import History, follow
from coley.trial.settings import RunSettings

DENSITY = 1e9
"""Cells per mL."""
NAMES = ("growth", "shrinkage", "death_rate", "lesion_rate", *(f"organ_{site}" for site in TARGETS))
NEVER = 1e-9


@dataclass(frozen=True)
class Toy(Solid):
    """Lesions of one clone, read without error; everybody comes to every scan."""

    assumptions: ClassVar[tuple[str, ...]] = ()

    @property
    def patients(self) -> Mapping[str, Quantity]:
        """No reading error, no missed scan."""
        facts = dict(super().patients)
        for name in ("reader_error", "scan_missed"):
            facts[name] = facts[name].model_copy(update={"value": 0.0})
        return facts

    def mechanisms(self) -> list[Mechanism]:
        """Cells of each lesion: d(cells)/dt = (growth - shrinkage * drug) * cells, where drug is 0 or 1."""
        m = Mechanism("toy", "Lesions grow, and shrink once treated.", self.context)
        one = {"known": "assumed", "source": "test", "unit": "1/day", "value": 0.0}
        of = {name: m.constant(name, Quantity(**one), name) for name in NAMES[:4]}
        none = Quantity(**{**one, "unit": ""})
        for site in TARGETS:
            m.constant(f"organ_{site}", none, "organ")
        m.constant("rho_cell", Quantity(**{**one, "unit": "1/mL", "value": DENSITY}), "density")
        drug = m.total("drug", "", "whether treated")
        for site in self.sites:
            removal = m.total(f"removal_{site}", "1/day", "surgery")
            cells = m.state(f"C_{self.cancer.clones[0].name}_{site}", "", 0, 1.0, "cells")
            dead = m.state(f"C_dead_{site}", "", 0, 1.0, "dead cells")
            m.state(f"V_fibrosis_{site}", "mL", 0, 1e-3, "fibrosis")
            m.rule(f"C_total_{site}", "", cells + 0, "cells")
            m.rule(f"V_scan_{site}", "mL", cells / symengine.Symbol("rho_cell"), "volume")
            m.reaction(f"growth_{site}", of["growth"] * cells, {f"C_{self.cancer.clones[0].name}_{site}": 1})
            lost = (of["shrinkage"] * drug + removal) * cells
            m.reaction(f"loss_{site}", lost, {f"C_{self.cancer.clones[0].name}_{site}": -1})
            m.reaction(f"clearance_{site}", of["growth"] * dead, {f"C_dead_{site}": -1})
        m.state("hazard_death", "", 0, 1e-3, "hazard")
        m.state("hazard_lesion", "", 0, 1e-3, "hazard")
        m.reaction("death", of["death_rate"], {"hazard_death": 1})
        m.reaction("lesion", of["lesion_rate"], {"hazard_lesion": 1})
        return [m]

    def mortals(self) -> tuple[Any, ...]:
        """None: nothing is left to chance."""
        return ()


@dataclass(frozen=True)
class ToyDrug:
    """A drug that acts for good from its first dose on; or a resection, which takes a lesion out within hours."""

    name: str
    site: str = ""
    infusion: None = None
    classes: tuple[str, ...] = ("toy",)

    @property
    def agent(self) -> Agent:
        """As actions know it."""
        return Agent(self.name, self.name)

    def entry(self, route: str, site: str = "") -> str:
        """Its one state; a resection's is named after the lesion."""
        return f"A_{self.agent.symbol}{'_' + self.site if self.site else ''}"

    def mechanisms(self, context: Any) -> list[Mechanism]:
        """An amount that stays, or that decays at 24/day while it removes e^-20 of the cells."""
        m = Mechanism(f"drug_{self.name}", "A drug.", context)
        day = Quantity(known="assumed", source="test", unit="1/day", value=24.0)
        amount = m.state(self.entry(""), "", 0, 1e-3, "amount")
        if self.site:
            rate = m.constant(f"k_{self.agent.symbol}", day, "decay")
            m.reaction("decay", rate * amount, {self.entry(""): -1})
            m.contribute(f"removal_{self.site}", 20 * rate * amount)
        else:
            m.contribute("drug", symengine.Min(amount, 1))
        return [m]


def disease() -> Toy:
    """The toy disease: the shipped melanoma's facts for patients, with its first clone alone."""
    catalogue = load_catalogue()
    cancer = catalogue.cancer("melanoma")
    return Toy(cancer.model_copy(update={"clones": cancer.clones[:1], "organs": ()}), catalogue.physiology)


def trial(arm: Arm, *, months: float = 12, every: float = 6, **fields: Any) -> Trial:
    """Scans every six weeks on the protocol's days, nobody drops out."""
    given: dict[str, Any] = {"dropout_per_year": 0.0, "follow_up_months": months, "stop_for_harm": True} | fields
    visits = given.pop("visits", Visits(scans=(every,), every=every, jitter_days=0))
    return Trial(name="toy", title="Toy", summary="By hand.", cancer="melanoma", visits=visits, arms=(arm,), **given)


def lines(arm: Arm) -> tuple[Line, ...]:
    """The lines of ``arm``, whose regimens are read as they stand."""

    def regimen(text: str) -> Regimen | None:
        return None if text in ("placebo", "observation") else parse(text)

    texts = [(Epoch.TREATMENT, text) for text in ([arm.regimen] if arm.regimen else [o.regimen for o in arm.choice])]
    texts += [(Epoch.REINDUCTION, arm.reinduction)] if arm.reinduction else []
    texts += [(Epoch.SUBSEQUENT, option.regimen) for option in arm.subsequent]
    return tuple(Line(epoch, text, regimen(text)) for epoch, text in texts)


def cohort(patients: Sequence[Mapping[str, float]]) -> Cohort:
    """Patients, each with ``mm`` (diameter of lesion 1), ``mm_2`` ..., ``mm_R`` and the rates of the toy."""
    clone = disease().cancer.clones[0].name
    rows = []
    for patient in patients:
        row = {"growth": 0.01, "shrinkage": 0.0, "death_rate": NEVER, "lesion_rate": NEVER}
        row |= {name: value for name, value in patient.items() if not name.startswith("mm")}
        for site in (*TARGETS, "R"):
            mm = patient.get("mm" if site == "1" else f"mm_{site}", 0.0)
            row[f"C_{clone}_{site}"] = DENSITY * np.pi / 6 * (mm / 10) ** 3
        rows.append(row)
    n = len(patients)
    people = pd.DataFrame({"WEIGHT": 80.0, "BSA": 2.0, "GFR": 90.0, "AGE": 60.0, "ATTEMPT": 0}, index=range(n))
    start = {name for row in rows for name in row if name.startswith("V_")}
    values = pd.DataFrame(rows, index=range(n)).fillna(dict.fromkeys(start, 0.0))
    return Cohort(people, values, pd.DataFrame(columns=["REASON", "N"]))


def course(
    arm: Arm,
    patients: Sequence[Mapping[str, float]],
    *,
    drugs: Sequence[Any] = (ToyDrug("toy"), ToyDrug("later")),
    seed: int = 1,
    threads: int = 1,
    harms: Sequence[Any] = (),
    cares: Sequence[Any] = (),
    within: Trial | None = None,
) -> History:
    """What becomes of ``patients`` in ``arm``."""
    toy = disease()
    parts = [*toy.mechanisms(), *(part for drug in drugs for part in drug.mechanisms(toy.context))]
    parts += [harm.part(toy.context) for harm in harms]
    named = {drug.name: drug for drug in drugs}
    system = assemble("toy", parts)
    plan = Plan(arm, lines(arm), named, tuple(h.harm for h in harms), tuple(cares), tuple(parts), system)
    protocol = within or trial(arm)
    return follow(protocol, plan, toy, cohort(patients), (), RunSettings(len(patients), seed, threads))


def responses(history: History, patient: int) -> list[str]:
    """Codes of one patient from the first scan after baseline on."""
    return [str(name) for name in history.criteria.names(history.codes[patient])[1:]]


def days(history: History, patient: int, drug: str) -> list[float]:
    """Days on which a patient was given a drug."""
    doses = history.doses
    return sorted(doses[(doses["ID"] == patient) & (doses["DRUG"] == drug)]["TIME"].tolist())


__all__ = ["Toy", "ToyDrug", "cohort", "course", "days", "disease", "lines", "replace", "responses", "trial"]
