"""Spread between patients: from standard normal deviates to values of a Quantity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, ndtri

from coley.catalogue.schema import Quantity

Floats = NDArray[np.float64]


def varies(quantity: Quantity) -> bool:
    """Whether patients differ in this quantity."""
    return any(spread is not None for spread in (quantity.cv, quantity.sd, quantity.logit_sd))


def values(quantity: Quantity, deviates: Floats) -> Floats:
    """Values, in the quantity's unit, at standard normal ``deviates``.

    Bounds truncate the distribution: the deviate's rank is taken within what the bounds leave of it.
    """
    if quantity.bounds is not None:
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
    with np.errstate(divide="ignore"):
        if quantity.cv is not None:
            return float(np.log(max(value, 0.0) / quantity.value) / _sigma(quantity.cv))
        if quantity.sd is not None:
            return (value - quantity.value) / quantity.sd
        if quantity.logit_sd is not None:
            return float((logit(np.clip(value, 0, 1)) - logit(quantity.value)) / quantity.logit_sd)
    return 0.0


def _sigma(cv: float) -> float:
    """Standard deviation of the logarithm of a log-normal with this coefficient of variation."""
    return float(np.sqrt(np.log1p(cv**2)))
