"""The immuno-oncology model: a cancer, the immune system that meets it, and what each drug of a treatment adds."""

from __future__ import annotations

from collections.abc import Callable

from coley.catalogue.schema import Drug
from coley.mechanisms.antigen_presentation import antigen_presentation
from coley.mechanisms.checkpoint import checkpoint
from coley.mechanisms.chemotherapy import chemotherapy
from coley.mechanisms.cytokines import cytokines
from coley.mechanisms.killing import killing
from coley.mechanisms.myeloid import myeloid
from coley.mechanisms.pharmacokinetics import pharmacokinetics
from coley.mechanisms.priming import priming
from coley.mechanisms.receptor_blockade import receptor_blockade
from coley.mechanisms.regulatory_t_cells import regulatory_t_cells
from coley.mechanisms.repertoire import repertoire
from coley.mechanisms.scar import scar
from coley.mechanisms.spread import spread
from coley.mechanisms.survival import survival
from coley.mechanisms.t_cells import t_cells
from coley.mechanisms.tumour import tumour
from coley.model import Context, Mechanism

DISEASE: tuple[Callable[[Context], Mechanism], ...] = (
    tumour,
    antigen_presentation,
    repertoire,
    priming,
    t_cells,
    regulatory_t_cells,
    killing,
    checkpoint,
    cytokines,
    myeloid,
    scar,
    spread,
    survival,
)
"""What every model of a cancer has."""

TREATMENT: dict[str, tuple[Callable[[Context, Drug], Mechanism], ...]] = {
    "antibody": (pharmacokinetics, receptor_blockade),
    "cytotoxic": (pharmacokinetics, chemotherapy),
    "vaccine": (pharmacokinetics,),
}
"""What a drug adds, by its modality."""


def immuno_oncology(context: Context) -> list[Mechanism]:
    """The mechanisms of a cancer and of every drug in the context."""
    mechanisms = [mechanism(context) for mechanism in DISEASE]
    mechanisms += [mechanism(context, drug) for drug in context.drugs for mechanism in TREATMENT[drug.modality]]
    return mechanisms
