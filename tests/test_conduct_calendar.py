"""Days of visits: those of the protocol, moved a little for each patient, in the same order."""

from __future__ import annotations

import numpy as np
import pytest

from coley.protocol import Arm, Visits
from coley.protocol.calendar import CLINIC, calendar, entry_days, visit_days
from toy_trial import trial

ARM = Arm(name="a", regimen="placebo")


def protocol(jitter: float, scans: tuple[float, ...] = (6, 12, 13), every: float = 12.0):
    return trial(ARM, visits=Visits(scans=scans, every=every, jitter_days=jitter))


def test_visits_are_listed_then_regular_then_the_end_of_follow_up():
    assert visit_days(protocol(0)).tolist() == [0, 42, 84, 91, 175, 259, 343, 365.25]


def test_without_jitter_everybody_comes_on_the_day():
    days = calendar(protocol(0), range(3), seed=1, clinics=False).days
    assert (days == visit_days(protocol(0))).all()


@pytest.mark.parametrize("jitter", [3.0, 14.0])
@pytest.mark.parametrize("clinics", [False, True])
def test_visits_keep_their_order_and_both_ends(jitter: float, clinics: bool):
    days = calendar(protocol(jitter), range(500), seed=1, clinics=clinics).days
    assert (np.diff(days, axis=1) > 0).all()
    assert (days[:, 0] == 0).all()
    assert (days[:, -1] == 365.25).all()


def test_examinations_fall_on_whole_days_that_scatter_as_the_protocol_says():
    wide = protocol(3.0, scans=(12,), every=12.0)
    moved = calendar(wide, range(2000), seed=1, clinics=False).days[:, 1:-1] - visit_days(wide)[1:-1]
    assert (moved == np.round(moved)).all()
    rounding = np.sqrt(3.0**2 + 1 / 12)  # variance of rounding to whole days: Sheppard's correction
    assert abs(moved.std() - rounding) < 0.1


def test_between_examinations_the_clinic_sees_patients_at_least_every_four_weeks():
    found = calendar(protocol(5.0), range(50), seed=1, clinics=True)
    plain = calendar(protocol(5.0), range(50), seed=1, clinics=False)
    np.testing.assert_array_equal(found.scans, plain.days)
    assert np.diff(found.days, axis=1).max() <= CLINIC + 2 * 5.0
    assert found.scan[0]
    assert found.scan[-1]


def test_days_depend_on_the_patient_alone():
    few, many = (calendar(protocol(3.0), range(n), seed=7, clinics=False).days for n in (5, 50))
    np.testing.assert_array_equal(few, many[:5])


def test_patients_enter_evenly_over_enrolment():
    entry = entry_days(trial(ARM, enrolment_months=10), 4000, seed=1)
    months = entry / 30.4375
    assert 0 <= months.min() < 0.05
    assert 9.95 < months.max() <= 10
    assert abs(months.mean() - 5) < 0.2  # 10 / sqrt(12 * 4000), four times
