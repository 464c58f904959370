"""Measures of a run that are no endpoints of a trial: what the tumour and its T cells do, by arm."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import xarray as xr

    from coley.trial.result import TrialResult

WEEK = 7.0
STOPPED_FOR_PROGRESSION = 60.0
"""Days from the last dose within which a progression is taken to have ended treatment."""


def measured(result: TrialResult) -> pd.DataFrame:
    """Every measure of every arm: arm, endpoint (the name of the measure), predicted; NaN where it cannot be told."""
    rows = []
    for arm in result.trial.arms:
        courses = result.trajectories.isel(individual=np.flatnonzero(result.trajectories["ARM"].to_numpy() == arm.name))
        rows += [
            (arm.name, name, measure(result, arm.name, courses) if _NEEDS.get(name, "time") in courses else np.nan)
            for name, measure in MEASURES.items()
        ]
    return pd.DataFrame(rows, columns=["arm", "endpoint", "predicted"])


def halved_in_first_week(result: TrialResult, arm: str, courses: xr.Dataset) -> float:
    """Percent of patients whose tumour has half its volume or less a week after the first dose."""
    days = courses["time"].to_numpy()
    if not (days <= WEEK).any() or days[days <= WEEK].max() <= 0:
        return np.nan
    volume = courses["V_scan"].to_numpy()
    at = int(np.flatnonzero(days <= WEEK)[-1])
    there = np.isfinite(volume[:, at])
    return _percent(volume[there, at] <= 0.5 * volume[there, 0])


def CD8_per_mm2(result: TrialResult, arm: str, courses: xr.Dataset) -> float:  # noqa: N802
    """CD8 T cells in sections before treatment, median over patients, cell/mm²."""
    return float(np.nanmedian(courses["CD8_section"].to_numpy()[:, 0]))


def rejected_candidates(result: TrialResult, arm: str, courses: xr.Dataset) -> float:
    """Percent of candidates turned away before enough patients were found, whatever the reason."""
    turned_away = int(result.rejected["N"].sum())
    return 100.0 * turned_away / (turned_away + result.patients)


def free_two_years_after_stop(result: TrialResult, arm: str, courses: xr.Dataset) -> float:
    """Percent free of progression two years after a planned end of treatment; Kaplan-Meier from that end.

    Those count whose last trial dose was given at 18 months or later, and who had no progression within 60 days of it,
    for which treatment would have been stopped; NaN for fewer than five of them.
    """
    from coley.protocol.calendar import MONTH
    from coley.trial.analysis.statistics import survival_at

    doses = result.tables["ADEX"].query("ARM == @arm and EPOCH == 'TREATMENT'")
    last = doses.groupby("USUBJID")["ASTDY"].max()
    free = result.tables["ADTTE"].query("ARM == @arm and PARAMCD == 'PFS'").set_index("USUBJID")
    days = free["AVAL"] - last.reindex(free.index)
    stopped = (last.reindex(free.index) >= 18 * MONTH) & (days > STOPPED_FOR_PROGRESSION)
    if stopped.sum() < 5:
        return np.nan
    return 100.0 * float(survival_at(days[stopped] / MONTH, free.loc[stopped, "CNSR"] == 0, 24.0).value)


def grown_then_shrunk(result: TrialResult, arm: str, courses: xr.Dataset) -> float:
    """Percent of patients whose tumour, as scans show it, grows to 1.2 times its diameter and later shrinks to 0.7."""
    volume = courses["V_scan"].to_numpy()
    relative = np.cbrt(volume / volume[:, :1])
    grown = np.logical_or.accumulate(relative >= 1.2, axis=1)
    return _percent((grown & (relative <= 0.7)).any(axis=1))


def best_change_lower_quartile(result: TrialResult, arm: str, courses: xr.Dataset) -> float:
    """Lower quartile of the best change of the first target lesion, percent of its diameter at baseline."""
    return _best_change(result, arm, 0.25)


def best_change_median(result: TrialResult, arm: str, courses: xr.Dataset) -> float:
    """Median of the best change of the first target lesion, percent of its diameter at baseline."""
    return _best_change(result, arm, 0.5)


def _best_change(result: TrialResult, arm: str, quantile: float) -> float:
    """Of patients with two readings after the baseline or more, as tables of published scans have them."""
    rows = result.tables["ADTR"].query("ARM == @arm and PARAMCD == 'LDIAM' and TRLNKID == 1 and ADY > 0")
    read = rows.groupby("USUBJID")
    best = (read["AVAL"].min() / read["BASE"].first())[read.size() >= 2]
    return 100.0 * (float(best.quantile(quantile)) - 1.0) if len(best) else np.nan


_NEEDS = {"halved_in_first_week": "V_scan", "grown_then_shrunk": "V_scan", "CD8_per_mm2": "CD8_section"}
"""Courses that measures are taken from, which not every kind of disease has."""


def _percent(flags: np.ndarray) -> float:
    return 100.0 * float(flags.mean()) if len(flags) else np.nan


MEASURES: dict[str, Callable[[TrialResult, str, xr.Dataset], float]] = {
    measure.__name__: measure
    for measure in (
        halved_in_first_week,
        CD8_per_mm2,
        rejected_candidates,
        free_two_years_after_stop,
        grown_then_shrunk,
        best_change_lower_quartile,
        best_change_median,
    )
}
