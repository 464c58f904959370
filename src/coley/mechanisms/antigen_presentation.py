"""Antigen presentation: dying cancer cells mature dendritic cells, which carry antigen to the draining lymph nodes.

Antigen-presenting cells (APC, mature mAPC) as in Jafarnejad et al., AAPS Journal 21:79 (2019); antigen is not followed
within them: how many antigens there are scales priming.
"""

from __future__ import annotations

from coley.model import Context, Mechanism


def antigen_presentation(context: Context) -> Mechanism:
    """Immature dendritic cells of the tumour, and mature ones of tumour and draining nodes."""
    meaning = "Dying cancer cells mature dendritic cells, which migrate to draining nodes."
    m = Mechanism("antigen_presentation", meaning, context)
    k_mature = m.parameter("k_APC_mat", "maturation rate of dendritic cells under full danger signal")
    k_migrate = m.parameter("k_APC_mig", "migration rate of mature dendritic cells to the node")
    k_death = m.parameter("k_APC_death", "death rate of immature dendritic cells")
    k_mature_death = m.parameter("k_mAPC_death", "death rate of mature dendritic cells")
    density = m.parameter("APC0_T", "dendritic cells per volume of tumour at rest")
    half = m.parameter("dead_50", "density of dead cells that gives half the danger signal")
    APC_50 = m.parameter("APC_50", "mature dendritic cells in the node that prime at half the full rate")

    m.state("APC_T", "cell", 0, 1e3, "immature dendritic cells in the tumour")
    m.state("mAPC_T", "cell", 0, 1e3, "mature dendritic cells in the tumour")
    m.state("mAPC_N", "cell", 0, 1e3, "mature dendritic cells in the draining nodes")
    volume = m["V_tumour"]
    m.rule("H_danger", "", m["C_dead"] / (m["C_dead"] + half * volume), "danger signal of dying cells, 0 to 1")
    m.rule("H_APC", "", m["mAPC_N"] / (m["mAPC_N"] + APC_50), "presentation of tumour antigen in the node, 0 to 1")
    m.reaction("renewal", k_death * density * volume, {"APC_T": 1})
    m.reaction("death", k_death * m["APC_T"], {"APC_T": -1})
    m.reaction("maturation", k_mature * m["H_danger"] * m["APC_T"], {"APC_T": -1, "mAPC_T": 1})
    m.reaction("migration", k_migrate * m["mAPC_T"], {"mAPC_T": -1, "mAPC_N": 1})
    m.reaction("mature_death_T", k_mature_death * m["mAPC_T"], {"mAPC_T": -1})
    m.reaction("mature_death_N", k_mature_death * m["mAPC_N"], {"mAPC_N": -1})
    return m
