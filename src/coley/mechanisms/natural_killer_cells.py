"""Natural killer (NK) cells: a pool in blood and tissue, and those in each lesion, in balance with it."""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def natural_killer_cells(context: Context) -> Mechanism:
    """NK cells of the body and of each lesion."""
    m = Mechanism("natural_killer_cells", "Natural killer cells circulate and are found in tumours.", context)
    resting = m.parameter("NK_0", "NK cells of the body at rest")
    death = m.parameter("k_NK_death", "turnover of NK cells")
    density = m.parameter("NK_density", "NK cells per volume of tumour at rest")
    growth = m.total("expand_NK", "1/day", "rate at which cytokines and drugs make NK cells divide")
    pool = m.state("NK_S", "cell", resting, 1e6, "NK cells of blood and tissue")
    m.reaction("renewal", death * resting, {"NK_S": 1})
    m.reaction("division", growth * pool, {"NK_S": 1})
    m.reaction("death", (death + m["deplete_T"]) * pool, {"NK_S": -1})
    for site in context.sites:
        present = density * m[f"V_{site}"] * pool / resting
        m.rule(f"NK_{site}", "cell", present, f"NK cells, site {site}")
    return m
