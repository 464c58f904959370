"""Lymphoma of nodes: node by node on scans, with spleen and marrow in the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from coley.disease.disease import Findings, Observable
from coley.disease.immunity import IMMUNITY
from coley.disease.kinds.solid import Floats, Solid, diameter
from coley.mechanisms.b_cells import b_cells
from coley.mechanisms.imaging import imaging
from coley.mechanisms.metastasis import metastasis
from coley.mechanisms.survival import survival
from coley.mechanisms.tumour import tumour
from coley.modeling import REST, Context, Mechanism
from coley.streams import Patients, normal_rows, uniforms

MECHANISMS: tuple[Callable[[Context], Mechanism], ...] = (
    tumour,
    *IMMUNITY,
    b_cells,
    imaging,
    metastasis,
    survival,
)


class Nodal(Solid):
    """Lymphoma of nodes, by the Lugano classification with PET-CT."""

    kind: ClassVar[str] = "nodal"
    criteria: ClassVar[str] = "lugano-2014"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Up to three nodes are followed one by one; spleen, marrow and all other nodes together as one more.",
        "Nodes are spheroids, of normal size where hardly any lymphoma is left, and not seen where none is.",
        "PET is made at the baseline and where CT shows no large node: there CT decides, as nodes that grow progress.",
        "Uptake of glucose goes with living lymphoma cells, blurred where they are few; inflammation takes up none.",
        "A fixed share of the rest is in the spleen; the marrow is involved in a share of patients.",
        "Normal B cells bear what the lymphoma bears, and are killed with it.",
        "A new lesion and death are hazards that follow tumour burden and its control.",
        "Whether the last cells of a clone in a node die out is chance, decided at each visit.",
    )
    targets: ClassVar[tuple[str, ...]] = ("1", "2", "3")

    def mechanisms(self) -> list[Mechanism]:
        """The lymphoma, the immune system that meets it, and the normal B cells beside it."""
        return [mechanism(self.context) for mechanism in MECHANISMS]

    def observables(self) -> tuple[Observable, ...]:
        """Those of a tumour, and normal B cells."""
        return (*super().observables(), Observable("B_share", "Normal B cells, relative to health", "", "immune"))

    @property
    def watched(self) -> tuple[str, ...]:
        """Volumes of the nodes, and the living cells in them."""
        return (*(f"{name}_{site}" for name in ("V_scan", "C_total") for site in self.sites),)

    def examine(self, values: Mapping[str, Floats], patients: Patients, visit: int, *, seed: int) -> Findings:
        """Both diameters of nodes and the length of the spleen in whole mm, marrow, and PET where one is made.

        One is made at the baseline and, later, where no node is so long that CT tells enough.
        """
        facts = self.patients
        volume = np.stack([values[f"V_scan_{site}"] for site in self.targets], axis=1)
        deviates = normal_rows(seed, f"scan {visit}", patients, len(self.targets))
        error = np.exp(facts["reader_error"].value * deviates)
        axis = np.sqrt(facts["node_axes"].value)
        node = diameter(volume + facts["V_node_normal"].value)
        seen = diameter(volume) >= facts["smallest_lesion"].value
        size = np.where(seen, node * error, 0.0)
        rest = values[f"V_scan_{REST}"]
        longest, shortest = np.round(size * axis), np.round(size / axis)
        made = (longest.max(axis=1) <= facts["PET_longest"].value) | (visit == 0)
        uptake = self._uptake(values)
        others = diameter(rest)
        return {
            "longest_diameters": longest,
            "shortest_diameters": shortest,
            "diameters": shortest,
            "nodal": np.ones_like(shortest),
            "rest": np.where(others < facts["smallest_lesion"].value, 0.0, others),
            "spleen_length": np.round(self._spleen(rest)),
            "marrow": self._marrow(values[f"C_total_{REST}"], patients, seed),
            "deauville": np.where(made, self._deauville(uptake), np.nan),
            "uptake": np.where(made, uptake, np.nan),
        }

    def _spleen(self, rest: Floats) -> Floats:
        """Length in mm, which goes with the cube root of volume."""
        facts = self.patients
        normal = facts["V_spleen"].value
        swollen = np.cbrt(1 + facts["spleen_share"].value * np.maximum(rest, 0.0) / normal)
        return np.asarray(facts["spleen_length"].value * swollen)

    def _marrow(self, cells: Floats, patients: Patients, seed: int) -> Floats:
        """1 where a biopsy shows lymphoma: in patients whose marrow is involved, while cells can be found."""
        facts = self.patients
        involved = uniforms(seed, "marrow involved", patients) < facts["marrow_involved"].value
        return np.asarray(involved & (cells >= facts["marrow_found"].value), dtype=float)

    def _uptake(self, values: Mapping[str, Floats]) -> Floats:
        """SUVmax of the hottest site, where few living cells are blurred by what is around them."""
        facts, density = self.patients, self.cancer.parameters["rho_cell"].value
        living = np.max([values[f"C_total_{site}"] for site in self.sites], axis=0) / density
        bright = living / (living + facts["V_blur"].value)
        return np.asarray(facts["SUV_background"].value + facts["SUV_lymphoma"].value * bright)

    def _deauville(self, uptake: Floats) -> Floats:
        """Deauville score: 1 background, 2 up to mediastinum, 3 up to liver, 4 above it, 5 at three times liver."""
        facts = self.patients
        liver = facts["SUV_liver"].value
        limits = [facts["SUV_background"].value * 1.05, facts["SUV_mediastinum"].value, liver, 3 * liver]
        return np.asarray(1.0 + np.searchsorted(limits, uptake, side="left"))
