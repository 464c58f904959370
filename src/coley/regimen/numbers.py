"""Numbers and lengths of time, read from a part of a regimen."""

from __future__ import annotations

import math
import re

from coley.regimen.scanner import Part, clipped, quoted
from coley.regimen.terms import Span
from coley.regimen.vocabulary import find_time_unit

NUMBER = r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
LARGEST = 1e15
"""The largest dose in any unit; CAR T cells and viruses stay far below it."""
LONGEST_DAYS = 36525.0
"""The longest span of time in days: a hundred years."""

NUMBER_AHEAD = re.compile(NUMBER)
_TIME = re.compile(r"[a-z]+")


def read_number(part: Part, column: int, text: str) -> float | None:
    """The value of ``text``, zero or more and not too large; None, with a problem noted, for another."""
    value = float(text)
    if value < 0:
        part.fault(column, f"the number {clipped(text)} is negative", f"write {clipped(text[1:])}, or 0 for none")
        return None
    if not math.isfinite(value) or value > LARGEST:
        part.fault(column, "the number is too large", "write at most 1e15")
        return None
    return value + 0.0  # turns -0.0 into 0.0


def read_span(part: Part, units: tuple[str, ...], example: str) -> Span | None:
    """A number above zero and one of ``units`` of time."""
    column = part.column
    match = part.take(NUMBER_AHEAD)
    if match is None:
        part.fault(column, "a number is missing here", example, lost=True)
        return None
    value = read_number(part, column, match.group())
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
