"""Superficial cancer of the skin: a flat lesion that a cream reaches, judged by eye and by biopsy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from coley.disease.disease import Disease, Findings, Floats, Mortal, Observable
from coley.disease.immunity import IMMUNITY
from coley.mechanisms.surface import surface
from coley.mechanisms.survival import survival
from coley.mechanisms.tumour import tumour
from coley.modeling import Context, Mechanism
from coley.streams import Patients, normals

MECHANISMS: tuple[Callable[[Context], Mechanism], ...] = (tumour, *IMMUNITY, surface, survival)
CLEAR, HIGH = 0.0, 3.0
SQUARE_MM = 100.0  # in a cm²


class Skin(Disease):
    """Superficial cancer of the skin, by histological clearance."""

    kind: ClassVar[str] = "skin"
    criteria: ClassVar[str] = "histological-clearance"
    assumptions: ClassVar[tuple[str, ...]] = (
        "One flat lesion is followed, with one local immune response; nodes drain it.",
        "It does not spread and nobody dies of it.",
        "A biopsy finds cancer from the smallest number of cells that its sections meet.",
        "Redness hides nothing and shows nothing: the area seen is that of cancer cells.",
        "Whether the last cells of a clone die out is chance, decided at each visit.",
    )
    clocks: ClassVar[tuple[str, ...]] = ("hazard_death",)
    burden: ClassVar[str] = "area"
    diagnosis: ClassVar[str] = "area_diagnosis"

    def mechanisms(self) -> list[Mechanism]:
        """The lesion, and the immune system that meets it."""
        return [mechanism(self.context) for mechanism in MECHANISMS]

    def observables(self) -> tuple[Observable, ...]:
        """Area, and immune cells of the lesion."""
        return (
            Observable("area", "Area of the lesion", "cm^2", "tumour"),
            Observable("C_total", "Living cancer cells", "cell", "tumour"),
            Observable("CD8_S", "Tumour-specific CD8 T cells, circulating", "cell", "immune"),
            Observable("E8_T", "Effector CD8 T cells in the lesion", "cell", "immune"),
            Observable("IFNg", "Interferon-gamma in the lesion", "picomolar", "immune"),
        )

    def mortals(self) -> tuple[Mortal, ...]:
        """Every clone."""
        return tuple(Mortal(f"C_{clone.name}_1", ("k_growth_1", "k_turnover")) for clone in self.cancer.clones)

    @property
    def watched(self) -> tuple[str, ...]:
        """Area, and living cells."""
        return ("area", "C_total")

    def examine(self, values: Mapping[str, Floats], patients: Patients, visit: int, *, seed: int) -> Findings:
        """A biopsy, and the area that is seen."""
        facts = self.patients
        error = np.exp(facts["reader_error"].value * normals(seed, f"skin {visit}", patients))
        area = values["area"]
        return {
            "histology": np.where(values["C_total"] >= facts["cells_found"].value, HIGH, CLEAR),
            "lesions": np.where(area < facts["area_seen"].value, 0.0, SQUARE_MM * area * error),
        }
