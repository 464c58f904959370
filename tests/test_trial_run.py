"""A trial from its definition to its result: the whole path, what it must not depend on, and what can go wrong."""

from __future__ import annotations

import importlib
import json
from math import isnan
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import coley.engine.simulation
from coley.catalogue import Arm, Published, Trial, Visits, load_catalogue
from coley.engine import reference
from coley.errors import ColeyError
from coley.library import immuno_oncology, observables
from coley.model import Context, assemble
from coley.population import Cohort, recruit
from coley.trial import TrialResult, run
from coley.trial.calendar import course_days, visit_days
from coley.trial.course import follow
from coley.trial.describe import notes
from coley.trial.history import History
from coley.trial.lesions import lesions
from coley.trial.run import predict
from coley.trial.statistics import proportion
from conftest import PATIENTS, SEED

SUMMARY = ["arm", "endpoint", "predicted", "lower", "upper", "published", "published_lower", "published_upper"]


def assert_same(one: TrialResult, other: TrialResult) -> None:
    """Every number of two results is the same, to the last bit."""
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_exact=True)
    pd.testing.assert_frame_equal(one.summary, other.summary, check_exact=True)
    pd.testing.assert_frame_equal(one.rejected, other.rejected, check_exact=True)
    xr.testing.assert_identical(one.trajectories, other.trajectories)
    assert one.manifest == other.manifest and one.notes == other.notes


def first(table: pd.DataFrame, patients: int) -> pd.DataFrame:
    """Rows of the first patients of each arm."""
    return table[table["USUBJID"].str[-4:].astype(int) < patients].reset_index(drop=True)


def short(trial: Trial, **changes: object) -> Trial:
    return trial.model_copy(update={"follow_up_months": 3.0, **changes})


def test_summary_has_its_columns_and_every_endpoint(small_trial: Trial, small_result: TrialResult) -> None:
    summary = small_result.summary
    assert summary.columns.tolist() == SUMMARY
    assert summary["arm"].unique().tolist() == ["nivolumab", "nothing"]
    rows = summary.set_index(["arm", "endpoint"])
    response = rows.loc[("nivolumab", "ORR")]
    adsl = small_result.tables["ADSL"]
    best = adsl.loc[adsl["ARM"] == "nivolumab", "BOR"]
    share = best.isin(["CR", "PR"]).mean()
    exact = proportion(round(share * 100), 100)  # the arm was published with 100 patients
    found = response[["predicted", "lower", "upper"]].tolist()
    assert found == pytest.approx([100 * share, 100 * exact.lower, 100 * exact.upper])
    assert (response["published"], response["published_lower"], response["published_upper"]) == (40, 30, 50)
    assert rows.loc[("nivolumab", "OS_HR"), "predicted"] > 0 and isnan(rows.loc[("nothing", "ORR"), "published"])
    assert not (rows["lower"] > rows["predicted"]).any() and not (rows["upper"] < rows["predicted"]).any()


def test_predict_gives_the_summary_of_a_run(small_trial: Trial, small_result: TrialResult) -> None:
    found = predict(small_trial, load_catalogue(), patients=PATIENTS, seed=SEED, threads=1)
    pd.testing.assert_frame_equal(found, small_result.summary, check_exact=True)


def test_trajectories(small_trial: Trial, small_result: TrialResult) -> None:
    data, adsl = small_result.trajectories, small_result.tables["ADSL"]
    assert dict(data.sizes) == {"individual": 24, "time": len(course_days(small_trial))}
    assert data["USUBJID"].to_numpy().tolist() == adsl["USUBJID"].tolist()
    assert data["ARM"].to_numpy().tolist() == adsl["ARM"].tolist()
    for variable in data.data_vars.values():
        assert variable.dtype == np.float32
        assert set(variable.attrs) == {"units", "long_name", "group"}
        assert variable.attrs["group"] in {"tumour", "immune", "drug"}
    lost = adsl["DTHDY"].to_numpy()
    burden, days = data["V_scan"].to_numpy(), data["time"].to_numpy()
    assert np.isnan(burden[days > lost[:, None]]).all()
    left = small_result.tables["ADTTE"].query("PARAMCD == 'OS'")["AVAL"].to_numpy()
    assert np.isfinite(burden[days < left[:, None]]).all()
    assert data.nbytes < 24 * len(days) * 4 * 20


