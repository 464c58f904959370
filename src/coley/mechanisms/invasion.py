"""Invasion: cumulative hazard that a cancer of a surface has grown into what lies beneath it."""

from __future__ import annotations

from coley.modeling import Context, Mechanism


def invasion(context: Context) -> Mechanism:
    """Cumulative hazard of invasion, which rises with the area and levels off."""
    m = Mechanism("invasion", "A cancer of a surface may grow into what lies beneath.", context)
    rate = m.parameter("k_invasion", "hazard of invasion from a large area")
    reference = m.parameter("area_ref", "area that gives half of that hazard")
    m.state("hazard_invasion", "", 0, 1e-2, "cumulative hazard of invasion")
    m.reaction("invasion", rate * m["area"] / (m["area"] + reference), {"hazard_invasion": 1})
    return m
