"""TIGIT: a further brake on the T cells of a tumour, which counts where a drug takes it away.

TIGIT takes the ligands of CD226 from it, and holds T cells that PD-1 holds too: Johnston et al., Cancer Cell 26:923
(2014). Every number of the T cells was found with this brake on. So the mechanism says what its blockade
gains: the function of T cells is 1 with all of TIGIT free and 1 / (1 - h) with none.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def tigit(context: Context) -> Mechanism:
    """Function of T cells by the share of TIGIT that is left free."""
    m = Mechanism("tigit", "TIGIT holds T cells of the tumour beside PD-1.", context)
    held = m.parameter("h_TIGIT", "share of the function of T cells that TIGIT takes")
    free = m.product("free_TIGIT", "share of TIGIT that no drug blocks")
    m.contribute("T_function", (1 - held * free) / (1 - held))
    return m
