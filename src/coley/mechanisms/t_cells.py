"""T cells after priming: circulation, memory, infiltration, and from progenitor to exhausted cell in the tumour.

Blood and peripheral tissue exchange T cells within the hour (Zhu et al., Cancer Res 56:3771, 1996) and count as one
pool. Checkpoint blockade acts on stem-like progenitors: Siddiqui et al., Immunity 50:195 (2019).
"""

from __future__ import annotations

from coley.model import Context, Mechanism
from coley.system import Expression


def t_cells(context: Context) -> Mechanism:
    """Circulating, memory and tumour-infiltrating CD8 and helper T cells."""
    meaning = "Effector T cells circulate, infiltrate, renew from progenitors, and become exhausted."
    m = Mechanism("t_cells", meaning, context)
    death = m.parameter("k_CD8_death", "death rate of circulating effector T cells")
    CD8 = m.state("CD8_S", "cell", 0, 1e3, "tumour-specific CD8 T cells in blood and tissue")
    Th = m.state("Th_S", "cell", 0, 1e3, "tumour-specific helper T cells in blood and tissue")
    share = m["f_induced"]
    m.reaction("arrival_CD8", m["output_CD8"], {"CD8_S": 1})
    m.reaction("arrival_Th", (1 - share) * m["output_CD4"], {"Th_S": 1})
    m.reaction("death_CD8", death * CD8, {"CD8_S": -1})
    m.reaction("death_Th", death * Th, {"Th_S": -1})
    _memory(m, death)
    entry = _infiltration(m)
    m.reaction("infiltration_CD8", entry * CD8, {"CD8_S": -1})
    m.reaction("infiltration_Th", entry * Th, {"Th_S": -1, "Th_T": 1})
    _in_tumour(m, entry * CD8)
    return m


def _memory(m: Mechanism, death: Expression) -> None:
    fraction = m.parameter("f_memory", "share of effector T cells that become memory instead of dying")
    loss = m.parameter("k_memory_death", "loss rate of memory T cells as a population")
    rate = m.parameter("Q_recall", "memory T cells that full antigen presentation calls back at saturation")
    antigen_50 = m.parameter("APC_50_memory", "mature dendritic cells in the node that recall at half the full rate")
    half = m.parameter("M_50", "memory T cells for half the recall")
    memory = m.state("M8", "cell", 0, 1e3, "tumour-specific memory CD8 T cells")
    m.reaction("memory", fraction * death * m["CD8_S"], {"M8": 1})
    m.reaction("memory_loss", loss * memory, {"M8": -1})
    presented = m["mAPC_N"] / (m["mAPC_N"] + antigen_50)
    m.contribute("recall", rate * presented * memory / (memory + half))


def _infiltration(m: Mechanism) -> Expression:
    rate = m.parameter("q_T", "T cells that enter a volume of tumour, as a share of the circulating pool")
    resting = m.parameter("f_recruit", "recruitment without interferon, relative to full recruitment")
    access = m.parameter("f_access", "recruitment that the tumour's vessels and stroma allow: 1 inflamed, 0 desert")
    exclusion = m.product("infiltration_factor", "what excludes T cells from the tumour, 1 for nothing")
    recruitment = resting + (1 - resting) * m["H_IFNg"]
    entry = rate * access * m["V_tumour"] * recruitment * exclusion
    return m.rule("entry_T", "1/day", entry, "share of circulating T cells that enter")


def _in_tumour(m: Mechanism, arrival: Expression) -> None:
    stem = m.parameter("f_progenitor", "share of arriving CD8 T cells that are stem-like progenitors")
    differentiation = m.parameter("k_PE", "differentiation rate of a progenitor without PD-1 signal")
    burst = m.parameter("n_burst", "effector cells that one progenitor gives")
    P_death = m.parameter("k_P_death", "death rate of progenitors")
    exhaustion = m.parameter("k_exhaustion", "rate at which effector T cells in the tumour become exhausted")
    E_death = m.parameter("k_E_death", "death rate of effector T cells in the tumour")
    X_death = m.parameter("k_X_death", "death rate of exhausted T cells")
    volume_T = m.parameter("vol_Tcell", "volume of a T cell")
    P = m.state("P8_T", "cell", 0, 1e2, "stem-like progenitor CD8 T cells in the tumour")
    E = m.state("E8_T", "cell", 0, 1e2, "effector CD8 T cells in the tumour")
    X = m.state("X8_T", "cell", 0, 1e2, "exhausted CD8 T cells in the tumour")
    Th = m.state("Th_T", "cell", 0, 1e2, "helper T cells in the tumour")
    m.rule("CD8_T", "cell", P + E + X, "CD8 T cells in the tumour")
    m.rule("CD8_density", "cell/mL", m["CD8_T"] / m["V_tumour"], "density of CD8 T cells in the tumour")
    m.contribute("immune_volume", volume_T * (m["CD8_T"] + Th))
    arrest = m["kill_dividing"]
    leaving = differentiation * (1 - m["H_PD1"]) * P
    m.reaction("entry_progenitor", stem * arrival, {"P8_T": 1})
    m.reaction("entry_effector", (1 - stem) * arrival, {"E8_T": 1})
    m.reaction("differentiation", leaving, {"P8_T": -1, "E8_T": burst})
    m.reaction("death_progenitor", (P_death + arrest) * P, {"P8_T": -1})
    m.reaction("exhaustion", exhaustion * E, {"E8_T": -1, "X8_T": 1})
    m.reaction("death_effector", E_death * E, {"E8_T": -1})
    m.reaction("death_exhausted", X_death * X, {"X8_T": -1})
    m.reaction("death_helper", E_death * Th, {"Th_T": -1})
