"""Doses as the solver meets them: stretches of time, what is given at the start of each, what flows in during it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.errors import Problem, did_you_mean

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
_COMPARED = 2**22
"""Numbers that are held at a time to be compared with doses."""
COLUMNS = ("ID", "TIME", "AMT", "DUR", "CMT")


def resolution(time: Floats | float) -> Floats | float:
    """Days within which two times count as one: microseconds, or what floating-point numbers of that size can tell."""
    return 1e-10 + 8 * np.finfo(float).eps * np.abs(time)


@dataclass(frozen=True)
class Doses:
    """Doses of many individuals, in order of individual and time; a bolus begins and ends at once.

    Attributes:
        individual: which individual, counted from 0.
        begin, end: days.
        amount: in the unit of the state, spread evenly from begin to end.
        state: index of the state that it enters.
    """

    individual: Integers
    begin: Floats
    end: Floats
    amount: Floats
    state: Integers

    @classmethod
    def none(cls) -> Doses:
        """No doses."""
        return cls(np.zeros(0, np.intp), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, np.intp))

    @classmethod
    def read(cls, table: pd.DataFrame | None, states: Mapping[str, int]) -> Doses:
        """The doses of a table in which :func:`dose_problems` found nothing."""
        if table is None or table.empty:
            return cls.none()
        begin = table["TIME"].to_numpy(dtype=float)
        return cls(
            table["ID"].to_numpy(dtype=float).astype(np.intp),
            begin,
            begin + table["DUR"].to_numpy(dtype=float),
            table["AMT"].to_numpy(dtype=float),
            table["CMT"].map(dict(states)).to_numpy(dtype=float).astype(np.intp),
        )._ordered()

    def _ordered(self) -> Doses:
        return self[np.lexsort((self.amount, self.end, self.state, self.begin, self.individual))]

    def __getitem__(self, rows: NDArray[np.bool_] | Integers | slice) -> Doses:
        return Doses(self.individual[rows], self.begin[rows], self.end[rows], self.amount[rows], self.state[rows])

    def __len__(self) -> int:
        return len(self.individual)

    def joined(self, other: Doses) -> Doses:
        """These doses and ``other``."""
        if not len(self) or not len(other):
            return other if len(other) else self
        ours = (self.individual, self.begin, self.end, self.amount, self.state)
        theirs = (other.individual, other.begin, other.end, other.amount, other.state)
        return Doses(*(np.concatenate(pair) for pair in zip(ours, theirs, strict=True)))._ordered()

    def snapped(self, since: Floats, marks: Floats) -> Doses:
        """The same doses, at a mark, or at the time ``since`` of their individual, where that is within the resolution.

        An infusion that takes no longer than the resolution becomes a bolus.

        Args:
            since: day, per individual.
            marks: days, ascending: one row for all individuals, or a row for each, filled up with NaN.
        """
        floor = since[self.individual]
        begin, end = self.begin.copy(), self.end.copy()
        for part in _blocks(len(begin), marks.shape[1]):
            mine = marks if len(marks) == 1 else marks[self.individual[part]]
            begin[part], end[part] = _snap(begin[part], mine), _snap(end[part], mine)
        begin = np.where(begin < floor - resolution(floor), begin, np.maximum(begin, floor))
        return replace(self, begin=begin, end=np.where(end - begin <= resolution(end), begin, end))

    def of(self, individuals: Integers) -> list[Doses]:
        """The doses of each of ``individuals``."""
        left = np.searchsorted(self.individual, individuals, side="left")
        right = np.searchsorted(self.individual, individuals, side="right")
        return [self[a:b] for a, b in zip(left.tolist(), right.tolist(), strict=True)]


@dataclass(frozen=True)
class Segment:
    """A stretch between two dose times: ``bolus`` is added to the states at its start, ``infusion`` a day during it."""

    start: float
    end: float
    bolus: Floats | None
    infusion: Floats | None


def segments(
    start: float, end: float, doses: Doses, states: int, switches: Sequence[float] | Floats = ()
) -> Iterator[Segment]:
    """The stretches of [start, end], at least one; a bolus exactly at ``end`` belongs to what comes after.

    Args:
        switches: days at which stretches end besides; NaN for none.
    """
    instant = doses.end == doses.begin
    boluses = doses[instant & (doses.begin >= start) & (doses.begin < end)]
    infusions = doses[~instant & (doses.begin < end) & (doses.end > start)]
    cuts = np.unique(np.concatenate([[start, end], switches, boluses.begin, infusions.begin, infusions.end]))
    cuts = cuts[(cuts >= start) & (cuts <= end)].tolist()
    for left, right in zip(cuts, cuts[1:] or cuts, strict=False):
        now = boluses[boluses.begin == left]
        flowing = infusions[(infusions.begin <= left) & (infusions.end >= right)]
        rate = flowing.amount / (flowing.end - flowing.begin)
        yield Segment(left, right, _summed(now.state, now.amount, states), _summed(flowing.state, rate, states))


def dose_problems(
    table: pd.DataFrame | None, individuals: int, states: Mapping[str, int], since: Floats
) -> Iterator[Problem]:
    """All that is wrong with a dose table. ``since`` is the day from which each individual can be given a dose."""
    if table is None or table.empty:
        return
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        yield Problem("doses", f"columns {', '.join(missing)} are missing", f"needed: {', '.join(COLUMNS)}")
        return
    for name in pd.unique(table["CMT"]):
        if name not in states:
            yield Problem("doses, CMT", f"no state {name!r}", did_you_mean(str(name), states))
    for name, hint in (("AMT", "amounts are in the unit of the state"), ("DUR", "days, 0 for a bolus")):
        values = _numbers(table[name])
        yield from _rows(name, ~(np.isfinite(values) & (values >= 0)), "not a number from 0 up", hint)
    ids, times = _numbers(table["ID"]), _numbers(table["TIME"])
    strange = ~((ids >= 0) & (ids < individuals) & (ids == np.floor(ids)))
    yield from _rows("ID", strange, "no such individual", f"they are numbered 0 to {individuals - 1}")
    yield from _rows("TIME", ~np.isfinite(times), "not a finite number", "days")
    earliest = since[np.where(strange, 0, ids).astype(np.intp)] if individuals else np.zeros(len(ids))
    late = np.isfinite(times) & ~strange & (times < earliest - resolution(earliest))
    if late.any():
        hint = f"individual {ids[late][0]:.0f} is at day {earliest[late][0]:.10g} already"
        yield from _rows("TIME", late, f"day {times[late][0]:.10g} is past", hint)


def _rows(column: str, bad: NDArray[np.bool_], what: str, hint: str) -> Iterator[Problem]:
    rows = np.flatnonzero(bad)
    if len(rows):
        named = ", ".join(map(str, rows[:3])) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")
        yield Problem(f"doses, {column}, row{'s' * (len(rows) > 1)} {named}", what, hint)


def _numbers(column: pd.Series) -> Floats:
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=float)


def _blocks(rows: int, width: int) -> Iterator[slice]:
    """Slices of ``rows`` rows that are compared with ``width`` numbers each, so many at a time as memory bears."""
    size = max(1, _COMPARED // max(width, 1))
    return (slice(first, first + size) for first in range(0, rows, size))


def _snap(values: Floats, marks: Floats) -> Floats:
    """``values``, each at the nearest of its ``marks``, a row for each or one for all, where the two count as one."""
    ends = np.full((len(marks), 1), np.inf)
    padded = np.concatenate([-ends, np.where(np.isnan(marks), np.inf, marks), ends], axis=1)
    if len(marks) == 1:
        rows, above = np.zeros(len(values), np.intp), np.searchsorted(padded[0], values)
    else:
        rows, above = np.arange(len(values)), (padded < values[:, None]).sum(axis=1)
    left, right = padded[rows, above - 1], padded[rows, above]
    nearest = np.where(values - left <= right - values, left, right)
    return np.where(np.abs(values - nearest) <= resolution(values), nearest, values)


def _summed(states: Integers, amounts: Floats, n: int) -> Floats | None:
    if not len(states):
        return None
    total = np.zeros(n)
    np.add.at(total, states, amounts)
    return total
