"""Interferon-gamma and TGF-beta of each lesion at quasi-steady state: they last hours, cells last days."""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def cytokines(context: Context) -> Mechanism:
    """Mean concentrations in each lesion, and their effects from 0 to 1."""
    meaning = "Effector T cells secrete interferon-gamma; regulatory T cells and macrophages secrete TGF-beta."
    m = Mechanism("cytokines", meaning, context)
    IFN_sec = m.parameter("k_IFNg_sec", "secretion of interferon-gamma by an effector CD8 T cell")
    IFN_decay = m.parameter("k_IFNg_deg", "decay rate of interferon-gamma")
    IFN_50 = m.parameter("IFNg_50", "interferon-gamma for half its effect")
    Treg_sec = m.parameter("k_TGFb_Treg", "secretion of TGF-beta by a regulatory T cell")
    M2_sec = m.parameter("k_TGFb_M2", "secretion of TGF-beta by an M2 macrophage")
    TGF_decay = m.parameter("k_TGFb_deg", "decay rate of TGF-beta")
    base = m.parameter("TGFb_0", "TGF-beta of tumour stroma")
    TGF_50 = m.parameter("TGFb_50", "TGF-beta for half its effect")
    for site in context.sites:
        volume = m[f"V_{site}"]
        # PD-1 slows secretion through the number of effector cells only: else interferon, PD-L1 and PD-1 form a loop
        # without delay
        added = m.total(f"IFNg_added_{site}", "nmol/mL", "interferon-gamma that other cells and drugs add")
        IFNg = m.rule(
            f"IFNg_{site}",
            "nmol/mL",
            IFN_sec * m[f"E8_{site}"] / (IFN_decay * volume) + added,
            f"interferon-gamma, site {site}",
        )
        m.rule(f"H_IFNg_{site}", "", IFNg / (IFNg + IFN_50), f"effect of interferon-gamma, 0 to 1, site {site}")
        secreted = (Treg_sec * m[f"Treg_{site}"] + M2_sec * m[f"M2_{site}"]) / (TGF_decay * volume)
        TGFb = m.rule(f"TGFb_{site}", "nmol/mL", base * m[f"stroma_{site}"] + secreted, f"TGF-beta, site {site}")
        m.contribute(f"infiltration_{site}", 1 - TGFb / (TGFb + TGF_50))
    amount = sum(m[f"IFNg_{site}"] * m[f"V_{site}"] for site in context.sites)
    m.rule("IFNg", "nmol/mL", amount / m["V_tumour"], "interferon-gamma, mean over all lesions")
    return m
