"""Spread: cumulative hazard of a new lesion.

The surface of a tumour sheds cells, so the hazard goes with volume to the power of 2/3. What kills visible cells,
T cell or drug, holds new seeds too; hidden cells escape.
"""

from __future__ import annotations

from coley.model import Context, Mechanism


def spread(context: Context) -> Mechanism:
    """Cumulative hazard that a new lesion has appeared."""
    m = Mechanism("spread", "Growing tumours seed new lesions.", context)
    rate = m.parameter("k_spread", "hazard of a new lesion of an uncontrolled tumour of reference volume")
    reference = m.parameter("V_ref", "reference volume of all lesions")
    m.state("hazard_lesion", "", 0, 1e-2, "cumulative hazard of a new lesion")
    control = m["kill_visible"] / (m["kill_visible"] + m["k_growth"])
    escaped = (m["C_hidden"] + (1 - control) * (m["C_total"] - m["C_hidden"])) / (m["C_total"] + m["C_one"])
    m.reaction("seeding", rate * (m["V_tumour"] / reference) ** (2 / 3) * escaped, {"hazard_lesion": 1})
    return m
