"""Designs of trials on a toy disease, worked by hand: a diameter is that at the start times exp(rate * day / 3).

Lesions of 50 mm that grow by 0.006/day measure 54, 59, 64 mm at scans 42 days apart: progression (20 %) on day 126.
"""

from __future__ import annotations

import numpy as np
import pytest

from coley.facts import Quantity
from coley.protocol import Arm, Option, Subsequent, Visits
from coley.streams import uniforms
from coley.trial.analysis import analyse
from coley.trial.conduct.fate import exponentials
from toy_trial import ToyDrug, course, days, disease, responses, trial

KNOWN = {"source": "test", "known": "assumed"}
Q3W = [21.0 * k for k in range(18)]  # every dose within a year of 365.25 days
GROWS, STABLE = {"mm": 50.0, "growth": 0.006}, {"mm": 50.0, "growth": 0.0}
LATER = (Subsequent(regimen="later 1 mg iv q3w x2", fraction=1.0, **KNOWN),)


def test_treatment_ends_at_progression_and_another_follows_three_weeks_later():
    found = course(Arm(name="a", regimen="toy 1 mg iv q3w", subsequent=LATER), [GROWS, STABLE])
    assert responses(found, 0) == ["SD", "SD", "PD", *["NE"] * 6]
    assert days(found, 0, "toy") == [t for t in Q3W if t < 126]
    assert days(found, 0, "later") == [147.0, 168.0]
    assert responses(found, 1) == ["SD"] * 9
    assert days(found, 1, "toy") == Q3W
    assert days(found, 1, "later") == []
    assert found.line.tolist() == [1, 0]


def test_what_is_read_after_trial_treatment_is_not_part_of_its_record():
    found = course(Arm(name="a", regimen="toy 1 mg iv q3w", subsequent=LATER), [GROWS])
    assert found.findings["diameters"][0, :, 0].tolist()[:4] == [50.0, 54.0, 59.0, 64.0]
    assert np.isnan(found.findings["diameters"][0, 4:]).all()


@pytest.mark.parametrize("nothing", ["placebo", "observation"])
def test_who_is_given_nothing_is_seen_all_the_same_and_crosses_over_at_progression(nothing: str):
    found = course(Arm(name="a", regimen=nothing, subsequent=LATER), [GROWS])
    assert responses(found, 0)[:3] == ["SD", "SD", "PD"]
    assert days(found, 0, "toy") == []
    assert days(found, 0, "later") == [147.0, 168.0]


def test_treatment_beyond_progression_goes_on_until_growth_from_there():
    """From 64 mm on, 20 % more are 76.8 mm: 76 mm on day 210 are not, 83 mm on day 252 are."""
    arm = Arm(name="a", regimen="toy 1 mg iv q3w", beyond_progression=1.0, subsequent=LATER)
    found = course(arm, [GROWS])
    assert days(found, 0, "toy") == [t for t in Q3W if t < 252]
    assert days(found, 0, "later") == [273.0, 294.0]
    assert responses(found, 0)[:3] == ["SD", "SD", "PD"]


def test_who_completed_treatment_is_given_it_once_more_and_who_progressed_on_it_is_not():
    arm = Arm(name="a", regimen="toy 1 mg iv q3w x4", reinduction="toy 2 mg iv q3w x2")
    found = course(arm, [GROWS, {"mm": 50.0, "growth": 0.02}])  # the second: 66 mm on day 42
    assert days(found, 0, "toy") == [0.0, 21.0, 42.0, 63.0, 147.0, 168.0]
    assert found.doses[(found.doses["ID"] == 0)]["AMT"].tolist() == [1, 1, 1, 1, 2, 2]
    assert days(found, 1, "toy") == [0.0, 21.0]


def test_treatment_of_fixed_length_ends_by_itself():
    found = course(Arm(name="a", regimen="toy 1 mg iv q3w up to 12 weeks"), [STABLE])
    assert days(found, 0, "toy") == [0.0, 21.0, 42.0, 63.0]
    assert responses(found, 0) == ["SD"] * 9


