"""Survival: cumulative hazard of death from tumour burden, and from everything else."""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def survival(context: Context) -> Mechanism:
    """Cumulative hazard of death."""
    m = Mechanism("survival", "Death is a hazard that rises with tumour burden.", context)
    background = m.parameter("h_background", "hazard of death without cancer")
    rate = m.parameter("h_burden", "hazard of death from a tumour of reference volume")
    reference = m.parameter("V_ref", "reference volume of all lesions")
    exponent = m.parameter("n_burden", "exponent of the hazard in burden")
    harm = m.total("hazard_harm", "1/day", "hazard of death from harm of treatment")
    m.state("hazard_death", "", 0, 1e-2, "cumulative hazard of death")
    burden = rate * (m["V_tumour"] / reference) ** exponent
    m.reaction("hazard", background + burden + harm, {"hazard_death": 1})
    return m
