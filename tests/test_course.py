"""The loop from visit to visit, on a scripted disease: who is treated, scanned, moves on, leaves and dies, by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from coley.catalogue import Arm, Subsequent, Trial, Visits, load_catalogue, load_trial
from coley.population import Cohort
from coley.regimen import read
from coley.trial import course
from coley.trial.calendar import MONTH, course_days, entry_days, visit_days
from coley.trial.course import crossing, follow
from coley.trial.dosing import Treatment
from coley.trial.fate import Fate, draw_fate
from coley.trial.history import History
from coley.trial.lesions import MAX_TARGETS, Lesions
from coley.trial.response.recist import CRITERIA

FIRST, LATER = "nivolumab 3 mg/kg iv over 60 min q2w", "ipilimumab 3 mg/kg iv over 90 min q3w x4"
ARM = Arm(
    name="arm",
    regimen=FIRST,
    subsequent=(Subsequent(regimen=LATER, fraction=0.5, source="test", known="assumed"),),
)
TRIAL = Trial(
    name="by-hand",
    title="By hand",
    summary="Scans every 6 weeks for 8 months.",
    cancer="melanoma",
    follow_up_months=8,
    visits=Visits(scans=(6,), every=6),
    arms=(ARM,),
)
SCANS = [0.0, 42.0, 84.0, 126.0, 168.0, 210.0, 243.5]  # 8 months of 30.4375 days
NEVER = np.nan


class Scripted:
    """Stands in for the engine: the diameter of the one lesion is ``script(patient, day)`` mm, hazards are ``day``."""

    def __init__(self, script: Sequence[Callable[[float], float]], fails: dict[int, float]) -> None:
        self.script, self.fails = script, fails
        self.status = np.full(len(script), "ok", dtype=object)
        self.reason = np.full(len(script), "", dtype=object)
        self.end_time = np.zeros(len(script))
        self.asked: list[pd.DataFrame] = []

    def advance(self, times: Any, *, doses: pd.DataFrame, active: Any, observables: Sequence[str]) -> xr.Dataset:
        self.asked.append(doses)
        volume = np.full((len(self.script), len(times)), np.nan)
        clock = volume.copy()
        for row in np.flatnonzero(active):
            self.end_time[row] = min(times[-1], self.fails.get(row, np.inf))
            if self.end_time[row] < times[-1]:
                self.status[row], self.reason[row] = "step_too_small", "as scripted"
            there = times <= self.end_time[row]
            volume[row, there] = [np.pi / 6 * (self.script[row](t) / 10) ** 3 for t in times[there]]
            clock[row, there] = times[there]
        data = dict.fromkeys(observables, (("individual", "time"), clock)) | {
            "V_scan": (("individual", "time"), volume)
        }
        return xr.Dataset(data, coords={"time": times})


def simulated(
    monkeypatch: pytest.MonkeyPatch,
    script: Sequence[Callable[[float], float]],
    *,
    death: dict[int, float] | None = None,
    lesion: dict[int, float] | None = None,
    dropout: dict[int, float] | None = None,
    moves_on: Sequence[int] = (),
    missed: Sequence[tuple[int, int]] = (),
    fails: dict[int, float] | None = None,
) -> tuple[History, Scripted]:
    """Follow patients whose single lesion follows ``script``; the rest says on which day a thing happens to whom."""
    n = len(script)

    def days(given: dict[int, float] | None, otherwise: float) -> np.ndarray:
        return np.array([(given or {}).get(k, otherwise) for k in range(n)])

    choice = np.array([0 if k in moves_on else -1 for k in range(n)])
    later = np.full(n, 1e9)
    fate = Fate(days(death, 1e9), days(lesion, 1e9), later, days(dropout, NEVER), choice)
    engine = Scripted(script, fails or {})
    monkeypatch.setattr(course, "draw_fate", lambda *args, **kwargs: fate)
    monkeypatch.setattr(course, "Simulation", lambda *args, **kwargs: engine)
    share = np.zeros((n, MAX_TARGETS))
    share[:, 0] = 1.0
    not_made = np.zeros((n, len(SCANS)), dtype=bool)
    for patient, visit in missed:
        not_made[patient, visit] = True
    scans = Lesions(share, np.zeros(n), np.zeros((n, len(SCANS), MAX_TARGETS)), not_made, 0.0, 3.0)
    people = pd.DataFrame({"WEIGHT": 80.0, "BSA": 2.0, "GFR": 90.0}, index=range(n))
    volume = [np.pi / 6 * (line(0.0) / 10) ** 3 for line in script]
    cohort = Cohort(people, pd.DataFrame({"V_diagnosis": volume}), pd.DataFrame())
    drugs = load_catalogue().drugs
    treatments = [
        Treatment(read(text, drugs), drugs, people, SCANS[-1], line=k) for k, text in enumerate((FIRST, LATER))
    ]
    system = cast(Any, SimpleNamespace(parameter_names=(), state_names=()))
    found = follow(
        TRIAL, ARM, system, treatments, cohort, scans, (), seed=1, threads=1, progress=lambda done, total: None
    )
    return found, engine


def days_of(found: History, patient: int, line: int) -> list[float]:
    mine = (found.doses["ID"] == patient) & (found.doses["LINE"] == line)
    return found.doses.loc[mine, "TIME"].tolist()


def stable(day: float) -> float:
    return 50.0


def steps(*sizes: float) -> Callable[[float], float]:
    """The diameter at each of the scans, and between them that of the last scan before."""
    return lambda day: sizes[int(np.searchsorted(SCANS, day, side="right")) - 1]


EVERY_2_WEEKS = [14.0 * k for k in range(18)]  # up to day 238


def test_visits_are_those_of_the_protocol() -> None:
    assert visit_days(TRIAL).tolist() == SCANS


def test_a_stable_patient_is_treated_and_scanned_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = simulated(monkeypatch, [stable])
    assert days_of(found, 0, 0) == EVERY_2_WEEKS
    assert CRITERIA.names(found.codes[0]).tolist() == ["NE", *["SD"] * 6]
    assert found.diameters[0, :, 0].tolist() == [50.0] * 7
    assert np.isnan(found.death[0]) and np.isnan(found.dropout[0])
    assert (found.stopped[0], found.next_treatment[0], found.status[0]) == (238.0, -1, "ok")
    assert found.doses["AMT"].unique().tolist() == [240.0]
    assert found.doses["DUR"].unique() == pytest.approx([1 / 24])


def test_treatment_ends_at_progression_and_the_next_one_starts_after_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """50 mm, 45, then 57: 12 mm and 27 % above the nadir, on day 84. Patient 0 moves on 21 days later, 1 does not."""
    line = steps(50, 45, 57, 60, 60, 60, 60)
    found, _ = simulated(monkeypatch, [line, line], moves_on=[0])
    assert CRITERIA.names(found.codes[0]).tolist() == ["NE", "SD", "PD", "NE", "NE", "NE", "NE"]
    assert days_of(found, 0, 0) == days_of(found, 1, 0) == [0.0, 14.0, 28.0, 42.0, 56.0, 70.0]
    assert days_of(found, 0, 1) == [105.0, 126.0, 147.0, 168.0]  # four doses, and no new progression above 57 mm
    assert days_of(found, 1, 1) == []
    assert found.stopped.tolist() == [70.0, 70.0]
    assert found.next_treatment.tolist() == [0, -1]
    assert np.isnan(found.diameters[0, 3:]).all()  # scans of the next treatment are no scans of the trial
    assert found.nadir[0, 1:3].tolist() == [50.0, 45.0]


def test_the_next_treatment_stops_at_its_own_progression_and_nothing_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its baseline is 57 mm on day 84; 70 mm on day 126 is 13 mm and 23 % more, so the dose of day 126 is not given."""
    found, _ = simulated(monkeypatch, [steps(50, 45, 57, 70, 70, 70, 70)], moves_on=[0])
    assert days_of(found, 0, 1) == [105.0]
    assert found.doses["LINE"].tolist() == [0] * 6 + [1]


