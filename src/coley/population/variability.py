"""Variability: from standard normal deviates to values of a Quantity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, ndtri

from coley.data.variation import read_distribution
from coley.facts import Quantity

Floats = NDArray[np.float64]


def varies(quantity: Quantity) -> bool:
    """Whether patients differ in this quantity."""
    return bool(quantity.distribution or quantity.levels) or any(
        spread is not None for spread in (quantity.cv, quantity.sd, quantity.logit_sd)
    )


def values(quantity: Quantity, deviates: Floats) -> Floats:
    """Values, in the quantity's unit, at standard normal ``deviates``; of a quantity without spread, its value.

    Bounds truncate the distribution: the deviate's rank is taken within what the bounds leave of it.
    """
    if quantity.distribution:
        return read_distribution(quantity.distribution).quantiles(ndtr(deviates))
    if quantity.levels:
        levels, shares = np.array(quantity.levels).T
        # the last sum may fall short of 1 by rounding
        return np.asarray(levels[np.searchsorted(np.cumsum(shares)[:-1], ndtr(deviates))])
    if quantity.bounds is not None and varies(quantity):
        low, high = (ndtr(_deviate(quantity, bound)) for bound in quantity.bounds)
        deviates = ndtri(low + ndtr(deviates) * (high - low))
    if quantity.cv is not None:
        return np.asarray(quantity.value * np.exp(_sigma(quantity.cv) * deviates))
    if quantity.sd is not None:
        return np.asarray(quantity.value + quantity.sd * deviates)
    if quantity.logit_sd is not None:
        return np.asarray(expit(logit(quantity.value) + quantity.logit_sd * deviates))
    return np.full(len(deviates), quantity.value)


def _deviate(quantity: Quantity, value: float) -> float:
    """The standard normal deviate at which the untruncated distribution takes ``value``."""
    if quantity.cv is not None:
        return float(np.log(value / quantity.value) / _sigma(quantity.cv)) if value > 0 else -np.inf
    if quantity.sd is not None:
        return (value - quantity.value) / quantity.sd
    if quantity.logit_sd is not None:
        return float((logit(np.clip(value, 0.0, 1.0)) - logit(quantity.value)) / quantity.logit_sd)
    raise ValueError("a quantity without spread takes one value alone")


def _sigma(cv: float) -> float:
    """Standard deviation of the logarithm of a log-normal with this coefficient of variation."""
    return float(np.sqrt(np.log1p(cv**2)))
