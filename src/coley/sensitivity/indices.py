"""Sobol' indices from a radial design: shares of the variance of an outcome that parameters decide, alone and in all.

Points are those of Saltelli et al., Comput Phys Commun 181:259 (2010): two matrices A and B from one Sobol' sequence,
and for each parameter the matrix A with its column from B. The first index is theirs, the total one Jansen's (Comput
Phys Commun 117:35, 1999). The same points give the mean change of the outcome when a parameter alone moves, as Morris's
elementary effects do (Technometrics 33:161, 1991; radial steps: Campolongo et al., Comput Phys Commun 182:978, 2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from coley.streams import seed_of, stream

Floats = NDArray[np.float64]
_RESAMPLES = 1000
_TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Points:
    """A radial design in the unit cube of k parameters.

    Attributes:
        first, second: (n, k) the matrices A and B.
    """

    first: Floats
    second: Floats

    @property
    def mixed(self) -> Floats:
        """(k, n, k) A with one column after the other from B."""
        found = np.repeat(self.first[None], self.first.shape[1], axis=0)
        for column in range(self.first.shape[1]):
            found[column, :, column] = self.second[:, column]
        return found

    @property
    def every(self) -> Floats:
        """(n (k + 2), k) all points: A, B, and those between."""
        k = self.first.shape[1]
        return np.concatenate([self.first, self.second, self.mixed.reshape(-1, k)])


@dataclass(frozen=True)
class Indices:
    """Of each parameter, with 95 % bootstrap intervals as (lower, upper) of (parameters,).

    Attributes:
        first: share of the variance that it decides alone.
        total: share of the variance that is lost where it is known, interactions included.
        change: mean absolute change of the outcome when it alone moves, in the outcome's unit.
        rise: mean change of the outcome when it alone grows.
        rows: how many rows of the design were complete.
    """

    first: Floats
    first_interval: tuple[Floats, Floats]
    total: Floats
    total_interval: tuple[Floats, Floats]
    change: Floats
    rise: Floats
    rows: int


def points(parameters: int, n: int, seed: int) -> Points:
    """A design of ``n`` rows, a power of 2, for so many ``parameters``."""
    sequence = qmc.Sobol(2 * parameters, rng=np.random.default_rng(seed_of(seed, "points of a sensitivity")))
    both = sequence.random(n)
    return Points(both[:, :parameters], both[:, parameters:])


def indices(design: Points, outcome: Floats, *, seed: int) -> Indices:
    """Indices from ``outcome`` (n (k + 2),) at :attr:`Points.every`; rows with an unknown value are left out.

    Where the outcome is the same everywhere, nothing decides it: all indices are 0. NaN with fewer than two rows.
    """
    n, k = design.first.shape
    a, b, mixed = outcome[:n], outcome[n : 2 * n], outcome[2 * n :].reshape(k, n)
    known = np.isfinite(a) & np.isfinite(b) & np.isfinite(mixed).all(axis=0)
    a, b, mixed = a[known], b[known], mixed[:, known]
    if len(a) < 2:
        nothing = np.full(k, np.nan)
        return Indices(nothing, (nothing, nothing), nothing, (nothing, nothing), nothing, nothing, len(a))
    first, total = _shares(a, b, mixed)
    generator = stream(seed, "bootstrap of a sensitivity", 0)
    drawn = [
        _shares(a[rows], b[rows], mixed[:, rows]) for rows in generator.integers(len(a), size=(_RESAMPLES, len(a)))
    ]
    lows, highs = np.quantile(np.array(drawn), _TAILS, axis=0)
    steps = mixed - a
    upward = np.sign(design.second - design.first)[known].T
    return Indices(
        first,
        (lows[0], highs[0]),
        total,
        (lows[1], highs[1]),
        np.abs(steps).mean(axis=1),
        (steps * upward).mean(axis=1),
        len(a),
    )


def _shares(a: Floats, b: Floats, mixed: Floats) -> tuple[Floats, Floats]:
    """First and total index of each parameter."""
    both = np.concatenate([a, b])
    variance, mean = float(both.var()), both.mean()
    if variance <= 0:
        return np.zeros(len(mixed)), np.zeros(len(mixed))
    first = ((b - mean) * (mixed - a)).mean(axis=1) / variance
    return first, ((mixed - a) ** 2).mean(axis=1) / (2 * variance)
