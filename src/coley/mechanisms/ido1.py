"""IDO1: an enzyme that takes tryptophan from the T cells of a tumour, which counts where a drug takes it away.

Munn and Mellor, Trends Immunol 34:137 (2013). Every number of the T cells was found with this brake on. So the
mechanism says what its blockade gains: the function of T cells is 1 with all of IDO1 at work and 1 / (1 - h) with none.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def ido1(context: Context) -> Mechanism:
    """Function of T cells by the share of IDO1 that is left at work."""
    m = Mechanism("ido1", "IDO1 takes tryptophan from T cells of the tumour.", context)
    held = m.parameter("h_IDO1", "share of the function of T cells that IDO1 takes")
    free = m.product("free_IDO1", "share of IDO1 that no drug blocks")
    m.contribute("T_function", (1 - held * free) / (1 - held))
    return m
