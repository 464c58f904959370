"""Cumulative incidence of an event where death competes with it: Aalen and Johansen (Scand J Stat 1978;5:141-150)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EVENT, COMPETING = 1, 2


def cumulative_incidence(durations: Floats, causes: NDArray[np.int64]) -> pd.DataFrame:
    """Probability that the event has come by each time, in a world in which people also die without it.

    Args:
        durations: until what came first, in any one unit.
        causes: what that was: 1 the event, 2 what competes with it, 0 neither (censored).

    Returns:
        ``time`` and ``incidence`` just after it: a row at time 0, and one at each time at which something came.
    """
    times, inverse = np.unique(durations, return_inverse=True)
    counts = {cause: np.bincount(inverse[causes == cause], minlength=len(times)) for cause in (EVENT, COMPETING)}
    at_risk = len(durations) - np.searchsorted(np.sort(durations), times, side="left")
    gone = (counts[EVENT] + counts[COMPETING]) / at_risk
    free = np.concatenate([[1.0], np.cumprod(1.0 - gone)])[:-1]  # of both, just before each time
    rise = np.cumsum(free * counts[EVENT] / at_risk)
    return pd.DataFrame({"time": [0.0, *times], "incidence": [0.0, *rise]})