def test_who_dies_or_leaves_before_the_first_dose_had_no_next_treatment(monkeypatch: pytest.MonkeyPatch) -> None:
    line = steps(50, 70, 70, 70, 70, 70, 70)  # progression on day 42, next treatment from day 63
    found, _ = simulated(monkeypatch, [line] * 3, moves_on=[0, 1, 2], death={0: 60.0}, dropout={1: 60.0})
    assert found.next_treatment.tolist() == [-1, -1, 0]
    assert found.death[0] == 60.0


def test_no_dose_after_death_or_dropout_even_between_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    found, engine = simulated(monkeypatch, [stable] * 3, death={0: 50.0}, dropout={1: 60.0, 2: 40.0})
    assert days_of(found, 0, 0) == [0.0, 14.0, 28.0, 42.0]
    assert days_of(found, 1, 0) == [0.0, 14.0, 28.0, 42.0, 56.0]
    assert days_of(found, 2, 0) == [0.0, 14.0, 28.0]
    assert CRITERIA.names(found.codes[:, 1]).tolist() == ["SD", "SD", "NE"]  # patient 2 left before the first scan
    assert CRITERIA.names(found.codes[:, 2]).tolist() == ["NE", "NE", "NE"]
    assert len(engine.asked) == 2  # nobody is followed after day 84
    assert found.stopped.tolist() == [42.0, 56.0, 28.0]


