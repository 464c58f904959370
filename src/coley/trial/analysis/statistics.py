"""Statistics of a trial: proportions, survival curves, hazard ratios and tests, from scipy and lifelines.

Intervals are two-sided at 95 % unless said otherwise. Durations are in any one unit, zero or more; an event is true
(or 1) where it was observed and false where the duration is censored. What cannot be estimated is NaN.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta, binomtest

if TYPE_CHECKING:
    from lifelines import KaplanMeierFitter

_TAIL = 0.025
_COLUMNS = ["time", "survival", "lower", "upper", "at_risk", "censored"]


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence interval; NaN where it is unknown or not reached."""

    value: float
    lower: float = nan
    upper: float = nan


UNKNOWN = Estimate(nan)


def proportion(successes: int, n: int, confidence: float = 0.95) -> Estimate:
    """``successes / n`` as a fraction with the exact interval of Clopper and Pearson (Biometrika 1934;26:404-413)."""
    if n == 0:
        return UNKNOWN
    interval = binomtest(int(successes), int(n)).proportion_ci(confidence, method="exact")
    return Estimate(successes / n, float(interval.low), float(interval.high))


def kaplan_meier(durations: ArrayLike, events: ArrayLike, *, widen: float = 1.0) -> pd.DataFrame:
    """Kaplan-Meier curve with pointwise intervals: Greenwood's variance on the log(-log) scale.

    Args:
        widen: factor on the half-width of the interval, on that scale. With N patients here, sqrt(N / n) gives the
            interval of a trial of n such patients; the same in the functions below.

    Returns:
        one row at time 0 and at each time of an event or a censoring: ``time``, ``survival`` just after it, ``lower``,
        ``upper``, ``at_risk`` just before it, ``censored`` at it. Before the first event the interval is [1, 1]; at a
        survival of 0 it does not exist (NaN). No rows without patients.
    """
    times, observed = _data(durations, events)
    if not len(times):
        return pd.DataFrame({name: pd.Series(dtype=np.int64 if name in _COLUMNS[4:] else float) for name in _COLUMNS})
    fit = _fit(times.tobytes(), observed.tobytes())
    curve: pd.DataFrame = fit.event_table.rename_axis("time").reset_index()[["time", "at_risk", "censored"]]
    # lifelines sums logarithms; rounding gives back the exact fractions, so that one half is found as the median.
    curve["survival"] = fit.survival_function_.to_numpy()[:, 0].round(12)
    bounds = fit.confidence_interval_.to_numpy(copy=True)
    curve[["lower", "upper"]] = _widened(curve["survival"].to_numpy(), bounds, widen)
    curve.loc[curve["survival"] == 0.0, ["lower", "upper"]] = nan
    return curve[_COLUMNS]


def median_survival(durations: ArrayLike, events: ArrayLike, *, widen: float = 1.0) -> Estimate:
    """Median survival, the first time at which survival is one half or less, NaN where not reached.

    Interval of Brookmeyer and Crowley (Biometrics 1982;38:29-41) from the log(-log) band of ``kaplan_meier``: each
    limit is the first time at which its bound is one half or less, also where the bound rises again among the few who
    are left. Where both limits are one visit, at which so many events are seen at once, the lower one is the step
    before: they happened since then.
    """
    curve = kaplan_meier(durations, events, widen=widen).set_index("time")
    halves = (curve.index[curve[name] <= 0.5] for name in ("survival", "lower", "upper"))
    value, lower, upper = (float(times[0]) if len(times) else nan for times in halves)
    if lower == upper:
        earlier = curve.index[(curve["survival"].diff() < 0) & (curve.index < lower)]
        lower = float(earlier.max()) if len(earlier) else 0.0
    return Estimate(value, lower, upper)


def survival_at(durations: ArrayLike, events: ArrayLike, time: float, *, widen: float = 1.0) -> Estimate:
    """Kaplan-Meier survival at ``time``, with the interval of ``kaplan_meier``.

    Where survival is 1 or 0, and Greenwood's variance says nothing, the open side has the limit of the beta product
    confidence procedure (Fay, Brittain and Proschan, Biostatistics 2013;14:723-736). Without censoring, that is the
    limit of Clopper and Pearson for all or none of the patients.

    NaN after the last patient was censored: nobody is observed there. After the last patient's event it is 0.
    """
    curve = kaplan_meier(durations, events, widen=widen)
    before = curve[curve["time"] <= time]
    if before.empty:
        return UNKNOWN
    last = before.iloc[-1]
    value = float(last["survival"])
    if time > curve["time"].iloc[-1] and value > 0.0:
        return UNKNOWN
    if value == 1.0:
        return Estimate(1.0, _lower_at_one(int(numbers_at_risk(durations, time)) / widen**2), 1.0)
    if value == 0.0:
        return Estimate(0.0, 0.0, _upper_at_zero(before, widen))
    return Estimate(value, float(last["lower"]), float(last["upper"]))


