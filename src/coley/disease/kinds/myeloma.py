"""Myeloma: plasma cells of the marrow, and the protein in serum by which they are followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from coley.disease.disease import Disease, Findings, Flags, Floats, Mortal, Observable
from coley.mechanisms.haematopoiesis import haematopoiesis
from coley.mechanisms.immunoglobulin import immunoglobulin
from coley.mechanisms.marrow import marrow
from coley.mechanisms.natural_killer_cells import natural_killer_cells
from coley.mechanisms.resident_t_cells import resident_t_cells
from coley.mechanisms.survival import survival
from coley.modeling import REST, Context, Mechanism
from coley.streams import Patients, normals
from coley.units import to_internal

MECHANISMS: tuple[Callable[[Context], Mechanism], ...] = (
    marrow,
    immunoglobulin,
    haematopoiesis,
    resident_t_cells,
    natural_killer_cells,
    survival,
)
PER_DECILITRE = 0.1
"""From mg/mL to g/dL; from mg/mL to mg/dL it is a thousand times that."""
_SERUM = ("V_IgG", "FLC_secretion", "k_FLC_loss")


class Myeloma(Disease):
    """Multiple myeloma that secretes IgG, by the criteria of the International Myeloma Working Group."""

    kind: ClassVar[str] = "myeloma"
    criteria: ClassVar[str] = "imwg"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Marrow is one well-mixed site, blood another; there are no plasmacytomas and no lesions of bone.",
        "Every cancerous plasma cell secretes IgG kappa; no light chains go into urine.",
        "IgG is broken down at one rate whatever its concentration; light chains are at quasi-steady state.",
        "Normal plasma cells bear what the cancer bears, and are killed with it.",
        "The patient's own T cells do not see the myeloma; drugs can turn them on it.",
        "Death is a hazard that follows the number of plasma cells.",
        "Whether the last cells of a clone die out is chance, decided at each visit.",
    )
    clocks: ClassVar[tuple[str, ...]] = ("hazard_death",)
    burden: ClassVar[str] = "C_total"
    diagnosis: ClassVar[str] = "C_diagnosis"

    @property
    def sites(self) -> tuple[str, ...]:
        """Marrow, then blood."""
        return ("1", REST)

    def mechanisms(self) -> list[Mechanism]:
        """Plasma cells and their protein, normal blood formation, and the T and NK cells of blood and marrow."""
        return [mechanism(self.context) for mechanism in MECHANISMS]

    def observables(self) -> tuple[Observable, ...]:
        """Plasma cells, M-protein, normal immunoglobulin and blood counts."""
        return (
            Observable("M_serum", "M-protein in serum", "g/dL", "tumour"),
            Observable("FLC_involved", "Involved free light chains", "mg/dL", "tumour"),
            Observable("cancer_share", "Plasma cells of the marrow", "percent", "tumour"),
            Observable("C_total", "Living myeloma cells", "cell", "tumour"),
            Observable("IgG_serum", "Normal IgG in serum", "g/dL", "immune"),
            Observable("neutrophils", "Neutrophils", "cell/microliter", "immune"),
            Observable("CD8_T_1", "CD8 T cells of the marrow", "cell", "immune"),
        )

    def mortals(self) -> tuple[Mortal, ...]:
        """Every clone in the marrow."""
        return tuple(
            Mortal(f"C_{clone.name}_1", ("k_growth", "k_release", "k_turnover")) for clone in self.cancer.clones
        )

    @property
    def watched(self) -> tuple[str, ...]:
        """Protein in serum, plasma cells of marrow and blood."""
        return ("M_serum", "FLC_involved", "FLC_other", "cancer_share", "C_per_blood", "plasma_cells")

    def measurable(self, candidates: pd.DataFrame) -> Flags:
        """Whether serum has M-protein, or light chains, enough to follow."""
        facts = self.patients
        known = {name: candidates[name] if name in candidates else self._fixed(name) for name in _SERUM}
        protein = candidates["M_protein"] / known["V_IgG"]
        cells = sum(candidates[f"C_{clone.name}_{site}"] for clone in self.cancer.clones for site in self.sites)
        chains = known["FLC_secretion"] * cells / (known["k_FLC_loss"] * known["V_IgG"])
        enough = protein * PER_DECILITRE >= facts["M_followed"].value
        light = 1000 * PER_DECILITRE * chains >= facts["FLC_followed"].value
        return np.asarray(enough | light)

    def _fixed(self, name: str) -> float:
        quantity = self.context.quantity(name)
        return quantity.value * to_internal(quantity.unit)

    def examine(self, values: Mapping[str, Floats], patients: Patients, visit: int, *, seed: int) -> Findings:
        """Electrophoresis, immunofixation and free light chains of serum, and a marrow sample with MRD."""
        facts = self.patients
        share = values["cancer_share"]
        error = np.exp(facts["protein_error"].value * normals(seed, f"serum {visit}", patients))
        count = np.exp(facts["count_error"].value * normals(seed, f"marrow {visit}", patients))
        protein = values["M_serum"] * PER_DECILITRE
        normal = (1 - share) * values["plasma_cells"] / self.context.quantity("marrow_cells").value
        return {
            "serum_m_protein": np.where(protein < facts["M_measured"].value, 0.0, protein * error),
            "urine_m_protein": np.zeros_like(protein),
            "flc_kappa": 1000 * PER_DECILITRE * values["FLC_involved"],
            "flc_lambda": 1000 * PER_DECILITRE * values["FLC_other"],
            "immunofixation": (protein >= facts["M_fixed"].value).astype(float),
            "marrow_plasma_cells": np.minimum(100 * (share + normal) * count, 100.0),
            "clonal_plasma_cells": (share >= facts["clone_found"].value).astype(float),
            "mrd": np.where(share < facts["MRD_limit"].value, 0.0, np.minimum(share * count, 1.0)),
            "circulating_plasma_cells": values["C_per_blood"] / 1000,
        }
