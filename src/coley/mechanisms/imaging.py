"""What a scan shows of a lesion: cells, the swelling of inflammation, and fibrosis that cleared cells leave.

Fibrosis where a tumour has regressed under anti-PD-1, so that pathological responses outnumber radiological ones:
Cottrell et al., Ann Oncol 29:1853 (2018). Infiltrate and oedema make a lesion look larger before it shrinks: Hodi et
al., J Clin Oncol 34:1510 (2016).
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def imaging(context: Context) -> Mechanism:
    """Volume of fibrous tissue, and the volume that a scan shows."""
    m = Mechanism("imaging", "A scan shows cells, oedema, and fibrosis that cleared cells leave.", context)
    share = m.parameter("f_fibrosis", "volume of fibrous tissue from a volume of cleared cancer cells")
    resorption = m.parameter("k_resorption", "rate at which fibrous tissue is resorbed")
    swelling = m.parameter("f_oedema", "oedema under full interferon-gamma, relative to the lesion")
    for site in context.sites:
        m.at_site("organ", site, "number of the lesion's organ in the cancer's list")
        volume = m.state(f"V_fibrosis_{site}", "mL", 0, 1e-4, f"fibrous tissue where cancer cells were, site {site}")
        cleared = m["k_clear"] * m[f"C_dead_{site}"] / m["rho_cell"]
        m.reaction(f"formation_{site}", share * cleared, {f"V_fibrosis_{site}": 1})
        m.reaction(f"resorption_{site}", (resorption + m[f"removal_{site}"]) * volume, {f"V_fibrosis_{site}": -1})
        shown = m[f"V_{site}"] * (1 + swelling * m[f"H_IFNg_{site}"]) + volume
        m.rule(f"V_scan_{site}", "mL", shown, f"volume as a scan shows it, site {site}")
    m.rule("V_scan", "mL", sum(m[f"V_scan_{site}"] for site in context.sites), "volume of all lesions as scans show it")
    return m