def test_death_after_leaving_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = simulated(monkeypatch, [stable] * 2, death={0: 80.0, 1: 60.0}, dropout={0: 60.0, 1: 80.0})
    np.testing.assert_array_equal(found.death, [np.nan, 60.0])
    assert found.dropout.tolist() == [60.0, 80.0]


def test_a_missed_scan_delays_progression_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    line = steps(50, 70, 70, 70, 70, 70, 70)
    found, _ = simulated(monkeypatch, [line], missed=[(0, 1)])
    assert CRITERIA.names(found.codes[0]).tolist() == ["NE", "NE", "PD", "NE", "NE", "NE", "NE"]
    assert days_of(found, 0, 0) == [0.0, 14.0, 28.0, 42.0, 56.0, 70.0]
    assert np.isnan(found.diameters[0, 1]).all() and found.nadir[0, 1] == 50.0


def test_a_new_lesion_is_progression_at_the_scan_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = simulated(monkeypatch, [stable] * 2, lesion={0: 85.0, 1: 84.0})
    assert CRITERIA.names(found.codes[:, :4]).tolist() == [["NE", "SD", "SD", "PD"], ["NE", "SD", "PD", "NE"]]


def test_response_and_disappearance(monkeypatch: pytest.MonkeyPatch) -> None:
    """30 % below 50 mm is 35 mm; below 3 mm a lesion is gone; 5 mm above a nadir of nothing is progression."""
    found, _ = simulated(monkeypatch, [steps(50, 36, 35, 2, 4, 5, 5)])
    assert CRITERIA.names(found.codes[0]).tolist() == ["NE", "SD", "PR", "CR", "PR", "PD", "NE"]
    assert found.diameters[0, :6, 0].tolist() == [50, 36, 35, 0, 4, 5]


def test_a_fault_of_the_solver_ends_one_course_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = simulated(monkeypatch, [stable] * 3, fails={1: 50.0, 2: 60.0}, death={2: 55.0})
    assert found.status.tolist() == ["ok", "step_too_small", "ok"]  # patient 2 was dead by then
    assert found.reason.tolist() == ["", "as scripted", ""]
    assert days_of(found, 0, 0) == EVERY_2_WEEKS
    assert days_of(found, 1, 0) == [0.0, 14.0, 28.0, 42.0]
    assert CRITERIA.names(found.codes[1]).tolist() == ["NE", "SD", *["NE"] * 5]


