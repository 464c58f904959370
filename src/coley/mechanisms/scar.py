"""Scar: fibrous tissue that cleared cancer cells leave behind. A scan shows it as tumour until it is resorbed.

Fibrosis where a tumour has regressed under anti-PD-1, so that pathological responses outnumber radiological ones:
Cottrell et al., Ann Oncol 29:1853 (2018).
"""

from __future__ import annotations

from coley.model import Context, Mechanism


def scar(context: Context) -> Mechanism:
    """Volume of scar, and the volume that a scan shows."""
    m = Mechanism("scar", "Cleared cancer cells leave scar, which a scan shows until it is resorbed.", context)
    share = m.parameter("f_scar", "volume of scar from a volume of cleared cancer cells")
    resorption = m.parameter("k_scar", "rate at which scar is resorbed")
    volume = m.state("V_scar", "mL", 0, 1e-4, "scar where cancer cells were")
    m.reaction("formation", share * m["k_clear"] * m["C_dead"] / m["rho_cell"], {"V_scar": 1})
    m.reaction("resorption", resorption * volume, {"V_scar": -1})
    m.rule("V_scan", "mL", m["V_tumour"] + volume, "volume of all lesions as a scan shows it")
    return m
