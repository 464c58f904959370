"""LAG-3: a second brake on the T cells of a tumour, which counts where a drug takes it away.

LAG-3 binds MHC class II and FGL1, and holds division and killing of T cells that PD-1 holds too: Woo et al., Cancer Res
72:917 (2012). Every number of the T cells was found with this brake on. So the mechanism says what its blockade
gains: the function of T cells is 1 with all of LAG-3 free and 1 / (1 - h) with none.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def lag3(context: Context) -> Mechanism:
    """Function of T cells by the share of LAG-3 that is left free."""
    m = Mechanism("lag3", "LAG-3 holds T cells of the tumour beside PD-1.", context)
    held = m.parameter("h_LAG3", "share of the function of T cells that LAG-3 takes")
    free = m.product("free_LAG3", "share of LAG-3 that no drug blocks")
    m.contribute("T_function", (1 - held * free) / (1 - held))
    return m
