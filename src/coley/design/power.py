"""Power of one design from its simulated trials under several draws of the parameters, and the size that it needs.

Power is the share of trials that show the arm under study to be better, on average over draws (assurance: O'Hagan et
al., Pharm Stat 4:187, 2005). What draws differ by, beyond what arms of so few virtual patients differ by, is the
posterior's; the mean statistics are shrunk to that before they are averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from coley.design.trials import CRITICAL, Trials
from coley.trial.analysis.statistics import Estimate

Floats = NDArray[np.float64]
_Z = 1.959964


@dataclass(frozen=True)
class Power:
    """Power of a design.

    Attributes:
        power: with the interval that holds the posterior and Monte Carlo error.
        monte_carlo: standard error of the power by simulation alone: number of trials, and of virtual patients.
        late: power of the log-rank test that weighs late events; NaN for rates.
        effect: mean statistic for one patient per arm: that of n patients is larger by the root of n.
        error: standard deviation of ``effect``, of posterior and Monte Carlo.
    """

    power: Estimate
    monte_carlo: float
    late: float
    effect: float
    error: float


def power_of(draws: Sequence[Trials], n: int, noise: float) -> Power:
    """Power with ``n`` patients per arm from the trials under each draw.

    Args:
        noise: variance of the mean statistic for one patient per arm, from :func:`coley.design.trials.noise`.
    """
    mean = np.array([trials.statistic.mean() for trials in draws])
    variance = n * noise
    posterior = max(0.0, float(mean.var(ddof=1)) - variance) if len(draws) > 1 else 0.0
    place, drawn = _places([trials.statistic for trials in draws], mean, posterior, variance)
    late, _ = _places([trials.late for trials in draws], mean, posterior, variance)
    error = sqrt((variance + drawn) / len(draws))
    centre = float(place.mean())
    total = sqrt(posterior + error**2)
    power = Estimate(float(ndtr(place).mean()), float(ndtr(centre - _Z * total)), float(ndtr(centre + _Z * total)))
    density = float(np.exp(-(centre**2) / 2)) / sqrt(2 * np.pi)
    spread = sqrt((posterior + variance / len(draws)) / n)
    return Power(power, density * error, float(ndtr(late).mean()), float(mean.mean()) / sqrt(n), spread)


def _places(statistics: Sequence[Floats], mean: Floats, posterior: float, variance: float) -> tuple[Floats, float]:
    """(draws,) normal quantile of the power under each draw, shrunk to the posterior; and its variance by chance."""
    size = np.array([len(each) for each in statistics])
    won = np.array([(each > CRITICAL).sum() for each in statistics])
    share = np.clip(won / size, 0.5 / size, 1 - 0.5 / size)
    quantile = np.asarray(ndtri(share))
    chance = float(np.mean(share * (1 - share) / size * 2 * np.pi * np.exp(quantile**2)))
    kept = sqrt(posterior / (posterior + variance)) if posterior + variance > 0 and len(size) > 1 else 1.0
    return quantile - (1 - kept) * (mean - mean.mean()), chance


def size_for(asked: float, effect: float, error: float) -> Estimate:
    """Patients per arm that give a power of ``asked`` at the mean ``effect``, with the interval of its 95 %.

    Infinite where there is no benefit. Events grow with patients, and so the data cut stays where it is.
    """
    low, high = effect + _Z * error, effect - _Z * error
    return Estimate(*(_size(asked, each) for each in (effect, low, high)))


def _size(asked: float, effect: float) -> float:
    if not np.isfinite(effect):
        return nan
    if effect <= 0:
        return inf
    return float(ceil(((CRITICAL + float(ndtri(asked))) / effect) ** 2))
