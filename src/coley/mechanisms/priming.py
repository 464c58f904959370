"""Priming: naive CD8 and CD4 T cells are activated in the draining nodes and divide.

The number of divisions adds up from antigen, co-stimulation and IL-2, after Marchingo et al., Science 346:1123 (2014);
CTLA-4 takes B7 from CD28; regulatory T cells take IL-2.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism
from coley.system import Expression


def priming(context: Context) -> Mechanism:
    """Activated CD8 and CD4 T cells of the draining nodes, and how many cells each gives."""
    meaning = "Naive CD8 and CD4 T cells are primed in the node, held by CTLA-4, and divide on IL-2."
    m = Mechanism("priming", meaning, context)
    k_divide = m.parameter("k_pro", "division rate of an activated T cell")
    costimulation = _costimulation(m)
    interleukin = _interleukin_2(m)
    arrest = m.total("kill_dividing", "1/day", "rate at which drugs kill dividing immune cells")
    memory = m.total("recall", "cell/day", "memory T cells that antigen calls back")
    for kind in ("CD8", "CD4"):
        supply = m.parameter(f"Q_n{kind}", f"naive {kind} T cells of one specificity that enter the draining nodes")
        from_interleukin = m.parameter(f"N_IL2_{kind}", f"divisions that IL-2 adds for {kind} T cells")
        divisions = m.rule(
            f"N_{kind}",
            "",
            m.parameter("N_0", "divisions that antigen alone gives")
            + m.parameter("N_costim", "divisions that full co-stimulation adds") * costimulation
            + from_interleukin * interleukin,
            f"divisions of an activated {kind} T cell",
        )
        active = m.state(f"a{kind}", "cell", 0, 1.0, f"activated {kind} T cells in the draining nodes")
        m.reaction(f"priming_{kind}", supply * m["n_answered"] * m["H_APC"] * costimulation, {f"a{kind}": 1})
        m.reaction(f"arrest_{kind}", arrest * active, {f"a{kind}": -1})
        m.reaction(f"departure_{kind}", k_divide / divisions * active, {f"a{kind}": -1})
        leaving = 2**divisions * k_divide / divisions * active
        m.rule(f"output_{kind}", "cell/day", leaving, f"{kind} T cells that leave the node")
    m.reaction("recall", memory, {"aCD8": 1})
    return m


def _costimulation(m: Mechanism) -> Expression:
    competition = m.parameter("r_CTLA4", "B7 taken by CTLA-4 at rest, relative to what is left")
    half = m.parameter("B7_50", "share of B7 that gives half the co-stimulation")
    free = m.product("free_CTLA4", "share of CTLA-4 that no drug blocks")
    B7 = m.rule("B7_free", "", 1 / (1 + competition * free), "share of B7 that CD28 can use")
    return m.rule("H_CD28", "", B7 * (1 + half) / (B7 + half), "co-stimulation through CD28, 0 to 1")


def _interleukin_2(m: Mechanism) -> Expression:
    """IL-2 of the node at quasi-steady state: it lasts minutes, T cells days. Uptake goes in proportion to IL-2."""
    secretion = m.parameter("k_IL2_sec", "secretion of IL-2 by an activated T cell")
    uptake = m.parameter("k_IL2_cons", "uptake of IL-2 by a T cell at saturation")
    decay = m.parameter("k_IL2_deg", "decay rate of IL-2")
    half = m.parameter("IL2_50", "concentration of IL-2 for half its effect")
    volume = m.parameter("V_node", "volume of the draining nodes")
    share = m.parameter("f_niche", "share of all regulatory T cells that stand beside activated T cells in the node")
    active = m["aCD8"] + m["aCD4"]
    consumers = active + share * m["Treg_S"]
    m.rule("IL2", "nmol/mL", secretion * active / (decay * volume + uptake / half * consumers), "IL-2 in the node")
    return m.rule("H_IL2", "", m["IL2"] / (m["IL2"] + half), "effect of IL-2, 0 to 1")
