"""Simulated trials: patients drawn with replacement from large virtual arms, enrolled, followed to a data cut, tested.

An arm is simulated once. Each of many trials of the size asked for then draws its patients from it, each arm for itself
(bootstrap; Efron and Tibshirani, An Introduction to the Bootstrap, 1993), and days of enrolment, uniform over the
months of enrolment; it is analysed at a month after the first patient in, or at a number of events in both arms.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from coley.design.replicates import log_rank_statistics, proportion_statistics
from coley.protocol.calendar import MONTH
from coley.streams import stream
from coley.trial.analysis.power import LEVEL

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
CRITICAL = float(ndtri(1 - LEVEL / 2))
"""Statistic beyond which the test, two-sided, rejects."""
_CELLS = 400_000
"""Patients of simulated trials that are worked out at once."""
_ROUNDING = 1e-6
"""Days: the event that a trial waits for falls on its cut."""
_BLOCK = 20
"""Patients of a part of the arms, by which parts' differences are measured."""
_MOST_BLOCKS = 50


@dataclass(frozen=True)
class Followed:
    """What becomes of the patients of one virtual arm, a row each, in days since the first dose.

    Attributes:
        event: day of the event, infinite where none was observed.
        until: day up to which it would have been seen.
        seen: (patients, examinations) ascending days at which it can be seen, the first 0, NaN where there are no more;
            None for what is known on any day, such as death.
    """

    event: Floats
    until: Floats
    seen: Floats | None = None

    def __len__(self) -> int:
        return len(self.event)

    def rows(self, rows: NDArray[np.int64]) -> Followed:
        """Some of the patients."""
        return Followed(self.event[rows], self.until[rows], None if self.seen is None else self.seen[rows])

    def at(self, rows: NDArray[np.int64], cut: Floats) -> tuple[Floats, Flags]:
        """Durations and events of ``rows`` as known ``cut`` days after their first doses; (trials, patients) all."""
        event = self.event[rows]
        known = (event <= cut + _ROUNDING) & np.isfinite(event)
        until = np.minimum(self.until[rows], np.maximum(cut, 0.0))
        if self.seen is not None:
            until = np.minimum(until, self._last_seen(rows, until))
        return np.where(known, event, until), known

    def _last_seen(self, rows: NDArray[np.int64], day: Floats) -> Floats:
        """Day of the last examination of ``rows`` up to ``day``."""
        assert self.seen is not None
        apart = 1.0 + max(float(np.nanmax(self.seen)), float(day.max()))
        days = np.where(np.isnan(self.seen), apart - 0.5, self.seen) + 2 * apart * np.arange(len(self))[:, None]
        found = np.searchsorted(days.ravel(), day + 2 * apart * rows, side="right") - 1
        return np.asarray(days.ravel()[found] - 2 * apart * rows)


@dataclass(frozen=True)
class Readout:
    """When a trial is analysed, and what is tested.

    Attributes:
        enrolment: months over which patients enter.
        months: data cut, months after the first patient in; infinite where it waits for ``events``.
        events: number of events, in both arms together, at which it is analysed; 0 where at ``months``.
        rate: whether shares of patients with the event by the cut are compared, as of response, where the event is
            wanted; else times to the event, by the log-rank test.
    """

    enrolment: float
    months: float = inf
    events: int = 0
    rate: bool = False


@dataclass(frozen=True)
class Trials:
    """Simulated trials, a row each.

    Attributes:
        statistic: standard normal without a difference, positive where the second arm does better.
        late: the same of the log-rank test that weighs late events; NaN for rates.
        events: in both arms.
        month: of the data cut, infinite where the number of events was not reached in any follow-up.
    """

    statistic: Floats
    late: Floats
    events: Floats
    month: Floats

    @property
    def won(self) -> Flags:
        """(trials,) whether the second arm is shown to be better, at 5 % two-sided."""
        return np.asarray(self.statistic > CRITICAL)


