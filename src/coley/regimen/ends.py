"""When something ends, starts and depends: ``x4``, ``up to 24 months``, ``from day 2``, ``until CR``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from coley.regimen.numbers import NUMBER, read_span
from coley.regimen.scanner import Part, clipped
from coley.regimen.states import condition_ahead, read_condition
from coley.regimen.terms import Condition, Span, Start

MOST_CYCLES = 9999
LATEST_START = 3653
"""The latest day on which something may start in its phase: ten years."""

_CYCLES = re.compile(rf"x *(?P<number>{NUMBER})(?: *cycles?(?![a-z0-9-]))?")
_UP_TO = re.compile(r"(?:up +to|for)(?![a-z0-9-])")
_COUNTED = re.compile(rf"(?P<number>{NUMBER}) *(?P<what>cycles?|doses?|times|courses?)(?![a-z0-9-])")
_PROGRESSION = re.compile(r"until +progression(?![a-z0-9-])")
_FROM = re.compile(r"(?:from|at|starting(?: +on)?)(?![a-z0-9-])")
_START = re.compile(r"(?P<unit>day|week) *(?P<number>[0-9]+)(?![a-z0-9.-])")
_BOTH = "a schedule ends after a number of cycles or after a time, not both"
_BOTH_HINT = "write 'x4' or 'up to 24 months'"


@dataclass(slots=True)
class Ends:
    """When something ends, and what else stands there; see ``Administration``.

    Attributes:
        limit_column: column of the limit.
        usable: whether all that was written could be read.
    """

    cycles: int | None = None
    doses: int | None = None
    limit: Span | None = None
    start: Start | None = None
    condition: Condition | None = None
    limit_column: int = 0
    usable: bool = True

    @property
    def ended(self) -> bool:
        """Whether a number or a time ends it."""
        return self.cycles is not None or self.doses is not None or self.limit is not None


def end_ahead(part: Part) -> bool:
    """Whether an end comes next."""
    return bool(part.peek(_CYCLES) or part.peek(_UP_TO))


def ends_ahead(part: Part) -> bool:
    """Whether an end, a start or a condition comes next."""
    return end_ahead(part) or bool(part.peek(_FROM)) or condition_ahead(part)


def read_ends(part: Part, *, by_dose: bool) -> Ends:
    """Everything that says when it ends or starts, in any order. ``by_dose``: a number of doses is one of cycles."""
    ends = Ends()
    while ends_ahead(part):
        known = len(part.problems)
        if part.take(_PROGRESSION):
            continue
        if condition_ahead(part):
            _read_condition(part, ends)
        elif part.peek(_FROM):
            _read_start(part, ends)
        else:
            _read_end(part, ends, by_dose=by_dose)
        if len(part.problems) > known:
            ends.usable = False
        if part.lost:
            break
    return ends


def _read_condition(part: Part, ends: Ends) -> None:
    column = part.column
    condition = read_condition(part)
    if condition is not None and ends.condition is not None:
        part.fault(column, "only one condition can stand here", "keep one of the two, or use brackets", lost=True)
    ends.condition = condition


def _read_start(part: Part, ends: Ends) -> None:
    column = part.column
    part.take(_FROM)
    match = part.take(_START)
    number = int(match["number"][:6]) if match else 0
    start = Start(number, "week" if match and match["unit"] == "week" else "day")
    if match is None or number < 1 or start.days > LATEST_START:
        part.fault(column, "a start is a day or week from 1 up to 10 years", "e.g. 'from day 2'", lost=match is None)
    elif ends.start is not None:
        part.fault(column, "it starts twice", "keep one of the two")
    else:
        ends.start = start


def _read_end(part: Part, ends: Ends, *, by_dose: bool) -> None:
    column = part.column
    if ends.ended:
        part.fault(column, _BOTH, _BOTH_HINT, lost=True)
        return
    cycles = part.take(_CYCLES)
    if cycles is None:
        part.take(_UP_TO)
    counted = None if cycles else part.take(_COUNTED)
    if number := cycles or counted:
        count = _count(part, column, number["number"])
        if counted and counted["what"].startswith("dose") and not by_dose:
            ends.doses = count
        else:
            ends.cycles = count
        return
    ends.limit = read_span(part, ("day", "week", "month", "year"), "e.g. 'up to 24 months'")
    ends.limit_column = column


def _count(part: Part, column: int, text: str) -> int | None:
    value = float(text)
    if not 1 <= value <= MOST_CYCLES or value != int(value):
        part.fault(
            column, f"the number of cycles {clipped(text)} is not a whole number from 1 to {MOST_CYCLES}", "e.g. 'x4'"
        )
        return None
    return int(value)
