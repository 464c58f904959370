"""The closed vocabulary of the regimen language: dose units, routes, sites, procedures and words of time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from coley.errors import did_you_mean

Kind = Literal["mass", "AUC", "cells", "PFU", "vp", "CFU", "IU", "volume", "activity", "absorbed dose"]
Per = Literal["", "kg", "m2", "ideal kg", "L"]
TimeUnit = Literal["min", "h", "day", "week", "month", "year"]

BASE_UNITS: MappingProxyType[Kind, str] = MappingProxyType(
    {
        "mass": "mg",
        "AUC": "mg",
        "cells": "cells",
        "PFU": "PFU",
        "vp": "vp",
        "CFU": "CFU",
        "IU": "IU",
        "volume": "mL",
        "activity": "MBq",
        "absorbed dose": "Gy",
    }
)
"""The unit of a patient's amount, by kind of dose. A target AUC is met by a number of mg."""


@dataclass(frozen=True, slots=True)
class DoseUnit:
    """A unit in which doses are written.

    Attributes:
        name: canonical spelling.
        kind: what is counted: mass, target AUC (Calvert), cells, plaque-forming units, viral particles, colony-forming
            units, international units, volume, radioactivity or absorbed dose of radiation.
        per: body size that the dose is proportional to: none, weight (kg), surface (m²), adjusted ideal body weight
            (ideal kg) or volume of a perfused limb (L).
        factor: one unit in the base unit of its kind.
        per_day: whether the dose is a rate, given for each day of its infusion.
    """

    name: str
    kind: Kind
    per: Per
    factor: float
    per_day: bool = False

    @property
    def base(self) -> str:
        """The unit of a patient's amount."""
        return BASE_UNITS[self.kind]


_SIZES: tuple[Per, ...] = ("", "kg", "m2")
_IDEAL = "of adjusted ideal body weight"
# name, kind, factor, body sizes, whether rates are usual. 1 mCi is 37 MBq by definition.
_BASES: tuple[tuple[str, Kind, float, tuple[Per, ...], bool], ...] = (
    ("ug", "mass", 1e-3, _SIZES, True),
    ("mg", "mass", 1.0, _SIZES, True),
    ("g", "mass", 1e3, _SIZES, True),
    ("IU", "IU", 1.0, _SIZES, True),
    ("MIU", "IU", 1e6, _SIZES, True),
    ("cells", "cells", 1.0, _SIZES[:2], False),
    ("PFU", "PFU", 1.0, _SIZES[:1], False),
    ("vp", "vp", 1.0, _SIZES[:1], False),
    ("CFU", "CFU", 1.0, _SIZES[:1], False),
    ("mL", "volume", 1.0, _SIZES[:2], False),
    ("MBq", "activity", 1.0, _SIZES[:2], False),
    ("GBq", "activity", 1e3, _SIZES[:1], False),
    ("mCi", "activity", 37.0, _SIZES[:2], False),
    ("Gy", "absorbed dose", 1.0, _SIZES[:1], False),
    ("cGy", "absorbed dose", 1e-2, _SIZES[:1], False),
)


def _units() -> dict[str, DoseUnit]:
    units = [DoseUnit("AUC", "AUC", "", 1.0), DoseUnit("mg/L", "mass", "L", 1.0)]
    units.append(DoseUnit(f"mg/kg {_IDEAL}", "mass", "ideal kg", 1.0))
    for base, kind, factor, sizes, rates in _BASES:
        for per in sizes:
            name = f"{base}/{per}" if per else base
            units.append(DoseUnit(name, kind, per, factor))
            if rates:
                units.append(DoseUnit(f"{name}/day", kind, per, factor, per_day=True))
    return {unit.name: unit for unit in units}


UNITS = MappingProxyType(_units())
"""Dose units by canonical name. ``AUC`` is in mg/mL·min, ``mg/L`` per litre of the perfused limb."""

CONCENTRATIONS = MappingProxyType(
    {f"{name}/mL": UNITS[name] for name in ("PFU", "vp", "CFU", "IU", "MIU", "cells", "ug", "mg", "MBq")}
)
"""What a mL may hold, by canonical name: the unit above the line."""

EXTERNAL_BEAM = "external-beam"
"""The route of a dose in Gy that names no route."""

