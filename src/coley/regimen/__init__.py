"""The regimen language: text to syntax tree and back, rules, and doses in time.

``nivolumab 1 mg/kg iv q3w x4 + ipilimumab 3 mg/kg iv q3w x4 then nivolumab 240 mg iv q2w up to 24 months``
"""

from __future__ import annotations

from coley.regimen.dosing import amounts, nonmem_table
from coley.regimen.parser import parse
from coley.regimen.rules import Rules, check, read, resolve
from coley.regimen.schedule import Dose, duration, expand
from coley.regimen.syntax import Administration, Bracket, Item, Phase, Place, Regimen, Rest
from coley.regimen.terms import Amount, Band, Before, Condition, Early, Span, Start, State, Step, Tailoring
from coley.regimen.vary import with_dose, with_interval
from coley.regimen.vocabulary import PROCEDURES, ROUTES, UNITS

__all__ = [
    "PROCEDURES",
    "ROUTES",
    "UNITS",
    "Administration",
    "Amount",
    "Band",
    "Before",
    "Bracket",
    "Condition",
    "Dose",
    "Early",
    "Item",
    "Phase",
    "Place",
    "Regimen",
    "Rest",
    "Rules",
    "Span",
    "Start",
    "State",
    "Step",
    "Tailoring",
    "amounts",
    "check",
    "duration",
    "expand",
    "nonmem_table",
    "parse",
    "read",
    "resolve",
    "with_dose",
    "with_interval",
]
