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
from coley.trial.course import History
from coley.trial.statistics import UNKNOWN, Estimate, hazard_ratio, median_survival, proportion, survival_at

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DEFAULT = ("ORR", "CR", "DCR", "DOR_median", "PFS_median", "PFS_12mo", "OS_median", "OS_12mo", "OS_24mo", "OS_60mo")
_LANDMARK = re.compile(r"(PFS|OS)_([0-9]+)mo")


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
        """Share of patients, in percent, whose best response is this or better."""
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
    known = np.minimum(history.days[-1], cutoff * MONTH - entry)
    ended = np.where(history.dropout <= known, "dropout", "end of follow-up")
    known = np.fmin(known, history.dropout)
    codes = np.where(history.days[None, :] <= known[:, None], history.codes, np.int8(recist.Response.NE))
    responses = recist.best_overall_response(codes, history.days, confirm=confirm)
    died = history.death <= known
    OS = _times(np.where(died, history.death, known), died, np.where(died, "death", ended), counted)
    return Analysis(np.where(counted, responses, 0), counted, OS, *_progression(history, codes, died, counted, confirm), size)


def _progression(history: History, codes: NDArray[np.int8], died: Flags, counted: Flags, confirm: bool) -> tuple[Times, Times]:
    """Progression-free survival and duration of response.

    Progression or death after two or more missed scans in a row is censored at the last adequate scan (FDA guidance on
    clinical trial endpoints for cancer drugs, 2018).
    """
    progressed = recist.progression_day(codes, history.days)
    adequate = recist.last_adequate_day(codes, history.days)
    event = np.fmin(progressed, np.where(died, history.death, np.nan))
    scheduled = _scans_between(history.days, adequate, np.where(np.isnan(event), 0.0, event))
    observed = ~np.isnan(event) & (scheduled < 2)
    description = np.select(
        [observed & (event == progressed), observed, ~np.isnan(event)],
        ["progression", "death", "two or more missed scans"],
        "no progression at last scan",
    )
    until = np.where(observed, event, adequate)
    PFS = _times(until, observed, description, counted)
    response = recist.response_day(codes, history.days, confirm=confirm)
    DOR = _times(until - response, observed, description, counted & ~np.isnan(response))
    return PFS, DOR


def _scans_between(days: Floats, first: Floats, last: Floats) -> NDArray[np.int64]:
    """(patients,) scans due after ``first`` and before ``last``."""
    return np.count_nonzero((days[None, :] > first[:, None]) & (days[None, :] < last[:, None]), axis=1)


def _times(duration: Floats, event: Flags, description: NDArray[np.str_], counted: Flags) -> Times:
    rows = np.flatnonzero(counted)
    return Times(np.maximum(duration[rows], 0.0), event[rows], rows, np.asarray(description)[rows])


def endpoint(name: str, arm: Analysis, versus: Analysis | None = None) -> Estimate:
    """An endpoint by its name in ``Published.endpoint``: rates in percent, medians in months, hazard ratios."""
    shares = {"ORR": recist.Response.PR, "CR": recist.Response.CR, "DCR": recist.Response.SD}
    if name in shares:
        return arm.share(shares[name])
    times = arm.times(name.partition("_")[0])
    if name.endswith("_median"):
        return median_survival(times.months, times.event, widen=arm.widen)
    if landmark := _LANDMARK.fullmatch(name):
        at = survival_at(times.months, times.event, float(landmark[2]), widen=arm.widen)
        return Estimate(100 * at.value, 100 * at.lower, 100 * at.upper)
    if versus is None:
        raise ValueError(f"{name} needs an arm to compare with")
    other = versus.times(name.partition("_")[0])
    n, planned = len(times.duration) + len(other.duration), arm.size + versus.size
    return hazard_ratio(
        np.concatenate([times.months, other.months]),
        np.concatenate([times.event, other.event]),
        np.concatenate([np.ones(len(times.event), bool), np.zeros(len(other.event), bool)]),
        widen=sqrt(max(n, 1) / planned),
    )


def asked(published: tuple[Published, ...]) -> list[tuple[str, Published | None]]:
    """Endpoints to report of an arm: every published figure, and the usual ones that were not published."""
    names = [fact.endpoint for fact in published]
    return [(fact.endpoint, fact) for fact in published] + [(name, None) for name in DEFAULT if name not in names]
