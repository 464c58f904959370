"""Regulatory T cells: they circulate, enter the tumour, arise there from helper cells, and restrain killing.

Their number in the circulation is held near rest; in the node they compete for IL-2, which ``priming`` describes.
"""

from __future__ import annotations

from coley.model import Context, Mechanism


def regulatory_t_cells(context: Context) -> Mechanism:
    """Regulatory T cells of the circulation and the tumour."""
    meaning = "Regulatory T cells compete for IL-2 and restrain killing in the tumour."
    m = Mechanism("regulatory_t_cells", meaning, context)
    resting = m.parameter("Treg_0", "regulatory T cells of the body at rest")
    death = m.parameter("k_Treg_death", "death rate of regulatory T cells")
    m.parameter("f_induced", "share of primed CD4 T cells that become regulatory")
    rate = m.parameter("q_Treg", "regulatory T cells that enter a volume of tumour, as a share of the body's pool")
    conversion = m.parameter("k_Th_Treg", "rate at which TGF-beta turns helper into regulatory T cells")
    half = m.parameter("Treg_50", "density of regulatory T cells that halves killing")
    volume_T = m.parameter("vol_Tcell", "volume of a T cell")
    S = m.state("Treg_S", "cell", resting, 1e6, "regulatory T cells of blood and tissue")
    T = m.state("Treg_T", "cell", 0, 1e2, "regulatory T cells in the tumour")
    depletion = m.total("deplete_Treg", "1/day", "rate at which drugs deplete regulatory T cells of the tumour")
    m.reaction("renewal", death * resting, {"Treg_S": 1})
    m.reaction("induction", m["f_induced"] * m["output_CD4"], {"Treg_S": 1})
    m.reaction("death_S", death * S, {"Treg_S": -1})
    m.reaction("infiltration", rate * m["V_tumour"] * S, {"Treg_S": -1, "Treg_T": 1})
    m.reaction("conversion", conversion * m["H_TGFb"] * m["Th_T"], {"Th_T": -1, "Treg_T": 1})
    m.reaction("death_T", (death + depletion) * T, {"Treg_T": -1})
    m.rule("Treg_density", "cell/mL", T / m["V_tumour"], "density of regulatory T cells in the tumour")
    m.contribute("immune_volume", volume_T * T)
    m.contribute("restraint", 1 / (1 + m["Treg_density"] / half))
    return m
