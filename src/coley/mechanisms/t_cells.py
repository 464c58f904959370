"""T cells after priming: circulation, memory, infiltration, and from progenitor to exhausted cell in each lesion.

Blood and peripheral tissue exchange T cells within the hour (Zhu et al., Cancer Res 56:3771, 1996) and count as one
pool. Checkpoint blockade acts on stem-like progenitors: Siddiqui et al., Immunity 50:195 (2019). Most CD8 T cells of a
tumour are bystanders that do not see it: Simoni et al., Nature 557:575 (2018); a pathologist counts them all.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism
from coley.system import Expression


def t_cells(context: Context) -> Mechanism:
    """Circulating, memory and tumour-infiltrating CD8 T cells."""
    meaning = "Effector CD8 T cells circulate, infiltrate lesions, renew from progenitors, and become exhausted."
    m = Mechanism("t_cells", meaning, context)
    death = m.parameter("k_CD8_death", "death rate of circulating effector T cells")
    m.product("T_function", "what drugs leave of the function of T cells, 1 for all")
    CD8 = m.state("CD8_S", "cell", 0, 1e3, "tumour-specific CD8 T cells in blood and tissue")
    loss = m.total("deplete_T", "1/day", "rate at which drugs deplete circulating T cells")
    m.reaction("arrival", m["output_CD8"], {"CD8_S": 1})
    m.reaction("death", (death + loss) * CD8, {"CD8_S": -1})
    _memory(m, death * CD8, loss)
    patrol = m.parameter("f_patrol", "share of memory T cells that patrol tissues, as effector memory")
    for site in context.sites:
        entry = _infiltration(m, site)
        m.reaction(f"infiltration_{site}", entry * CD8, {"CD8_S": -1})
        # memory cells divide as they enter: the population does not shrink by those that go
        _in_lesion(m, site, entry * (CD8 + patrol * m["M8"]))
    found = sum(m[f"CD8_T_{site}"] for site in context.sites)
    m.rule("CD8_density", "cell/mL", found / m["V_tumour"], "density of CD8 T cells in all lesions, bystanders too")
    depth = m.parameter("d_section", "depth of tissue whose cells a section shows")
    m.rule("CD8_section", "cell/cm^2", m["CD8_density"] * depth, "CD8 T cells per area of a section")
    m.rule("E8_T", "cell", sum(m[f"E8_{site}"] for site in context.sites), "effector CD8 T cells in all lesions")
    return m


def _memory(m: Mechanism, contracting: Expression, depletion: Expression) -> None:
    fraction = m.parameter("f_memory", "share of effector T cells that become memory instead of dying")
    loss = m.parameter("k_memory_death", "loss rate of memory T cells as a population")
    rate = m.parameter("Q_recall", "memory T cells that full antigen presentation calls back at saturation")
    antigen_50 = m.parameter("APC_50_memory", "mature dendritic cells in the node that recall at half the full rate")
    half = m.parameter("M_50", "memory T cells for half the recall")
    memory = m.state("M8", "cell", 0, 1e3, "tumour-specific memory CD8 T cells")
    m.reaction("memory", fraction * contracting, {"M8": 1})
    m.reaction("memory_loss", (loss + depletion) * memory, {"M8": -1})
    presented = m["mAPC_N"] / (m["mAPC_N"] + antigen_50)
    m.contribute("recall", rate * presented * memory / (memory + half))


def _infiltration(m: Mechanism, site: str) -> Expression:
    rate = m.parameter("q_T", "T cells that enter a volume of tumour, as a share of the circulating pool")
    resting = m.parameter("f_recruit", "recruitment without interferon, relative to full recruitment")
    infiltrate = m.at_site("CD8_infiltrate", site, "CD8 T cells per area of a section before treatment")
    reference = m.parameter("CD8_reference", "infiltrate of a tumour that lets T cells in at the rate q_T")
    exponent = m.parameter("n_infiltrate", "how entry of T cells goes with the infiltrate")
    exclusion = m.product(f"infiltration_{site}", "what excludes T cells from the lesion, 1 for nothing")
    recruitment = resting + (1 - resting) * m[f"H_IFNg_{site}"]
    access = (infiltrate / reference) ** exponent
    entry = rate * access * m[f"V_{site}"] * recruitment * exclusion
    return m.rule(f"entry_T_{site}", "1/day", entry, f"share of circulating T cells that enter, site {site}")


def _in_lesion(m: Mechanism, site: str, arrival: Expression) -> None:
    stem = m.parameter("f_progenitor", "share of arriving CD8 T cells that are stem-like progenitors")
    differentiation = m.parameter("k_PE", "differentiation rate of a progenitor without PD-1 signal")
    burst = m.parameter("n_burst", "effector cells that one progenitor gives")
    P_death = m.parameter("k_P_death", "death rate of progenitors")
    exhaustion = m.parameter("k_exhaustion", "rate at which effector T cells in the tumour become exhausted")
    E_death = m.parameter("k_E_death", "death rate of effector T cells in the tumour")
    X_death = m.parameter("k_X_death", "death rate of exhausted T cells")
    volume_T = m.parameter("vol_Tcell", "volume of a T cell")
    depth = m.parameter("d_section", "depth of tissue whose cells a section shows")
    infiltrate = m.at_site("CD8_infiltrate", site, "CD8 T cells per area of a section before treatment")
    P = m.state(f"P8_{site}", "cell", 0, 1e2, f"stem-like progenitor CD8 T cells, site {site}")
    E = m.state(f"E8_{site}", "cell", 0, 1e2, f"effector CD8 T cells, site {site}")
    X = m.state(f"X8_{site}", "cell", 0, 1e2, f"exhausted CD8 T cells, site {site}")
    bystanders = infiltrate / depth * m[f"C_total_{site}"] / m["rho_cell"]
    m.rule(f"CD8_T_{site}", "cell", P + E + X + bystanders, f"CD8 T cells, site {site}")
    m.contribute(f"immune_volume_{site}", volume_T * (P + E + X))
    arrest, removal = m["kill_dividing"], m[f"removal_{site}"]
    leaving = differentiation * (1 - m[f"H_PD1_{site}"]) * m["T_function"] * P
    m.reaction(f"entry_progenitor_{site}", stem * arrival, {f"P8_{site}": 1})
    m.reaction(f"entry_effector_{site}", (1 - stem) * arrival, {f"E8_{site}": 1})
    m.reaction(f"differentiation_{site}", leaving, {f"P8_{site}": -1, f"E8_{site}": burst})
    m.reaction(f"death_progenitor_{site}", (P_death + arrest + removal) * P, {f"P8_{site}": -1})
    m.reaction(f"exhaustion_{site}", exhaustion * E, {f"E8_{site}": -1, f"X8_{site}": 1})
    m.reaction(f"death_effector_{site}", (E_death + removal) * E, {f"E8_{site}": -1})
    m.reaction(f"death_exhausted_{site}", (X_death + removal) * X, {f"X8_{site}": -1})
