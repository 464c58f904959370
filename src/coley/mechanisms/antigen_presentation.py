"""Antigen presentation: dying cancer cells mature dendritic cells, which carry antigen to the draining lymph nodes.

Antigen-presenting cells (APC, mature mAPC) as in Jafarnejad et al., AAPS Journal 21:79 (2019), those of a lesion in
balance: they leave within hours of maturing. Antigen is not followed within them: how many antigens there are scales
priming.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def antigen_presentation(context: Context) -> Mechanism:
    """Mature dendritic cells of the draining nodes."""
    meaning = "Dying cancer cells mature dendritic cells, which migrate to draining nodes."
    m = Mechanism("antigen_presentation", meaning, context)
    turnover = m.parameter("k_DC", "turnover of dendritic cells in tissue")
    death = m.parameter("k_mAPC_death", "death rate of mature dendritic cells")
    density = m.parameter("APC0_T", "dendritic cells per volume of tumour at rest")
    half = m.parameter("dead_50", "density of dead cells that gives half the danger signal")
    APC_50 = m.parameter("APC_50", "mature dendritic cells in the node that prime at half the full rate")
    adjuvant = m.total("adjuvant", "cell/day", "mature dendritic cells that drugs and vaccines bring to the node")
    m.state("mAPC_N", "cell", 0, 1e2, "mature dendritic cells in the draining nodes")
    m.rule("H_APC", "", m["mAPC_N"] / (m["mAPC_N"] + APC_50), "presentation of tumour antigen in the node, 0 to 1")
    for site in context.sites:
        volume = m[f"V_{site}"]
        alarm = m.total(f"danger_{site}", "cell", "dead cells' worth of danger signal that drugs add")
        signal = m[f"C_dead_{site}"] + alarm
        m.rule(f"H_danger_{site}", "", signal / (signal + half * volume), f"danger signal, 0 to 1, site {site}")
        matured = turnover * density * volume * m[f"H_danger_{site}"]
        m.reaction(f"migration_{site}", matured, {"mAPC_N": 1})
    m.reaction("adjuvant", adjuvant, {"mAPC_N": 1})
    m.reaction("death", death * m["mAPC_N"], {"mAPC_N": -1})
    return m
