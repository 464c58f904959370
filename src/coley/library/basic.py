"""basic: the smallest whole model of checkpoint blockade, on one page, for reading and teaching.

Four equations: cancer cells C grow to a limit and are killed by effector T cells E; these come the faster the more
antigen the tumour sheds, and die; an antibody A1 against PD-1 is given and cleared; death is a hazard H that adds up.

    dC/dt  = k_growth C (1 - (C / C_max)^(2/3)) - kill C       kill = k_kill (1 - H_PD1) E / (E + C + C_one)
    dE/dt  = Q_T V / (V + V_50) - k_E E                       V = C / rho_cell
    dA1/dt = doses - CL / V1 A1                               RO = C_T / (C_T + Kd),   C_T = gamma_T A1 / V1 / M
    dH/dt  = h_background + h_burden V / V_ref                H_PD1 = S (1 - RO) / (1 + S (1 - RO))

It is what the model of a solid tumour (``coley.disease.kinds.solid``) becomes where all else is fast or absent: one
lesion of one clone, dead cells cleared at once, dendritic cells and priming in balance with antigen and without help
from IL-2, every primed T cell in the tumour at once and an effector cell, no memory, no natural killer cells,
suppressive cells or cytokines, one compartment of drug with constant clearance, and PD-1 that binds PD-L1 weakly. The
numbers are round ones of a patient who responds; each is assumed.
"""

from __future__ import annotations

import symengine

from coley.system import Parameter, Reaction, Rule, State, System


def basic() -> System:
    """The smallest whole model: a tumour, its T cells, an antibody against PD-1, and survival.

    A dose of the antibody (mg) enters the state ``A1``. The share of patients alive is exp(-hazard_death).
    """
    C, E, A1 = symengine.symbols("C E A1")
    V, C_T, RO, H_PD1, kill = symengine.symbols("V C_T RO_PD1 H_PD1 kill")
    k_growth, C_max, C_0, rho_cell, k_kill = symengine.symbols("k_growth C_max C_0 rho_cell k_kill")
    C_one, Q_T, V_50, k_E, E_0, S_PD1 = symengine.symbols("C_one Q_T V_50 k_E E_0 S_PD1")
    CL, V1, gamma_T, M, Kd = symengine.symbols("CL V1 gamma_T M Kd")
    h_background, h_burden, V_ref = symengine.symbols("h_background h_burden V_ref")

    states = (
        State("C", "cell", C_0, 1e3, "cancer cells"),
        State("E", "cell", E_0, 1e2, "effector CD8 T cells in the tumour"),
        State("A1", "mg", 0, 1.0, "antibody in the body"),
        State("hazard_death", "", 0, 1e-2, "cumulative hazard of death"),
    )
    parameters = (
        Parameter("k_growth", "1/day", 0.01, "net growth rate of an unrestrained tumour"),
        Parameter("C_max", "cell", 1e12, "largest number of cancer cells that vessels can carry"),
        Parameter("C_0", "cell", 1e10, "cancer cells at the start"),
        Parameter("C_one", "cell", 1.0, "one cell more, so that nothing divides by 0"),
        Parameter("rho_cell", "cell/mL", 2e8, "cancer cells per volume of tumour"),
        Parameter("k_kill", "1/day", 1.0, "cancer cells that a T cell kills per time where they abound"),
        Parameter("Q_T", "cell/day", 1e8, "T cells that a tumour rich in antigen draws"),
        Parameter("V_50", "mL", 50.0, "volume of tumour that draws half of them"),
        Parameter("k_E", "1/day", 0.15, "rate at which effector T cells die or become exhausted"),
        Parameter("E_0", "cell", 3e8, "effector T cells at the start"),
        Parameter("S_PD1", "", 9.0, "PD-1 signal without drug, relative to that which halves killing"),
        Parameter("CL", "mL/day", 200.0, "clearance of the antibody"),
        Parameter("V1", "mL", 6000.0, "volume of distribution"),
        Parameter("gamma_T", "", 0.24, "concentration in the tumour, relative to plasma"),
        Parameter("M", "mg/nmol", 0.146, "molar mass"),
        Parameter("Kd", "nmol/mL", 0.0026, "dissociation constant for PD-1"),
        Parameter("h_background", "1/day", 3e-5, "hazard of death without cancer"),
        Parameter("h_burden", "1/day", 1e-3, "hazard of death from a tumour of reference volume"),
        Parameter("V_ref", "mL", 100.0, "reference volume"),
    )
    rules = (
        Rule("V", "mL", C / rho_cell, "volume of the tumour"),
        Rule("C_T", "nmol/mL", gamma_T * A1 / V1 / M, "antibody in the tumour"),
        Rule("RO_PD1", "", C_T / (C_T + Kd), "occupancy of PD-1, 0 to 1"),
        Rule("H_PD1", "", S_PD1 * (1 - RO) / (1 + S_PD1 * (1 - RO)), "inhibition of T cells through PD-1, 0 to 1"),
        Rule("kill", "1/day", k_kill * (1 - H_PD1) * E / (E + C + C_one), "rate of killing of a cell"),
    )
    reactions = (
        Reaction("growth", k_growth * C * (1 - (C / C_max) ** symengine.Rational(2, 3)), {"C": 1}),
        Reaction("killing", kill * C, {"C": -1}),
        Reaction("arrival", Q_T * V / (V + V_50), {"E": 1}),
        Reaction("loss", k_E * E, {"E": -1}),
        Reaction("elimination", CL / V1 * A1, {"A1": -1}),
        Reaction("hazard", h_background + h_burden * V / V_ref, {"hazard_death": 1}),
    )
    return System("basic", states, parameters, rules, reactions)
