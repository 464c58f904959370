"""Regulatory T cells: they circulate, enter lesions and restrain killing.

Their number in the circulation is held near rest; in the node they compete for IL-2, which ``priming`` describes.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def regulatory_t_cells(context: Context) -> Mechanism:
    """Regulatory T cells of the circulation and of each lesion."""
    meaning = "Regulatory T cells compete for IL-2 and restrain killing in the tumour."
    m = Mechanism("regulatory_t_cells", meaning, context)
    resting = m.parameter("Treg_0", "regulatory T cells of the body at rest")
    death = m.parameter("k_Treg_death", "death rate of regulatory T cells")
    induced = m.parameter("f_induced", "share of primed CD4 T cells that become regulatory")
    half = m.parameter("Treg_50", "density of regulatory T cells that halves killing")
    volume_T = m.parameter("vol_Tcell", "volume of a T cell")
    depletion = m.total("deplete_Treg", "1/day", "rate at which drugs deplete regulatory T cells of the tumour")
    pool = m.state("Treg_S", "cell", resting, 1e6, "regulatory T cells of blood and tissue")
    m.reaction("renewal", death * resting, {"Treg_S": 1})
    m.reaction("induction", induced * m["output_CD4"], {"Treg_S": 1})
    m.reaction("death", (death + m["deplete_T"]) * pool, {"Treg_S": -1})
    rate = m.parameter("q_Treg", "regulatory T cells that enter a volume of tumour, as a share of the body's pool")
    for site in context.sites:
        inside = m.state(f"Treg_{site}", "cell", 0, 1e2, f"regulatory T cells, site {site}")
        entry = rate * m[f"V_{site}"] * m[f"stroma_{site}"] * pool
        m.reaction(f"infiltration_{site}", entry, {"Treg_S": -1, f"Treg_{site}": 1})
        m.reaction(f"death_{site}", (death + depletion + m[f"removal_{site}"]) * inside, {f"Treg_{site}": -1})
        m.contribute(f"immune_volume_{site}", volume_T * inside)
        m.contribute(f"restraint_{site}", 1 / (1 + inside / (half * m[f"V_{site}"])))
    found = sum(m[f"Treg_{site}"] for site in context.sites)
    m.rule("Treg_density", "cell/mL", found / m["V_tumour"], "density of regulatory T cells in all lesions")
    return m
