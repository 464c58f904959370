"""Units: one pint registry, and the coherent internal units that every System is written in.

A System is written in day, cell, centimetre (so mL for volumes), nanomole, milligram and molecule. Because these are
coherent, no rate expression needs a conversion factor and checking dimensions is checking units.
"""

from __future__ import annotations

from functools import cache

import pint

from coley.errors import ColeyError, Problem

registry: pint.UnitRegistry[float] = pint.UnitRegistry(cache_folder=None)
registry.define("cell = [cell_count]")
registry.define("molecule = [molecule_count]")
registry.define("PFU = [plaque_count]")  # plaque-forming units, of a virus
registry.define("vp = [particle_count]")  # particles of a virus, whether they can infect or not
registry.define("IU = [biological_activity]")  # international units: of what an assay measures, not convertible
registry.define("MBq = [radioactivity]")  # not a rate of 1/day: what a dose of a radioactive drug is counted in
registry.define("gray = [absorbed_dose] = Gy")  # not the joule per kilogram that it is: doses in Gy stay in Gy
for _known in (registry._cache.dimensionality, registry._cache.root_units):  # pint keeps what gray was before
    for _unit in [unit for unit in _known if "gray" in unit]:
        del _known[_unit]

_BY_DIMENSION = {
    "[time]": "day",
    "[cell_count]": "cell",
    "[length]": "centimeter",
    "[substance]": "nanomole",
    "[mass]": "milligram",
    "[molecule_count]": "molecule",
    "[plaque_count]": "PFU",
    "[particle_count]": "vp",
    "[biological_activity]": "IU",
    "[absorbed_dose]": "gray",
    "[radioactivity]": "MBq",
}


def parse_unit(text: str) -> pint.Unit:
    """The unit that ``text`` names, such as ``1/day/cell`` or ``nM``; ``''`` or ``1`` is dimensionless.

    Raises:
        ColeyError: where ``text`` is no unit.
    """
    try:
        return _parse_unit(text)
    except (pint.errors.PintError, ValueError, AttributeError, TypeError, SyntaxError) as error:
        raise ColeyError(Problem("", f"unknown unit {text!r} ({error})", "write e.g. '1/day', 'nM', 'mg/kg'")) from None


@cache
def _parse_unit(text: str) -> pint.Unit:
    stripped = text.strip()
    if stripped in ("", "1"):
        return registry.dimensionless
    if stripped.startswith("1/"):
        return registry.parse_units(f"dimensionless/{stripped[2:]}")
    return registry.parse_units(stripped)


def dimension(text: str) -> pint.util.UnitsContainer:
    """Dimensionality of the unit that ``text`` names."""
    return parse_unit(text).dimensionality


@cache
def internal_unit(text: str) -> pint.Unit:
    """The coherent internal unit of the same dimension as ``text``.

    Raises:
        ColeyError: where the dimension has no internal unit (temperature, say).
    """
    unit = registry.dimensionless
    for base, power in dimension(text).items():
        if base not in _BY_DIMENSION:
            raise ColeyError(Problem("", f"unit {text!r} has dimension {base}, which no model uses"))
        unit = unit * registry.parse_units(_BY_DIMENSION[base]) ** power
    return unit


@cache
def to_internal(text: str) -> float:
    """Factor from the unit ``text`` to its coherent internal unit: value × factor is the internal value."""
    return float(registry.Quantity(1.0, parse_unit(text)).to(internal_unit(text)).magnitude)


def convert(value: float, unit: str, to: str) -> float:
    """``value`` in ``unit`` expressed in the unit ``to``.

    Raises:
        ColeyError: where the two have different dimensions.
    """
    try:
        return float(registry.Quantity(value, parse_unit(unit)).to(parse_unit(to)).magnitude)
    except pint.errors.DimensionalityError as error:
        raise ColeyError(Problem("", f"{unit!r} cannot be expressed in {to!r} ({error})")) from None