ROUTES = (
    "iv",
    "sc",
    "im",
    "po",
    "topical",
    "intralesional",
    "intravesical",
    "intradermal",
    "intraperitoneal",
    "intrapleural",
    "intrathecal",
    "intranodal",
    "limb-perfusion",
    EXTERNAL_BEAM,
    "brachytherapy",
)
"""Routes of administration by canonical name."""

TIMED_ROUTES = ("iv", "sc", "intravesical", "intraperitoneal", "intrapleural", "limb-perfusion")
"""Routes that last: an infusion, a slow injection under the skin, an instillation held in a cavity, a perfusion."""

PROCEDURE = "procedure"
"""What stands for unit and route of a procedure."""

PROCEDURES = ("resection", "biopsy", "apheresis", "autologous-transplant", "allogeneic-transplant")
"""Procedures by canonical name. They have no dose."""

_UNIT_BY_FOLDED = {name.casefold(): unit for name, unit in UNITS.items()}
_UNIT_ALIASES = {
    "mcg": "ug",
    "cell": "cells",
    "unit": "iu",
    "units": "iu",
    "mu": "miu",
    "d": "day",
    "24h": "day",
    "m^2": "m2",
    "m\u00b2": "m2",
    "\u03bcg": "ug",
    f"kg {_IDEAL.replace(' body', '')}": f"kg {_IDEAL}",
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
    "id": "intradermal",
    "ip": "intraperitoneal",
    "intratumoral": "intralesional",
    "intratumorally": "intralesional",
    "external beam": EXTERNAL_BEAM,
    "limb perfusion": "limb-perfusion",
    "isolated limb perfusion": "limb-perfusion",
}
_PROCEDURE_ALIASES = {
    "surgery": "resection",
    "leukapheresis": "apheresis",
    "autologous transplant": "autologous-transplant",
    "allogeneic transplant": "allogeneic-transplant",
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
_SPACES = re.compile(r" +")


def _phrases(names: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that matches the longest of ``names``, whatever the spacing, as whole words."""
    choices = "|".join(re.escape(name).replace(r"\ ", " +") for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?:{choices})(?![a-z0-9-])")


ROUTE_PHRASE = _phrases((*ROUTES, *_ROUTE_ALIASES))
"""Matches a route at the start of lower-case text."""

PROCEDURE_PHRASE = _phrases((*PROCEDURES, *_PROCEDURE_ALIASES))
"""Matches a procedure at the start of lower-case text."""


def find_unit(text: str) -> DoseUnit | None:
    """The dose unit that ``text`` names, whatever its case and spacing (``mg / KG``, ``mcg``), or None."""
    parts = re.split(r"\s*/\s*|\s+per\s+", _SPACES.sub(" ", text.strip().casefold()))
    return _UNIT_BY_FOLDED.get("/".join(_UNIT_ALIASES.get(part, part) for part in parts))


def find_concentration(text: str) -> str | None:
    """The canonical name of the concentration that ``text`` names (``pfu / ml``), or None."""
    amount, _, volume = text.partition("/")
    unit = find_unit(amount)
    name = f"{unit.name}/mL" if unit is not None and volume.strip().casefold() == "ml" else ""
    return name if name in CONCENTRATIONS else None


def find_route(text: str) -> str | None:
    """The canonical route that ``text`` names (``IV``, ``intravenously``), or None."""
    folded = _SPACES.sub(" ", text.strip().casefold())
    return folded if folded in ROUTES else _ROUTE_ALIASES.get(folded)


def find_procedure(text: str) -> str | None:
    """The canonical procedure that ``text`` names (``surgery``), or None."""
    folded = _SPACES.sub(" ", text.strip().casefold())
    return folded if folded in PROCEDURES else _PROCEDURE_ALIASES.get(folded)


def find_time_unit(text: str) -> TimeUnit | None:
    """The unit of time that ``text`` names (``wk``, ``months``), or None."""
    return _TIME_BY_WORD.get(text.casefold())


def suggest_unit(word: str) -> str:
    """A hint with the units nearest to ``word``, or with the commonest of them."""
    usual = [name for name, unit in UNITS.items() if not unit.per_day and unit.per in _SIZES]
    return did_you_mean(word, UNITS) or f"one of {', '.join(usual)}"


def suggest_route(word: str) -> str:
    """A hint with the routes nearest to ``word``, or with all of them."""
    return did_you_mean(word, (*ROUTES, *_ROUTE_ALIASES)) or f"one of {', '.join(ROUTES)}"
