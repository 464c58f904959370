"""Endpoints of an arm at a data cut, each with its interval at the size of the published arm."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from coley.catalogue.schema import Published
from coley.trial import recist
from coley.trial.calendar import MONTH
from coley.trial.history import History
from coley.trial.statistics import UNKNOWN, Estimate, hazard_ratio, median_survival, proportion, survival_at

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DEFAULT = ("ORR", "CR", "DCR", "DOR_median", "PFS_median", "PFS_12mo", "OS_median", "OS_12mo", "OS_24mo", "OS_60mo")
_LANDMARK = re.compile(r"(PFS|OS)_([0-9]+)mo")
_AT_LEAST = {"ORR": recist.Response.PR, "CR": recist.Response.CR, "DCR": recist.Response.SD}


@dataclass(frozen=True)
class Times:
    """Times to an event of the patients who count, days; an event is true where observed, false where censored."""

    duration: Floats
    event: Flags
    patients: NDArray[np.int64]
    description: NDArray[np.str_]

    @property
    def months(self) -> Floats:
        """Durations in months."""
        return self.duration / MONTH


@dataclass(frozen=True)
class Analysis:
    """One arm as known at a data cut. Patients whose simulation failed do not count.

    Attributes:
        responses: (patients,) best overall response; NE for those who do not count.
        counted: (patients,) who counts.
        size: number of patients of the published arm, for which intervals are given.
    """

    responses: NDArray[np.int8]
    counted: Flags
    OS: Times
    PFS: Times
    DOR: Times
    size: int

    @property
    def widen(self) -> float:
        """Factor on the half-width of an interval, from the patients here to those of the published arm."""
        return sqrt(max(int(self.counted.sum()), 1) / self.size)

    def times(self, name: str) -> Times:
        """The times called ``name``: OS, PFS or DOR."""
        return {"OS": self.OS, "PFS": self.PFS, "DOR": self.DOR}[name]

    def share(self, at_least: recist.Response) -> Estimate:
        """Share of patients, in percent, whose best response is this or better.

        The interval is Clopper and Pearson's of the nearest number of responders among ``size`` patients.
        """
        n = int(self.counted.sum())
        if n == 0:
            return UNKNOWN
        found = np.count_nonzero(self.responses[self.counted] >= at_least) / n
        at_size = proportion(round(found * self.size), self.size)
        return Estimate(100 * found, 100 * at_size.lower, 100 * at_size.upper)


def analyse(history: History, entry: Floats, *, size: int, confirm: bool, cutoff: float = inf) -> Analysis:
    """One arm as known ``cutoff`` months after the first patient was enrolled.

    Args:
        entry: (patients,) day of enrolment, counted from the first patient in.
        size: number of patients for which intervals are given.
        confirm: whether the protocol requires confirmed responses.
    """
    counted = (history.status == "ok") & (entry < cutoff * MONTH)
    cut = np.minimum(history.days[-1], cutoff * MONTH - entry)
    known = np.fmin(cut, history.dropout)
    codes = np.where(history.days <= known[:, None], history.codes, np.int8(recist.Response.NE))
    responses = recist.best_overall_response(codes, history.days, confirm=confirm)
    responses[~counted] = recist.Response.NE
    died = history.death <= known
    ended = np.where(died, "death", np.where(history.dropout <= cut, "dropout", "end of follow-up"))
    survival = _times(np.where(died, history.death, known), died, ended, counted)
    free, response = _progression(history, codes, died, counted, confirm)
    return Analysis(responses, counted, survival, free, response, size)


def _progression(
    history: History, codes: NDArray[np.int8], died: Flags, counted: Flags, confirm: bool
) -> tuple[Times, Times]:
    """Progression-free survival and duration of response.

    Progression or death after two or more missed scans in a row is censored at the last adequate scan (FDA guidance on
    clinical trial endpoints for cancer drugs, 2018).
    """
    progressed = recist.progression_day(codes, history.days)
    adequate = recist.last_adequate_day(codes, history.days)
    event = np.fmin(progressed, np.where(died, history.death, np.nan))
    missed = _scans_between(history.days, adequate, event)
    observed = ~np.isnan(event) & (missed < 2)
    description = np.select(
        [observed & (event == progressed), observed, ~np.isnan(event)],
        ["progression", "death", "two or more missed scans"],
        "no progression at last scan",
    )
    until = np.where(observed, event, adequate)
    response = recist.response_day(codes, history.days, confirm=confirm)
    responded = counted & ~np.isnan(response)
    return (
        _times(until, observed, description, counted),
        _times(until - response, observed, description, responded),
    )


def _scans_between(days: Floats, first: Floats, last: Floats) -> NDArray[np.int64]:
    """(patients,) scans due after ``first`` and before ``last``; none where ``last`` is NaN."""
    return np.asarray(np.count_nonzero((days > first[:, None]) & (days < last[:, None]), axis=1))


def _times(duration: Floats, event: Flags, description: NDArray[np.str_], counted: Flags) -> Times:
    rows = np.flatnonzero(counted)
    return Times(duration[rows], event[rows], rows, description[rows])


def endpoint(name: str, arm: Analysis, versus: Analysis | None = None) -> Estimate:
    """An endpoint by its name in ``Published.endpoint``: rates in percent, medians in months, hazard ratios."""
    if name in _AT_LEAST:
        return arm.share(_AT_LEAST[name])
    kind = name.partition("_")[0]
    times = arm.times(kind)
    if name.endswith("_median"):
        return median_survival(times.months, times.event, widen=arm.widen)
    if landmark := _LANDMARK.fullmatch(name):
        at = survival_at(times.months, times.event, float(landmark[2]), widen=arm.widen)
        return Estimate(100 * at.value, 100 * at.lower, 100 * at.upper)
    if versus is None:
        raise ValueError(f"{name} needs an arm to compare with")
    return _ratio(times, versus.times(kind), arm.size + versus.size)


def _ratio(treated: Times, control: Times, size: int) -> Estimate:
    """Hazard ratio of two arms, with the interval of ``size`` patients in both."""
    months = np.concatenate([treated.months, control.months])
    events = np.concatenate([treated.event, control.event])
    in_treated = np.arange(len(months)) < len(treated.months)
    return hazard_ratio(months, events, in_treated, widen=sqrt(max(len(months), 1) / size))


def asked(published: tuple[Published, ...]) -> list[tuple[str, Published | None]]:
    """Endpoints to report of an arm: every published figure, and the usual ones that were not published."""
    names = [fact.endpoint for fact in published]
    return [(fact.endpoint, fact) for fact in published] + [(name, None) for name in DEFAULT if name not in names]
