"""PD-1 in the synapse of T cell and cancer cell, and PD-L1 that interferon induces.

Binding between the two membranes is at equilibrium: a quadratic gives the density of complexes. The dissociation
constant between membranes is that in solution times the width of the gap, as in Jafarnejad et al., AAPS Journal 21:79
(2019). PD-L2 is left out: few cancer cells bear it.
"""

from __future__ import annotations

import symengine

from coley.model import Context, Mechanism

_NEVER_ZERO = 1e-9  # the derivative of a power at 0 is not defined


def checkpoint(context: Context) -> Mechanism:
    """Inhibition of T cells by PD-1, from 0 to 1."""
    m = Mechanism("checkpoint", "PD-L1, which interferon-gamma induces, engages PD-1 and inhibits T cells.", context)
    receptor = m.parameter("PD1_density", "PD-1 on a tumour-infiltrating T cell")
    host = m.parameter("PDL1_host", "PD-L1 on the host's cells of the tumour")
    cancer = m.parameter("PDL1_max", "PD-L1 on cancer cells where all are stained")
    score = m.parameter("TPS", "tumour proportion score of PD-L1")
    induction = m.parameter("r_PDL1", "PD-L1 under full interferon, relative to none")
    affinity = m.parameter("Kd_PD1_PDL1", "dissociation constant of PD-1 and PD-L1 in solution")
    gap = m.parameter("d_synapse", "width of the synaptic gap")
    avogadro = m.parameter("N_A", "molecules per mole")
    half = m.parameter("PD1_50", "density of PD-1 complexes that halves T-cell function")
    hill = m.parameter("n_PD1", "Hill exponent of the inhibition")
    free_receptor = receptor * m.product("free_PD1", "share of PD-1 that no drug blocks")
    ligand = (host + score * cancer) * (1 + (induction - 1) * m["H_IFNg"])
    ligand *= m.product("free_PDL1", "share of PD-L1 that no drug blocks")
    Kd = affinity * avogadro * gap
    total = free_receptor + ligand + Kd
    # the smaller root of x² - total x + free_receptor ligand = 0, written so that nothing cancels
    bound = 2 * free_receptor * ligand / (total + symengine.sqrt(total**2 - 4 * free_receptor * ligand))
    m.rule("PD1_PDL1", "molecule/cm^2", bound, "PD-1:PD-L1 complexes in the synapse")
    ratio = (m["PD1_PDL1"] / half + _NEVER_ZERO) ** hill
    m.rule("H_PD1", "", ratio / (1 + ratio), "inhibition of T cells through PD-1, 0 to 1")
    return m
