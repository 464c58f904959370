"""Killing of cancer cells by effector CD8 T cells and natural killer cells.

Double saturation: few killers are limited by how fast each kills, many by how many targets there are; De Boer and
Perelson, J Theor Biol 175:567 (1995). A cytotoxic T cell kills 2 to 16 cells a day in vivo: Halle et al., Immunity
44:233 (2016). Natural killer cells kill what lacks MHC class I: Karre et al., Nature 319:675 (1986).
"""

from __future__ import annotations

import symengine

from coley.modeling import Context, Mechanism


def killing(context: Context) -> Mechanism:
    """Rates at which T cells and natural killer cells kill the cells of each clone."""
    m = Mechanism("killing", "CD8 T cells kill cells that present antigen, NK cells those that do not.", context)
    rate = m.parameter("k_kill", "cancer cells that one effector T cell kills per time where targets abound")
    NK_rate = m.parameter("k_kill_NK", "cancer cells that one NK cell kills per time where all lack MHC")
    spared = m.parameter("p_MHC", "killing by NK cells of cells with MHC, relative to those without")
    most = m.parameter("h_PD1_kill", "share of the killing by an effector cell that PD-1 can inhibit")
    one = m["C_one"]
    for site in context.sites:
        E, C, NK = m[f"E8_{site}"], m[f"C_total_{site}"], m[f"NK_{site}"]
        restraint = m.product(f"restraint_{site}", "what suppressive cells leave of killing, 1 for all")
        strength = rate * (1 - most * m[f"H_PD1_{site}"]) * restraint * m["T_function"] * E / (E + C + one)
        T = m.rule(f"kill_T_{site}", "1/day", strength, f"rate at which T cells kill a cell that presents, site {site}")
        alone = m.rule(
            f"kill_NK_{site}",
            "1/day",
            NK_rate * restraint * NK / (NK + C + one),
            f"rate at which NK cells kill a cell without MHC, site {site}",
        )
        for clone in context.clones:
            presents = symengine.Integer(1)
            if clone.mhc is not None:
                presents = m.constant(f"mhc_{clone.name}", clone.mhc, f"antigen that {clone.meaning} present")
            missing = 1 - (1 - spared) * presents
            m.contribute(f"kill_{clone.name}_{site}", presents * T + missing * alone)
    return m
