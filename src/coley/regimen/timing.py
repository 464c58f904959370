"""When it is given: days and interval, read from a part of a regimen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from coley.regimen.ends import Ends, end_ahead, ends_ahead, read_ends
from coley.regimen.numbers import NUMBER, read_span
from coley.regimen.scanner import Part, quoted
from coley.regimen.terms import Before, Span, number_text
from coley.regimen.vocabulary import find_time_unit

LONGEST_INTERVAL = 3653
"""Days in the longest cycle: ten years."""
EARLIEST_DAY = -365
"""The earliest day before its phase on which a dose can fall."""

_ONCE = re.compile(r"once(?! +(?:daily|weekly|a +(?:day|week)))(?![a-z0-9-])")
_DAYS = re.compile(r"(?:on +)?(?:days?(?![a-z])|d(?= *-?[0-9]))")
_ITEM = r"-?[0-9]+(?: *(?:-|to) *-?[0-9]+)?"
_DAY_LIST = re.compile(rf"{_ITEM}(?: *, *{_ITEM})*")
_BOUNDS = re.compile(r"(-?[0-9]+)(?: *(?:-|to) *(-?[0-9]+))?")
_EVERY = re.compile(rf"(?:q|every(?= )) *(?P<number>{NUMBER}) *(?P<unit>[a-z]*)")
_NAMED = re.compile(r"(?:once +)?(?P<name>daily|weekly|a +day|a +week)(?![a-z0-9-])")
_LOOSE = re.compile(r"(?:monthly|yearly|biweekly|qd|qod|qw|qm|loading)(?![a-z0-9-])")
_COUNT = {"twice": 2, "two times": 2, "three times": 3, "thrice": 3, "four times": 4, "bid": 2, "tid": 3, "qid": 4}
_TIMES = re.compile(
    r"(?:(?P<word>bid|tid|qid)|(?P<count>twice|thrice|(?:two|three|four) +times) +(?:daily|a +day|per +day))"
    r"(?![a-z0-9-])"
)
_A_WEEK = re.compile(
    r"(?:(?:on +)?(?P<days>[1-7]|two|three|four|five|six|seven) +days +(?:a|per)"
    r"|(?P<count>twice|thrice|(?:two|three|four|five|six) +times) +(?:a|per)) +week(?:ly)?(?![a-z0-9-])"
    r"|(?P<weekly>twice|thrice) +weekly(?![a-z0-9-])"
)
# Which days they are is convention: working days, and days apart where there are few.
_DAYS_A_WEEK = {
    2: (1, 4),
    3: (1, 3, 5),
    4: (1, 2, 4, 5),
    5: (1, 2, 3, 4, 5),
    6: (1, 2, 3, 4, 5, 6),
    7: (1, 2, 3, 4, 5, 6, 7),
}
_NUMERALS = {"twice": 2, "two": 2, "thrice": 3, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_AT = re.compile(r"at(?![a-z0-9-])")
_LEAD = re.compile(r"(?=[0-9.]+ *[a-z]+ +before(?![a-z0-9-]))")
_EACH = re.compile(r"before +(?:each|every) +(?P<drug>[a-z0-9-]+)")
_INTERVAL_HINT = "an interval is 'q' with whole hours, days or weeks, e.g. 'q3w', 'q1d', 'q8h'; a single dose is 'once'"


@dataclass(slots=True)
class Schedule:
    """Days, cycle and ends; see ``Administration``."""

    interval: Span | None = None
    days: tuple[int, ...] = (1,)
    times: int = 1
    before: Before | None = None
    ends: Ends = field(default_factory=Ends)
    days_column: int = 0


def day_offset(day: int) -> int:
    """Days from the start of a cycle to its ``day``: 0 for day 1, -1 for day -1. There is no day 0."""
    return day if day < 0 else day - 1


def read_schedule(part: Part, *, fractions: bool = False, procedure: bool = False) -> Schedule | None:
    """The schedule; None, with problems noted, where it cannot be used.

    ``fractions``: the dose says how many there are. ``procedure``: it is done once where nothing is said.
    """
    if part.peek(_LEAD):
        return _read_before(part)
    known = len(part.problems)
    schedule = Schedule(days_column=part.column)
    named = _read_days_and_times(part, schedule)
    column = part.column
    if part.take(_ONCE):
        _check_once(part, column, schedule, named)
    elif schedule.interval is None:
        schedule.interval = _read_interval(part)
        may_lack = named or procedure or bool(part.peek(_AT))
        if schedule.interval is None and len(part.problems) == known and (not may_lack or end_ahead(part)):
            _missing_interval(part, column)
    several = len(schedule.days) > 1 or schedule.times > 1
    ends_column = part.column
    schedule.ends = read_ends(part, by_dose=not several)
    if fractions and schedule.ends.ended:
        part.fault(ends_column, "the number of fractions is its end already", "leave the other end out")
    return None if len(part.problems) > known or not schedule.ends.usable else schedule


def check_timing(part: Part, schedule: Schedule, infusion: Span | None, infusion_column: int) -> None:
    """Note a day outside its cycle, an end before the first dose, and infusions that would overlap."""
    if schedule.interval is None or schedule.before is not None:
        return
    cycle = schedule.interval.days
    first, last = day_offset(schedule.days[0]), day_offset(schedule.days[-1])
    if schedule.interval.unit == "h" and (schedule.days != (1,) or schedule.times > 1):
        part.fault(schedule.days_column, "a cycle of hours has no days", "write e.g. 'bid days 1-5 q3w' for q12h")
        return
    if (last >= cycle and schedule.interval.unit != "h") or last - first >= max(cycle, 1):
        day = schedule.days[-1] if last >= cycle else schedule.days[0]
        part.fault(
            schedule.days_column,
            f"day {day} lies outside a cycle of {number_text(cycle)} days",
            f"days run from 1 to {number_text(cycle)}",
        )
        return
    limit = schedule.ends.limit
    if limit is not None and limit.days <= first:
        part.fault(
            schedule.ends.limit_column,
            f"the limit of {limit} ends before the first dose, on day {schedule.days[0]}",
            f"write more than {first} days",
        )
    if infusion is not None and infusion.days > (gap := _gap(schedule, cycle)) * (1 + 1e-9):
        part.fault(
            infusion_column,
            f"an infusion of {infusion} lasts beyond the next dose",
            f"write at most {number_text(round(gap * 24, 6))} h",
        )


def _gap(schedule: Schedule, cycle: float) -> float:
    """Days between the two doses that are nearest in time."""
    if schedule.times > 1:
        return 1.0 / schedule.times
    days = [day_offset(day) for day in schedule.days]
    return min(after - before for before, after in zip(days, (*days[1:], days[0] + cycle), strict=True))


def _read_before(part: Part) -> Schedule | None:
    column = part.column
    lead = read_span(part, ("min", "h", "day"), "e.g. '30 min before each infusion'")
    each_column = part.column
    match = part.take(_EACH)
    if match is None:
        part.fault(each_column, "before what is not said", "e.g. '30 min before each infusion'", lost=True)
        return None
    ends = read_ends(part, by_dose=True)
    if ends.start is not None:
        part.fault(column, "a dose before others starts with them", "leave 'from ...' out")
    if lead is None or not ends.usable or ends.start is not None:
        return None
    return Schedule(before=Before(lead, "" if match["drug"] in ("infusion", "dose") else match["drug"]), ends=ends)


def _read_days_and_times(part: Part, schedule: Schedule) -> bool:
    """Days of the cycle and doses a day, in either order, into ``schedule``; whether days were named."""
    named = False
    while True:
        column = part.column
        if match := part.take(_TIMES):
            schedule.times = _COUNT[re.sub(r" +", " ", match["word"] or match["count"])]
        elif match := part.take(_A_WEEK):
            word = match["days"] or match["count"] or match["weekly"]
            number = int(word) if word.isdigit() else _NUMERALS[word.split()[0]]
            schedule.days, schedule.interval, named = _DAYS_A_WEEK.get(number, (1,)), Span(1.0, "week"), True
        elif not named and part.take(_DAYS):
            schedule.days, schedule.days_column, named = _read_days(part), column, True
        else:
            break
    if schedule.times > 1 and not named and not part.peek(_EVERY) and not part.peek(_NAMED):
        schedule.interval = Span(1.0, "day")
    return named


def _read_days(part: Part) -> tuple[int, ...]:
    """Days of the cycle; day 1, with a problem noted, where they cannot be used."""
    column = part.column
    match = part.take(_DAY_LIST)
    if match is None:
        part.fault(column, "the days of the cycle are missing", "e.g. 'days 1,8 q3w' or 'days 1-5 q4w'", lost=True)
        return (1,)
    days: list[int] = []
    for item in match.group().split(","):
        bounds = _BOUNDS.match(item.strip())
        texts = [text for text in bounds.groups() if text is not None] if bounds else []
        if not texts or max(map(len, texts)) > 5 or not _usable(first := int(texts[0]), last := int(texts[-1])):
            hint = "days count upwards from 1, e.g. '1-5', and back from -1: there is no day 0"
            part.fault(column, f"{quoted(item.strip())} are no days of a cycle", hint)
            return (1,)
        days += [day for day in range(first, last + 1) if day]
    if days != sorted(set(days)):
        part.fault(
            column,
            "the days of the cycle are not in ascending order, each once",
            f"write 'days {','.join(map(str, sorted(set(days))[:12]))}'",
        )
        return (1,)
    return tuple(days)


def _usable(first: int, last: int) -> bool:
    return EARLIEST_DAY <= first <= last <= LONGEST_INTERVAL and first != 0 and last != 0


def _check_once(part: Part, column: int, schedule: Schedule, named: bool) -> None:
    if named and (schedule.days != (1,) or schedule.interval is not None):
        part.fault(
            schedule.days_column,
            "days of a cycle need an interval, not 'once'",
            "e.g. 'days 1,8 q3w x1', or 'days 1,8' alone",
        )
    elif schedule.times > 1:
        part.fault(column, "several doses a day are not 'once'", "e.g. 'bid day 1'")
    if end_ahead(part):
        part.fault(column, "'once' cannot be repeated", "write an interval instead, e.g. 'q3w x4'", lost=True)


def _missing_interval(part: Part, column: int) -> None:
    if part.done or ends_ahead(part):
        part.fault(column, "the interval is missing", _INTERVAL_HINT)
    elif not part.lost:
        part.fault(
            column, f"{quoted(part.ahead)} is not understood where the interval comes", _INTERVAL_HINT, lost=True
        )


def _read_interval(part: Part) -> Span | None:
    column = part.column
    if named := part.take(_NAMED):
        return Span(1.0, "day" if named["name"][-3:] in ("ily", "day") else "week")
    if loose := part.take(_LOOSE):
        what = f"{loose.group()!r} is not an interval of whole hours, days or weeks"
        part.fault(column, what, _loose_hint(loose.group()))
        return None
    match = part.take(_EVERY)
    if match is None:
        return None
    written, unit = match.group(), find_time_unit(match["unit"])
    value = float(match["number"])
    if unit is None or unit not in ("h", "day", "week"):
        part.fault(
            column,
            f"{quoted(written)} is not an interval of whole hours, days or weeks",
            _loose_hint("monthly" if unit == "month" or match["unit"] == "m" else ""),
        )
        return None
    if value <= 0 or value != int(min(value, 1e9)) or Span(value, unit).days > LONGEST_INTERVAL:
        what = f"the interval {quoted(written)} is not a whole number of {'hour' if unit == 'h' else unit}s"
        part.fault(
            column, f"{what} above zero and up to 10 years", "e.g. 'q3w'; for two doses a week write 'days 1,4 q1w'"
        )
        return None
    return Span(value, unit)


def _loose_hint(word: str) -> str:
    hints = {
        "monthly": "write 'q4w' or 'q30d': months differ in length",
        "qm": "write 'q4w' or 'q30d': months differ in length",
        "yearly": "write 'q52w' or 'q365d'",
        "biweekly": "write 'q2w' for every two weeks, 'days 1,4 q1w' for twice a week",
        "qd": "write 'q1d'",
        "qod": "write 'q2d'",
        "qw": "write 'q1w'",
        "loading": "write a loading dose in brackets: 'trastuzumab 6 mg/kg (first 8 mg/kg) iv q3w'",
    }
    return hints.get(word, _INTERVAL_HINT)
