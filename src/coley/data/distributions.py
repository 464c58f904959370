"""Distributions of a parameter over individuals, by their quantiles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Normal:
    """A normal distribution of the value, its logarithm or its logit, cut off outside [low, high], the rest scaled up.

    Attributes:
        mean, sd: of the value, its logarithm or its logit, without the cut.
        log, logit: whether the logarithm, or the logit, is what is normal.
        low, high: bounds of the value.
    """

    mean: float
    sd: float
    log: bool = False
    low: float = -math.inf
    high: float = math.inf
    logit: bool = False

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds as standard normal deviates."""
        scale = _logarithm if self.log else _logit if self.logit else float
        low, high = scale(self.low), scale(self.high)
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
        from scipy.special import expit
        from scipy.stats import truncnorm

        low, high = self.bounds
        inner = np.maximum(ranks, 2.0**-54)  # a rank of 0 would be minus infinity
        values = self.mean + self.sd * truncnorm.ppf(inner, low, high)
        if self.logit:
            values = expit(values)
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


@dataclass(frozen=True)
class Beta:
    """A beta distribution, between 0 and 1, of shapes ``a`` and ``b``."""

    a: float
    b: float

    def quantiles(self, ranks: Floats) -> Floats:
        """Values at ``ranks`` in [0, 1)."""
        from scipy.special import betaincinv

        return np.asarray(betaincinv(self.a, self.b, ranks))


Distribution = Normal | Uniform | Beta


def beta_of(mean: float, sd: float) -> Beta:
    """The beta distribution of this mean and standard deviation, for which sd² < mean (1 - mean)."""
    size = mean * (1 - mean) / sd**2 - 1
    return Beta(mean * size, (1 - mean) * size)


def log_sd_of_cv(cv: float) -> float:
    """Standard deviation of the logarithm of a log-normal with this coefficient of variation."""
    return math.sqrt(math.log1p(cv**2))


def log_sd_of_sd(sd_by_median: float) -> float:
    """The same from the standard deviation as a multiple of the median: with w = exp(σ²), sd² = median² w (w - 1)."""
    return math.sqrt(math.log((1 + math.sqrt(1 + 4 * sd_by_median**2)) / 2))


def _logit(value: float) -> float:
    if value <= 0:
        return -math.inf
    return math.log(value / (1 - value)) if value < 1 else math.inf


def _logarithm(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf
