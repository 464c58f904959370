"""The closed vocabulary of the regimen language: dose units, routes and words of time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from coley.errors import did_you_mean

Kind = Literal["mass", "AUC", "cells", "PFU", "IU"]
Per = Literal["", "kg", "m2"]
TimeUnit = Literal["min", "h", "day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class DoseUnit:
    """A unit in which doses are written.

    Attributes:
        name: canonical spelling.
        kind: what is counted: mass, target AUC (Calvert), cells, plaque-forming units or international units.
        per: body size that the dose is proportional to: none, weight (kg) or surface (m²).
        factor: one unit in mg for a mass, otherwise 1.
    """

    name: str
    kind: Kind
    per: Per
    factor: float


def _units() -> dict[str, DoseUnit]:
    pers: tuple[Per, ...] = ("", "kg", "m2")
    units = [
        DoseUnit(f"{mass}/{per}" if per else mass, "mass", per, factor)
        for mass, factor in (("ug", 1e-3), ("mg", 1.0), ("g", 1e3))
        for per in pers
    ]
    units += [DoseUnit(f"IU/{per}" if per else "IU", "IU", per, 1.0) for per in pers]
    units += [DoseUnit("cells", "cells", "", 1.0), DoseUnit("cells/kg", "cells", "kg", 1.0)]
    units += [DoseUnit("PFU", "PFU", "", 1.0), DoseUnit("AUC", "AUC", "", 1.0)]
    return {unit.name: unit for unit in units}


UNITS = MappingProxyType(_units())
"""Dose units by canonical name. ``AUC`` is in mg/mL·min."""

ROUTES = ("iv", "sc", "im", "po", "topical", "intralesional", "intravesical", "intradermal")
"""Routes of administration by canonical name."""

TIMED_ROUTES = ("iv", "sc", "intravesical")
"""Routes that last: an infusion, a slow injection under the skin, an instillation held in the bladder."""

_UNIT_BY_FOLDED = {name.casefold(): unit for name, unit in UNITS.items()}
_UNIT_ALIASES = {
    "mcg": "ug",
    "cell": "cells",
    "m^2": "m2",
    "m\u00b2": "m2",
    "\u03bcg": "ug",
}  # casefold turns the micro sign into mu
_ROUTE_ALIASES = {
    "intravenous": "iv",
    "intravenously": "iv",
    "subcutaneous": "sc",
    "subcutaneously": "sc",
    "subq": "sc",
    "intramuscular": "im",
    "intramuscularly": "im",
    "oral": "po",
    "orally": "po",
    "topically": "topical",
}
_WORDS_OF_TIME: dict[TimeUnit, str] = {
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "day": "d day days",
    "week": "w wk wks week weeks",
    "month": "mo month months",
    "year": "y yr yrs year years",
}
_TIME_BY_WORD = {word: unit for unit, words in _WORDS_OF_TIME.items() for word in words.split()}


def find_unit(text: str) -> DoseUnit | None:
    """The dose unit that ``text`` names, whatever its case and spacing (``mg / KG``, ``mcg``), or None."""
    parts = re.split(r"\s*/\s*|\s+per\s+", text.strip().casefold())
    return _UNIT_BY_FOLDED.get("/".join(_UNIT_ALIASES.get(part, part) for part in parts))


def find_route(text: str) -> str | None:
    """The canonical route that ``text`` names (``IV``, ``intravenously``), or None."""
    folded = text.strip().casefold()
    return folded if folded in ROUTES else _ROUTE_ALIASES.get(folded)


def find_time_unit(text: str) -> TimeUnit | None:
    """The unit of time that ``text`` names (``wk``, ``months``), or None."""
    return _TIME_BY_WORD.get(text.casefold())


def suggest_unit(word: str) -> str:
    """A hint with the units nearest to ``word``, or with all of them."""
    return did_you_mean(word, UNITS) or f"one of {', '.join(UNITS)}"


def suggest_route(word: str) -> str:
    """A hint with the routes nearest to ``word``, or with all of them."""
    return did_you_mean(word, (*ROUTES, *_ROUTE_ALIASES)) or f"one of {', '.join(ROUTES)}"
