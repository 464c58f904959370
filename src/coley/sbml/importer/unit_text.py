"""Units of SBML as text, such as ``nanomole / litre``. What they say is kept; nothing is converted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import libsbml

_PREFIXES = {-15: "femto", -12: "pico", -9: "nano", -6: "micro", -3: "milli", -2: "centi", -1: "deci", 0: "",
             1: "deca", 2: "hecto", 3: "kilo", 6: "mega", 9: "giga", 12: "tera"}  # fmt: skip
_OWN_NAMES = {("second", 60.0): "minute", ("second", 3600.0): "hour", ("second", 86400.0): "day"}
_KINDS = {"item": "count", "avogadro": "count", "meter": "metre", "liter": "litre"}
_DIMENSIONS = {0: "", 1: "Length", 2: "Area", 3: "Volume"}


class Units:
    """The units of one model."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._defined = {d.getId(): d for d in model.getListOfUnitDefinitions()}
        self.time = self.text(model.getTimeUnits())
        self.substance = self.text(model.getSubstanceUnits())
        self.extent = self.text(model.getExtentUnits())

    def text(self, identifier: str) -> str:
        """Text of the unit that an identifier names; "" where none is."""
        if identifier in self._defined:
            return _product(self._defined[identifier].getListOfUnits())
        return _KINDS.get(identifier, identifier) if libsbml.UnitKind_forName(identifier) != _INVALID else ""

    def size(self, compartment: Any) -> str:
        """Unit of a compartment's size."""
        if compartment.isSetUnits():
            return self.text(compartment.getUnits())
        dimensions = compartment.getSpatialDimensionsAsDouble()
        kind = _DIMENSIONS.get(dimensions, "")
        return self.text(getattr(self._model, f"get{kind}Units")()) if kind else ""

    def amount(self, species: Any) -> str:
        """Unit of a species' amount."""
        return self.text(species.getSubstanceUnits()) if species.isSetSubstanceUnits() else self.substance


_INVALID = libsbml.UNIT_KIND_INVALID


def ratio(above: str, below: str) -> str:
    """Text of one unit by another; "" where either is not known."""
    if not above or not below:
        return ""
    if below == "dimensionless":
        return above
    return f"{above} / ({below})" if " " in below else f"{above} / {below}"


def _product(units: Iterable[Any]) -> str:
    above: list[str] = []
    below: list[str] = []
    for unit in units:
        exponent = unit.getExponentAsDouble()
        name = _single(unit)
        if name and exponent:
            power = "" if abs(exponent) == 1 else f" ** {abs(exponent):g}"
            (above if exponent > 0 else below).append(f"{name}{power}")
    text = " * ".join(above) or ("1" if below else "dimensionless")
    return " / ".join([text, *below])


def _single(unit: Any) -> str:
    """A unit without its exponent; "" for a plain dimensionless one."""
    kind = str(libsbml.UnitKind_toString(unit.getKind()))
    multiplier, scale = unit.getMultiplier(), unit.getScale()
    whole = multiplier * 10.0**scale if abs(scale) < 300 else multiplier
    if (kind, whole) in _OWN_NAMES:
        return _OWN_NAMES[kind, whole]
    name = _KINDS.get(kind, kind)
    if name == "dimensionless":
        return "" if whole == 1 else f"{whole:g}"
    if multiplier == 1 and scale in _PREFIXES:
        return _PREFIXES[scale] + name
    return f"({whole:.15g} * {name})"
