"""What is given: drug, dose, route and infusion time, read from a part of a regimen."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from coley.regimen.scanner import Part, clipped, quoted
from coley.regimen.syntax import Span
from coley.regimen.vocabulary import (
    ROUTES,
    TIMED_ROUTES,
    UNITS,
    find_route,
    find_time_unit,
    find_unit,
    suggest_route,
    suggest_unit,
)

NUMBER = r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
LARGEST = 1e15
"""The largest dose in any unit; CAR T cells and viruses stay far below it."""
LONGEST_DAYS = 36525.0
"""The longest span of time in days: a hundred years."""

_NUMBER = re.compile(NUMBER)
_AUC = re.compile(rf"auc *(?:[:=] *)?(?={NUMBER})")
_DOSE = re.compile(rf"{NUMBER} *(?P<unit>[a-z]+(?: */ *[a-z0-9]+)*)?(?![a-z0-9-])")
_COMMA = re.compile(r",[0-9]")
_WORD = re.compile(r"[^ ]+")
_DRUG = re.compile(r"(?=[a-z0-9-]*[a-z])[a-z0-9][a-z0-9-]*")
_UNIT = re.compile(r"[^ /]+(?:(?: */ *| +per +)[^ /]+)*")
_OVER = re.compile(r"over(?![a-z0-9-])")
_AND = {"and", "&", "with", "plus"}
_TIME = re.compile(r"[a-z]+")
_SCHEDULE = re.compile(
    r"(?:over|once|on|days?|daily|weekly|monthly|every|for|until|up)(?![a-z0-9-])|q *-?[0-9.]|x *-?[0-9.]"
)


@dataclass(frozen=True, slots=True)
class Dose:
    """A number, its canonical unit, and the column of the unit."""

    number: float
    unit: str
    unit_column: int


def read_drug(part: Part) -> str | None:
    """The drug's name: one word of letters, digits and hyphens."""
    column = part.column
    if _starts_with_dose(part):
        part.fault(column, "the drug is missing before its dose", "e.g. 'nivolumab 3 mg/kg iv q2w'")
        return None
    match = part.take(_WORD)
    word = match.group() if match else ""
    if not _DRUG.fullmatch(word):
        part.fault(column, f"{quoted(word)} is no drug name", "a drug is one word of letters, digits and hyphens")
        return None
    further = _further_words(part)
    if further:
        joined = "-".join([word, *further])
        hint = "join two administrations with '+'" if _AND & set(further) else f"join it: {quoted(joined)}"
        part.fault(column, f"the drug {quoted(' '.join([word, *further]))} is more than one word", hint)
        return None
    return word


def read_dose(part: Part) -> Dose | None:
    """The dose: ``1 mg/kg``, ``1e8 cells``, ``AUC 5``."""
    column = part.column
    auc = part.take(_AUC)
    match = part.take(_NUMBER)
    if match is None:
        recognised = part.done or _route_ahead(part) or part.peek(_SCHEDULE)
        hint = "a dose is a number with its unit, e.g. '3 mg/kg'"
        part.fault(column, "the dose is missing after the drug", hint, lost=not recognised)
        return None
    if part.take(_COMMA):
        part.fault(column, "a comma in a number can be read in two ways", "write 1000 or 0.5", lost=True)
        part.take(_WORD)
        return None
    value = _number(part, column, match.group())
    unit_column = column if auc else part.column
    unit = "AUC" if auc else _unit(part)
    return None if value is None or unit is None else Dose(value, unit, unit_column)


def read_route(part: Part) -> str | None:
    """The route of administration, by its canonical name."""
    column = part.column
    if part.done or part.peek(_SCHEDULE):
        if not part.lost:
            part.fault(column, "the route is missing after the dose", f"one of {', '.join(ROUTES)}")
        return None
    match = None if part.lost and not _route_ahead(part) else part.take(_WORD)
    if match is None:
        return None
    route = find_route(match.group())
    if route is None:
        part.fault(column, f"unknown route {quoted(match.group())}", suggest_route(match.group()))
    return route


def read_infusion(part: Part, route: str | None) -> Span | None:
    """How long each dose takes: ``over 30 min``; None where it is not said."""
    column = part.column
    if not part.take(_OVER):
        return None
    span = read_span(part, ("min", "h"), "e.g. 'over 30 min' or 'over 2 h'")
    if span is not None and route is not None and route not in TIMED_ROUTES:
        part.fault(column, f"a dose given {route} takes no time", f"'over' goes with {', '.join(TIMED_ROUTES)}")
    return span


def read_rest(part: Part) -> Span | None:
    """The length of a rest: ``2 weeks``."""
    return read_span(part, ("day", "week", "month", "year"), "e.g. 'rest 2 weeks'")


def read_span(part: Part, units: tuple[str, ...], example: str) -> Span | None:
    """A number above zero and one of ``units`` of time."""
    column = part.column
    match = part.take(_NUMBER)
    if match is None:
        part.fault(column, "a number is missing here", example, lost=True)
        return None
    value = _number(part, column, match.group())
    unit_column = part.column
    word = part.take(_TIME)
    unit = find_time_unit(word.group()) if word else None
    if unit is None or unit not in units:
        what = f"{quoted(word.group())} is no unit of time here" if word else "a unit of time is missing here"
        part.fault(unit_column, what, example, lost=word is None)
        return None
    if value is None:
        return None
    span = Span(value, unit)
    if not 0 < span.days <= LONGEST_DAYS:
        part.fault(column, f"{span} is not a time above zero and up to 100 years", example)
        return None
    return span


def _number(part: Part, column: int, text: str) -> float | None:
    value = float(text)
    if value < 0:
        part.fault(column, f"the number {clipped(text)} is negative", f"write {clipped(text[1:])}, or 0 for none")
        return None
    if not math.isfinite(value) or value > LARGEST:
        part.fault(column, "the number is too large", "write at most 1e15")
        return None
    return value + 0.0  # turns -0.0 into 0.0


def _unit(part: Part) -> str | None:
    column = part.column
    match = None if _route_ahead(part) or part.peek(_SCHEDULE) else part.take(_UNIT)
    if match is None:
        part.fault(column, "the unit is missing after the dose", f"one of {', '.join(UNITS)}")
        return None
    unit = find_unit(match.group())
    if unit is None:
        part.fault(column, f"unknown unit {quoted(match.group())}", suggest_unit(match.group()))
        return None
    return unit.name


def _starts_with_dose(part: Part) -> bool:
    dose = part.peek(_DOSE)
    return bool(part.peek(_AUC) or (dose and (dose["unit"] is None or find_unit(dose["unit"]))))


def _further_words(part: Part) -> list[str]:
    """Words between the drug's first word and its dose: a name of several words."""
    words = []
    while (match := part.peek(_WORD)) and (_DRUG.fullmatch(match.group()) or match.group() in _AND):
        if _route_ahead(part) or part.peek(_SCHEDULE) or _starts_with_dose(part):
            break
        part.take(_WORD)
        words.append(match.group())
    return words


def _route_ahead(part: Part) -> bool:
    match = part.peek(_WORD)
    return match is not None and find_route(match.group()) is not None
