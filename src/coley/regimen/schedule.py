"""A regimen laid out in time, day 0 being its start.

A cycle of interval I has its day 1 at its start; with ``days 1,8 q3w`` doses fall on days 0, 7, 21, 28, ...
A part ends when its last cycle does: ``q3w x4`` after 84 days. ``once`` counts as a cycle of one day, so that what
follows with ``then`` is on a later day. ``up to 24 months`` counts from the start of its phase: no dose falls on that
day or later, and the cycle of the last dose is completed. The next phase starts when the longest part has ended.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from coley.errors import ColeyError, Problem
from coley.regimen.syntax import Administration, Phase, Regimen, Rest

ONCE_DAYS = 1.0
"""Days until a single dose has ended, for what follows it with ``then``."""


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose in time. ``day`` counts from the start of the regimen."""

    day: float
    administration: Administration


@dataclass(frozen=True, slots=True)
class Course:
    """Equally spaced doses of one administration.

    Attributes:
        start: day of the first dose.
        interval: days between doses; 0 for a single dose.
        count: number of doses, at least one.
        administration: what is given.
    """

    start: float
    interval: float
    count: int
    administration: Administration


def expand(regimen: Regimen, horizon_days: float) -> tuple[Dose, ...]:
    """Every dose before ``horizon_days``, in order of time; doses at the same time in the order of the text.

    Raises:
        ColeyError: where the horizon is not a finite number of days from zero up.
    """
    doses = [
        Dose(course.start + index * course.interval, course.administration)
        for course in courses(regimen, horizon_days)
        for index in range(course.count)
    ]
    return tuple(sorted(doses, key=lambda dose: dose.day))


def courses(regimen: Regimen, horizon_days: float) -> tuple[Course, ...]:
    """The doses before ``horizon_days`` as courses, one per administration and day of its cycle.

    Raises:
        ColeyError: where the horizon is not a finite number of days from zero up.
    """
    if not (math.isfinite(horizon_days) and horizon_days >= 0):
        raise ColeyError(Problem("horizon_days", f"{horizon_days} is not a finite number of days", "write e.g. 730"))
    found: list[Course] = []
    start = 0.0
    for phase in regimen.phases:
        if not isinstance(phase, Rest):
            found += [course for a in phase for course in _courses(a, start, horizon_days)]
        length = phase_duration(phase)
        if length is None:
            break
        start += length
    return tuple(found)


def duration(regimen: Regimen) -> float | None:
    """Days from the start of the regimen to the end of its last phase; None where it is open-ended."""
    lengths = [phase_duration(phase) for phase in regimen.phases]
    known = [length for length in lengths if length is not None]
    return None if len(known) < len(lengths) else sum(known)


def phase_duration(phase: Phase) -> float | None:
    """Days from the start of a phase to the end of its longest part; None where it is open-ended."""
    if isinstance(phase, Rest):
        return phase.span.days
    lengths = [_duration(administration) for administration in phase]
    known = [length for length in lengths if length is not None]
    return None if len(known) < len(lengths) else max(known)


def _duration(administration: Administration) -> float | None:
    interval = administration.interval_days
    if interval is None:
        return ONCE_DAYS
    if administration.cycles is not None:
        return administration.cycles * interval
    if administration.limit_days is not None:
        first = administration.days[0] - 1
        return math.ceil((administration.limit_days - first) / interval) * interval
    return None


def _courses(administration: Administration, phase_start: float, horizon: float) -> list[Course]:
    interval = administration.interval_days
    left = horizon - phase_start
    if interval is None:
        return [Course(phase_start, 0.0, 1, administration)] if left > 0 else []
    found = []
    for day in administration.days:
        first = day - 1
        stop = left if administration.limit_days is None else min(left, administration.limit_days)
        count = max(0, math.ceil((stop - first) / interval))
        if administration.cycles is not None:
            count = min(count, administration.cycles)
        if count:
            found.append(Course(phase_start + first, interval if count > 1 else 0.0, count, administration))
    return found
