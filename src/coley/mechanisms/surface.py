"""Surface: the area that a flat cancer takes up."""

from __future__ import annotations

import symengine

from coley.modeling import Context, Mechanism


def surface(context: Context) -> Mechanism:
    """Area and depth of a flat lesion."""
    m = Mechanism("surface", "A flat cancer spreads over a surface.", context)
    thickness = m.parameter("d_lesion", "thickness of the lesion")
    for site in context.sites:
        area = m[f"C_total_{site}"] / (m["rho_cell"] * thickness)
        sphere = (6 / symengine.pi * m[f"V_{site}"]) ** symengine.Rational(1, 3)
        m.contribute(f"flatness_{site}", thickness / sphere)
        m.rule(f"area_{site}", "cm^2", area, f"area of the lesion, site {site}")
    m.rule("area", "cm^2", sum(m[f"area_{site}"] for site in context.sites), "area of all lesions")
    return m
