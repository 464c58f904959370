"""What all criteria ask of a history: values so far, spells that last, first and last days.

Histories are (patients, visits) with visits in order of time. NaN is what was not read.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]
Reals = NDArray[np.float64]

# Sums of readings in tenths of a unit are inexact in binary; without this, exact thresholds would be missed.
_ROUNDING = 1e-9


def at_least(value: ArrayLike, threshold: ArrayLike) -> Flags:
    """``value >= threshold`` but for rounding; false where either is NaN."""
    limit = np.asarray(threshold, dtype=np.float64)
    return np.asarray(value, dtype=np.float64) >= limit - _ROUNDING * np.maximum(1.0, np.abs(limit))


def first_true(*cases: tuple[Flags, IntEnum], otherwise: ArrayLike) -> Codes:
    """Code of the first case that holds, elementwise."""
    flags, codes = zip(*cases, strict=True)
    return np.select(list(flags), [int(code) for code in codes], otherwise).astype(np.int8)


def before(flags: Flags, first: bool) -> Flags:
    """Flags one visit earlier, with ``first`` at the first visit."""
    shifted = np.full_like(flags, first)
    shifted[:, 1:] = flags[:, :-1]
    return shifted


def nadirs(values: Reals) -> Reals:
    """Smallest value read before each visit, the baseline included; at the first visit, the baseline itself.

    Args:
        values: (patients, visits) or (patients, visits, lesions), NaN where not read.
    """
    lowest = np.fmin.accumulate(values, axis=1)
    return np.concatenate([lowest[:, :1], lowest[:, :-1]], axis=1)


def last_read(values: Reals) -> Reals:
    """(patients, visits) the value read last, at this visit or before; NaN before the first."""
    read = ~np.isnan(values)
    visit = np.maximum.accumulate(np.where(read, np.arange(values.shape[1]), 0), axis=1)
    return np.take_along_axis(values, visit, axis=1)


def so_far(flags: Flags) -> Flags:
    """Whether a flag was true at this visit or at one before."""
    return np.asarray(np.logical_or.accumulate(flags, axis=1))


def earlier(flags: Flags) -> Flags:
    """Whether a flag was true at a visit before this one."""
    return before(so_far(flags), False)


def first_day(flags: Flags, day: Reals) -> Reals:
    """(patients,) first day on which a flag is true, NaN without one."""
    first = np.where(flags, day, np.inf).min(axis=1, initial=np.inf)
    return np.where(np.isinf(first), np.nan, first)


def last_day(flags: Flags, day: Reals) -> Reals:
    """(patients,) last day on which a flag is true, 0 (the baseline) without one."""
    return np.asarray(np.where(flags, day, 0.0).max(axis=1, initial=0.0))


def after_last(flags: Flags) -> Flags:
    """Whether a flag is true neither at this visit nor at any later one."""
    return ~np.flip(np.logical_or.accumulate(np.flip(flags, axis=1), axis=1), axis=1)


def missed_twice(shown: Flags) -> Flags:
    """Whether neither this visit nor the one before shows something."""
    return np.asarray(~shown & ~before(shown, True))


def lasting_from(shown: Flags, ended: Flags, day: Reals, after: float) -> Reals:
    """(patients,) first day of the first spell of ``shown`` that lasts ``after`` days or more, NaN without one.

    A spell runs from its first to its last ``shown`` visit; a visit of ``ended`` ends it.
    """
    start = np.full(len(shown), np.nan)
    found = start.copy()
    for now, end, today in zip(shown.T, ended.T, day.T, strict=True):
        start[end] = np.nan
        start = np.where(now & np.isnan(start), today, start)
        found = np.where(np.isnan(found) & now & at_least(today - start, after), start, found)
    return found
