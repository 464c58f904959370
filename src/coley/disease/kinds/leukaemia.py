"""Acute leukaemia: blasts of marrow and blood, and the normal blood cells that they crowd out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from coley.disease.disease import Disease, Findings, Floats, Mortal, Observable
from coley.mechanisms.b_cells import b_cells
from coley.mechanisms.haematopoiesis import haematopoiesis
from coley.mechanisms.marrow import marrow
from coley.mechanisms.natural_killer_cells import natural_killer_cells
from coley.mechanisms.resident_t_cells import resident_t_cells
from coley.mechanisms.survival import survival
from coley.modeling import REST, Context, Mechanism
from coley.streams import Patients, normals

MECHANISMS: tuple[Callable[[Context], Mechanism], ...] = (
    marrow,
    haematopoiesis,
    resident_t_cells,
    natural_killer_cells,
    b_cells,
    survival,
)
PER_BLOOD = 1e-6
"""From cells per mL to 10⁹ per litre."""


class Leukaemia(Disease):
    """Acute leukaemia, by blasts, blood counts and measurable residual disease (MRD)."""

    kind: ClassVar[str] = "leukaemia"
    criteria: ClassVar[str] = "acute-leukaemia"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Marrow is one well-mixed site, blood another; blasts divide in the marrow alone, and are nowhere else.",
        "The patient's own T cells do not see the leukaemia; drugs can turn them on it.",
        "Normal cells need room in the marrow, and come back as blasts go; no transfusion is given.",
        "Normal B cells bear what the blasts bear, and are killed with them.",
        "Death is a hazard that follows the number of blasts.",
        "Whether the last cells of a clone die out is chance, decided at each visit.",
    )
    clocks: ClassVar[tuple[str, ...]] = ("hazard_death",)
    burden: ClassVar[str] = "cancer_share"
    diagnosis: ClassVar[str] = "blasts_diagnosis"

    @property
    def sites(self) -> tuple[str, ...]:
        """Marrow, then blood."""
        return ("1", REST)

    def mechanisms(self) -> list[Mechanism]:
        """Blasts, normal blood formation, and the T, NK and B cells of blood and marrow."""
        return [mechanism(self.context) for mechanism in MECHANISMS]

    def observables(self) -> tuple[Observable, ...]:
        """Blasts, blood counts and lymphocytes."""
        return (
            Observable("cancer_share", "Blasts of the marrow", "percent", "tumour"),
            Observable("C_per_blood", "Blasts in blood", "cell/microliter", "tumour"),
            Observable("C_total", "Living leukaemia cells", "cell", "tumour"),
            Observable("neutrophils", "Neutrophils", "cell/microliter", "immune"),
            Observable("platelets", "Platelets", "cell/microliter", "immune"),
            Observable("CD8_T_1", "CD8 T cells of the marrow", "cell", "immune"),
            Observable("B_share", "Normal B cells, relative to health", "", "immune"),
        )

    def mortals(self) -> tuple[Mortal, ...]:
        """Every clone in the marrow; those of blood live for days."""
        return tuple(
            Mortal(f"C_{clone.name}_1", ("k_growth", "k_release", "k_turnover")) for clone in self.cancer.clones
        )

    @property
    def watched(self) -> tuple[str, ...]:
        """Share of blasts, and counts in blood."""
        return ("cancer_share", "C_per_blood", "neutrophils", "platelets")

    def examine(self, values: Mapping[str, Floats], patients: Patients, visit: int, *, seed: int) -> Findings:
        """A marrow sample (blasts by microscope, MRD by flow cytometry) and a blood count."""
        facts = self.patients
        share = values["cancer_share"]
        error = np.exp(facts["count_error"].value * normals(seed, f"marrow {visit}", patients))
        # healthy marrow has some blasts too, which a microscope does not tell from leukaemia
        healthy = facts["blasts_normal"].value
        blood = values["C_per_blood"] * PER_BLOOD
        return {
            "marrow_blasts": np.minimum(100 * (share + healthy * (1 - share)) * error, 100.0),
            "blood_blasts": np.where(blood < facts["blasts_seen"].value, 0.0, blood),
            "neutrophils": values["neutrophils"] * PER_BLOOD,
            "platelets": values["platelets"] * PER_BLOOD,
            "mrd": np.where(share < facts["MRD_limit"].value, 0.0, np.minimum(share * error, 1.0)),
        }
