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

from coley.catalogue import load_catalogue
from coley.engine import reference
from coley.errors import ColeyError
from coley.population import Cohort, recruit
from coley.protocol import Arm, Published, Range, Stratum, Trial, Visits
from coley.protocol.calendar import course_days
from coley.trial import RunSettings, TrialResult, model, predict, run
from coley.trial.analysis.statistics import proportion
from coley.trial.arms import read_arms
from coley.trial.describe import notes
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
    found = response[["predicted", "lower", "upper"]].tolist()
    assert 0 < found[0] <= 100 * share + 1e-9  # at the data cut: a response after it does not count
    exact = proportion(round(found[0]), 100)  # the arm was published with 100 patients
    assert found[1:] == pytest.approx([100 * exact.lower, 100 * exact.upper], abs=1.0)
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
    assert_same(run(small_trial, settings=RunSettings(PATIENTS, SEED, 1)), small_result)
    other = run(short(small_trial), patients=3, seed=SEED + 1)
    assert not np.isin(other.tables["ADSL"]["AGE"], small_result.tables["ADSL"]["AGE"]).any()


def test_patients_do_not_depend_on_how_many_there_are(small_trial: Trial, small_result: TrialResult) -> None:
    few = run(small_trial, patients=5, seed=SEED)
    for name, table in few.tables.items():
        pd.testing.assert_frame_equal(table, first(small_result.tables[name], 5), check_exact=True)
    number = small_result.trajectories["USUBJID"].str[-4:].astype(int)
    xr.testing.assert_identical(few.trajectories, small_result.trajectories.isel(individual=(number < 5).to_numpy()))


def test_result_does_not_depend_on_the_number_of_threads(small_trial: Trial) -> None:
    brief = short(small_trial, arms=(small_trial.arms[0].model_copy(update={"published": ()}),))
    one, two = (run(brief, settings=RunSettings(18, 1, threads)) for threads in (1, 2))
    assert_same(one, two)


def test_progress_never_goes_back(small_trial: Trial) -> None:
    calls: list[tuple[str, int, int]] = []
    run(short(small_trial), settings=RunSettings(3, progress=lambda *step: calls.append(step)))
    assert list(dict.fromkeys(stage for stage, _, _ in calls)) == ["virtual patients", "nivolumab", "nothing"]
    for stage in ("virtual patients", "nivolumab", "nothing"):
        steps = [(done, total) for name, done, total in calls if name == stage]
        assert steps == sorted(steps) and len({total for _, total in steps}) == 1
        assert steps[0][0] == 0 and steps[-1][0] == steps[-1][1] > 0


# What a dose does, and what none does


def test_zero_dose_is_no_drug(small_trial: Trial, small_result: TrialResult) -> None:
    """To the solver's tolerance in the model without the drug, which has fewer states."""
    untreated = run(
        small_trial.model_copy(update={"arms": (Arm(name="nothing", regimen="observation"),)}),
        settings=RunSettings(PATIENTS, SEED, 1),
    )
    given = small_result.tables["ADSL"].query("ARM == 'nothing'").reset_index(drop=True)
    none = untreated.tables["ADSL"]
    pd.testing.assert_frame_equal(none[["AGE", "WEIGHT", "BASESLD"]], given[["AGE", "WEIGHT", "BASESLD"]])
    np.testing.assert_allclose(none["DTHDY"], given["DTHDY"], rtol=2e-2)
    kept = small_result.trajectories["V_scan"].sel(individual=slice(PATIENTS, None)).to_numpy()
    np.testing.assert_allclose(untreated.trajectories["V_scan"].to_numpy()[:, :20], kept[:, :20], rtol=2e-2)
    assert untreated.tables["ADEX"].empty


def test_an_infusion_that_outlasts_a_scan_runs_on(small_trial: Trial) -> None:
    """Three days of infusion from day 14, with a scan on day 15 or not: the same drug in plasma on day 21."""
    arm = Arm(name="slow", regimen="nivolumab 3 mg/kg iv over 72 h q2w")
    brief = short(small_trial, arms=(arm,), dropout_per_year=0.0)
    schedules = Visits(scans=(15 / 7, 8), every=8), Visits(scans=(8,), every=8)
    trials = (brief.model_copy(update={"visits": visits}) for visits in schedules)
    through, around = (run(trial, patients=4) for trial in trials)
    plasma = [result.trajectories["Cp_nivolumab"].sel(time=21.0).to_numpy() for result in (through, around)]
    assert np.isfinite(plasma[1]).sum() >= 3
    np.testing.assert_allclose(*plasma, rtol=2e-3)
    assert set(through.tables["ADEX"]["EXDUR"]) == {72.0}


