"""Distributions of a parameter over individuals, by their quantiles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Normal:
    """A normal distribution of the value, or of its logarithm, cut off outside [low, high]: the rest is scaled up.

    Attributes:
        mean, sd: of the value or its logarithm, without the cut.
        log: whether the logarithm is what is normal.
        low, high: bounds of the value.
    """

    mean: float
    sd: float
    log: bool = False
    low: float = -math.inf
    high: float = math.inf

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds as standard normal deviates."""
        low, high = (_logarithm(bound) if self.log else bound for bound in (self.low, self.high))
        return (low - self.mean) / self.sd, (high - self.mean) / self.sd

    @property
    def share(self) -> float:
        """Probability of the bounds before the cut."""
        from scipy.special import ndtr

        low, high = self.bounds
        # The smaller tails keep their digits.
        return float(ndtr(high) - ndtr(low) if low < 0 else ndtr(-low) - ndtr(-high))

    def quantiles(self, ranks: Floats) -> Floats:
        """Values at ``ranks`` in [0, 1)."""
        from scipy.stats import truncnorm

        low, high = self.bounds
        inner = np.maximum(ranks, 2.0**-54)  # a rank of 0 would be minus infinity
        values = self.mean + self.sd * truncnorm.ppf(inner, low, high)
        return np.asarray(np.clip(np.exp(values) if self.log else values, self.low, self.high))


@dataclass(frozen=True)
class Uniform:
    """A uniform distribution of the value, or of its logarithm, between ``low`` and ``high``."""

    low: float
    high: float
    log: bool = False

    def quantiles(self, ranks: Floats) -> Floats:
        """Values at ``ranks`` in [0, 1)."""
        if not self.log:
            return self.low + (self.high - self.low) * ranks
        return np.asarray(self.low * (self.high / self.low) ** ranks)


Distribution = Normal | Uniform


def log_sd_of_cv(cv: float) -> float:
    """Standard deviation of the logarithm of a log-normal with this coefficient of variation."""
    return math.sqrt(math.log1p(cv**2))


def log_sd_of_sd(sd_by_median: float) -> float:
    """The same from the standard deviation as a multiple of the median: with w = exp(σ²), sd² = median² w (w - 1)."""
    return math.sqrt(math.log((1 + math.sqrt(1 + 4 * sd_by_median**2)) / 2))


def _logarithm(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf
