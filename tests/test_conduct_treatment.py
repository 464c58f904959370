"""Doses of a regimen for patients who started on days of their own: which day, how much, where to; by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coley.catalogue import load_catalogue
from coley.regimen import State, parse
from coley.trial.conduct.treatment import Treatment
from toy_trial import ToyDrug

PEOPLE = pd.DataFrame({"WEIGHT": [60.0, 80.0], "BSA": [1.6, 2.0], "GFR": [75.0, 95.0], "AGE": [50.0, 70.0]})
DRUGS = load_catalogue().drugs


def treatment(text: str, **fields: object) -> Treatment:
    return Treatment(parse(text), DRUGS, PEOPLE, 365.0, **fields)  # type: ignore[arg-type]


def given(found: Treatment, start: tuple[float, float], begin: float, end: float) -> pd.DataFrame:
    return found.window(np.array(start), np.full(2, begin), np.full(2, end))


def test_doses_of_a_window_are_those_from_its_first_day_to_before_its_last():
    found = given(treatment("nivolumab 3 mg/kg iv over 60 min q2w"), (0.0, 10.0), 14.0, 42.0)
    assert found[["ID", "TIME"]].to_numpy().tolist() == [[0, 14], [0, 28], [1, 24], [1, 38]]
    assert found["AMT"].tolist() == [180, 180, 240, 240]
    assert found["DUR"].tolist() == pytest.approx([1 / 24] * 4)
    assert set(found["UNIT"]) == {"mg"}
    assert set(found["ROUTE"]) == {"iv"}
    assert set(found["CMT"]) == {"A1_nivolumab"}


def test_windows_may_differ_between_patients_and_each_dose_falls_into_one():
    regimen = treatment("nivolumab 240 mg iv q2w")
    cuts = np.array([[0.0, 13.0, 14.0, 70.0, 200.0], [0.0, 20.0, 41.0, 42.0, 200.0]])
    parts = [regimen.window(np.zeros(2), cuts[:, k], cuts[:, k + 1]) for k in range(4)]
    for patient in (0, 1):
        days = [t for part in parts for t in part.loc[part["ID"] == patient, "TIME"]]
        assert days == [14.0 * k for k in range(15)]


def test_who_is_not_on_it_gets_none_and_a_dose_of_zero_is_none():
    assert given(treatment("nivolumab 240 mg iv q2w"), (np.nan, np.nan), 0.0, 99.0).empty
    assert given(treatment("nivolumab 0 mg iv q2w"), (0.0, 0.0), 0.0, 99.0).empty
    nothing = Treatment(None, DRUGS, PEOPLE, 365.0)
    assert given(nothing, (0.0, 0.0), 0.0, 99.0).empty
    assert nothing.last.tolist() == [-np.inf] * 2


def test_what_is_given_before_day_1_moves_the_rest_to_later():
    """Lymphodepletion on days -5 to -3: its first dose falls on day 0, cells on day 5."""
    text = "fludarabine 25 mg/m2 iv days -5 to -3 once + tisagenlecleucel 2e6 cells/kg iv once"
    found = given(treatment(text.replace(" once +", " +")), (0.0, 0.0), 0.0, 30.0)
    mine = found[found["ID"] == 1].sort_values("TIME")
    assert mine["TIME"].tolist() == [0, 1, 2, 5]
    assert mine["DRUG"].tolist() == ["fludarabine"] * 3 + ["tisagenlecleucel"]
    assert mine["UNIT"].tolist() == ["mg"] * 3 + ["cells"]
    assert mine["AMT"].tolist() == pytest.approx([50, 50, 50, 1.6e8])


def test_a_dose_goes_to_the_lesion_that_the_regimen_names():
    entry = DRUGS["talimogene-laherparepvec"].entry("intralesional", "2")
    found = given(treatment("talimogene-laherparepvec 4e6 PFU intralesional to lesion 2 once"), (0.0, np.nan), 0.0, 9.0)
    assert found["CMT"].tolist() == [entry]
    assert found["UNIT"].tolist() == ["PFU"]


def test_a_procedure_takes_every_lesion_in_hand_unless_the_regimen_names_one():
    sites = ("1", "2", "R")
    resection = DRUGS["resection"]
    found = given(treatment("resection", sites=sites), (0.0, np.nan), 0.0, 9.0)
    assert sorted(found["CMT"]) == sorted(resection.entry("surgical", site) for site in sites)
    assert found["AMT"].tolist() == [1.0] * 3


def test_a_procedure_that_the_catalogue_does_not_have_does_nothing():
    found = given(treatment("apheresis then nivolumab 240 mg iv q2w"), (0.0, np.nan), 0.0, 9.0)
    assert found["DRUG"].tolist() == ["nivolumab"]


def test_first_doses_that_differ_are_given_first():
    drug = {"toy": ToyDrug("toy")}
    found = Treatment(parse("toy 4 mg/kg (first 8 mg/kg) iv q3w"), drug, PEOPLE, 60.0)  # type: ignore[arg-type]
    assert given(found, (0.0, np.nan), 0.0, 60.0)["AMT"].tolist() == [480, 240, 240]


def test_a_state_that_one_patient_reaches_changes_that_patients_doses_alone():
    found = treatment("nivolumab 240 mg iv q2w until CR")
    assert [state.name for state in found.states] == ["CR"]
    found.meet(1, State("CR"), 30.0)
    doses = given(found, (0.0, 100.0), 0.0, 365.0)
    assert doses.loc[doses["ID"] == 0, "TIME"].tolist() == [14.0 * k for k in range(27)]
    assert doses.loc[doses["ID"] == 1, "TIME"].tolist() == [100.0, 114.0, 128.0]
    assert found.last.tolist() == [364.0, 28.0]
