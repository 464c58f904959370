"""Virtual patients: streams, spreads, correlations, eligibility, and natural history up to diagnosis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit, logit, ndtri

from coley.catalogue import Cancer, Catalogue, Correlation, Eligibility, Quantity, load_catalogue
from coley.engine import Simulation
from coley.errors import ColeyError
from coley.library import immuno_oncology
from coley.model import Context, Variable
from coley.population import Cohort, recruit
from coley.population.diagnosis import grow, natural_history
from coley.population.draw import covariates, parameters
from coley.population.spread import values
from coley.streams import normals, stream, uniforms


def quantity(value: float, unit: str = "", **spread: object) -> Quantity:
    return Quantity.model_validate({"value": value, "unit": unit, "source": "test", "known": "assumed", **spread})


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def context(catalogue: Catalogue) -> Context:
    return Context(catalogue.cancer("melanoma"), catalogue.physiology)


@pytest.fixture(scope="module")
def cohort(context: Context) -> Cohort:
    return recruit(context, Eligibility(), 14, seed=5, threads=1)


def people(weight: list[float], pretreated: bool = False) -> pd.DataFrame:
    return pd.DataFrame({"WEIGHT": weight, "PRETREAT": pretreated})


def changed(cancer: Cancer, **fields: object) -> Cancer:
    return Cancer.model_validate({**cancer.model_dump(), **fields})


# Streams


def test_a_patient_draws_the_same_whoever_else_draws() -> None:
    alone, many = normals(7, "k_growth", [3], 2), normals(7, "k_growth", range(10), 2)
    assert alone[0] == many[3]
    assert len(np.unique(many)) == 10


@pytest.mark.parametrize("other", [(8, "a", 3, 0), (7, "b", 3, 0), (7, "a", 4, 0), (7, "a", 3, 1)])
def test_seed_purpose_patient_and_attempt_each_give_another_stream(other: tuple[int, str, int, int]) -> None:
    assert not np.isin(stream(*other).random(64), stream(7, "a", 3, 0).random(64)).any()


def test_deviates_over_patients_are_uniform_and_independent() -> None:
    """Kolmogorov-Smirnov distance below its 0.1 % point, 1.95 / sqrt(n); correlations within 3.3 / sqrt(n)."""
    n = 3000
    u = uniforms(1, "sex", range(n))
    assert stats.kstest(u, "uniform").statistic < 1.95 / np.sqrt(n)
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 3.3 / np.sqrt(n)
    assert abs(np.corrcoef(u, uniforms(1, "line", range(n)))[0, 1]) < 3.3 / np.sqrt(n)


# Spreads, against scipy's distributions

ranks = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=5).map(np.array)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(ranks, st.floats(0.05, 3), st.booleans())
def test_log_normal_has_the_value_as_median_and_the_cv(p: np.ndarray, cv: float, bounded: bool) -> None:
    """sigma = sqrt(log(1 + cv²)); bounds cut off the tails and the rest keeps its shape."""
    free = stats.lognorm(s=np.sqrt(np.log1p(cv**2)), scale=4.0)
    assert free.std() / free.mean() == pytest.approx(cv)
    assert free.median() == pytest.approx(4.0)
    low, high = (2.0, 9.0) if bounded else (0.0, np.inf)
    expected = free.ppf(free.cdf(low) + p * (free.cdf(high) - free.cdf(low)))
    found = values(quantity(4.0, cv=cv, **({"bounds": (low, high)} if bounded else {})), ndtri(p))
    np.testing.assert_allclose(found, expected, rtol=1e-7)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(ranks, st.floats(0.5, 20), st.floats(0.1, 3), st.floats(0.1, 3))
def test_bounded_normal_is_the_truncated_normal(p: np.ndarray, sd: float, below: float, above: float) -> None:
    bounds = (60 - below * sd, 60 + above * sd)
    expected = stats.truncnorm(-below, above, loc=60, scale=sd).ppf(p)
    np.testing.assert_allclose(values(quantity(60, sd=sd, bounds=bounds), ndtri(p)), expected, rtol=1e-7)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(ranks, st.floats(0.01, 0.99), st.floats(0.1, 4))
def test_logit_normal_stays_a_fraction(p: np.ndarray, median: float, spread: float) -> None:
    found = values(quantity(median, logit_sd=spread), ndtri(p))
    np.testing.assert_allclose(found, expit(stats.norm(logit(median), spread).ppf(p)), rtol=1e-9)
    inside = values(quantity(median, logit_sd=spread, bounds=(0.0, 1.0)), ndtri(p))
    np.testing.assert_allclose(inside, found, rtol=1e-7)


def test_without_spread_everybody_has_the_value() -> None:
    assert values(quantity(3.0, bounds=(1.0, 4.0)), np.array([-2.0, 0.0, 2.0])).tolist() == [3.0, 3.0, 3.0]


# Parameters


def test_spearman_correlation_of_the_copula(context: Context) -> None:
    """The catalogue gives rank correlations; the standard error of one of 0.6 among 2500 is about 0.014."""
    cancer = changed(
        context.cancer,
        correlations=[Correlation(between=("a", "b"), value=0.6, source="test", known="assumed").model_dump()],
    )
    variables = {"a": Variable(quantity(1.0, cv=2.0)), "b": Variable(quantity(0.2, logit_sd=3.0))}
    variables["c"] = Variable(quantity(5.0, sd=1.0))
    drawn = parameters(Context(cancer, context.physiology), variables, people([70.0] * 2500), seed=1, attempt=0)
    assert stats.spearmanr(drawn["a"], drawn["b"]).statistic == pytest.approx(0.6, abs=0.045)
    assert stats.spearmanr(drawn["a"], drawn["c"]).statistic == pytest.approx(0.0, abs=0.065)
    alone = parameters(context, variables, people([70.0] * 2500), seed=1, attempt=0)
    assert stats.kstest(drawn["b"], alone["b"]).statistic < 1.95 * np.sqrt(2 / 2500)  # the margin stays as it was


def test_pharmacokinetics_scale_with_weight(context: Context) -> None:
    """(weight / reference) ** exponent: 140 kg over 70 kg to 0.75 is 2 ** 0.75; 35 kg to 1 is a half."""
    variables = {
        "CL": Variable(quantity(0.2, "L/day"), 0.75, 70.0),
        "V1": Variable(quantity(3.0, "L"), 1.0, 70.0),
        "fixed": Variable(quantity(8.0, "1/day")),
    }
    drawn = parameters(context, variables, people([70.0, 140.0, 35.0]), seed=1, attempt=0)
    np.testing.assert_allclose(drawn["CL"], 200 * np.array([1, 2**0.75, 0.5**0.75]))  # mL/day
    np.testing.assert_allclose(drawn["V1"], [3000, 6000, 1500])  # mL
    assert "fixed" not in drawn


def test_earlier_treatment_shifts_rates_and_the_odds_of_fractions(context: Context) -> None:
    """By hand: 0.02 × 1.5 = 0.03; odds of 0.3 are 3/7, doubled 6/7, which is 6/13 of the whole."""
    factors = {"rate": quantity(1.5).model_dump(), "part": quantity(2.0).model_dump()}
    cancer = changed(context.cancer, previously_treated={"factors": factors})
    treated = Context(cancer, context.physiology)
    deviate_free = quantity(0.3, logit_sd=1e-12)
    variables = {"rate": Variable(quantity(0.02, "1/day")), "part": Variable(deviate_free)}
    new = parameters(treated, variables, people([70.0]), seed=1, attempt=0)
    old = parameters(treated, variables, people([70.0], pretreated=True), seed=1, attempt=0)
    assert (new["rate"][0], old["rate"][0]) == pytest.approx((0.02, 0.03))
    assert (new["part"][0], old["part"][0]) == pytest.approx((0.3, 6 / 13))


def test_burden_and_biomarkers_are_there_even_where_nobody_differs(context: Context) -> None:
    same = {name: quantity(0.1) for name in ("TPS", "TMB")}
    patients = {**context.cancer.model_dump()["patients"], "V_diagnosis": quantity(80.0, "mL").model_dump()}
    fixed = Context(changed(context.cancer, patients=patients), context.physiology)
    drawn = parameters(fixed, {n: Variable(q) for n, q in same.items()}, people([70.0, 80.0]), seed=1, attempt=0)
    assert drawn.to_dict("list") == {"TPS": [0.1, 0.1], "TMB": [0.1, 0.1], "V_diagnosis": [80.0, 80.0]}


def test_people_are_of_their_sex_and_line(context: Context) -> None:
    n = 1500
    who = covariates(context, Eligibility(previously_treated=0.35), np.arange(n), seed=3, attempt=0)
    women = context.physiology.patients["female"].value
    tolerance = 3.3 * np.sqrt(0.25 / n)
    assert (who["SEX"] == "F").mean() == pytest.approx(women, abs=tolerance)
    assert who["PRETREAT"].mean() == pytest.approx(0.35, abs=tolerance)
    assert who.groupby("SEX")["HEIGHT"].median().to_dict() == pytest.approx({"F": 163, "M": 177}, abs=1.0)
    # Mosteller by hand: 180 cm and 80 kg have sqrt(180 × 80 / 3600) = 2 m².
    np.testing.assert_allclose(who["BSA"] ** 2 * 3600, who["HEIGHT"] * who["WEIGHT"])


# Cohorts


def test_patient_k_of_few_is_patient_k_of_many(context: Context, cohort: Cohort) -> None:
    few = recruit(context, Eligibility(), 5, seed=5, threads=1)
    pd.testing.assert_frame_equal(few.covariates, cohort.covariates.iloc[:5], check_exact=True)
    pd.testing.assert_frame_equal(few.parameters, cohort.parameters.iloc[:5], check_exact=True)


def test_drugs_of_the_trial_do_not_change_the_patient(catalogue: Catalogue, context: Context, cohort: Cohort) -> None:
    drugs = (catalogue.drugs["nivolumab"], catalogue.drugs["docetaxel"])
    treated = recruit(Context(context.cancer, context.physiology, drugs), Eligibility(), 4, seed=5, threads=1)
    own = [name for name in cohort.parameters if name in treated.parameters]
    assert own == list(cohort.parameters)
    pd.testing.assert_frame_equal(treated.parameters[own], cohort.parameters.iloc[:4], check_exact=True)
    assert "CL_nivolumab" in treated.parameters


def test_every_candidate_is_accepted_or_counted(context: Context) -> None:
    """Each patient's ATTEMPT candidates before the accepted one were turned away, each for one reason."""
    strict = Eligibility(pd_l1_min=1, tmb_min=8, age_min=55, ecog_max=0, previously_treated=0.5)
    found = recruit(context, strict, 10, seed=2, threads=1)
    who = found.covariates
    assert (who["PDL1"] >= 1).all() and (who["TMB"] >= 8).all() and (who["AGE"] >= 55).all()
    assert (who["ECOG"] == 0).all() and set(who["PRETREAT"]) == {True, False}
    assert list(found.rejected.columns) == ["REASON", "N"]
    assert found.rejected["N"].sum() == who["ATTEMPT"].sum() > 0
    assert {reason.partition(":")[0] for reason in found.rejected["REASON"]} <= {"not eligible", "not plausible"}
    np.testing.assert_array_equal(who["PDL1"], 100 * found.parameters["TPS"])
    assert who.index.tolist() == list(range(10))