def test_treatment_until_complete_response_stops_at_the_scan_that_shows_it():
    """50 mm shrinking by 0.1/day: 3 mm on day 84, which is seen; less than 1 mm on day 126, which is not."""
    found = course(Arm(name="a", regimen="toy 1 mg iv q3w until CR"), [{"mm": 50.0, "growth": 0.0, "shrinkage": 0.1}])
    assert responses(found, 0) == ["PR", "PR", *["CR"] * 7]
    assert days(found, 0, "toy") == [t for t in Q3W if t < 126]


def test_a_response_has_to_be_held_where_the_regimen_says_so():
    found = course(
        Arm(name="a", regimen="toy 1 mg iv q3w until CR for 12 weeks"),
        [{"mm": 50.0, "growth": 0.0, "shrinkage": 0.1}],
    )
    assert days(found, 0, "toy") == [t for t in Q3W if t < 126 + 84]


def test_an_investigator_chooses_one_regimen_for_each_patient_by_the_published_shares():
    options = (Option(regimen="toy 1 mg iv q3w", fraction=0.25), Option(regimen="later 1 mg iv q3w", fraction=0.75))
    found = course(Arm(name="a", choice=options), [STABLE] * 40)
    chosen = uniforms(1, "choice of regimen", np.arange(40)) >= 0.25
    assert found.option.tolist() == chosen.astype(int).tolist()
    for patient in range(40):
        assert bool(days(found, patient, "toy")) != bool(days(found, patient, "later"))
        assert bool(days(found, patient, "later")) == chosen[patient]


def resected(patients: list[dict[str, float]], **fields: float):
    arm = Arm(name="a", regimen="toy 1 mg iv q3w x2 then resection then later 1 mg iv q3w x2", **fields)
    return course(arm, patients, drugs=(ToyDrug("toy"), ToyDrug("later"), ToyDrug("resection", site="1")))


def test_surgery_falls_between_treatments_and_the_pathologist_sees_what_was_left():
    """Fibrosis twelve times the living volume: 1 part in 13 is viable, a major response but no complete one."""
    living = np.pi / 6 * 5.0**3
    found = resected([STABLE | {"V_fibrosis_1": 12 * living}, STABLE | {"V_fibrosis_1": 2000 * living}, STABLE])
    assert found.surgery.tolist() == [42.0, 42.0, 42.0]
    assert days(found, 0, "toy") == [0.0, 21.0]
    assert days(found, 0, "later") == [43.0, 64.0]
    np.testing.assert_allclose(found.viable, [100 / 13, 0.0, 100.0], rtol=1e-6)


def test_who_progresses_before_surgery_is_not_operated_on():
    found = resected([{"mm": 50.0, "growth": 0.02}])
    assert np.isnan(found.surgery).all()
    assert np.isnan(found.viable).all()
    assert days(found, 0, "later") == []


def test_after_surgery_recurrence_is_a_new_lesion_and_survival_without_it_counts_from_surgery():
    mark = exponentials("new lesion 0", np.arange(2), seed=1)
    recurs = STABLE | {"lesion_rate": float(mark[1]) / 100}  # appears on day 100, is seen on day 126
    found = resected([STABLE, recurs])
    assert responses(found, 0) == ["SD", *["NON-CR/NON-PD"] * 8]
    assert responses(found, 1)[:3] == ["SD", "NON-CR/NON-PD", "PD"]
    free = analyse(found, np.zeros(2), size=2, confirm=False).times("RFS")
    assert free.duration.tolist() == [365.25 - 42, 126 - 42]
    assert free.event.tolist() == [False, True]
    assert free.description.tolist()[1] == "recurrence"