def test_drug_courses_show_peak_and_trough(small_result: TrialResult) -> None:
    """3 mg/kg of 80 kg in a central volume near 4 L give some 60 mg/L, which distribution and clearance lower."""
    treated = small_result.trajectories["Cp_nivolumab"].sel(individual=slice(0, PATIENTS))
    peak, day_2, week_1 = (float(treated.sel(time=day, method="nearest").median()) for day in (0.1, 2, 7))
    assert peak > 1.1 * day_2 > 1.1 * week_1 > 0
    assert 30 < peak < 120
    nothing = small_result.trajectories["Cp_nivolumab"].sel(individual=slice(PATIENTS, None))
    assert float(nothing.max()) == 0.0
    assert float(small_result.trajectories["Cp_ipilimumab"].sel(individual=slice(PATIENTS, None)).max()) == 0.0


def test_same_seed_same_bytes_and_another_seed_others(small_trial: Trial, small_result: TrialResult) -> None:
    assert_same(run(small_trial, patients=PATIENTS, seed=SEED, threads=1), small_result)
    other = run(short(small_trial), patients=3, seed=SEED + 1, threads=1)
    assert not np.isin(other.tables["ADSL"]["AGE"], small_result.tables["ADSL"]["AGE"]).any()


def test_patients_do_not_depend_on_how_many_there_are(small_trial: Trial, small_result: TrialResult) -> None:
    few = run(small_trial, patients=5, seed=SEED, threads=1)
    for name, table in few.tables.items():
        pd.testing.assert_frame_equal(table, first(small_result.tables[name], 5), check_exact=True)
    number = small_result.trajectories["USUBJID"].str[-4:].astype(int)
    xr.testing.assert_identical(few.trajectories, small_result.trajectories.isel(individual=(number < 5).to_numpy()))


def test_result_does_not_depend_on_the_number_of_threads(small_trial: Trial) -> None:
    brief = short(small_trial, arms=(small_trial.arms[0].model_copy(update={"published": ()}),))
    assert_same(run(brief, patients=18, seed=1, threads=1), run(brief, patients=18, seed=1, threads=2))


def test_progress_never_goes_back(small_trial: Trial) -> None:
    calls: list[tuple[str, int, int]] = []
    run(short(small_trial), patients=3, seed=1, threads=1, progress=lambda *step: calls.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in calls)) == ["virtual patients", "nivolumab", "nothing"]
    for stage in ("virtual patients", "nivolumab", "nothing"):
        steps = [(done, total) for name, done, total in calls if name == stage]
        assert steps == sorted(steps) and len({total for _, total in steps}) == 1
        assert steps[0][0] == 0 and steps[-1][0] == steps[-1][1] > 0


# What a dose does, and what none does


def followed(trial: Trial, cohort: Cohort, context: Context) -> History:
    """The patients of a cohort without any treatment, in a model with the drugs of ``context``."""
    n = len(cohort.parameters)
    facts = {**context.physiology.patients, **context.cancer.patients}
    return follow(
        trial,
        Arm(name="none", regimen="nivolumab 0 mg/kg iv q2w"),
        assemble("none", immuno_oncology(context)),
        (),
        cohort,
        lesions(facts, range(n), len(visit_days(trial)), seed=SEED),
        observables(context.drugs),
        seed=SEED,
        threads=1,
        progress=lambda done, total: None,
    )


