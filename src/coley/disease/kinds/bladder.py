"""Carcinoma in situ of the bladder: a flat cancer of the urothelium, which treatment in the bladder reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from coley.disease.disease import Disease, Findings, Floats, Mortal, Observable
from coley.disease.immunity import IMMUNITY
from coley.mechanisms.invasion import invasion
from coley.mechanisms.surface import surface
from coley.mechanisms.survival import survival
from coley.mechanisms.tumour import tumour
from coley.modeling import Context, Mechanism
from coley.streams import Patients, uniforms

MECHANISMS: tuple[Callable[[Context], Mechanism], ...] = (tumour, *IMMUNITY, surface, invasion, survival)
BENIGN, HIGH_GRADE, MUSCLE_INVASIVE = 0.0, 2.0, 3.0


class Bladder(Disease):
    """Carcinoma in situ of the bladder, by cystoscopy, cytology and biopsy."""

    kind: ClassVar[str] = "bladder"
    criteria: ClassVar[str] = "bladder"
    assumptions: ClassVar[tuple[str, ...]] = (
        "All carcinoma in situ of the bladder is one flat lesion, with one local immune response; nodes drain it.",
        "It does not spread; growth into the muscle is a hazard that goes with its area.",
        "Papillary tumours have been resected before and do not come back apart from the carcinoma in situ.",
        "A biopsy is taken where cystoscopy or cytology is suspicious, and finds what is there.",
        "Death is that of the general population: cancer that invades is treated by other means.",
        "Whether the last cells of a clone die out is chance, decided at each visit.",
    )
    clocks: ClassVar[tuple[str, ...]] = ("hazard_death", "hazard_invasion")
    burden: ClassVar[str] = "area"
    diagnosis: ClassVar[str] = "area_diagnosis"

    def mechanisms(self) -> list[Mechanism]:
        """The lesion, the immune system that meets it, and its invasion."""
        return [mechanism(self.context) for mechanism in MECHANISMS]

    def observables(self) -> tuple[Observable, ...]:
        """Area, and immune cells of the bladder."""
        return (
            Observable("area", "Area of carcinoma in situ", "cm^2", "tumour"),
            Observable("C_total", "Living cancer cells", "cell", "tumour"),
            Observable("CD8_S", "Tumour-specific CD8 T cells, circulating", "cell", "immune"),
            Observable("E8_T", "Effector CD8 T cells in the lesion", "cell", "immune"),
            Observable("NK_1", "Natural killer cells in the lesion", "cell", "immune"),
            Observable("IFNg", "Interferon-gamma in the lesion", "picomolar", "immune"),
        )

    def mortals(self) -> tuple[Mortal, ...]:
        """Every clone."""
        return tuple(Mortal(f"C_{clone.name}_1", ("k_growth_1", "k_turnover")) for clone in self.cancer.clones)

    @property
    def watched(self) -> tuple[str, ...]:
        """Area, and the hazard of invasion."""
        return ("area", "hazard_invasion")

    def examine(self, values: Mapping[str, Floats], patients: Patients, visit: int, *, seed: int) -> Findings:
        """Cystoscopy, cytology, and a biopsy of what is suspicious."""
        facts = self.patients
        there = values["area"] >= facts["area_seen"].value
        looked = uniforms(seed, f"cystoscopy {visit}", patients)
        washed = uniforms(seed, f"cytology {visit}", patients)
        invaded = values["hazard_invasion"] >= -np.log1p(-uniforms(seed, "invasion", patients))
        seen = np.where(there, looked < facts["cystoscopy_sensitivity"].value, looked < facts["cystoscopy_false"].value)
        shed = np.where(there, washed < facts["cytology_sensitivity"].value, washed < facts["cytology_false"].value)
        seen = seen | invaded
        grade = np.where(invaded, MUSCLE_INVASIVE, np.where(there, HIGH_GRADE, BENIGN))
        return {
            "carcinoma_in_situ": np.ones(len(there)),
            "cystoscopy": seen.astype(float),
            "cytology": shed.astype(float),
            "biopsy": np.where(seen | shed, grade, np.nan),
            "metastasis": np.zeros(len(there)),
        }
