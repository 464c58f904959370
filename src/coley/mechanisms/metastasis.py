"""Metastasis: cumulative hazard of a new lesion.

The surface of a tumour sheds cells, so the hazard goes with volume to the power of 2/3. What kills cells of the first
clone, T cell or drug, holds new seeds too; cells that it does not kill escape.
"""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def metastasis(context: Context) -> Mechanism:
    """Cumulative hazard that a new lesion has appeared."""
    m = Mechanism("metastasis", "Growing tumours seed new lesions.", context)
    rate = m.parameter("k_metastasis", "hazard of a new lesion of an uncontrolled tumour of reference volume")
    reference = m.parameter("V_ref", "reference volume of all lesions")
    m.state("hazard_lesion", "", 0, 1e-2, "cumulative hazard of a new lesion")
    one = m["C_one"]
    growth = sum(m[f"k_growth_{site}"] * m[f"C_total_{site}"] for site in context.sites)
    # one cell more: where no cell is left nothing grows, and nothing is killed
    escaped = growth / (growth + m["kill_mean"] * (m["C_total"] + one) + m[f"k_growth_{context.sites[0]}"] * one)
    m.reaction("seeding", rate * (m["V_tumour"] / reference) ** (2 / 3) * escaped, {"hazard_lesion": 1})
    return m
