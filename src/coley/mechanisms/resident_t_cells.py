"""Resident T cells: CD8 T cells of blood and marrow, whatever they see; drugs can turn them on a cancer.

They are there whether or not cancer is, so that few cancer cells meet many of them. By themselves they do not see it.
"""

from __future__ import annotations

from coley.modeling import REST, Context, Mechanism


def resident_t_cells(context: Context) -> Mechanism:
    """CD8 T cells of the body, of the marrow (site 1) and of blood (the rest)."""
    meaning = "CD8 T cells are found in blood and marrow, where drugs can turn them on a cancer."
    m = Mechanism("resident_t_cells", meaning, context)
    resting = m.parameter("CD8_0", "CD8 T cells of the body at rest")
    turnover = m.parameter("k_CD8_turnover", "turnover of CD8 T cells")
    m.product("T_function", "what drugs leave of the function of T cells, 1 for all")
    loss = m.total("deplete_T", "1/day", "rate at which drugs deplete circulating T cells")
    pool = m.state("CD8_pool", "cell", resting, 1e6, "CD8 T cells of blood and tissue")
    m.reaction("renewal", turnover * resting, {"CD8_pool": 1})
    m.reaction("death", (turnover + loss) * pool, {"CD8_pool": -1})
    for site, place in (("1", "marrow"), (REST, "blood")):
        density = m.parameter(f"CD8_{place}", f"CD8 T cells per volume of {place}")
        m.rule(f"CD8_T_{site}", "cell", density * m[f"V_{site}"] * pool / resting, f"CD8 T cells of the {place}")
    return m