def simulate(control: Followed, treated: Followed, readout: Readout, n: int, trials: int, *, seed: int) -> Trials:
    """``trials`` of ``n`` patients in each arm."""
    generator = stream(seed, "trials of a design", n)
    parts = []
    step = max(1, _CELLS // (2 * n))
    for start in range(0, trials, step):
        size = (min(step, trials - start), n)
        rows = [generator.integers(len(arm), size=size) for arm in (control, treated)]
        entry = readout.enrolment * MONTH * generator.random((size[0], 2 * n))
        parts.append(analysed(control, treated, rows[0], rows[1], entry, readout))
    return Trials(*(np.concatenate([getattr(part, name) for part in parts]) for name in Trials.__dataclass_fields__))


def analysed(
    control: Followed,
    treated: Followed,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    entry: Floats,
    readout: Readout,
) -> Trials:
    """Trials of the rows ``first`` of ``control`` and ``second`` of ``treated``, (trials, n) each.

    Args:
        entry: (trials, 2 n) days of enrolment, of the first arm and then of the second.
    """
    n = first.shape[1]
    day = _cut(np.hstack([control.event[first], treated.event[second]]) + entry, readout)
    own = day[:, None] - entry
    before, after = control.at(first, own[:, :n]), treated.at(second, own[:, n:])
    durations, events = (np.hstack(pair) for pair in zip(before, after, strict=True))
    if readout.rate:
        statistic = proportion_statistics(before[1].sum(axis=1), after[1].sum(axis=1), n)
        late = np.full_like(statistic, np.nan)
    else:
        statistic, late = log_rank_statistics(durations, events, np.arange(2 * n) >= n)
    return Trials(statistic, late, events.sum(axis=1).astype(np.float64), day / MONTH)


def _cut(happened: Floats, readout: Readout) -> Floats:
    """(trials,) day of the data cut, counted from the first patient in."""
    if not readout.events:
        return np.full(len(happened), readout.months * MONTH)
    if readout.events > happened.shape[1]:
        return np.full(len(happened), inf)
    return np.asarray(np.partition(happened, readout.events - 1, axis=1)[:, readout.events - 1])


def whole(control: Followed, treated: Followed, readout: Readout, n: int, *, seed: int) -> tuple[Floats, Flags, Flags]:
    """Durations (months), events and who is treated, of both virtual arms as one trial, at the cut of one of ``n``."""
    generator = stream(seed, "enrolment of a virtual arm", n)
    rows = [np.arange(len(arm))[None] for arm in (control, treated)]
    entry = [readout.enrolment * MONTH * generator.random(row.shape) for row in rows]
    events = round(readout.events * (len(control) + len(treated)) / (2 * n))
    scaled = Readout(readout.enrolment, readout.months, events, readout.rate)
    happened = np.hstack([arm.event[None] + days for arm, days in zip((control, treated), entry, strict=True)])
    day = _cut(happened, scaled)[:, None]
    parts = [arm.at(row, day - days) for arm, row, days in zip((control, treated), rows, entry, strict=True)]
    in_treated = np.repeat([False, True], [len(control), len(treated)])
    return np.hstack([p[0] for p in parts])[0] / MONTH, np.hstack([p[1] for p in parts])[0], in_treated


def noise(control: Followed, treated: Followed, readout: Readout, *, seed: int) -> float:
    """Variance, for one patient per arm, of the mean statistic that comes from the virtual arms being no larger.

    The mean statistic of trials of n is uncertain by n times this. It is what parts of the arms differ by; the same
    patients stand in a part of both, so that what the arms share by common random numbers does not count.
    """
    people = min(len(control), len(treated))
    blocks = min(people // _BLOCK, _MOST_BLOCKS)
    if blocks < 2:
        return 1 / max(people, 1)
    size = people // blocks
    rows = np.arange(blocks * size).reshape(blocks, size)
    entry = readout.enrolment * MONTH * stream(seed, "enrolment of blocks", 0).random((blocks, 2 * size))
    scaled = Readout(readout.enrolment, readout.months if not readout.events else inf, 0, readout.rate)
    found = analysed(control, treated, rows, rows, entry, scaled)
    return float(found.statistic.var(ddof=1)) / size / blocks
