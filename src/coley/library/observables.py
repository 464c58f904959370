"""What a model shows of itself over time, in the units that people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coley.catalogue.schema import Drug
from coley.model import symbol


@dataclass(frozen=True)
class Observable:
    """A state or rule of the model, shown as ``title`` in ``unit``. ``group`` is "tumour", "immune" or "drug"."""

    name: str
    title: str
    unit: str
    group: str


DISEASE = (
    Observable("V_scan", "Tumour volume on scans", "mL", "tumour"),
    Observable("C_hidden", "Cancer cells low in MHC", "cell", "tumour"),
    Observable("mAPC_N", "Dendritic cells in the node", "cell", "immune"),
    Observable("CD8_S", "Tumour-specific CD8 T cells, circulating", "cell", "immune"),
    Observable("CD8_density", "CD8 T cells in the tumour", "cell/mL", "immune"),
    Observable("E8_T", "Effector CD8 T cells in the tumour", "cell", "immune"),
    Observable("M8", "Memory CD8 T cells", "cell", "immune"),
    Observable("Treg_density", "Regulatory T cells in the tumour", "cell/mL", "immune"),
    Observable("H_PD1", "Inhibition through PD-1", "", "immune"),
    Observable("IFNg", "Interferon-gamma in the tumour", "picomolar", "immune"),
)


def observables(drugs: Sequence[Drug]) -> tuple[Observable, ...]:
    """What to show of the immuno-oncology model with these drugs."""
    serum = (Observable(f"Cp_{symbol(drug)}", f"{drug.title} in plasma", "microgram/mL", "drug") for drug in drugs)
    return (*DISEASE, *serum)


def compartment(drug: Drug, route: str) -> str:
    """The state that a dose of ``drug`` by ``route`` enters.

    That is the central compartment where intravenous or where the drug has no depot, else the depot.
    """
    depot = route != "iv" and drug.pharmacokinetics.absorption is not None
    return f"A{0 if depot else 1}_{symbol(drug)}"
