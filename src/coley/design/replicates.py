"""Tests of many trials of two arms at once: a trial a row, as simulated trials are drawn by the thousand.

Log-rank: Mantel, Cancer Chemother Rep 50:163 (1966); weighted: Fleming and Harrington, Counting Processes and Survival
Analysis (1991), chapter 7. Proportions: Fleiss, Statistical Methods for Rates and Proportions (1981), without
correction for continuity. Statistics are standard normal where the arms are the same, and positive where the second arm
does better.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def log_rank_statistics(durations: Floats, events: Flags, treated: Flags) -> tuple[Floats, Floats]:
    """(trials,) log-rank statistics, and those that weigh late events: Fleming and Harrington's with rho 0, gamma 1.

    Ties are as in :func:`coley.trial.analysis.statistics.log_rank`. A trial without events has statistic 0.

    Args:
        durations, events: (trials, patients).
        treated: (patients,) who is in the second arm.
    """
    order = np.argsort(durations, axis=1, kind="stable")
    times = np.take_along_axis(durations, order, axis=1)
    event = np.take_along_axis(events, order, axis=1).astype(np.float64)
    second = treated[order].astype(np.float64)
    first_of_time, last_of_time = _groups(times)

    def before(values: Floats) -> Floats:
        """Sum of ``values`` over those whose time is earlier."""
        return np.asarray(np.take_along_axis(np.cumsum(values, axis=1) - values, first_of_time, axis=1))

    at_risk = times.shape[1] - first_of_time.astype(np.float64)
    second_at_risk = second.sum(axis=1, keepdims=True) - before(second)
    died = np.take_along_axis(np.cumsum(event, axis=1), last_of_time, axis=1) - before(event)
    share = second_at_risk / at_risk
    expected = event * share
    scale = np.divide(at_risk - died, at_risk - 1, out=np.zeros_like(at_risk), where=at_risk > 1)
    variance = event * share * (1 - share) * scale
    with np.errstate(divide="ignore"):  # everybody left dies: nobody comes after
        steps = np.where(first_of_time == np.arange(times.shape[1]), np.log1p(-died / at_risk), 0.0)
    lost = -np.expm1(np.minimum(before(np.where(np.isfinite(steps), steps, 0.0)), 0.0))
    gain = expected - event * second  # events spared in the second arm
    return _standardised(gain, variance), _standardised(lost * gain, lost**2 * variance)


def proportion_statistics(first: NDArray[np.int64], second: NDArray[np.int64], n: int) -> Floats:
    """(trials,) statistics of the difference of proportions: ``first`` and ``second`` of ``n`` patients each."""
    mean = (first + second) / (2 * n)
    error = np.sqrt(2 * mean * (1 - mean) / n)
    return np.asarray(np.divide((second - first) / n, error, out=np.zeros_like(error), where=error > 0))


def _groups(times: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each place in ``times``, sorted along each row, the first and the last place with the same time."""
    places = np.broadcast_to(np.arange(times.shape[1]), times.shape)
    edge = np.ones((len(times), 1), dtype=np.bool_)
    changes = times[:, 1:] != times[:, :-1]
    first = np.maximum.accumulate(np.where(np.hstack([edge, changes]), places, 0), axis=1)
    ends = np.where(np.hstack([changes, edge]), places, times.shape[1] - 1)
    last = np.flip(np.minimum.accumulate(np.flip(ends, axis=1), axis=1), axis=1)
    return first, last


def _standardised(gain: Floats, variance: Floats) -> Floats:
    total = variance.sum(axis=1)
    return np.asarray(np.divide(gain.sum(axis=1), np.sqrt(total), out=np.zeros_like(total), where=total > 0))