def test_zero_dose_is_no_drug(small_trial: Trial, small_result: TrialResult) -> None:
    """Exactly so in the same model; to the solver's tolerance in the model without the drug, which has fewer states."""
    catalogue = load_catalogue()
    cancer, physiology = catalogue.cancers["melanoma"], catalogue.physiology
    drug = catalogue.drugs["nivolumab"]
    cohort = recruit(Context(cancer, physiology, (drug,)), small_trial.eligibility, PATIENTS, seed=SEED, threads=1)
    adsl = small_result.tables["ADSL"].query("ARM == 'nothing'")
    kept = small_result.trajectories.sel(individual=slice(PATIENTS, None))

    with_drug = followed(small_trial, cohort, Context(cancer, physiology, (drug,)))
    np.testing.assert_array_equal(with_drug.death, adsl["DTHDY"])
    np.testing.assert_array_equal(with_drug.trajectories["V_scan"], kept["V_scan"])

    without = followed(small_trial, cohort, Context(cancer, physiology))
    np.testing.assert_array_equal(np.isnan(without.death), adsl["DTHDY"].isna())
    np.testing.assert_allclose(without.trajectories["V_scan"], kept["V_scan"], rtol=5e-3)
    np.testing.assert_array_equal(without.codes, with_drug.codes)


def test_an_infusion_that_outlasts_a_scan_runs_on(small_trial: Trial) -> None:
    """Three days of infusion from day 14, with a scan on day 15 or not: the same drug in plasma on day 21."""
    arm = Arm(name="slow", regimen="nivolumab 3 mg/kg iv over 72 h q2w")
    brief = short(small_trial, arms=(arm,), dropout_per_year=0.0)
    schedules = Visits(scans=(15 / 7, 8), every=8), Visits(scans=(8,), every=8)
    trials = (brief.model_copy(update={"visits": visits}) for visits in schedules)
    through, around = (run(trial, patients=4, seed=1, threads=1) for trial in trials)
    plasma = [result.trajectories["Cp_nivolumab"].sel(time=21.0).to_numpy() for result in (through, around)]
    assert np.isfinite(plasma[1]).sum() >= 3
    np.testing.assert_allclose(*plasma, rtol=2e-3)
    assert set(through.tables["ADEX"]["EXDUR"]) == {72.0}


# Failures


def test_a_patient_who_fails_is_a_row_with_a_reason_and_costs_nobody_else_anything(
    small_trial: Trial, small_result: TrialResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoiled(*args: object, **kwargs: object) -> Cohort:
        cohort = recruit(*args, **kwargs)  # type: ignore[arg-type]
        cohort.parameters.loc[3, "k_growth"] = np.nan
        return cohort

    monkeypatch.setattr(importlib.import_module("coley.trial.run"), "recruit", spoiled)
    result = run(small_trial, patients=PATIENTS, seed=SEED, threads=1)
    adsl = result.tables["ADSL"]
    failed = adsl[adsl["STATUS"] != "ok"]
    assert failed["SUBJID"].tolist() == [3, 3] and set(failed["STATUS"]) == {"nonfinite"}
    assert failed["REASON"].str.contains("k_growth").all()
    assert set(failed["BOR"]) == {"NE"} and failed["DTHDY"].isna().all()
    assert not result.tables["ADTTE"]["USUBJID"].isin(failed["USUBJID"]).any()
    for name, table in result.tables.items():
        others = [frame[~frame["USUBJID"].isin(failed["USUBJID"])] for frame in (table, small_result.tables[name])]
        pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in others), check_exact=True)
    healthy = ~np.isin(result.trajectories["USUBJID"].to_numpy(), failed["USUBJID"])
    xr.testing.assert_identical(
        result.trajectories.isel(individual=healthy), small_result.trajectories.isel(individual=healthy)
    )
    assert np.isnan(result.trajectories["V_scan"].to_numpy()[~healthy]).all()
    assert any(note.startswith("2 simulated courses failed") for note in result.notes)


@pytest.mark.parametrize("patients", [0, -3, 10**9])
def test_number_of_patients_out_of_range(small_trial: Trial, patients: int) -> None:
    with pytest.raises(ColeyError, match=r"patients: .* is out of range; choose 1 to 100,000"):
        run(small_trial, patients=patients)


