"""Times to an event: survival, progression, recurrence and response, each from its own start, with censoring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.protocol.calendar import MONTH
from coley.trial.conduct.history import History
from coley.trial.conduct.reading import OTHERS, TARGETS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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
class Known:
    """One arm as far as it is known at a data cut, a row per patient.

    Attributes:
        codes: (patients, scans) responses known by then.
        cut: (patients,) day of the cut, counted from each patient's first dose.
        counted: (patients,) who counts.
        confirm: whether the protocol requires confirmed responses.
    """

    history: History
    codes: NDArray[np.int8]
    cut: Floats
    counted: Flags
    confirm: bool

    @property
    def until(self) -> Floats:
        """(patients,) day up to which the patient was followed."""
        return np.asarray(np.fmin(self.cut, self.history.dropout))

    @property
    def died(self) -> Flags:
        """(patients,) whose death is known."""
        return np.asarray(self.history.death <= self.until)

    @property
    def operated(self) -> Flags:
        """(patients,) whose tumour is known to have been resected."""
        return np.asarray(self.history.surgery <= self.until)

    @property
    def free_of_disease(self) -> bool:
        """Whether nobody has a lesion at the first examination, as after an operation before the trial."""
        findings = self.history.findings
        shown = [findings[name][:, 0] for name in (TARGETS, OTHERS) if name in findings]
        return bool(shown) and not any(bool((size > 0).any()) for size in shown)

    @property
    def before_surgery(self) -> NDArray[np.int8]:
        """(patients, scans) responses up to surgery, NE after: what treatment did before the knife."""
        later = self.history.days > self.history.surgery[:, None]
        return np.where(later, np.int8(0), self.codes)

    @property
    def response_day(self) -> Floats:
        """(patients,) first day of the response that counts, NaN without one."""
        return self.history.criteria.response_day(self.before_surgery, self.history.days, confirm=self.confirm)


def overall_survival(known: Known) -> Times:
    """From the first dose to death; censored at the cut or when the patient leaves the trial."""
    history, died = known.history, known.died
    ended = np.where(died, "death", np.where(history.dropout <= known.cut, "dropout", "end of follow-up"))
    return times(np.where(died, history.death, known.until), died, ended, known.counted)


def progression_free_survival(known: Known) -> Times:
    """From the first dose to progression or death."""
    until, observed, description = _progression(known)
    return times(until, observed, description, known.counted)


def duration_of_response(known: Known) -> Times:
    """From response to progression or death, of those who respond."""
    until, observed, description = _progression(known)
    responded = known.counted & ~np.isnan(known.response_day)
    return times(until - known.response_day, observed, description, responded)


def time_to_response(known: Known) -> Times:
    """From the first dose to response, of those who respond."""
    day = known.response_day
    responded = known.counted & ~np.isnan(day)
    return times(day, ~np.isnan(day), np.full(len(day), "response"), responded)


def recurrence_free_survival(known: Known) -> Times:
    """From surgery, or from the first dose where surgery came before the trial, to recurrence or death.

    Where the trial treats before surgery, of those who were operated on.
    """
    until, observed, description = _progression(known)
    surgery = known.history.surgery
    in_trial = bool((~np.isnan(surgery)).any())
    start = surgery if in_trial else np.zeros_like(surgery)
    who = known.counted & (known.operated if in_trial else True) & ~(until < start)
    named = np.where(description == "progression", "recurrence", description)
    return times(until - start, observed, named, who)


KINDS: Mapping[str, Callable[[Known], Times]] = {
    "OS": overall_survival,
    "PFS": progression_free_survival,
    "EFS": progression_free_survival,
    "RFS": recurrence_free_survival,
    "DFS": recurrence_free_survival,
    "DOR": duration_of_response,
    "TTR": time_to_response,
}
"""Event-free survival counts what progression-free survival does: progression that precludes surgery, recurrence after
it, and death. Second cancers, which would set disease-free survival apart from recurrence-free, are not simulated."""


def _progression(known: Known) -> tuple[Floats, Flags, NDArray[np.str_]]:
    """(patients,) day, whether progression or death was observed then, and what happened.

    Progression or death after two or more missed scans in a row is censored at the last adequate scan (FDA guidance on
    clinical trial endpoints for cancer drugs, 2018).
    """
    history, codes = known.history, known.codes
    progressed = history.criteria.progression_day(codes, history.days)
    adequate = history.criteria.last_adequate_day(codes, history.days)
    event = np.fmin(progressed, np.where(known.died, history.death, np.nan))
    missed = _scans_between(history.days, adequate, event)
    observed = ~np.isnan(event) & (missed < 2)
    description = np.select(
        [observed & (event == progressed), observed, ~np.isnan(event)],
        ["progression", "death", "two or more missed scans"],
        "no progression at last scan",
    )
    return np.where(observed, event, adequate), observed, description


def _scans_between(days: Floats, first: Floats, last: Floats) -> NDArray[np.int64]:
    """(patients,) scans due after ``first`` and before ``last``; none where ``last`` is NaN."""
    return np.asarray(np.count_nonzero((days > first[:, None]) & (days < last[:, None]), axis=1))


def times(duration: Floats, event: Flags, description: NDArray[np.str_], counted: Flags) -> Times:
    """Times of those who are ``counted``."""
    rows = np.flatnonzero(counted)
    return Times(duration[rows], event[rows], rows, description[rows])
