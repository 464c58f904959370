"""Days of a trial: its visits, the time points of its courses, and enrolment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coley.protocol.schema import Trial
from coley.streams import uniforms

Floats = NDArray[np.float64]
MONTH = 30.4375
"""Days in a month, a twelfth of 365.25."""
WEEK = 7.0
_CLOSELY = 26 * WEEK
_AFTER_A_WEEK = (0.1, 2.0)
"""Days after the start of a week, when doses fall: a short infusion has just ended, an antibody has spread."""


def visit_days(trial: Trial) -> Floats:
    """Days of the scans from day 0 (baseline) to the last within follow-up; then the end of follow-up itself."""
    end = trial.follow_up_months * MONTH
    listed = [WEEK * week for week in trial.visits.scans]
    later = np.arange(listed[-1], end, WEEK * trial.visits.every)[1:]
    days = np.array([0.0, *listed, *later])
    return np.append(days[days < end], end)


def course_days(trial: Trial) -> Floats:
    """Days at which courses are kept: weekly, and in the first 26 weeks also where drugs are near their peak."""
    weeks = np.arange(0.0, trial.follow_up_months * MONTH + WEEK, WEEK)
    peaks = np.add.outer(weeks[weeks < _CLOSELY], _AFTER_A_WEEK).ravel()
    days = np.sort(np.concatenate([weeks, peaks]))
    return days[days <= trial.follow_up_months * MONTH]


def entry_days(trial: Trial, patients: int, *, seed: int) -> Floats:
    """Day of enrolment of each patient, counted from the first patient in; enrolment is uniform."""
    return trial.enrolment_months * MONTH * uniforms(seed, "enrolment", np.arange(patients))
