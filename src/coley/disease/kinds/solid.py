"""Solid tumours: lesions that are scanned one by one, and the rest together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

from coley.disease.disease import Disease, Findings, Mortal, Observable
from coley.disease.immunity import IMMUNITY
from coley.mechanisms.imaging import imaging
from coley.mechanisms.metastasis import metastasis
from coley.mechanisms.survival import survival
from coley.mechanisms.tumour import tumour
from coley.modeling import REST, Context, Mechanism
from coley.streams import Patients, normal_rows, uniforms

Floats = NDArray[np.float64]
TARGETS = ("1", "2", "3", "4")
"""Lesions that are followed and measured one by one; RECIST 1.1 measures five at most, of which most patients have
fewer (Hillman et al. 2009: 16 % four or five)."""

MECHANISMS: tuple[Callable[[Context], Mechanism], ...] = (
    tumour,
    *IMMUNITY,
    imaging,
    metastasis,
    survival,
)


class Solid(Disease):
    """Advanced solid tumours, by RECIST 1.1."""

    kind: ClassVar[str] = "solid"
    criteria: ClassVar[str] = "recist-1.1"
    assumptions: ClassVar[tuple[str, ...]] = (
        "Up to four lesions are followed one by one, all others together as one more; all share blood, nodes and drug.",
        "Blood and peripheral tissue hold one well-mixed pool of T cells; cytokines are at quasi-steady state.",
        "A new lesion and death are hazards that follow tumour burden and its control.",
        "Whether the last cells of a clone in a lesion die out is chance, decided at each visit.",
    )
    clocks: ClassVar[tuple[str, ...]] = ("hazard_death", "hazard_lesion")
    burden: ClassVar[str] = "V_scan"
    diagnosis: ClassVar[str] = "V_diagnosis"
    targets: ClassVar[tuple[str, ...]] = TARGETS
    visible: ClassVar[str] = "smallest_lesion"
    """Name of the quantity, among those of the patients, that is the smallest diameter a scan shows."""

    @property
    def sites(self) -> tuple[str, ...]:
        """Target lesions, then the rest."""
        return (*self.targets, REST)

    def mechanisms(self) -> list[Mechanism]:
        """The tumour, and the immune system that meets it."""
        return [mechanism(self.context) for mechanism in MECHANISMS]

    def start(self, patients: Patients, *, seed: int, attempt: int) -> Mapping[str, Floats]:
        """How many lesions a patient has: one target or more, and with some chance others."""
        facts = self.patients
        more = (facts["n_targets"].value - 1) / (len(self.targets) - 1)
        number = 1 + binom.ppf(uniforms(seed, "target lesions", patients, attempt), len(self.targets) - 1, more)
        there = {f"C_seed_{site}": (k < number).astype(float) for k, site in enumerate(self.targets)}
        others = uniforms(seed, "other lesions", patients, attempt) < facts["rest"].value
        return {**there, f"C_seed_{REST}": others.astype(float), **self._organs(patients, seed, attempt)}

    def _organs(self, patients: Patients, seed: int, attempt: int) -> dict[str, Floats]:
        """In which organ each lesion is, and what is different there."""
        organs = self.cancer.organs
        bounds = np.cumsum([organ.share.value for organ in organs])[:-1]
        changed: dict[str, Floats] = {}
        for site in self.targets:
            place = np.searchsorted(bounds, uniforms(seed, f"organ {site}", patients, attempt), side="right")
            changed[f"organ_{site}"] = place.astype(float)
            for name in sorted({name for organ in organs for name in organ.factors}):
                factor = [organ.factors[name].value if name in organ.factors else 1.0 for organ in organs]
                changed[f"{name}_{site}"] = np.array(factor)[place]
        return changed

    def arranged(self, patients: pd.DataFrame) -> pd.DataFrame:
        """Lesions numbered from the largest down."""
        cells = [[f"C_{clone.name}_{site}" for clone in self.cancer.clones] for site in self.targets]
        size = np.stack([patients[names].sum(axis=1).to_numpy() for names in cells], axis=1)
        order = np.argsort(-size, axis=1, kind="stable")
        suffix = f"_{self.targets[0]}"
        of_lesions = [name.removesuffix(suffix) for name in map(str, patients) if name.endswith(suffix)]
        sorted_ = patients.copy()
        for base in of_lesions:
            names = [f"{base}_{site}" for site in self.targets]
            sorted_[names] = np.take_along_axis(patients[names].to_numpy(), order, axis=1)
        return sorted_

    def observables(self) -> tuple[Observable, ...]:
        """Burden, and immune cells of blood, node and tumour."""
        return (
            Observable("V_scan", "Tumour volume on scans", "mL", "tumour"),
            Observable("C_total", "Living cancer cells", "cell", "tumour"),
            Observable("mAPC_N", "Dendritic cells in the node", "cell", "immune"),
            Observable("CD8_S", "Tumour-specific CD8 T cells, circulating", "cell", "immune"),
            Observable("CD8_section", "CD8 T cells in sections of the tumour", "cell/mm^2", "immune"),
            Observable("E8_T", "Effector CD8 T cells in the tumour", "cell", "immune"),
            Observable("M8", "Memory CD8 T cells", "cell", "immune"),
            Observable("Treg_density", "Regulatory T cells in the tumour", "cell/mL", "immune"),
            Observable("H_PD1", "Inhibition through PD-1", "", "immune"),
            Observable("IFNg", "Interferon-gamma in the tumour", "picomolar", "immune"),
        )

    def mortals(self) -> tuple[Mortal, ...]:
        """Every clone of every lesion."""
        return tuple(
            Mortal(f"C_{clone.name}_{site}", (f"k_growth_{site}", "k_turnover"))
            for site in self.sites
            for clone in self.cancer.clones
        )

    @property
    def watched(self) -> tuple[str, ...]:
        """Volumes of the lesions as scans show them, and the hazard of a new one."""
        organs = (f"organ_{site}" for site in self.targets)
        return (*(f"V_scan_{site}" for site in self.sites), *organs, "hazard_lesion")

    def examine(self, values: Mapping[str, Floats], patients: Patients, visit: int, *, seed: int) -> Findings:
        """Diameters in whole mm, 0 where a lesion is gone; which are of nodes; and all other lesions, as one sphere."""
        true = np.stack([diameter(values[f"V_scan_{site}"]) for site in self.targets], axis=1)
        facts = self.patients
        deviates = normal_rows(seed, f"scan {visit}", patients, len(self.targets))
        read = np.round(true * np.exp(facts["reader_error"].value * deviates))
        smallest = facts[self.visible].value
        place = np.stack([values[f"organ_{site}"] for site in self.targets], axis=1).astype(int)
        nodal = np.array([organ.nodal for organ in self.cancer.organs] or [False])[place]
        node = np.where(true > _CELL_MM, np.maximum(read, facts["normal_node"].value), 0.0)
        rest = diameter(values[f"V_scan_{REST}"])
        return {
            "diameters": np.where(nodal, node, np.where(true < smallest, 0.0, read)),
            "nodal": nodal.astype(float),
            "rest": np.where(rest < smallest, 0.0, rest),
        }


_CELL_MM = 0.1
"""A diameter below which there is no lesion: empty sites keep the volume of one cell."""


def diameter(volume: Floats) -> Floats:
    """Diameter in mm of a sphere of ``volume`` in mL."""
    return np.asarray(10.0 * np.cbrt(6.0 / np.pi * np.maximum(volume, 0.0)))
