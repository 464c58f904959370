"""The immune response to a tumour: the mechanisms that every kind of disease in a tissue shares."""

from __future__ import annotations

from collections.abc import Callable

from coley.mechanisms.antigen_presentation import antigen_presentation
from coley.mechanisms.checkpoint import checkpoint
from coley.mechanisms.cytokines import cytokines
from coley.mechanisms.killing import killing
from coley.mechanisms.myeloid import myeloid
from coley.mechanisms.natural_killer_cells import natural_killer_cells
from coley.mechanisms.priming import priming
from coley.mechanisms.regulatory_t_cells import regulatory_t_cells
from coley.mechanisms.repertoire import repertoire
from coley.mechanisms.t_cells import t_cells
from coley.modeling import Context, Mechanism

IMMUNITY: tuple[Callable[[Context], Mechanism], ...] = (
    antigen_presentation,
    repertoire,
    priming,
    t_cells,
    regulatory_t_cells,
    natural_killer_cells,
    myeloid,
    killing,
    checkpoint,
    cytokines,
)
"""From antigen to killing. They need the lesions of a ``tumour``: its clones, volumes and rates of killing."""
