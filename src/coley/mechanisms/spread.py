"""Spread: cumulative hazard of a new lesion. A surface sheds cells; a response that controls the tumour holds new seeds too."""

from coley.model import Context, Mechanism


def spread(context: Context) -> Mechanism:
    """Cumulative hazard that a new lesion has appeared."""
    m = Mechanism("spread", "Growing tumours seed new lesions.", context)
    rate = m.parameter("k_spread", "rate of new lesions from an uncontrolled tumour of reference volume")
    reference = m.parameter("V_ref", "reference volume of all lesions")
    m.state("hazard_lesion", "", 0, 1e-2, "cumulative hazard of a new lesion")
    control = m["kill_visible"] / (m["kill_visible"] + m["k_growth"])
    escaped = (m["C_hidden"] + (1 - control) * (m["C_total"] - m["C_hidden"])) / (m["C_total"] + m["C_one"])
    m.reaction("seeding", rate * (m["V_tumour"] / reference) ** (2 / 3) * escaped, {"hazard_lesion": 1})
    return m
