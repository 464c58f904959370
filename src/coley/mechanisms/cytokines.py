"""Interferon-gamma and TGF-beta of the tumour at quasi-steady state: they last hours, cells last days."""

from __future__ import annotations

from coley.model import Context, Mechanism


def cytokines(context: Context) -> Mechanism:
    """Mean concentrations in the tumour, and their effects from 0 to 1."""
    meaning = "T cells secrete interferon-gamma; regulatory T cells and macrophages secrete TGF-beta."
    m = Mechanism("cytokines", meaning, context)
    IFN_sec = m.parameter("k_IFNg_sec", "secretion of interferon-gamma by an effector CD8 T cell")
    ratio = m.parameter("r_IFNg_Th", "secretion by a helper T cell, relative to a CD8 T cell")
    IFN_decay = m.parameter("k_IFNg_deg", "decay rate of interferon-gamma")
    IFN_50 = m.parameter("IFNg_50", "interferon-gamma for half its effect")
    volume = m["V_tumour"]
    # PD-1 slows secretion through the number of effector cells only: else interferon, PD-L1 and PD-1 form a loop
    # without delay
    secretion = IFN_sec * (m["E8_T"] + ratio * m["Th_T"])
    m.rule("IFNg", "nmol/mL", secretion / (IFN_decay * volume), "interferon-gamma in the tumour")
    m.rule("H_IFNg", "", m["IFNg"] / (m["IFNg"] + IFN_50), "effect of interferon-gamma, 0 to 1")

    Treg_sec = m.parameter("k_TGFb_Treg", "secretion of TGF-beta by a regulatory T cell")
    M2_sec = m.parameter("k_TGFb_M2", "secretion of TGF-beta by an M2 macrophage")
    TGF_decay = m.parameter("k_TGFb_deg", "decay rate of TGF-beta")
    base = m.parameter("TGFb_0", "TGF-beta of tumour stroma")
    TGF_50 = m.parameter("TGFb_50", "TGF-beta for half its effect")
    secreted = (Treg_sec * m["Treg_T"] + M2_sec * m["M2"]) / (TGF_decay * volume)
    m.rule("TGFb", "nmol/mL", base + secreted, "TGF-beta in the tumour")
    m.rule("H_TGFb", "", m["TGFb"] / (m["TGFb"] + TGF_50), "effect of TGF-beta, 0 to 1")
    m.contribute("infiltration_factor", 1 - m["H_TGFb"])
    return m
