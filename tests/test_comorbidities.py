"""Comorbidities: who has them and what they change, beside the numbers of their files; and their mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coley.catalogue import load_catalogue
from coley.claims.harm_measures import incidence, onset, resolved, with_response
from coley.errors import ColeyError
from coley.facts import Comorbidity
from coley.population import Comorbid, recruit
from coley.protocol import Eligibility, Range
from coley.trial.arms import read_arms

CATALOGUE = load_catalogue()
KNOWN = list(CATALOGUE.comorbidities.values())
HARMS = list(CATALOGUE.harms.values())
NUMBERS = np.arange(4000)


def comorbid(**fields: Any) -> Comorbid:
    return Comorbid.of(Eligibility(**fields), KNOWN, HARMS)


def people(found: Comorbid, patients: Any = NUMBERS) -> pd.DataFrame:
    return pd.DataFrame(found.covariates(patients, seed=3, attempt=0), index=patients)


def factors(found: Comorbid, who: pd.DataFrame) -> Mapping[str, np.ndarray[Any, Any]]:
    product: dict[str, Any] = {}
    for name, factor in found.factors(who):
        product[name] = product.get(name, 1.0) * factor
    return product


def test_nobody_has_what_eligibility_does_not_admit() -> None:
    assert people(comorbid()).empty
    assert not list(comorbid().factors(pd.DataFrame(index=NUMBERS)))


def test_who_is_admitted_has_it_as_often_as_the_file_says() -> None:
    """Within 4 standard errors of the shares."""
    entry = CATALOGUE.comorbidities["autoimmune-disease"]
    who = people(comorbid(admits=("autoimmune-disease",)))
    share = entry.prevalence.value
    has = who["AUTOIMMUNE"] != ""
    assert abs(has.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(who))
    everybody = people(comorbid(requires=("autoimmune-disease",)))
    assert (everybody["AUTOIMMUNE"] != "").all()
    assert (everybody.loc[has, "AUTOIMMUNE"] == who.loc[has, "AUTOIMMUNE"]).all()  # the same disease in either
    assert entry.active is not None
    for kind, expected in [("psoriasis", entry.kinds[1].share.value), (None, entry.active.value)]:
        found = (everybody["AUTOIMMUNE"] == kind) if kind else (everybody["AUTOIMMUNE_ACTIVE"] == "Y")
        assert abs(found.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / len(who))


def test_harm_is_more_likely_by_the_factors_of_the_file_and_flares_are_of_patients_alone() -> None:
    found = comorbid(admits=("autoimmune-disease",))
    who = people(found)
    product, has = factors(found, who), (who["AUTOIMMUNE"] != "").to_numpy()
    active = (who["AUTOIMMUNE_ACTIVE"] == "Y").to_numpy()
    bowel = (who["AUTOIMMUNE"] == "inflammatory-bowel-disease").to_numpy()
    rash, colitis, flare = (product[f"susceptibility_{name}"] for name in ("rash", "colitis", "autoimmune_flare"))
    np.testing.assert_allclose(rash, np.where(has, 1.46, 1.0))
    np.testing.assert_allclose(colitis, np.where(bowel, 2.92, np.where(has, 1.46, 1.0)))
    np.testing.assert_allclose(flare, np.where(active, 2.57, has))


def test_a_low_count_of_helper_cells_goes_with_fewer_of_them_in_the_model() -> None:
    found = comorbid(requires=("hiv",))
    who = people(found, np.arange(50))
    np.testing.assert_allclose(factors(found, who)["Q_nCD4"], who["CD4"] / 860)
    within = Eligibility(requires=("hiv",), biomarkers={"CD4": Range(min=200)})
    disease = CATALOGUE.disease("melanoma")
    counted = recruit(disease, disease.parts(), within, 12, seed=3, threads=1, comorbid=found)
    assert (counted.covariates["CD4"] >= 200).all()
    usual = recruit(disease, disease.parts(), Eligibility(), 12, seed=3, threads=1)
    first = counted.covariates["ATTEMPT"] == usual.covariates["ATTEMPT"]
    assert (counted.covariates["AGE"] == usual.covariates["AGE"])[first].all()  # and nothing else about them differs
    at_rest = CATALOGUE.physiology.parameters["Q_nCD4"].value
    np.testing.assert_allclose(counted.parameters["Q_nCD4"], at_rest * counted.covariates["CD4"] / 860)


def test_a_harm_of_patients_with_a_comorbidity_stands_in_no_other_model() -> None:
    trial = CATALOGUE.trials["checkmate-066"]
    admitting = trial.model_copy(update={"eligibility": Eligibility(admits=("autoimmune-disease",))})
    names = [{harm.name for harm in read_arms(each, CATALOGUE)[0].harms} for each in (trial, admitting)]
    assert names[1] - names[0] == {"autoimmune-flare"}


def test_an_unknown_comorbidity_is_told_with_the_nearest_name() -> None:
    with pytest.raises(ColeyError, match=r"autoimune-disease.*did you mean 'autoimmune-disease'"):
        comorbid(admits=("autoimune-disease",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kinds": ({"name": "a", "title": "A", "share": 0.5},)}, "add up to 0.5, not to 1"),
        ({"effects": ({"harms": ("rash",), "factor": 2.0, "active": True},)}, "say with 'active' how often"),
        ({"effects": ({"harms": ("rash",), "factor": 2.0, "kinds": ("b",)},)}, "'b', which is no kind of it"),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, Any], message: str) -> None:
    def number(value: float) -> dict[str, Any]:
        return {"value": value, "unit": "", "source": "test", "known": "assumed"}

    data: dict[str, Any] = {"name": "x", "title": "X", "covariate": "X", "prevalence": number(0.1)}
    for field, rows in change.items():
        quantities = ("share", "factor")
        data[field] = tuple({k: number(v) if k in quantities else v for k, v in row.items()} for row in rows)
    with pytest.raises(ValueError, match=message):
        Comorbidity.model_validate(data)


def result() -> Any:
    """Six patients by hand: three with colitis (weeks 2, 4 and 30), two of them responders; one died in month 2."""
    subjects = [f"s{k}" for k in range(6)]
    adsl = pd.DataFrame(
        {
            "USUBJID": subjects,
            "SUBJID": range(6),
            "STATUS": "ok",
            "DTHDY": [np.nan] * 5 + [60.0],
            "BOR": ["CR", "PR", "SD", "PR", "PD", "PD"],
        }
    )
    adae = pd.DataFrame(
        {
            "USUBJID": ["s0", "s1", "s2", "s0"],
            "AEDECOD": ["Colitis", "Colitis", "Colitis", "Rash"],
            "AETOXGR": [2, 3, 1, 1],
            "ASTDY": pd.array([15, 29, 211, 8], dtype="Int64"),
            "AENDY": pd.array([45, 200, pd.NA, 20], dtype="Int64"),
        }
    )
    return SimpleNamespace(
        tables={"ADSL": adsl, "ADAE": adae}, trial=SimpleNamespace(follow_up_months=12.0), criteria="recist-1.1"
    )


def once(sample: Any) -> float:
    return float(sample.value(np.ones((1, sample.size)))[0])


def test_measures_of_harm_are_those_counted_by_hand() -> None:
    found = result()
    assert once(incidence("colitis", found)) == pytest.approx(50)
    assert once(incidence("any_G3", found)) == pytest.approx(100 / 6)
    assert once(onset("colitis", found)) == pytest.approx(4.0)
    assert onset("colitis", found).value(np.array([[3.0, 1.0, 1.0]])) == pytest.approx(2.0)
    # one of the three is over within three months: after 30 days; 171 days, and never
    assert once(resolved("colitis_3mo", found)) == pytest.approx(100 / 3)
    with pytest.raises(ColeyError, match="nobody has such an event"):
        onset("vitiligo", found)


def test_response_with_an_event_is_compared_among_those_alive_at_the_landmark() -> None:
    """By month 6: both with colitis respond; of the three others alive, one. 100 - 33.3 %."""
    assert once(with_response("colitis_6mo", result())) == pytest.approx(100 - 100 / 3)