# Designs from a trial's file


def test_strata_are_rows_of_their_own(small_trial: Trial, small_result: TrialResult) -> None:
    known = {"source": "test", "known": "assumed"}
    arm = small_trial.arms[0]
    best = small_result.tables["ADSL"].query("ARM == 'nivolumab'")
    cut = float(best["PDL1"].median())
    fact = Published(endpoint="ORR", value=30, cutoff=40, **known)
    strata = (
        Stratum(name="high", biomarkers={"PDL1": Range(min=cut)}, n=40, published=(fact,)),
        Stratum(name="low", biomarkers={"PDL1": Range(max=cut)}, published=(fact,)),
    )
    split = small_trial.model_copy(update={"arms": (arm.model_copy(update={"strata": strata}), small_trial.arms[1])})
    rows = predict(split, load_catalogue(), patients=PATIENTS, seed=SEED).set_index(["arm", "endpoint"])
    responders = best["BOR"].isin(["CR", "PR"])
    high = 100 * responders[best["PDL1"] >= cut].mean()
    assert rows.loc[("nivolumab | high", "ORR"), "predicted"] == pytest.approx(high)
    exact = proportion(round(high / 100 * 40), 40)
    assert rows.loc[("nivolumab | high", "ORR"), "lower"] == pytest.approx(100 * exact.lower)
    assert list(rows.loc["nivolumab | low"].index) == ["ORR"]
    wrong = strata[0].model_copy(update={"biomarkers": {"PDL2": Range(min=1)}})
    bad = small_trial.model_copy(update={"arms": (arm.model_copy(update={"strata": (wrong,)}), small_trial.arms[1])})
    with pytest.raises(ColeyError, match="stratum 'high': the cancer has no biomarker 'PDL2'"):
        run(short(bad), patients=2)


def test_an_arms_model_holds_every_line_and_the_medicines_of_its_harms(small_trial: Trial) -> None:
    plan, _ = read_arms(small_trial, load_catalogue())
    assert [line.epoch.value for line in plan.lines] == ["TREATMENT", "SUBSEQUENT"]
    assert {"nivolumab", "ipilimumab", "prednisone"} <= set(plan.drugs)
    assert model(small_trial, "nivolumab") == plan.system
    with pytest.raises(ColeyError, match=r"has no arm 'nivolumap'; did you mean 'nivolumab'"):
        model(small_trial, "nivolumap")


def test_who_cannot_be_harmed_by_a_drug_given_is_not_followed_for_it(small_trial: Trial) -> None:
    (plan,) = read_arms(
        small_trial.model_copy(update={"arms": (Arm(name="a", regimen="docetaxel 75 mg/m2 iv q3w"),)}), load_catalogue()
    )
    assert "neutropenia" in {harm.name for harm in plan.harms}
    assert not any(harm.autoimmunity for harm in plan.harms)
    assert "docetaxel" in plan.drugs and "infliximab" not in plan.drugs


def test_resection_between_treatments_in_the_whole_model(small_trial: Trial) -> None:
    arm = Arm(name="neo", regimen="nivolumab 240 mg iv q2w x3 then resection then nivolumab 480 mg iv q4w x3")
    result = run(small_trial.model_copy(update={"arms": (arm,)}), patients=8, seed=SEED)
    adsl, adtr = result.tables["ADSL"], result.tables["ADTR"]
    operated = adsl[adsl["SURGDY"].notna()]
    assert set(operated["SURGDY"]) == {42.0}
    assert ((operated["VIABLE"] >= 0) & (operated["VIABLE"] <= 100)).all()
    after = adtr[adtr["USUBJID"].isin(operated["USUBJID"]) & (adtr["ADY"] > 60) & (adtr["PARAMCD"] == "REST")]
    assert after["AVAL"].notna().any() and (after["AVAL"].dropna() == 0).all()
    operations = result.tables["ADEX"].query("EXTRT == 'resection'")
    assert operations["USUBJID"].tolist() == operated["USUBJID"].tolist()
    assert {"RFS", "EFS"} <= set(result.tables["ADTTE"]["PARAMCD"])
    assert {"pCR", "MPR"} <= set(result.summary["endpoint"])


def test_an_unknown_endpoint_is_refused_before_anything_is_simulated(small_trial: Trial) -> None:
    fact = Published(endpoint="ORRR", value=5, cutoff=12, source="test", known="measured")
    arm = small_trial.arms[0].model_copy(update={"published": (fact,)})
    with pytest.raises(ColeyError, match=r"arm 'nivolumab', published: unknown endpoint 'ORRR'; did you mean 'ORR'"):
        run(small_trial.model_copy(update={"arms": (arm,)}), patients=100_000)


