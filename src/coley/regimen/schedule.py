"""A regimen laid out in time, day 0 being its start.

A cycle of interval I has its day 1 at its start; with ``days 1,8 q3w`` doses fall on days 0, 7, 21, 28, ... Day -1 is
the day before the start, so that ``days -5 to -3`` of the first phase fall on days -5, -4 and -3.
A part ends when its last cycle does: ``q3w x4`` after 84 days. A single dose counts as a cycle of one day, or of its
infusion where that is longer, so that what follows with ``then`` is on a later day. ``up to 24 months`` counts from
the start of its part: no dose falls on that day or later, and the cycle of the last dose is completed. The next phase
starts when the longest part has ended. The limit of a bracket is one for all that stands in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from coley.errors import ColeyError, Problem
from coley.regimen.placing import Course, Frame, place
from coley.regimen.syntax import Administration, Bracket, Phase, Regimen, Rest
from coley.regimen.terms import Before, State
from coley.regimen.timing import EARLIEST_DAY

_NO_STATES: Mapping[State, float] = {}


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose, or a procedure, in time. ``day`` counts from the start of the regimen, and may lie before it."""

    day: float
    administration: Administration


@dataclass(frozen=True, slots=True)
class _Premedication:
    """An administration that precedes doses of something else, and when it may be given."""

    administration: Administration
    before: Before
    start: float
    stop: float


@dataclass(slots=True)
class _Layout:
    """What has been laid out so far."""

    courses: list[Course]
    premedications: list[_Premedication]


def expand(regimen: Regimen, horizon_days: float, *, met: Mapping[State, float] = _NO_STATES) -> tuple[Dose, ...]:
    """Every dose and procedure before ``horizon_days``, in order of time; at the same time in the order of the text.

    Args:
        regimen: what is given.
        horizon_days: day from which no dose is wanted.
        met: states in the ``regimen.conditions`` that become true, each with the day of the regimen from which it is
            true. Others never are: ``until CR`` then goes on, ``if CR`` is not given, ``unless CR`` is.

    Raises:
        ColeyError: where the horizon is not a finite number of days from zero up.
    """
    doses = [
        Dose(course.start + index * course.interval, course.administration)
        for course in courses(regimen, horizon_days, met=met)
        for index in range(course.count)
    ]
    return tuple(sorted(doses, key=lambda dose: dose.day))


def courses(regimen: Regimen, horizon_days: float, *, met: Mapping[State, float] = _NO_STATES) -> tuple[Course, ...]:
    """The doses before ``horizon_days`` as courses, one per administration, time of its cycle and size of dose.

    Raises:
        ColeyError: where the horizon is not a finite number of days from zero up.
    """
    if not (math.isfinite(horizon_days) and horizon_days >= 0):
        raise ColeyError(Problem("horizon_days", f"{horizon_days} is not a finite number of days", "write e.g. 730"))
    layout = _Layout([], [])
    _lay(regimen, 0.0, Frame(math.inf, horizon_days, met), layout)
    found = list(layout.courses)
    if layout.premedications:
        # What follows on the horizon or soon after it may be preceded by a dose before it.
        lead = max(p.before.lead.days for p in layout.premedications)
        wide = _Layout([], [])
        _lay(regimen, 0.0, Frame(math.inf, horizon_days + lead, met), wide)
        for premedication in layout.premedications:
            found += _preceding(premedication, wide.courses, horizon_days)
    return tuple(found)


def duration(regimen: Regimen) -> float | None:
    """Days from its start to the end of its last phase while no state is met; None where it is open-ended."""
    end = _lay(regimen, 0.0, Frame(math.inf, 0.0, _NO_STATES), _Layout([], []), whole=True)
    return None if math.isinf(end) else end


def _lay(regimen: Regimen, start: float, frame: Frame, layout: _Layout, *, whole: bool = False) -> float:
    """Lay out ``regimen`` from ``start``; the day on which it ends, or a day past the horizon unless ``whole``."""
    for phase in regimen.phases:
        if math.isinf(start) or start >= frame.stop or (not whole and start + EARLIEST_DAY >= frame.horizon):
            break
        start = _lay_phase(phase, start, frame, layout, whole=whole)
    return start


def _lay_phase(phase: Phase, start: float, frame: Frame, layout: _Layout, *, whole: bool) -> float:
    if isinstance(phase, Rest):
        return min(start + phase.span.days, max(start, frame.stop))
    end = start
    for item in phase:
        if isinstance(item, Bracket):
            end = max(end, _lay_bracket(item, start, frame, layout, whole=whole))
        elif item.before is not None:
            inner = frame.within(item.condition, start, item.limit_days)
            if inner is not None:
                layout.premedications.append(_Premedication(item, item.before, start, inner.stop))
        else:
            found, last = place(item, start, frame)
            layout.courses.extend(found)
            end = max(end, last)
    return end


def _lay_bracket(bracket: Bracket, start: float, frame: Frame, layout: _Layout, *, whole: bool) -> float:
    start += bracket.start.days if bracket.start else 0.0
    inner = frame.within(bracket.condition, start, bracket.limit_days)
    if inner is None:
        return start
    if bracket.cycles is None:
        return _lay(bracket.regimen, start, inner, layout, whole=whole)
    if bracket.regimen.open_ended:
        stop = start + bracket.cycles * _longest_cycle(bracket.regimen)
        inner = replace(inner, stop=min(inner.stop, stop))
        return min(_lay(bracket.regimen, start, inner, layout, whole=whole), stop)
    return _lay_repeated(bracket.regimen, bracket.cycles, start, inner, layout, whole=whole)


def _lay_repeated(regimen: Regimen, times: int, start: float, frame: Frame, layout: _Layout, *, whole: bool) -> float:
    """Lay out ``regimen`` several times, one after the other; the day on which the last one ends."""
    done = 0
    while done < times:
        end = _lay(regimen, start, frame, layout, whole=whole)
        if end <= start or end >= frame.stop or (not whole and end + EARLIEST_DAY >= frame.horizon):
            return end
        length, left = end - start, times - done - 1
        if whole and math.isinf(frame.stop):
            return end + left * length
        # Where only the end is wanted, those that no limit touches are as long as the first.
        skipped = min(left, int((frame.stop - end) // length)) if whole else 0
        start, done = end + skipped * length, done + 1 + skipped
    return start


def _longest_cycle(regimen: Regimen) -> float:
    """Days of the longest cycle of what goes on without an end."""
    return max(item.interval_days or 0.0 for item in regimen.endless)


def _preceding(premedication: _Premedication, given: list[Course], horizon: float) -> list[Course]:
    """Doses ahead of those of ``given`` that the premedication is for."""
    item, before = premedication.administration, premedication.before
    drug = before.drug
    targets = [c for c in given if (c.administration.drug == drug if drug else c.administration.route == "iv")]
    days = {round(c.start + k * c.interval, 9) for c in targets for k in range(c.count)}
    ahead = sorted(day for day in days if premedication.start <= day < premedication.stop)[: item.cycles]
    return [Course(day - before.lead.days, 0.0, 1, item) for day in ahead if day - before.lead.days < horizon]
