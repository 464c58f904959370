"""Power of a trial of two arms of equal size, by the formulas that trials are planned with; tests are two-sided.

Proportions: Fleiss, Statistical Methods for Rates and Proportions (1981), without correction for continuity. Log-rank
test: Schoenfeld, Biometrics 39:499 (1983); it takes hazards as proportional.
"""

from __future__ import annotations

from math import ceil, inf, isfinite, log, nan, sqrt

from scipy.special import ndtr, ndtri

LEVEL = 0.05
"""Two-sided level of the test."""
ASKED = 0.8
"""Power that a trial is usually planned for."""
_CRITICAL = float(ndtri(1 - LEVEL / 2))


def power_of_proportions(first: float, second: float, n: int) -> float:
    """Power to tell two proportions, between 0 and 1, with ``n`` patients in each arm."""
    if not (isfinite(first) and isfinite(second)):
        return nan
    null, spread = _spreads(first, second)
    if spread == 0:  # each is 0 or 1
        return 1.0 if first != second else LEVEL
    return _both_tails(abs(second - first) * sqrt(n), _CRITICAL * null, spread)


def size_of_proportions(first: float, second: float) -> float:
    """Patients per arm that give the usual power; infinite where the proportions are the same."""
    if not (isfinite(first) and isfinite(second)):
        return nan
    if first == second:
        return inf
    null, spread = _spreads(first, second)
    return ceil(((_CRITICAL * null + float(ndtri(ASKED)) * spread) / (second - first)) ** 2)


def power_of_log_rank(ratio: float, events: float) -> float:
    """Power of the log-rank test where the hazard ratio is ``ratio`` and both arms together have so many ``events``."""
    if not (isfinite(ratio) and ratio > 0):
        return nan
    return _both_tails(abs(log(ratio)) * sqrt(events) / 2, _CRITICAL, 1.0)


def events_of_log_rank(ratio: float) -> float:
    """Events, in both arms together, that give the usual power; infinite where the hazards are the same."""
    if not (isfinite(ratio) and ratio > 0):
        return nan
    if ratio == 1:
        return inf
    return ceil((2 * (_CRITICAL + float(ndtri(ASKED))) / log(ratio)) ** 2)


def _spreads(first: float, second: float) -> tuple[float, float]:
    """Standard deviations of the difference, times the root of the size: where both are the same, and as they are."""
    mean = (first + second) / 2
    return sqrt(2 * mean * (1 - mean)), sqrt(first * (1 - first) + second * (1 - second))


def _both_tails(shift: float, critical: float, spread: float) -> float:
    """Probability that a normal variable around ``shift`` lies beyond ``critical``, on either side."""
    return float(ndtr((shift - critical) / spread) + ndtr((-shift - critical) / spread))
