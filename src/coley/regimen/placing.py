"""The doses of one administration in time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from coley.regimen.syntax import Administration
from coley.regimen.terms import Condition, State, Step, Tailoring
from coley.regimen.timing import day_offset
from coley.regimen.vocabulary import UNITS

ONCE_DAYS = 1.0
"""Days until a single dose has ended, for what follows it with ``then``."""
_NEVER = math.inf


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


@dataclass(frozen=True, slots=True)
class Frame:
    """What bounds the doses that are laid out.

    Attributes:
        stop: day from which no dose falls any more by the regimen.
        horizon: day from which no dose is wanted.
        met: by state, the day from which it is true; a state that is not there never is.
    """

    stop: float
    horizon: float
    met: Mapping[State, float]

    def within(self, condition: Condition | None, start: float, limit: float | None) -> Frame | None:
        """The frame of what starts on ``start`` under ``condition``; None where that is not given at all."""
        stop = self.stop if limit is None else min(self.stop, start + limit)
        if condition is None:
            return replace(self, stop=stop)
        day = self.met.get(condition.state, _NEVER)
        if condition.word == "until":
            return replace(self, stop=min(stop, day)) if day > start else None
        return replace(self, stop=stop) if (day <= start) == (condition.word == "if") else None


def place(administration: Administration, start: float, frame: Frame) -> tuple[list[Course], float]:
    """Its doses before the horizon, and the day on which its last cycle ends (infinity for none).

    Args:
        administration: what is given; one with ``before`` has no days of its own.
        start: day on which its phase starts.
        frame: what bounds its doses.
    """
    start += administration.start.days if administration.start else 0.0
    inner = frame.within(administration.condition, start, administration.limit_days)
    if inner is None:
        return [], start
    interval = administration.interval_days
    rows = _rows(administration, start, inner.stop)
    if interval is None:
        given = [first for first, count in rows if count]
        end = max([start, *(_after(administration, first) for first in given)])
    else:
        end = start + max(count for _, count in rows) * interval
    visible = [(first, min(count, _steps(inner.horizon - first, interval))) for first, count in rows]
    if administration.tailoring.early or administration.tailoring.step:
        return _changing(administration, visible, inner), end
    return [_course(first, interval, int(count), administration) for first, count in visible if count], end


def _rows(administration: Administration, start: float, stop: float) -> list[tuple[float, float]]:
    """For each time of the cycle with a dose, the day of the first and the number of doses (or infinity)."""
    interval = administration.interval_days
    times = administration.times
    offsets = [day_offset(day) + k / times for day in administration.days for k in range(times)]
    total = administration.dose_limit
    rows = []
    for rank, offset in enumerate(offsets):
        count = _steps(stop - start - offset, interval)
        if administration.cycles is not None:
            count = min(count, administration.cycles)
        if total is not None:
            count = min(count, total // len(offsets) + (rank < total % len(offsets)))
        rows.append((start + offset, count))
    return rows


def _steps(length: float, interval: float | None) -> float:
    """How many doses fall into ``length`` days, the first at its start."""
    if length <= 0:
        return 0
    if interval is None:
        return 1
    # Rounding in starts and thirds of a day must not add a dose on the very day of an end.
    return math.inf if math.isinf(length) else math.ceil(length / interval * (1 - 1e-12))


def _after(administration: Administration, first: float) -> float:
    return first + max(ONCE_DAYS, administration.infusion_days or 0.0)


def _course(first: float, interval: float | None, count: int, administration: Administration) -> Course:
    return Course(first, interval or 0.0 if count > 1 else 0.0, count, administration)


def _changing(administration: Administration, rows: list[tuple[float, float]], frame: Frame) -> list[Course]:
    """Courses of an administration whose dose is not the same each time."""
    interval = administration.interval_days or 0.0
    times = sorted((first + k * interval, row) for row, (first, count) in enumerate(rows) for k in range(int(count)))
    origin = min((first for first, _ in rows), default=0.0)
    found: dict[tuple[Administration, int], list[float]] = {}
    for index, (day, row) in enumerate(times):
        variant = _variant(administration, index, day, origin, frame.met)
        if variant is not None:
            found.setdefault((variant, row), []).append(day)
    return [_course(days[0], interval, len(days), variant) for (variant, _), days in found.items()]


def _variant(
    administration: Administration, index: int, day: float, origin: float, met: Mapping[State, float]
) -> Administration | None:
    """What is given as dose ``index`` (from 0) on ``day``; None where the dose has fallen to nothing."""
    tailoring = administration.tailoring
    if index < len(tailoring.early):
        early = tailoring.early[index]
        return replace(
            administration,
            dose=early.amount.number,
            unit=early.amount.unit,
            infusion=early.infusion or administration.infusion,
            tailoring=Tailoring(cap=tailoring.cap),
        )
    standing = replace(tailoring, early=(), step=None)
    if tailoring.step is None:
        return replace(administration, tailoring=standing)
    dose = _stepped(administration, tailoring.step, index, day, origin, met)
    return replace(administration, dose=dose, tailoring=standing) if dose > 0 else None


def _stepped(
    administration: Administration, step: Step, index: int, day: float, origin: float, met: Mapping[State, float]
) -> float:
    """The dose after its steps, in the unit of the standing dose; it rises no further than the cap."""
    unit = UNITS[administration.unit]
    until = met.get(step.until, _NEVER) if step.until else _NEVER
    if step.every is None:
        interval = administration.interval_days or ONCE_DAYS
        before = max(0, math.ceil((until - origin) / interval - 1e-9) - 1) if until < day else index
        count = min(index, before)
    else:
        count = math.floor((min(day, max(until, origin)) - origin) / step.every.days + 1e-9)
    size = step.amount.number * UNITS[step.amount.unit].factor / unit.factor
    dose = administration.dose + (size if step.rising else -size) * count
    cap = administration.tailoring.cap
    if cap is not None and not unit.per and step.rising:
        # Doses at the cap are one and the same, so that they make one course.
        dose = min(dose, cap.number * UNITS[cap.unit].factor / unit.factor)
    return round(dose, 12)
