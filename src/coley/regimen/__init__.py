"""The regimen language: text to syntax tree and back, rules, and doses in time.

``nivolumab 1 mg/kg iv q3w x4 + ipilimumab 3 mg/kg iv q3w x4 then nivolumab 240 mg iv q2w up to 24 months``
"""

from __future__ import annotations

from coley.regimen.dosing import amounts, nonmem_table
from coley.regimen.parser import parse
from coley.regimen.rules import Rules, check, read, resolve
from coley.regimen.schedule import Dose, duration, expand
from coley.regimen.syntax import Administration, Phase, Place, Regimen, Rest, Span
from coley.regimen.vocabulary import ROUTES, UNITS

__all__ = [
    "ROUTES",
    "UNITS",
    "Administration",
    "Dose",
    "Phase",
    "Place",
    "Regimen",
    "Rest",
    "Rules",
    "Span",
    "amounts",
    "check",
    "duration",
    "expand",
    "nonmem_table",
    "parse",
    "read",
    "resolve",
]
