"""Myeloid cells of each lesion, in balance: suppressor cells (MDSC), and macrophages between M1 and M2.

Suppressor cells come to where vessels do not reach: Corzo et al., J Exp Med 207:2439 (2010); a lesion that is large
for its vessels holds more. Macrophages arrive as M2; interferon-gamma turns them to M1, which engulf cancer cells.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def myeloid(context: Context) -> Mechanism:
    """Myeloid-derived suppressor cells and macrophages of each lesion."""
    m = Mechanism("myeloid", "Suppressor cells and M2 macrophages restrain killing; M1 macrophages engulf.", context)
    density = m.parameter("MDSC_density", "suppressor cells per volume of a lesion without oxygen")
    half = m.parameter("MDSC_50", "density of suppressor cells that halves killing")
    hypoxic = m.parameter("V_hypoxia", "volume of a lesion half of which lacks oxygen")
    macrophages = m.parameter("Mac_density", "macrophages per volume of tumour")
    to_M1 = m.parameter("k_M1_pol", "polarisation rate to M1 under full interferon-gamma")
    to_M2 = m.parameter("k_M2_pol", "rate at which M1 macrophages return to M2")
    M2_50 = m.parameter("M2_50", "density of M2 macrophages that halves killing")
    appetite = m.parameter("k_phagocytosis", "cancer cells that one M1 macrophage engulfs per time")
    cell = m.parameter("vol_Mcell", "volume of a macrophage")
    for site in context.sites:
        volume = m["C_total_" + site] / m["rho_cell"]
        suppressors = density * volume / (volume + hypoxic)
        m.rule(f"MDSC_density_{site}", "cell/mL", suppressors, f"density of suppressor cells, site {site}")
        m.contribute(f"restraint_{site}", 1 / (1 + m[f"MDSC_density_{site}"] / half))
        left = m.product(f"macrophages_{site}", "macrophages that drugs leave, 1 for all")
        present = macrophages * volume * m[f"stroma_{site}"] * left
        polarised = to_M1 * m[f"H_IFNg_{site}"]
        m.rule(f"M1_{site}", "cell", present * polarised / (polarised + to_M2), f"M1 macrophages, site {site}")
        m.rule(f"M2_{site}", "cell", present * to_M2 / (polarised + to_M2), f"M2 macrophages, site {site}")
        m.contribute(f"immune_volume_{site}", cell * present)
        m.contribute(f"restraint_{site}", 1 / (1 + m[f"M2_{site}"] / (M2_50 * m[f"V_{site}"])))
        engulfed = appetite * m[f"M1_{site}"] / (m[f"M1_{site}"] + m[f"C_total_{site}"] + m["C_one"])
        for clone in context.clones:
            m.contribute(f"kill_{clone.name}_{site}", engulfed)
    return m
