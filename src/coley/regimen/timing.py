"""When it is given: interval, days of the cycle and repeats, read from a part of a regimen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from coley.regimen.fields import NUMBER, read_span
from coley.regimen.scanner import Part, clipped, quoted
from coley.regimen.syntax import Span, number_text
from coley.regimen.vocabulary import find_time_unit

LONGEST_INTERVAL = 3653
"""Days in the longest cycle: ten years."""
MOST_CYCLES = 9999

_ONCE = re.compile(r"once(?! +(?:daily|weekly))(?![a-z0-9-])")
_DAYS = re.compile(r"(?:on +)?days?(?![a-z-])")
_DAY_LIST = re.compile(r"[0-9]+(?: *- *[0-9]+)?(?: *, *[0-9]+(?: *- *[0-9]+)?)*")
_EVERY = re.compile(rf"(?:q|every(?= )) *(?P<number>{NUMBER}) *(?P<unit>[a-z]*)")
_NAMED = re.compile(r"(?:once +)?(?P<name>daily|weekly)(?![a-z0-9-])")
_LOOSE = re.compile(r"(?:monthly|yearly|biweekly|bid|tid|qid|qd|qod|qw|qm|twice)(?![a-z0-9-])")
_CYCLES = re.compile(rf"x *(?P<number>{NUMBER})(?: *cycles?(?![a-z0-9-]))?")
_UP_TO = re.compile(r"(?:up +to|for)(?![a-z0-9-])")
_COUNTED = re.compile(rf"(?P<number>{NUMBER}) *(?:cycles?|doses?|times|courses?)(?![a-z0-9-])")
_PROGRESSION = re.compile(r"until +progression(?![a-z0-9-])")
_INTERVAL_HINT = "an interval is 'q' with whole days or weeks, e.g. 'q3w', 'q1d'; a single dose is 'once'"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Cycle, days in it, and its end; see ``Administration``. Columns are those of the days and the limit."""

    interval: Span | None
    days: tuple[int, ...] = (1,)
    cycles: int | None = None
    limit: Span | None = None
    days_column: int = 0
    limit_column: int = 0


def read_schedule(part: Part) -> Schedule | None:
    """The schedule: ``once``, or days of the cycle, an interval and its end."""
    days_column = part.column
    days = _read_days(part)
    interval_column = part.column
    if part.take(_ONCE):
        _check_once(part, interval_column, 0 if days in ((1,), None) else days_column)
        return Schedule(None)
    known = len(part.problems)
    interval = _read_interval(part)
    if interval is None and len(part.problems) == known:
        _missing_interval(part, interval_column)
    schedule = _read_end(part, Schedule(interval, days or (1,), days_column=days_column))
    return None if interval is None or days is None or schedule is None else schedule


def check_timing(part: Part, schedule: Schedule, infusion: Span | None, infusion_column: int) -> None:
    """Note a day outside its cycle, an end before the first dose, and infusions that would overlap."""
    if schedule.interval is None:
        return
    cycle = round(schedule.interval.days)
    if schedule.days[-1] > cycle:
        part.fault(
            schedule.days_column,
            f"day {schedule.days[-1]} lies outside a cycle of {cycle} days",
            f"days run from 1 to {cycle}",
        )
        return
    if schedule.limit is not None and schedule.limit.days <= schedule.days[0] - 1:
        part.fault(
            schedule.limit_column,
            f"the limit of {schedule.limit} ends before the first dose, on day {schedule.days[0]}",
            f"write more than {schedule.days[0] - 1} days",
        )
    following = (*schedule.days[1:], schedule.days[0] + cycle)
    gap = min(after - before for before, after in zip(schedule.days, following, strict=True))
    if infusion is not None and infusion.days > gap:
        part.fault(
            infusion_column,
            f"an infusion of {infusion} lasts beyond the next dose",
            f"write at most {number_text(gap * 24)} h",
        )


def _check_once(part: Part, column: int, days_column: int) -> None:
    if days_column:
        part.fault(days_column, "days of a cycle need an interval, not 'once'", "e.g. 'days 1,8 q3w x1'")
    if part.peek(_CYCLES) or part.peek(_UP_TO):
        part.fault(column, "'once' cannot be repeated", "write an interval instead, e.g. 'q3w x4'", lost=True)


def _missing_interval(part: Part, column: int) -> None:
    if part.done or part.peek(_CYCLES) or part.peek(_UP_TO):
        part.fault(column, "the interval is missing", _INTERVAL_HINT)
    elif not part.lost:
        part.fault(
            column, f"{quoted(part.ahead)} is not understood where the interval comes", _INTERVAL_HINT, lost=True
        )