def test_the_committee_reads_for_the_endpoints_and_the_investigator_decides():
    class Blurred(type(disease())):
        @property
        def patients(self):
            facts = dict(super().patients)
            facts["reader_error"] = Quantity(value=0.1, unit="", **KNOWN)
            return facts

    arm = Arm(name="a", regimen="toy 1 mg iv q3w")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("toy_trial.Toy", Blurred)
        own = course(arm, [GROWS] * 30)
        read_anew = course(arm, [GROWS] * 30, within=trial(arm, review="independent"))
    assert own.doses.equals(read_anew.doses)
    there = ~np.isnan(own.findings["diameters"][:, 1, 0])
    differ = own.findings["diameters"][there, 1, 0] != read_anew.findings["diameters"][there, 1, 0]
    assert differ.mean() > 0.5
    errors = np.log(read_anew.findings["diameters"][there, 1, 0] / 54.4)
    assert 0.06 < errors.std() < 0.14  # 0.1 for 30 readings, chi-squared within 99 %


def test_death_and_dropout_fall_on_the_day_that_chance_holds():
    mark = exponentials("death", np.arange(1), seed=1)
    found = course(Arm(name="a", regimen="toy 1 mg iv q3w"), [STABLE | {"death_rate": float(mark[0]) / 100}])
    np.testing.assert_allclose(found.death, [100.0], rtol=1e-3)
    assert days(found, 0, "toy") == [t for t in Q3W if t < 100]
    assert responses(found, 0) == ["SD", "SD", *["NE"] * 7]


def test_a_new_lesion_takes_a_free_site_grows_there_and_is_progression():
    """It has 5 mm on day 84, and grows like the others: 5 exp(0.01 * 42 / 3) = 5.75 mm on day 126."""
    mark = exponentials("new lesion 0", np.arange(1), seed=1)
    patient = {"mm": 100.0, "mm_2": 40.0, "growth": 0.01, "lesion_rate": float(mark[0]) / 60}
    arm = Arm(name="a", regimen="toy 1 mg iv q3w", beyond_progression=1.0)
    found = course(arm, [patient])
    assert found.findings["diameters"][0, :4, :3].tolist() == [[100, 40, 0], [115, 46, 0], [132, 53, 5], [152, 61, 6]]
    assert responses(found, 0)[:2] == ["SD", "PD"]


def test_a_patient_whose_simulation_fails_is_a_result_with_a_reason():
    found = course(Arm(name="a", regimen="toy 1 mg iv q3w"), [STABLE, STABLE | {"growth": np.nan}])
    assert found.status.tolist() == ["ok", "nonfinite"]
    assert "growth" in found.reason[1]
    assert responses(found, 1) == ["NE"] * 9
    assert analyse(found, np.zeros(2), size=2, confirm=False).counted.tolist() == [True, False]


def test_threads_change_nothing():
    arm = Arm(name="a", regimen="toy 1 mg iv q3w", subsequent=LATER, beyond_progression=0.5)
    patients = [
        {"mm": 30.0 + k, "growth": 0.002 * (k % 5), "shrinkage": 0.01 * (k % 3), "death_rate": 1e-3} for k in range(40)
    ]
    with_jitter = trial(arm, visits=Visits(scans=(6,), every=6, jitter_days=5), dropout_per_year=0.2)
    one, two = (course(arm, patients, threads=threads, within=with_jitter) for threads in (1, 2))
    for name in ("days", "codes", "death", "dropout", "line"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
    assert one.findings["diameters"].tobytes() == two.findings["diameters"].tobytes()
    assert one.doses.equals(two.doses)


def test_a_patient_is_the_same_patient_in_every_arm_and_in_any_company():
    patients = [STABLE | {"death_rate": 2e-3} for _ in range(20)]
    arms = (Arm(name="a", regimen="toy 1 mg iv q3w"), Arm(name="b", regimen="placebo"))
    first, second = (course(arm, patients) for arm in arms)
    alone = course(arms[0], patients[:5])
    np.testing.assert_allclose(first.death, second.death, rtol=1e-12)
    np.testing.assert_array_equal(first.death[:5], alone.death)
    assert first.days[:5].tobytes() == alone.days.tobytes()
