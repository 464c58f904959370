"""TGF-beta that drugs take away: T cells enter lesions that it kept them out of.

How TGF-beta excludes T cells is part of ``cytokines``; this says what a trap gives back of entry. TGF-beta keeps T
cells in the stroma: Mariathasan et al., Nature 554:544 (2018).
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def tgf_beta(context: Context) -> Mechanism:
    """Entry of T cells by the share of TGF-beta that is left free."""
    m = Mechanism("tgf_beta", "A drug that takes TGF-beta lets T cells enter.", context)
    half = m.parameter("TGFb_50", "TGF-beta for half its effect")
    free = m.product("free_TGFbeta", "share of TGF-beta that no drug takes")
    for site in context.sites:
        there = m[f"TGFb_{site}"]
        m.contribute(f"infiltration_{site}", (there + half) / (there * free + half))
    return m