def _read_days(part: Part) -> tuple[int, ...] | None:
    """Days of the cycle; day 1 where none are named, None where they cannot be used."""
    if not part.take(_DAYS):
        return (1,)
    column = part.column
    match = part.take(_DAY_LIST)
    if match is None:
        part.fault(column, "the days of the cycle are missing", "e.g. 'days 1,8 q3w' or 'days 1-5 q4w'", lost=True)
        return None
    days: list[int] = []
    for item in match.group().split(","):
        first, _, last = (bound.strip() for bound in item.partition("-"))
        if max(len(first), len(last)) > 4 or not 1 <= int(first) <= int(last or first) <= LONGEST_INTERVAL:
            part.fault(
                column, f"{quoted(item.strip())} are no days of a cycle", "days count upwards from 1, e.g. '1-5'"
            )
            return None
        days += range(int(first), int(last or first) + 1)
    if days != sorted(set(days)):
        part.fault(
            column,
            "the days of the cycle are not in ascending order, each once",
            f"write 'days {','.join(map(str, sorted(set(days))[:12]))}'",
        )
        return None
    return tuple(days)


def _read_interval(part: Part) -> Span | None:
    column = part.column
    if named := part.take(_NAMED):
        return Span(1.0, "day" if named["name"] == "daily" else "week")
    if loose := part.take(_LOOSE):
        part.fault(column, f"{loose.group()!r} is not an interval of whole days or weeks", _loose_hint(loose.group()))
        return None
    match = part.take(_EVERY)
    if match is None:
        return None
    written, unit = match.group(), find_time_unit(match["unit"])
    value = float(match["number"])
    if unit is None or unit not in ("day", "week"):
        part.fault(
            column,
            f"{quoted(written)} is not an interval of whole days or weeks",
            _loose_hint("monthly" if unit == "month" or match["unit"] == "m" else ""),
        )
        return None
    if value <= 0 or value != int(min(value, 1e9)) or value * (7 if unit == "week" else 1) > LONGEST_INTERVAL:
        part.fault(
            column,
            f"the interval {quoted(written)} is not a whole number of {unit}s above zero and up to 10 years",
            "e.g. 'q3w'; for two doses a week write 'days 1,4 q1w'",
        )
        return None
    return Span(value, unit)


def _loose_hint(word: str) -> str:
    hints = {
        "monthly": "write 'q4w' or 'q30d': months differ in length",
        "qm": "write 'q4w' or 'q30d': months differ in length",
        "yearly": "write 'q52w' or 'q365d'",
        "biweekly": "write 'q2w' for every two weeks, 'days 1,4 q1w' for twice a week",
        "twice": "write 'days 1,4 q1w' for twice a week; for several doses a day write their sum with 'q1d'",
        "qd": "write 'q1d'",
        "qod": "write 'q2d'",
        "qw": "write 'q1w'",
        "bid": "write the sum of a day's doses with 'q1d'",
        "tid": "write the sum of a day's doses with 'q1d'",
        "qid": "write the sum of a day's doses with 'q1d'",
    }
    return hints.get(word, _INTERVAL_HINT)


def _read_end(part: Part, schedule: Schedule) -> Schedule | None:
    """The schedule with its number of cycles or its limit; None where what is written cannot be used."""
    if part.take(_PROGRESSION):
        return schedule
    column = part.column
    cycles = part.take(_CYCLES)
    if cycles is None and not part.take(_UP_TO):
        return schedule
    counted = None if cycles else part.take(_COUNTED)
    if number := cycles or counted:
        count = _count(part, column, number["number"])
        if count is not None and (part.peek(_UP_TO) or part.peek(_CYCLES)):
            part.fault(
                part.column,
                "a schedule ends after a number of cycles or after a time, not both",
                "write 'x4' or 'up to 24 months'",
                lost=True,
            )
        return None if count is None else replace(schedule, cycles=count)
    limit = read_span(part, ("day", "week", "month", "year"), "e.g. 'up to 24 months'")
    if limit is not None and part.peek(_CYCLES):
        part.fault(
            part.column,
            "a schedule ends after a number of cycles or after a time, not both",
            "write 'x4' or 'up to 24 months'",
            lost=True,
        )
    return None if limit is None else replace(schedule, limit=limit, limit_column=column)


def _count(part: Part, column: int, text: str) -> int | None:
    value = float(text)
    if not 1 <= value <= MOST_CYCLES or value != int(value):
        part.fault(
            column, f"the number of cycles {clipped(text)} is not a whole number from 1 to {MOST_CYCLES}", "e.g. 'x4'"
        )
        return None
    return int(value)