def _lower_at_one(at_risk: float) -> float:
    """Lower limit of a survival of 1, from how many are still at risk."""
    return float(beta.ppf(_TAIL, at_risk, 1.0))


def _upper_at_zero(curve: pd.DataFrame, widen: float) -> float:
    """Upper limit of a survival of 0: quantile of a product of beta variables, one for each time of an event.

    The product is replaced by the beta variable with its first two moments, as there.
    """
    at_risk = curve["at_risk"].to_numpy() / widen**2
    left = np.append(curve["at_risk"].to_numpy()[1:], 0) + curve["censored"].to_numpy()
    survived = left / widen**2 + 1.0
    first = float(np.prod(survived / (at_risk + 1.0)))
    second = first * float(np.prod((survived + 1.0) / (at_risk + 2.0)))
    size = (first - second) / (second - first**2)
    return float(beta.ppf(1.0 - _TAIL, first * size, (1.0 - first) * size))


def numbers_at_risk(durations: ArrayLike, times: ArrayLike) -> NDArray[np.int64]:
    """How many patients are at risk just before each of ``times``: those whose duration is no shorter."""
    ordered = np.sort(np.asarray(durations, dtype=np.float64))
    return np.asarray(len(ordered) - np.searchsorted(ordered, np.asarray(times, dtype=np.float64), side="left"))


def hazard_ratio(durations: ArrayLike, events: ArrayLike, treated: ArrayLike, *, widen: float = 1.0) -> Estimate:
    """Hazard ratio of treated to control patients: Cox model, Efron's method for ties, Wald interval.

    NaN where the partial likelihood has no maximum: an arm that is empty or has no event while the other arm is at
    risk, or arms that are separated completely.
    """
    from lifelines import CoxPHFitter

    times, observed = _data(durations, events)
    arm = np.asarray(treated, dtype=np.bool_)
    if not _comparable(times, observed, arm):
        return UNKNOWN
    data = pd.DataFrame({"time": times, "event": observed, "treated": arm.astype(np.float64)})
    with _quiet():
        fit = CoxPHFitter(alpha=0.05).fit(data, duration_col="time", event_col="event")
    lower, upper = fit.confidence_intervals_.loc["treated"]
    value = float(fit.params_["treated"])
    with np.errstate(over="ignore"):  # of few patients, or of arms that hardly overlap
        ratios = [float(np.exp(value + widen * (log - value))) for log in (value, lower, upper)]
    return Estimate(*(ratio if isfinite(ratio) else nan for ratio in ratios))


def log_rank(durations: ArrayLike, events: ArrayLike, groups: ArrayLike) -> float:
    """p value of the log-rank test that all groups have the same survival; NaN where nothing can be compared."""
    from lifelines.statistics import multivariate_logrank_test

    times, observed = _data(durations, events)
    group = np.asarray(groups)
    labels = np.unique(group)
    if len(labels) < 2:
        return nan
    # The last time at which two groups are still at risk; events after it tell nothing.
    shared = np.sort([times[group == label].max() for label in labels])[-2]
    if not (observed & (times <= shared)).any():
        return nan
    with _quiet():
        return float(multivariate_logrank_test(times, group, observed).p_value)


def _data(durations: ArrayLike, events: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.asarray(durations, dtype=np.float64), np.asarray(events, dtype=np.bool_)


@lru_cache(maxsize=16)
def _fit(times: bytes, observed: bytes) -> KaplanMeierFitter:
    """The fit to the bytes of durations and events, kept because a report asks many things of the same patients."""
    from lifelines import KaplanMeierFitter

    with _quiet():
        return KaplanMeierFitter(alpha=0.05).fit(np.frombuffer(times), np.frombuffer(observed, dtype=np.bool_))


def _widened(survival: NDArray[np.float64], bounds: NDArray[np.float64], widen: float) -> NDArray[np.float64]:
    """Bounds (times, 2) with their distance from ``survival`` (times,) on the log(-log) scale times ``widen``."""
    if widen == 1.0:
        return bounds
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(-np.log(survival))[:, None]
        moved = np.exp(-np.exp(centre + widen * (np.log(-np.log(bounds)) - centre)))
    return np.asarray(np.where((survival == 1.0)[:, None], bounds, moved))


@contextmanager
def _quiet() -> Iterator[None]:
    """lifelines takes logarithms of 0 on purpose, leaves numpy's error state changed, and warns of a separation that it
    guesses from variances, where ``_comparable`` has decided the question."""
    from lifelines.exceptions import ConvergenceWarning

    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _comparable(times: NDArray[np.float64], observed: NDArray[np.bool_], arm: NDArray[np.bool_]) -> bool:
    """Whether Cox's partial likelihood for two arms has a maximum.

    It has exactly where each arm has an event while the other arm is at risk.
    """
    if arm.all() or not arm.any():
        return False
    shared = observed & (times <= min(times[arm].max(), times[~arm].max()))
    return bool(shared[arm].any() and shared[~arm].any())
