"""Days of a trial: its visits, enrolment and data cuts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coley.catalogue.schema import Trial
from coley.population.streams import uniforms

MONTH = 30.4375
"""Days in a month, a twelfth of 365.25."""
WEEK = 7.0


def visit_days(trial: Trial) -> NDArray[np.float64]:
    """Days of the scans from day 0 (baseline) to the last within follow-up; then the end of follow-up itself."""
    end = trial.follow_up_months * MONTH
    listed = [WEEK * week for week in trial.visits.scans]
    later = np.arange(listed[-1], end, WEEK * trial.visits.every)[1:]
    days = np.array([0.0, *listed, *later])
    return np.append(days[days < end], end)


def entry_days(trial: Trial, patients: int, *, seed: int) -> NDArray[np.float64]:
    """Day of enrolment of each patient, counted from the first patient in; enrolment is uniform."""
    return trial.enrolment_months * MONTH * uniforms(seed, "enrolment", np.arange(patients))
