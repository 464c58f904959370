"""Days of a trial: its visits, the time points of its courses, and enrolment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.protocol.schema import Trial
from coley.streams import Patients, normal_rows, uniforms

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MONTH = 30.4375
"""Days in a month, a twelfth of 365.25."""
WEEK = 7.0
CLINIC = 4 * WEEK
"""Days between visits to the clinic at most, where harm is looked for at them."""
_CLOSELY = 26 * WEEK
_AFTER_A_WEEK = (0.1, 2.0)
"""Days after the start of a week, when doses fall: a short infusion has just ended, an antibody has spread."""


@dataclass(frozen=True)
class Calendar:
    """When each patient is seen.

    Attributes:
        days: (patients, visits) days since the first dose, ascending; the first is the baseline on day 0, the last the
            end of follow-up.
        scan: (visits,) whether the disease is examined at the visit; at the others only the patient is.
    """

    days: Floats
    scan: Flags

    @property
    def scans(self) -> Floats:
        """(patients, scans) days of the examinations."""
        return self.days[:, self.scan]


def calendar(trial: Trial, patients: Patients, *, seed: int, clinics: bool) -> Calendar:
    """The visits of each patient: examinations fall on whole days about those of the protocol, in its order.

    The day of a visit is normal about the protocol's with ``jitter_days``, cut so that no two visits change places;
    baseline and end of follow-up are as planned.

    Args:
        patients: their numbers.
        clinics: whether visits to the clinic fall between examinations, evenly, :data:`CLINIC` days apart at most.
    """
    planned = visit_days(trial)
    gaps = np.diff(planned)
    room = np.zeros_like(planned)
    room[1:-1] = np.floor(0.49 * np.minimum(gaps[:-1], gaps[1:]))
    moved = np.round(trial.visits.jitter_days * normal_rows(seed, "visits", patients, len(planned)))
    days = planned + np.clip(moved, -room, room)
    if not clinics:
        return Calendar(days, np.ones(len(planned), dtype=np.bool_))
    between = np.ceil(gaps / CLINIC).astype(int)
    columns, scan = [days[:, :1]], [True]
    for k, parts in enumerate(between.tolist()):
        steps = np.arange(1, parts + 1) / parts
        columns.append(
            np.where(steps < 1.0, days[:, k, None] + steps * np.diff(days)[:, k, None], days[:, k + 1, None])
        )
        scan += [*[False] * (parts - 1), True]
    return Calendar(np.concatenate(columns, axis=1), np.array(scan))


def visit_days(trial: Trial) -> Floats:
    """Days of the protocol's scans from day 0 (baseline) to the last within follow-up; then the end of follow-up."""
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
