"""What two arms differ by whose patients are the same people: differences with intervals from the bootstrap.

People are drawn with replacement, each with what became of them in both arms (Efron and Tibshirani, An Introduction to
the Bootstrap, 1993). So the interval leaves out what differs between people, and is that of the simulation: it narrows
with more virtual patients. How far a real trial scatters is told by its power. Where nobody fares differently, the
bootstrap knows no interval; it is then that of 0 among so many (Clopper and Pearson).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.streams import stream
from coley.trial.analysis.statistics import Estimate

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
REPLICATES = 1000
_TAILS = (0.025, 0.975)
_ROUNDING = 1e-9
_CHUNK = 50
"""Replicates that are worked out at once."""


@dataclass(frozen=True)
class Follow:
    """Durations (people,), and whether each ended in the event."""

    durations: Floats
    events: Flags


_Measure = Callable[[Follow, Floats], Floats]
"""Of each replicate (replicates,), from how often each person was drawn (replicates, people)."""


def share_difference(first: Flags, second: Flags, *, seed: int) -> Estimate:
    """Share with ``second`` less share with ``first``, both (people,)."""
    change = second.astype(np.float64) - first.astype(np.float64)
    replicates = [weights @ change / len(change) for weights in draws(len(change), seed)]
    return bootstrapped(float(change.mean()), np.concatenate(replicates), len(change), 1.0)


def survival_difference(first: Follow, second: Follow, time: float, *, seed: int) -> Estimate:
    """Kaplan-Meier survival at ``time``, second less first."""
    return _curves(first, second, seed, 1.0, lambda follow, weights: curve_at(follow, weights, time)[0])


def mean_difference(first: Follow, second: Follow, time: float, *, seed: int) -> Estimate:
    """Mean time without the event within ``time`` (the area under Kaplan and Meier's curve), second less first."""
    return _curves(first, second, seed, time, lambda follow, weights: curve_at(follow, weights, time)[1])


def survival(follow: Follow, time: float) -> float:
    """Kaplan-Meier survival at ``time``."""
    return float(curve_at(follow, np.ones((1, len(follow.durations))), time)[0][0])


def mean_time(follow: Follow, time: float) -> float:
    """Mean time without the event within ``time``."""
    return float(curve_at(follow, np.ones((1, len(follow.durations))), time)[1][0])


def _curves(first: Follow, second: Follow, seed: int, largest: float, measure: _Measure) -> Estimate:
    n = len(first.durations)
    replicates = [measure(second, weights) - measure(first, weights) for weights in draws(n, seed)]
    once = np.ones((1, n))
    value = float((measure(second, once) - measure(first, once))[0])
    return bootstrapped(value, np.concatenate(replicates), n, largest)


def curve_at(follow: Follow, weights: Floats, time: float) -> tuple[Floats, Floats]:
    """(replicates,) survival at ``time``, and area under the curve up to it; ``weights`` are (replicates, people)."""
    order = np.lexsort((~follow.events, follow.durations))  # at the same time, events come before censoring
    durations, events, own = follow.durations[order], follow.events[order], weights[:, order]
    at_risk = np.cumsum(own[:, ::-1], axis=1)[:, ::-1]
    lost = np.where(events & (durations <= time), own, 0.0)
    stay = 1 - np.divide(lost, at_risk, out=np.zeros_like(own), where=at_risk > 0)
    curve = np.cumprod(stay, axis=1)
    edges = np.minimum(np.concatenate([[0.0], durations, [time]]), time)
    area = np.concatenate([np.ones((len(own), 1)), curve], axis=1) @ np.diff(edges)
    return curve[:, -1], area


def draws(people: int, seed: int) -> Iterator[Floats]:
    """How often each person is drawn, in parts of (replicates, people)."""
    generator = stream(seed, "bootstrap of a comparison", 0)
    even = np.full(people, 1 / people)
    for _ in range(0, REPLICATES, _CHUNK):
        yield generator.multinomial(people, even, size=_CHUNK).astype(np.float64)


def bootstrapped(value: float, replicates: Floats, people: int, largest: float) -> Estimate:
    """``value`` with its interval from ``replicates``; ``largest`` is what one person can differ by at most."""
    if abs(value) + np.abs(replicates).max() < _ROUNDING * largest:
        bound = largest * (1 - _TAILS[0] ** (1 / people))
        return Estimate(0.0, -bound, bound)
    lower, upper = np.quantile(replicates, _TAILS)
    return Estimate(value, float(lower), float(upper))
