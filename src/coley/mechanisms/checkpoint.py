"""PD-1 in the synapse of T cell and cancer cell: cells that stain for PD-L1, and cells that do not.

Binding between the two membranes is at equilibrium: a quadratic gives the density of complexes. The dissociation
constant between membranes is that in solution times the width of the gap, as in Jafarnejad et al., AAPS Journal 21:79
(2019). A T cell meets cells that stain (their share is the tumour proportion score) with the ligand of the cancer and
of the host's cells beside it; where a cell does not stain, with that of the host's alone. Cells stain where T cells
are: Taube et al., Sci Transl Med 4:127ra37 (2012), so that T cells meet more of them than their share.
Interferon-gamma induces both. PD-L2 is left out: few cancer cells bear it.
"""

from __future__ import annotations

import symengine

from coley.modeling import Context, Mechanism
from coley.system import Expression

_NEVER_ZERO = 1e-9  # the derivative of a power at 0 is not defined


def checkpoint(context: Context) -> Mechanism:
    """Inhibition of T cells by PD-1 in each lesion, from 0 to 1."""
    m = Mechanism("checkpoint", "PD-L1, which interferon-gamma induces, engages PD-1 and inhibits T cells.", context)
    host = m.parameter("PDL1_host", "PD-L1 on the host's cells of the tumour")
    cancer = m.parameter("PDL1_max", "PD-L1 on a cancer cell that stains")
    beside_T = m.parameter("odds_stained", "odds that a cell stains beside a T cell, relative to those of all cells")
    induction = m.parameter("r_PDL1", "PD-L1 under full interferon, relative to none")
    m.product("free_PD1", "share of PD-1 that no drug blocks")
    m.product("free_PDL1", "share of PD-L1 that no drug blocks")
    for site in context.sites:
        score = m.at_site("TPS", site, "share of cancer cells that stain for PD-L1")
        induced = (1 + (induction - 1) * m[f"H_IFNg_{site}"]) * m["free_PDL1"]
        beside = host * m[f"stroma_{site}"]
        bare = _inhibition(m, beside * induced)
        m.rule(f"H_PD1_neg_{site}", "", bare, f"inhibition by cells without PD-L1, site {site}")
        stained = _inhibition(m, (beside + cancer) * induced)
        m.rule(f"H_PD1_pos_{site}", "", stained, f"inhibition by cells with PD-L1, site {site}")
        met = beside_T * score / (1 - score + beside_T * score)
        mean = met * m[f"H_PD1_pos_{site}"] + (1 - met) * m[f"H_PD1_neg_{site}"]
        m.rule(f"H_PD1_{site}", "", mean, f"inhibition of T cells through PD-1, mean over cells met, site {site}")
    cells = sum(m[f"C_total_{site}"] * m[f"H_PD1_{site}"] for site in context.sites)
    m.rule("H_PD1", "", cells / (m["C_total"] + m["C_one"]), "inhibition of T cells through PD-1, 0 to 1")
    return m


def _inhibition(m: Mechanism, ligand: Expression) -> Expression:
    """Inhibition of a T cell that meets ``ligand`` (molecules per area)."""
    receptor = m.parameter("PD1_density", "PD-1 on a tumour-infiltrating T cell")
    affinity = m.parameter("Kd_PD1_PDL1", "dissociation constant of PD-1 and PD-L1 in solution")
    gap = m.parameter("d_synapse", "width of the synaptic gap")
    avogadro = m.parameter("N_A", "molecules per mole")
    half = m.parameter("PD1_50", "density of PD-1 complexes that halves T-cell function")
    hill = m.parameter("n_PD1", "Hill exponent of the inhibition")
    free = receptor * m["free_PD1"]
    total = free + ligand + affinity * avogadro * gap
    # the smaller root of x² - total x + free ligand = 0, written so that nothing cancels
    bound = 2 * free * ligand / (total + symengine.sqrt(total**2 - 4 * free * ligand))
    ratio = (bound / half + _NEVER_ZERO) ** hill
    return ratio / (1 + ratio)
