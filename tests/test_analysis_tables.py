"""The tables of a trial: their columns, and that they tell one and the same story."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from coley.harm import Events
from coley.protocol import Arm, Trial
from coley.trial import TrialResult
from coley.trial.analysis import analyse
from coley.trial.analysis.tables import adrs, adtr, adtte, subjects
from coley.trial.conduct.decisions import REST_BEFORE_NEXT
from coley.trial.conduct.history import History
from coley.trial.conduct.safety import Safety
from coley.trial.response.recist import CRITERIA, Response

COLUMNS = {
    "ADSL": "STUDYID USUBJID SUBJID ARM TRT01A AGE SEX HEIGHT WEIGHT BSA GFR ECOG PRIOR PDL1 TMB CD8 ENTRYDY TRTEDY "
    "DTHDY STATUS REASON BOR SUBSEQ BASESLD",
    "ADEX": "USUBJID ARM EPOCH EXTRT EXDOSE EXDOSU EXROUTE ASTDY EXDUR",
    "ADTR": "USUBJID ARM ADY VISITNUM PARAMCD TRLNKID AVAL BASE PCHG NADIR",
    "ADRS": "USUBJID ARM ADY VISITNUM PARAMCD AVALC",
    "ADTTE": "USUBJID ARM PARAMCD AVAL CNSR EVNTDESC",
    "ADAE": "STUDYID USUBJID ARM AEDECOD AEBODSYS AETOXGR ASTDY AENDY AREL AEACN AEOUT AESDTH TRTEMFL",
    "ADCM": "STUDYID USUBJID ARM CMDECOD CMDOSE CMDOSU ASTDY AENDY CMINDC",
}


class Named:
    """Stands in for a plan, of which these tables need the name of the arm."""

    def __init__(self, arm: Arm) -> None:
        self.arm = arm


@pytest.fixture(scope="module")
def adsl(small_result: TrialResult) -> pd.DataFrame:
    return small_result.tables["ADSL"].set_index("USUBJID")


def rows(result: TrialResult, table: str, paramcd: str) -> pd.DataFrame:
    found = result.tables[table]
    return found[found["PARAMCD"] == paramcd]


@pytest.mark.parametrize("name", COLUMNS)
def test_columns(small_result: TrialResult, name: str) -> None:
    table = small_result.tables[name]
    assert table.columns.tolist() == COLUMNS[name].split()
    assert set(table["ARM"]) <= {"nivolumab", "nothing"}
    assert table.index.tolist() == list(range(len(table)))


def test_one_row_per_patient_and_arm_with_the_same_patients_in_each(small_result: TrialResult) -> None:
    table = small_result.tables["ADSL"]
    assert table["USUBJID"].is_unique and len(table) == 24
    one, other = (table[table["ARM"] == arm].reset_index(drop=True) for arm in ("nivolumab", "nothing"))
    assert one["USUBJID"][7] == "small-nivolumab-0007" and other["USUBJID"][7] == "small-nothing-0007"
    person = [
        "SUBJID",
        "AGE",
        "SEX",
        "WEIGHT",
        "HEIGHT",
        "BSA",
        "GFR",
        "ECOG",
        "PRIOR",
        "PDL1",
        "TMB",
        "BASESLD",
        "ENTRYDY",
    ]
    pd.testing.assert_frame_equal(one[person], other[person], check_exact=True)
    assert set(table["STATUS"]) == {"ok"} and set(table["REASON"]) == {""}
    assert set(table["SEX"]) <= {"F", "M"} and set(table["PRIOR"]) == {"", "chemotherapy"}


def test_best_response_is_the_same_in_adsl_and_adrs(small_result: TrialResult, adsl: pd.DataFrame) -> None:
    best = rows(small_result, "ADRS", "BESTRESP").set_index("USUBJID")["AVALC"]
    pd.testing.assert_series_equal(best, adsl["BOR"], check_names=False)
    assert best.nunique() > 1


def test_deaths_are_the_same_in_adsl_and_adtte(small_result: TrialResult, adsl: pd.DataFrame) -> None:
    survival = rows(small_result, "ADTTE", "OS").set_index("USUBJID")
    died = survival["CNSR"] == 0
    assert 0 < died.sum() < len(died)
    assert (survival.loc[died, "EVNTDESC"] == "death").all()
    assert set(survival.loc[~died, "EVNTDESC"]) <= {"end of follow-up", "dropout"}
    pd.testing.assert_series_equal(adsl["DTHDY"].dropna(), survival.loc[died, "AVAL"], check_names=False)


def test_progression_free_survival_ends_at_the_first_progression_of_adrs(small_result: TrialResult) -> None:
    """No patient here has two missed scans before it (scans are missed at 3 %)."""
    free = rows(small_result, "ADTTE", "PFS").set_index("USUBJID")
    responses = rows(small_result, "ADRS", "OVRLRESP")
    first = responses[responses["AVALC"] == "PD"].groupby("USUBJID")["ADY"].min()
    progressed = free[free["EVNTDESC"] == "progression"]
    assert len(progressed)
    pd.testing.assert_series_equal(progressed["AVAL"].sort_index(), first.sort_index(), check_names=False)
    overall = rows(small_result, "ADTTE", "OS").set_index("USUBJID")["AVAL"]
    assert (free["AVAL"] <= overall.loc[free.index] + 1e-9).all()


def test_only_responders_have_a_duration_of_response(small_result: TrialResult, adsl: pd.DataFrame) -> None:
    lasting = rows(small_result, "ADTTE", "DOR")
    assert set(lasting["USUBJID"]) == set(adsl.index[adsl["BOR"].isin(["CR", "PR"])])


def test_sums_are_those_of_the_lesions_and_of_adsl(small_result: TrialResult, adsl: pd.DataFrame) -> None:
    lesions, sums = rows(small_result, "ADTR", "LDIAM"), rows(small_result, "ADTR", "SUMDIAM")
    total = lesions.groupby(["USUBJID", "VISITNUM"])["AVAL"].sum(min_count=1)
    found = sums.set_index(["USUBJID", "VISITNUM"])["AVAL"]
    pd.testing.assert_series_equal(total.sort_index(), found.sort_index(), check_names=False)
    baseline = sums[sums["VISITNUM"] == 0].set_index("USUBJID")
    measured = adsl.loc[adsl["BASESLD"] > 0, "BASESLD"]
    pd.testing.assert_series_equal(baseline["AVAL"], measured, check_names=False)
    assert (baseline["ADY"] == 0).all() and sums["TRLNKID"].isna().all()
    numbers = lesions.groupby("USUBJID")["TRLNKID"].unique()
    assert all(found.tolist() == list(range(1, len(found) + 1)) for found in numbers)
    assert (lesions.loc[lesions["VISITNUM"] == 0, "AVAL"] > 0).all()


def test_change_from_baseline_and_nadir(small_result: TrialResult) -> None:
    """PCHG is 100 (AVAL - BASE) / BASE; NADIR the smallest sum of the scans before."""
    table = small_result.tables["ADTR"]
    there = table[table["BASE"] > 0]
    np.testing.assert_allclose(there["PCHG"], 100 * (there["AVAL"] - there["BASE"]) / there["BASE"], atol=1e-9)
    assert table.loc[table["BASE"] == 0, "PCHG"].isna().all()
    sums = rows(small_result, "ADTR", "SUMDIAM")
    smallest = sums.groupby("USUBJID")["AVAL"].transform(lambda seen: seen.ffill().cummin().shift())
    first = sums["VISITNUM"] == 0  # of the first, itself
    np.testing.assert_array_equal(sums["NADIR"], smallest.where(~first, sums["AVAL"]))
    assert table.loc[table["PARAMCD"] == "LDIAM", "NADIR"].isna().all()


def test_scans_of_adrs_are_those_of_adtr_after_baseline(small_result: TrialResult) -> None:
    sums, responses = rows(small_result, "ADTR", "REST"), rows(small_result, "ADRS", "OVRLRESP")
    key = ["USUBJID", "ADY", "VISITNUM"]
    after = sums.loc[sums["VISITNUM"] > 0, key].reset_index(drop=True)
    pd.testing.assert_frame_equal(after, responses[key].reset_index(drop=True), check_dtype=False)
    measured = sums.loc[sums["VISITNUM"] > 0, "AVAL"].notna().to_numpy()
    assert (responses["AVALC"].to_numpy()[~measured] == "NE").all()
    last = responses.groupby("USUBJID").tail(1)
    before = responses.drop(last.index)
    assert not (before["AVALC"] == "PD").any()  # nothing is recorded after progression


def test_doses_fall_within_treatment(small_result: TrialResult, adsl: pd.DataFrame) -> None:
    given = small_result.tables["ADEX"].merge(adsl[["WEIGHT", "TRTEDY", "DTHDY", "SUBSEQ"]], on="USUBJID")
    own, later = (given[given["EPOCH"] == epoch] for epoch in ("TREATMENT", "SUBSEQUENT"))
    assert len(own) + len(later) == len(given) and len(later)
    assert set(own["EXTRT"]) == {"nivolumab"} and set(later["EXTRT"]) == {"ipilimumab"}
    np.testing.assert_allclose(given["EXDOSE"], 3 * given["WEIGHT"])
    assert set(given["EXDOSU"]) == {"mg"} and set(given["EXROUTE"]) == {"iv"}
    assert later["EXDUR"].unique() == pytest.approx([1.5])
    apart = own.sort_values(["USUBJID", "ASTDY"]).groupby("USUBJID")["ASTDY"].diff().dropna()
    apart = apart.round(9)  # days after a delay are no whole numbers
    assert (apart >= 14).all() and (apart == 14).mean() > 0.8  # harm delays some
    last = own.groupby("USUBJID")["ASTDY"].max()
    pd.testing.assert_series_equal(adsl["TRTEDY"].dropna().sort_index(), last.sort_index(), check_names=False)
    assert not (given["ASTDY"] > given["DTHDY"]).any()
    assert set(given["ARM"]) == {"nivolumab"}  # a dose of zero is no dose
    assert adsl.loc[adsl["ARM"] == "nothing", "TRTEDY"].isna().all()


def test_subsequent_treatment_follows_progression(small_result: TrialResult, adsl: pd.DataFrame) -> None:
    doses = small_result.tables["ADEX"]
    first = doses[doses["EPOCH"] == "SUBSEQUENT"].groupby("USUBJID")["ASTDY"].min()
    assert set(adsl.index[adsl["SUBSEQ"] != ""]) == set(first.index)
    free = rows(small_result, "ADTTE", "PFS").set_index("USUBJID")["AVAL"]
    np.testing.assert_allclose(first, free.loc[first.index] + REST_BEFORE_NEXT)


def test_tables_of_one_patient_by_hand(small_trial: Trial) -> None:
    """Two lesions of 30 and 20 mm; 21 and 14 (-30 %) on day 42; a missed scan; 24 and 18 on day 126, which is 7 mm and
    20 % above the nadir. The response was seen once and not confirmed."""
    diameters = np.array([[[30, 20, 0], [21, 14, 0], [np.nan] * 3, [24, 18, 0], [np.nan] * 3]], dtype=float)
    history = History(
        criteria=CRITERIA,
        days=np.array([[0.0, 42, 84, 126, 168]]),
        findings={"diameters": diameters},
        codes=np.array([[Response.NE, Response.PR, Response.NE, Response.PD, Response.NE]], np.int8),
        death=np.array([160.0]),
        dropout=np.array([np.nan]),
        doses=pd.DataFrame(),
        option=np.zeros(1, dtype=int),
        surgery=np.array([np.nan]),
        viable=np.array([np.nan]),
        safety=Safety((), Events.joined([]), (), np.full(9, np.inf)),
        status=np.array(["ok"]),
        reason=np.array([""]),
        trajectories=xr.Dataset(),
    )
    arm, ids = Named(small_trial.arms[0]), np.array(["x-0000"])
    measured = adtr(arm, ids, history).drop(columns=["USUBJID", "ARM"])
    sums = measured[measured["PARAMCD"] == "SUMDIAM"].drop(columns=["PARAMCD", "TRLNKID"])
    none = np.nan
    np.testing.assert_allclose(
        sums,
        [[0, 0, 50, 50, 0, 50], [42, 1, 35, 50, -30, 50], [84, 2, none, 50, none, 35], [126, 3, 42, 50, -16, 35]],
    )
    second = measured[measured["TRLNKID"] == 2]
    np.testing.assert_allclose(second["PCHG"], [0, -30, none, -10])
    assert len(measured) == 12  # two lesions and their sum at four scans; none after progression
    found = analyse(history, np.zeros(1), size=1, confirm=False)
    assert adrs(arm, ids, history, found)["AVALC"].tolist() == ["PR", "NE", "PD", "PR"]
    times = adtte(arm, ids, found).drop(columns=["USUBJID", "ARM"])
    assert times.to_numpy().tolist() == [
        ["OS", 160.0, 0, "death"],
        ["PFS", 126.0, 0, "progression"],
        ["DOR", 84.0, 0, "progression"],
        ["TTR", 42.0, 0, "response"],
    ]
    confirmed = analyse(history, np.zeros(1), size=1, confirm=True)
    assert adrs(arm, ids, history, confirmed)["AVALC"].tolist() == ["PR", "NE", "PD", "SD"]
    assert adtte(arm, ids, confirmed)["PARAMCD"].tolist() == ["OS", "PFS"]


def test_arms_whose_names_differ_in_signs_alone_are_told_apart(small_trial: Trial) -> None:
    one, other = (
        arm.model_copy(update={"name": name}) for arm, name in zip(small_trial.arms, ("A", "a+"), strict=True)
    )
    names = subjects(small_trial.model_copy(update={"arms": (one, other)}), np.arange(2))
    assert names["A"].tolist() == ["small-a-1-0000", "small-a-1-0001"]
    assert names["a+"].tolist() == ["small-a-2-0000", "small-a-2-0001"]
