"""Units of a System as unit definitions of SBML."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import libsbml
import pint

from coley.errors import ColeyError, Problem
from coley.sbml.identifiers import identifiers
from coley.units import dimension, parse_unit, registry

DIMENSIONLESS = "dimensionless"
_KINDS = {
    "": DIMENSIONLESS,
    "meter": "metre", "gram": "gram", "second": "second", "mole": "mole",
    "cell": "item", "molecule": "item", "count": "item", "PFU": "item", "IU": "item", "vp": "item", "gray": "gray",
    "MBq": "becquerel",
    "kelvin": "kelvin", "ampere": "ampere", "candela": "candela", "radian": "radian",
}  # fmt: skip
_SIZES = {"MBq": 1e6}
"""Of our own base units, how many of SBML's they are, where not one."""
_AMOUNTS = [dimension(text) for text in ("", "mole", "gram", "cell", "molecule", "PFU", "IU")]


@dataclass(frozen=True)
class _Factor:
    """(multiplier × 10 ** scale × kind) ** exponent, as SBML has it."""

    kind: str
    exponent: float
    scale: int
    multiplier: float


def is_amount(unit: str) -> bool:
    """Whether the amount of a species may be in this unit."""
    return _dimension(unit) in _AMOUNTS


def spatial_dimensions(unit: str) -> int | None:
    """3 for a volume or a pure number, 2 for an area, 1 for a length; None for what no compartment's size is in."""
    dimensions = [dimension(text) for text in ("", "meter", "meter**2", "meter**3")]
    own = _dimension(unit)
    return (3, 1, 2, 3)[dimensions.index(own)] if own in dimensions else None


def define(model: libsbml.Model, texts: Iterable[str]) -> dict[str, str]:
    """Define every unit in the model; which identifier stands for which text."""
    pure = {text: DIMENSIONLESS for text in texts if _read(text) == (1.0, registry.dimensionless)}
    others = list(dict.fromkeys(text for text in texts if text not in pure))
    base = {libsbml.UnitKind_toString(kind) for kind in range(libsbml.UNIT_KIND_INVALID)}
    readable = {text: _readable(text) for text in others}
    named = identifiers(readable.values(), base)
    for short in dict.fromkeys(readable.values()):
        text = next(text for text in others if readable[text] == short)
        definition = model.createUnitDefinition()
        definition.setId(named[short])
        definition.setName(text)
        for factor in _factors(text):
            unit = definition.createUnit()
            unit.setKind(libsbml.UnitKind_forName(factor.kind))
            unit.setExponent(factor.exponent)
            unit.setScale(factor.scale)
            unit.setMultiplier(factor.multiplier)
    return {**pure, **{text: named[short] for text, short in readable.items()}}


@cache
def _read(text: str) -> tuple[float, pint.Unit]:
    """The unit that ``text`` names, and how many of it: models of others count in 1e-06 mole, say.

    Raises:
        ColeyError: where ``text`` is no unit.
    """
    try:
        return 1.0, parse_unit(text)
    except ColeyError:
        try:
            quantity: Any = registry.Quantity(1.0, registry.dimensionless) * registry.parse_expression(text)
        except (pint.errors.PintError, ValueError, AttributeError, TypeError, SyntaxError):
            quantity = None
        if quantity is None:
            raise
        return float(quantity.magnitude), quantity.units


def _dimension(text: str) -> pint.util.UnitsContainer:
    return _read(text)[1].dimensionality


def _readable(text: str) -> str:
    """The unit in words: ``milliliter_per_day`` for ``mL/day``; the same for texts of the same unit."""
    number, unit = _read(text)
    words = f"{unit:C}".replace("**", "").replace("*", "_").replace("/", "_per_")
    return re.sub(r"^1_", "", words if number == 1 else f"{number!r}_{words}")


def _factors(text: str) -> list[_Factor]:
    number, unit = _read(text)
    factors = [] if number == 1 else [_Factor(DIMENSIONLESS, 1.0, 0, number)]
    for name, power in _items(unit):
        root: Any = registry.Quantity(1.0, registry.parse_units(name)).to_root_units()
        magnitude = float(root.magnitude)
        for base, exponent in _items(root.units) or [("", 1.0)]:
            if base not in _KINDS:
                raise ColeyError(Problem(f"unit {text!r}", f"SBML has no unit for {base}"))
            size = _SIZES.get(base, 1.0) ** exponent
            factors.append(_factor(_KINDS[base], magnitude * size, exponent, power))
            magnitude = 1.0
    return factors


def _items(unit: pint.Unit) -> list[tuple[str, float]]:
    """The units that ``unit`` is a product of, and their powers."""
    items: Any = registry.Quantity(1.0, unit).unit_items()  # pint admits complex powers, which none of ours are
    return [(name, float(power)) for name, power in items]


def _factor(kind: str, magnitude: float, exponent: float, power: float) -> _Factor:
    """(magnitude × kind ** exponent) ** power, its powers of ten as a scale."""
    multiplier = magnitude ** (1 / exponent)
    scale = round(math.log10(multiplier))
    if math.isclose(multiplier, 10.0**scale, rel_tol=1e-12):
        return _Factor(kind, exponent * power, scale, 1.0)
    return _Factor(kind, exponent * power, 0, multiplier)