def test_upper_limit_of_pd_l1_is_kept(context: Context) -> None:
    assert recruit(context, Eligibility(pd_l1_max=1), 4, seed=2, threads=1).covariates["PDL1"].max() <= 1


@pytest.mark.parametrize(
    ("eligibility", "reason"),
    [
        (Eligibility(pd_l1_min=100, pd_l1_max=100), "PD-L1 below 100 %"),
        (Eligibility(age_min=120), "younger than 120 years"),
        (Eligibility(tmb_min=1e6), "TMB below 1e+06 per megabase"),
    ],
)
def test_impossible_eligibility_is_one_problem_soon(context: Context, eligibility: Eligibility, reason: str) -> None:
    calls: list[tuple[str, int, int]] = []
    with pytest.raises(ColeyError) as refused:
        recruit(context, eligibility, 100, seed=1, threads=1, progress=lambda *step: calls.append(step))
    (problem,) = refused.value.problems
    assert problem.where == "eligibility"
    assert reason in problem.hint
    assert "0 of 1,000 candidates" in problem.what
    assert len(calls) == 10  # ten rounds of 100 candidates, not thousands


# Natural history


def test_patients_enter_with_the_burden_at_which_they_are_diagnosed(context: Context, cohort: Cohort) -> None:
    """The event is found to the solver's tolerance of 1e-4; who is here has survived so far."""
    disease = natural_history(context)
    known = [name for name in cohort.parameters if name in {*disease.parameter_names, *disease.state_names}]
    entry = Simulation(disease, cohort.parameters[known]).advance([0.0], observables=["V_scan", "hazard_death"])
    np.testing.assert_allclose(entry["V_scan"].to_numpy()[:, 0], cohort.parameters["V_diagnosis"], rtol=1e-3)
    assert (entry["hazard_death"].to_numpy() == 0).all() and (cohort.parameters["hazard_lesion"] == 0).all()
    low, high = context.cancer.patients["V_diagnosis"].bounds or (0, np.inf)
    assert cohort.parameters["V_diagnosis"].between(low, high).all()