def test_every_fault_of_a_trial_at_once(small_trial: Trial) -> None:
    faulty = small_trial.model_copy(
        update={
            "cancer": "melanome",
            "arms": (
                Arm(name="a", regimen="nivolumab 3 mg/kg iv q0w"),
                Arm(name="b", regimen="nivolumap 3 mg/kg iv q2w"),
            ),
        }
    )
    with pytest.raises(ColeyError) as refused:
        run(faulty, patients=3)
    told = [str(problem) for problem in refused.value.problems]
    assert len(told) == 3
    assert "melanom" in told[0]
    assert told[1].startswith("arm 'a': ") and "q0w" in told[1]
    assert told[2].startswith("arm 'b': ") and "'nivolumab'" in told[2]


# Description


def test_manifest_is_json_and_names_what_decides_the_result(small_trial: Trial, small_result: TrialResult) -> None:
    told = json.loads(json.dumps(small_result.manifest))
    assert told["seed"] == SEED and told["patients_per_arm"] == PATIENTS
    assert set(told["sha256"]["drugs"]) == {"nivolumab", "ipilimumab"}
    assert set(told["sha256"]["model"]) == {"nivolumab", "nothing"}
    other = run(short(small_trial), patients=1, seed=1, threads=1).manifest
    assert other["sha256"]["protocol"] != told["sha256"]["protocol"]
    assert other["sha256"]["model"] == told["sha256"]["model"]


def test_every_parameter_is_described_with_its_source(small_result: TrialResult) -> None:
    table = small_result.model.parameters
    assert table.columns.tolist() == ["name", "value", "unit", "spread", "known", "source", "meaning"]
    assert table["name"].is_unique and (table["source"] != "").all() and (table["meaning"] != "").all()
    assert set(table["known"]) <= {"measured", "label", "derived", "calibrated", "assumed"}
    assert len(small_result.model.mechanisms) == len({name for name, _ in small_result.model.mechanisms})


def test_notes_name_what_a_reader_must_know(small_trial: Trial, small_result: TrialResult) -> None:
    """A median of 25 months and a rate at 12 months lie beyond 9 months; a rate at 6 months and a ratio do not."""
    prediction, few, beyond = small_result.notes
    assert "is a prediction" in prediction
    assert "Fewer patients were simulated" in few
    assert beyond.endswith("published of later months: OS median of nivolumab.")
    facts = [
        Published(endpoint=name, value=8.0, cutoff=60, source="test", known="measured")
        for name in ("OS_6mo", "PFS_12mo", "PFS_median")
    ]
    arm = small_trial.arms[1].model_copy(update={"published": tuple(facts), "n": None})
    nobody_failed: Any = [SimpleNamespace(status=np.array(["ok"]), death=np.zeros(1))]
    (calibrated, beyond) = notes(small_trial.model_copy(update={"arms": (arm,), "calibrated": True}), nobody_failed)
    assert "a fit, not a prediction" in calibrated
    assert beyond.endswith("later months: PFS 12mo of nothing.")
    unpublished = small_trial.arms[1].model_copy(update={"published": (), "n": None})
    assert notes(small_trial.model_copy(update={"arms": (unpublished,)}), nobody_failed) == ()


def test_the_reference_backend_gives_the_same_trial(
    small_trial: Trial, small_result: TrialResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVODE instead of the compiled engine: patients are the same, and their courses, within what rtol 1e-4 leaves.

    Errors of both add up over hundreds of days, from visit to visit: to less than a hundredth of what is there.
    """
    monkeypatch.setattr(coley.engine.simulation, "default_backend", reference.follow)
    other = run(small_trial, patients=PATIENTS, seed=SEED, threads=1)
    ours, theirs = small_result.trajectories, other.trajectories
    assert ours["USUBJID"].to_numpy().tolist() == theirs["USUBJID"].to_numpy().tolist()
    for name in ("V_scan", "CD8_density"):
        a, b = ours[name].to_numpy(), theirs[name].to_numpy()
        largest = np.nanmax(np.abs(b), axis=1, keepdims=True)
        both = np.isfinite(a) & np.isfinite(b)
        assert both.mean() > 0.95 * np.isfinite(b).mean()
        assert (np.abs(a - b)[both] <= 0.01 * np.broadcast_to(largest, b.shape)[both]).all(), name
    assert (small_result.tables["ADSL"]["STATUS"] == "ok").all() and (other.tables["ADSL"]["STATUS"] == "ok").all()