def test_crossing_by_linear_interpolation() -> None:
    hazard = np.array([[0, 1, 3], [0, 1, 3], [0, 1, 3], [0, 1, np.nan], [0, 1, np.nan], [2, 4, 6]], dtype=float)
    mark = np.array([2.0, 3.0, 3.1, 0.5, 2.0, 0.0])
    np.testing.assert_allclose(
        crossing(hazard, np.array([10.0, 20.0, 40.0]), mark), [30.0, 40.0, np.nan, 15.0, np.nan, 0.0]
    )


# What chance holds, and the calendar


def many(dropout_per_year: float = 0.03) -> Fate:
    trial = TRIAL.model_copy(update={"dropout_per_year": dropout_per_year, "follow_up_months": 24.0})
    return draw_fate(trial, ARM, np.arange(4000), seed=1)


def test_dropout_at_its_yearly_rate() -> None:
    """Of 20 % a year, 20 % leave in the first year and 36 % in two; later ones never leave."""
    leaves = many(0.2).dropout
    tolerance = 3.3 * np.sqrt(0.25 / 4000)
    assert (leaves < 365.25).mean() == pytest.approx(0.2, abs=tolerance)
    assert (~np.isnan(leaves)).mean() == pytest.approx(0.36, abs=tolerance)
    assert np.nanmax(leaves) < 24 * MONTH


def test_nobody_leaves_a_trial_without_dropout() -> None:
    assert np.isnan(many(0.0).dropout).all()


def test_marks_of_hazards_are_exponential_and_half_move_on() -> None:
    fate = many()
    for marks in (fate.death, fate.lesion, fate.later_lesion):
        assert marks.mean() == pytest.approx(1.0, abs=3.3 / np.sqrt(4000))
        assert np.median(marks) == pytest.approx(np.log(2), abs=3.3 / np.sqrt(4000))
    assert set(fate.choice) == {-1, 0}
    assert (fate.choice == 0).mean() == pytest.approx(0.5, abs=3.3 * np.sqrt(0.25 / 4000))


def test_fate_does_not_depend_on_the_others() -> None:
    few = draw_fate(TRIAL, ARM, np.array([5]), seed=1)
    all_of_them = draw_fate(TRIAL, ARM, np.arange(9), seed=1)
    for name in ("death", "lesion", "later_lesion", "choice"):
        assert getattr(few, name)[0] == getattr(all_of_them, name)[5]


def test_scans_of_a_published_trial() -> None:
    """CheckMate 067: week 12, every 6 weeks up to week 49, every 12 weeks after (Larkin 2015), for five years."""
    days = visit_days(load_trial("checkmate-067"))
    assert (days[1:9] / 7).tolist() == [12, 18, 24, 30, 36, 42, 48, 60]
    assert set(np.diff(days[8:-1]) / 7) == {12.0}
    assert days[-1] == 60 * MONTH and days[-2] < days[-1]


def test_scans_end_with_follow_up() -> None:
    short = TRIAL.model_copy(update={"follow_up_months": 1.0})
    assert visit_days(short).tolist() == [0.0, MONTH]


def test_courses_are_kept_weekly_and_near_the_peaks_of_the_first_half_year() -> None:
    days = course_days(TRIAL)
    assert days[:7] == pytest.approx([0, 0.1, 2, 7, 7.1, 9, 14])
    assert set(np.arange(0, 239, 7.0)) <= set(days) and days[-1] == 238.0
    assert (np.diff(days) > 0).all() and np.sum(days > 182) == 8


def test_enrolment_is_uniform() -> None:
    days = entry_days(TRIAL.model_copy(update={"enrolment_months": 10.0}), 2000, seed=1)
    assert 0 <= days.min() < 1 and 303 < days.max() < 10 * MONTH
    assert days.mean() == pytest.approx(5 * MONTH, abs=3.3 * 10 * MONTH / np.sqrt(12 * 2000))