def test_why_a_candidate_is_not_plausible(context: Context, cohort: Cohort) -> None:
    """By what is done to them: no number, half a cell at the start, hardly any growth; and one left alone."""
    variables = {name: v for m in immuno_oncology(context) for name, v in m.variables.items()}
    who = covariates(context, Eligibility(), np.arange(4), seed=5, attempt=0)
    drawn = parameters(context, variables, who, seed=5, attempt=0)
    drawn.iloc[3] = cohort.parameters.iloc[0][drawn.columns]
    drawn.loc[0, "k_growth"] = np.nan
    drawn["C_seed"] = [1e6, 0.4, 1e6, 1e6]
    drawn.loc[2, "k_growth"] = 1e-5
    disease = natural_history(context)
    states, reasons = grow(disease, context, drawn, threads=1)
    assert reasons.tolist() == [
        "not plausible: the natural history could not be solved",
        "not plausible: immunity eliminated the tumour",
        "not plausible: no diagnosis within 40 years, the tumour is held or too slow",
        "",
    ]
    pd.testing.assert_series_equal(
        states.loc[3], cohort.parameters.loc[0, states.columns], check_names=False, rtol=1e-3
    )


def test_nobody_to_grow(context: Context) -> None:
    disease = natural_history(context)
    states, reasons = grow(disease, context, pd.DataFrame({"V_diagnosis": []}))
    assert states.empty and list(states.columns) == list(disease.state_names) and not len(reasons)