def test_unknown_criteria_are_refused_with_the_nearest(small_trial: Trial) -> None:
    with pytest.raises(ColeyError) as refused:
        run(small_trial.model_copy(update={"criteria": "recist"}), patients=2)
    hint = "did you mean 'irecist' or 'recist-1.1'?"
    assert str(refused.value) == f"trial small: criteria: there are no response criteria 'recist'; {hint}"


# Failures


def test_a_patient_who_fails_is_a_row_with_a_reason_and_costs_nobody_else_anything(
    small_trial: Trial, small_result: TrialResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoiled(*args: object, **kwargs: object) -> Cohort:
        cohort = recruit(*args, **kwargs)  # type: ignore[arg-type]
        cohort.parameters.loc[3, "k_growth_1"] = np.nan
        return cohort

    monkeypatch.setattr(importlib.import_module("coley.trial.run"), "recruit", spoiled)
    result = run(small_trial, settings=RunSettings(PATIENTS, SEED, 1))
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
    assert {"nivolumab", "ipilimumab", "prednisone"} <= set(told["sha256"]["drugs"])
    assert set(told["sha256"]["model"]) == {"nivolumab", "nothing"}
    other = run(short(small_trial), patients=1).manifest
    assert other["sha256"]["protocol"] != told["sha256"]["protocol"]
    assert other["sha256"]["model"] == told["sha256"]["model"]


def test_every_parameter_is_described_with_its_source(small_result: TrialResult) -> None:
    table = small_result.model.parameters
    assert table.columns.tolist() == ["name", "value", "unit", "spread", "known", "source", "meaning"]
    assert table["name"].is_unique and (table["source"] != "").all() and (table["meaning"] != "").all()
    read = {f"{known}, {how}" for known in ("measured", "label", "derived") for how in ("read", "recalled")}
    assert set(table["known"]) <= {*read, "calibrated", "assumed"}
    assert len(small_result.model.mechanisms) == len({name for name, _ in small_result.model.mechanisms})


def test_notes_name_what_a_reader_must_know(small_trial: Trial, small_result: TrialResult) -> None:
    """A median of 25 months and a rate at 12 months lie beyond 9 months; a rate at 6 months and a ratio do not."""
    prediction, few, beyond = small_result.notes
    assert "is a prediction" in prediction
    assert "Fewer patients were simulated" in few
    assert beyond.endswith("published of later months: Median overall survival of nivolumab.")
    facts = [
        Published(endpoint=name, value=8.0, cutoff=60, source="test", known="measured")
        for name in ("OS_6mo", "PFS_12mo", "PFS_median")
    ]
    arm = small_trial.arms[1].model_copy(update={"published": tuple(facts), "n": None})
    nobody_failed: Any = [SimpleNamespace(status=np.array(["ok"]), death=np.zeros(1))]
    (fitted, beyond) = notes(small_trial.model_copy(update={"arms": (arm,), "fitted": True}), (), nobody_failed, ())
    assert "a fit, not a prediction" in fitted
    assert beyond.endswith("later months: Progression-free survival at 12 months of nothing.")
    unpublished = small_trial.arms[1].model_copy(update={"published": (), "n": None})
    assert notes(small_trial.model_copy(update={"arms": (unpublished,)}), (), nobody_failed, ()) == ()


def test_the_reference_backend_gives_the_same_trial(small_trial: Trial, small_result: TrialResult) -> None:
    """CVODE instead of the compiled engine: patients are the same, and their courses, within what rtol 1e-4 leaves.

    Errors of both add up over hundreds of days, from visit to visit: to less than a hundredth of what is there.
    """
    other = run(small_trial, settings=RunSettings(PATIENTS, SEED, 1, backend=reference.follow))
    ours, theirs = small_result.trajectories, other.trajectories
    assert ours["USUBJID"].to_numpy().tolist() == theirs["USUBJID"].to_numpy().tolist()
    for name in ("V_scan", "CD8_S"):
        a, b = ours[name].to_numpy(), theirs[name].to_numpy()
        largest = np.nanmax(np.abs(b), axis=1, keepdims=True)
        both = np.isfinite(a) & np.isfinite(b)
        assert both.mean() > 0.95 * np.isfinite(b).mean()
        assert (np.abs(a - b)[both] <= 0.01 * np.broadcast_to(largest, b.shape)[both]).all(), name
    assert (small_result.tables["ADSL"]["STATUS"] == "ok").all() and (other.tables["ADSL"]["STATUS"] == "ok").all()
