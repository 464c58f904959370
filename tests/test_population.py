"""Virtual patients: streams, spreads, correlations, what came before, eligibility, natural history up to diagnosis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit, logit, ndtri

from coley.catalogue import Catalogue, load_catalogue
from coley.disease import Disease, disease_of
from coley.engine import Simulation
from coley.errors import ColeyError
from coley.facts import Cancer, Correlation, CovariateEffect, Quantity
from coley.modeling import Variable
from coley.pharmacology import Drug
from coley.population import Cohort, recruit
from coley.population.diagnosis import grow, natural_history
from coley.population.draw import biomarkers, covariates, parameters
from coley.population.variability import values
from coley.protocol import Eligibility, PriorLine, Range
from coley.streams import normal_rows, normals, stream, uniform_rows, uniforms


def quantity(value: float, unit: str = "", **spread: object) -> Quantity:
    return Quantity.model_validate({"value": value, "unit": unit, "source": "test", "known": "assumed", **spread})


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def disease(catalogue: Catalogue) -> Disease:
    return catalogue.disease("melanoma")


@pytest.fixture(scope="module")
def cohort(disease: Disease) -> Cohort:
    return enrolled(disease, 14, seed=5)


def enrolled(
    disease: Disease, n: int, eligibility: Eligibility | None = None, *, seed: int, drugs: tuple[Drug, ...] = ()
) -> Cohort:
    return recruit(disease, disease.parts(drugs), eligibility or Eligibility(), n, seed=seed, threads=1)


def people(weight: list[float], prior: str = "", ecog: int = 0, age: float = 62.0) -> pd.DataFrame:
    return pd.DataFrame({"WEIGHT": weight, "PRIOR": prior, "ECOG": ecog, "AGE": age})


def changed(disease: Disease, **fields: object) -> Disease:
    """The same disease with other facts of its cancer."""
    return disease_of(Cancer.model_validate({**disease.cancer.model_dump(), **fields}), disease.physiology)


def plain(**quantities: Quantity) -> dict[str, Variable]:
    """Parameters of the whole patient."""
    return {name: Variable(given, name) for name, given in quantities.items()}


def drawn_from(disease: Disease, variables: dict[str, Variable], who: pd.DataFrame) -> pd.DataFrame:
    """Parameters, with those beside ``variables`` that every patient of the disease starts with."""
    started = {name: quantity(1.0) for name in disease.start([0], seed=1, attempt=0)}
    return parameters(disease, plain(**started) | variables, who, seed=1, attempt=0)


# Streams


def test_a_patient_draws_the_same_whoever_else_draws() -> None:
    alone, many = normals(7, "k_growth", [3], 2), normals(7, "k_growth", range(10), 2)
    assert alone[0] == many[3]
    assert len(np.unique(many)) == 10


@pytest.mark.parametrize("other", [(8, "a", 3, 0), (7, "b", 3, 0), (7, "a", 4, 0), (7, "a", 3, 1)])
def test_seed_purpose_patient_and_attempt_each_give_another_stream(other: tuple[int, str, int, int]) -> None:
    assert not np.isin(stream(*other).random(64), stream(7, "a", 3, 0).random(64)).any()


@pytest.mark.parametrize("attempt", [0, 17])
def test_many_at_once_draw_what_each_draws_alone(attempt: int) -> None:
    """The expected value is that of numpy's own generator, Philox."""
    patients = np.array([*range(100), 2**40])
    alone = [stream(2**60, "harm", k, attempt).random() for k in patients]
    assert uniforms(2**60, "harm", patients, attempt).tolist() == alone
    rows = np.array([stream(7, "harm", k).standard_normal(3) for k in patients])
    assert np.array_equal(normal_rows(7, "harm", patients, 3), rows)
    assert np.array_equal(uniform_rows(7, "harm", [5], 4)[0], stream(7, "harm", 5).random(4))
    assert uniform_rows(7, "harm", [], 4).shape == (0, 4)


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


@settings(derandomize=True, deadline=None)
@given(first=st.floats(0.01, 0.49), p=st.lists(st.floats(0.001, 0.999), min_size=1))
def test_levels_have_their_shares(first: float, p: list[float]) -> None:
    """The lowest level up to its share of the ranks, the highest beyond that of all below it."""
    quantity = Quantity(
        value=2, unit="", levels=((1, first), (2, 0.5), (3, 0.5 - first)), source="test", known="assumed"
    )
    found = values(quantity, ndtri(np.array(p)))
    ranks = np.array(p)
    clear = (np.abs(ranks - first) > 1e-9) & (np.abs(ranks - first - 0.5) > 1e-9)
    np.testing.assert_array_equal(found[clear], (1 + (ranks > first) + (ranks > first + 0.5))[clear])


@pytest.mark.parametrize(
    ("value", "levels", "message"),
    [
        (2, ((1, 0.3), (2, 0.3)), "add up to 1"),
        (1, ((2, 0.5), (1, 0.5)), "rising values"),
        (3, ((1, 0.2), (2, 0.4), (3, 0.4)), "not the median of its levels, 2"),
    ],
)
def test_levels_that_cannot_be(value: float, levels: tuple[tuple[float, float], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Quantity(value=value, unit="", levels=levels, source="test", known="assumed")


def test_without_spread_everybody_has_the_value() -> None:
    assert values(quantity(3.0, bounds=(1.0, 4.0)), np.array([-2.0, 0.0, 2.0])).tolist() == [3.0, 3.0, 3.0]


# Parameters


def test_spearman_correlation_of_the_copula(disease: Disease) -> None:
    """The catalogue gives rank correlations; the standard error of one of 0.6 among 2500 is about 0.014."""
    correlation = Correlation(between=("a", "b"), value=0.6, source="test", known="assumed")
    variables = plain(a=quantity(1.0, cv=2.0), b=quantity(0.2, logit_sd=3.0), c=quantity(5.0, sd=1.0))
    linked = changed(disease, correlations=[correlation.model_dump()])
    drawn = drawn_from(linked, variables, people([70.0] * 2500))
    assert stats.spearmanr(drawn["a"], drawn["b"]).statistic == pytest.approx(0.6, abs=0.045)
    assert stats.spearmanr(drawn["a"], drawn["c"]).statistic == pytest.approx(0.0, abs=0.065)
    alone = drawn_from(disease, variables, people([70.0] * 2500))
    assert stats.kstest(drawn["b"], alone["b"]).statistic < 1.95 * np.sqrt(2 / 2500)  # the margin stays as it was


@pytest.mark.parametrize("within", [0.0, 0.25, 1.0])
def test_lesions_of_a_patient_share_what_is_not_within(disease: Disease, within: float) -> None:
    """Two lesions correlate by 1 - within on the scale of the spread; each has the spread of all."""
    given = quantity(2.0, cv=1.0, **({"within": within} if within else {}))
    variables = {f"x_{site}": Variable(given, "x", site) for site in ("1", "2")}
    drawn = np.log(drawn_from(disease, variables, people([70.0] * 4000))[["x_1", "x_2"]])
    sigma = np.sqrt(np.log(2.0))  # of a log-normal with a coefficient of variation of 1
    assert drawn["x_1"].std() == pytest.approx(sigma, rel=0.05)
    assert drawn["x_2"].std() == pytest.approx(sigma, rel=0.05)
    assert np.corrcoef(drawn["x_1"], drawn["x_2"])[0, 1] == pytest.approx(1 - within, abs=0.05)


def test_correlation_reaches_the_lesions(disease: Disease) -> None:
    """By the part that lesions share: 0.6 sqrt(1 - 0.5) in ranks of normals, 0.42, up to the copula's bend."""
    correlation = Correlation(between=("a", "x"), value=0.6, source="test", known="assumed")
    linked = changed(disease, correlations=[correlation.model_dump()])
    variables = plain(a=quantity(1.0, cv=1.0)) | {"x_1": Variable(quantity(1.0, cv=1.0, within=0.5), "x", "1")}
    drawn = drawn_from(linked, variables, people([70.0] * 2500))
    assert stats.spearmanr(drawn["a"], drawn["x_1"]).statistic == pytest.approx(0.42, abs=0.06)


def test_a_biomarker_that_no_mechanism_reads(disease: Disease) -> None:
    """A combined score is drawn, follows what it correlates with, and chooses patients; the model never sees it.

    Expected: the rank correlations that are asked for, with a standard error of about 0.02 among 2500.
    """
    said = {"source": "test", "known": "assumed"}
    markers = [marker.model_dump() for marker in disease.cancer.biomarkers if marker.name != "PDL1"]
    combined = {"name": "PDL1", "title": "combined score", "unit": "percent", "parameter": "CPS"}
    pairs = {("TPS", "CPS"): 0.8, ("CD8_infiltrate", "CPS"): 0.4, ("TPS", "CD8_infiltrate"): 0.3}
    scored = changed(
        disease,
        parameters={**disease.cancer.parameters, "CPS": quantity(0.03, logit_sd=2.0)},
        biomarkers=[*markers, combined],
        correlations=[{"between": pair, "value": value, **said} for pair, value in pairs.items()],
    )
    variables = {name: found for part in scored.parts() for name, found in part.variables.items()}
    assert "CPS" not in {variable.base for variable in variables.values()}
    who = covariates(scored, Eligibility(), np.arange(2500), seed=1, attempt=0)
    drawn = parameters(scored, variables, who, seed=1, attempt=0)
    shown = biomarkers(scored, drawn)["PDL1"]
    assert np.median(shown) == pytest.approx(3, rel=0.15)
    # of one lesion, whose own part of the variance takes from the correlation with the patient's
    patient = np.sqrt(1 - scored.cancer.parameters["TPS"].within)
    assert stats.spearmanr(drawn["TPS_1"], shown).statistic == pytest.approx(0.8 * patient, abs=0.05)
    patient = np.sqrt(1 - scored.cancer.parameters["CD8_infiltrate"].within)
    assert stats.spearmanr(drawn["CD8_infiltrate_1"], shown).statistic == pytest.approx(0.4 * patient, abs=0.06)
    chosen = enrolled(scored, 6, Eligibility(biomarkers={"PDL1": Range(min=10)}), seed=3)
    assert (chosen.covariates["PDL1"] >= 10).all()


def test_a_biomarker_shows_an_antigen_as_drugs_meet_it(disease: Disease, catalogue: Catalogue) -> None:
    """The share of cells that bear HER2 is drawn alike with a drug that reads it and without."""
    said = {"source": "test", "known": "assumed"}
    density = {"value": 1e6, "unit": "molecule/cell", "cv": 0.5, **said}
    positive = {"value": 0.6, "unit": "", "logit_sd": 1.0, **said}
    bearing = changed(
        disease,
        antigens=[{"molecule": "HER2", "density": density, "positive": positive, **said}],
        biomarkers=[{"name": "HER2", "title": "HER2", "unit": "percent", "parameter": "positive_HER2"}],
    )
    alone = enrolled(bearing, 5, seed=4).covariates["HER2"]
    treated = enrolled(bearing, 5, seed=4, drugs=(catalogue.drug("trastuzumab"),))
    pd.testing.assert_series_equal(alone, treated.covariates["HER2"])
    np.testing.assert_allclose(treated.parameters["positive_HER2"] * 100, alone)
    assert alone.nunique() == 5


def test_correlations_that_cannot_be_together(disease: Disease) -> None:
    """Two quantities that go with a third cannot go against each other: 0.9, 0.9 and -0.9 is no matrix of normals."""
    said = {"source": "test", "known": "assumed"}
    pairs = {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}
    with pytest.raises(ValueError, match=r"all these correlations of a, b, c at once"):
        changed(disease, correlations=[{"between": pair, "value": value, **said} for pair, value in pairs.items()])


def test_pharmacokinetics_scale_with_weight(disease: Disease) -> None:
    """(weight / reference) ** exponent: 140 kg over 70 kg to 0.75 is 2 ** 0.75; 35 kg to 1 is a half."""
    variables = {
        "CL": Variable(quantity(0.2, "L/day"), "CL", "", 0.75, 70.0),
        "V1": Variable(quantity(3.0, "L"), "V1", "", 1.0, 70.0),
        "fixed": Variable(quantity(8.0, "1/day"), "fixed"),
    }
    drawn = drawn_from(disease, variables, people([70.0, 140.0, 35.0]))
    np.testing.assert_allclose(drawn["CL"], 200 * np.array([1, 2**0.75, 0.5**0.75]))  # mL/day
    np.testing.assert_allclose(drawn["V1"], [3000, 6000, 1500])  # mL
    assert "fixed" not in drawn


def test_earlier_treatment_shifts_rates_and_the_odds_of_fractions(disease: Disease) -> None:
    """By hand: 0.02 × 1.5 = 0.03; odds of 0.3 are 3/7, doubled 6/7, which is 6/13 of the whole. Lines multiply."""
    factors = {"rate": quantity(1.5).model_dump(), "part": quantity(2.0).model_dump()}
    prior = {"chemotherapy": {"factors": factors}, "anti-CTLA-4": {"factors": {"rate": quantity(3.0).model_dump()}}}
    treated = changed(disease, prior=prior)
    variables = plain(rate=quantity(0.02, "1/day"), part=quantity(0.3, logit_sd=1e-12))
    for had, rate, part in (
        ("", 0.02, 0.3),
        ("chemotherapy", 0.03, 6 / 13),
        ("anti-CTLA-4", 0.06, 0.3),
        ("chemotherapy + anti-CTLA-4", 0.09, 6 / 13),
        ("surgery", 0.02, 0.3),
    ):
        drawn = drawn_from(treated, variables, people([70.0], had))
        assert (drawn["rate"][0], drawn["part"][0]) == pytest.approx((rate, part)), had


def test_covariates_change_parameters(disease: Disease) -> None:
    """Times ``factor`` for each unit of the covariate."""
    effect = CovariateEffect(covariate="ECOG", parameter="rate", factor=1.7, source="test", known="assumed")
    linked = changed(disease, covariate_effects=[effect.model_dump()])
    for ecog, expected in ((0, 0.02), (1, 0.034), (2, 0.0578)):
        who = people([70.0], ecog=ecog)
        drawn = drawn_from(linked, plain(rate=quantity(0.02, "1/day")), who)
        assert drawn["rate"][0] == pytest.approx(expected)


def test_naive_t_cells_wane_with_age_from_the_usual_age_of_patients(disease: Disease) -> None:
    """Wertheimer et al. (2014): fewer in the old; the patient of the usual age has the value of the catalogue."""
    supply = disease.context.quantity("Q_nCD8")
    young, usual, old = (
        drawn_from(disease, plain(Q_nCD8=supply), people([80.0], age=age))["Q_nCD8"][0] for age in (40.0, 62.0, 84.0)
    )
    assert usual == pytest.approx(supply.value)
    assert young / usual == pytest.approx(usual / old)
    assert 1.2 < young / usual < 2


def test_antibiotics_before_treatment_leave_less_immunity(disease: Disease) -> None:
    names = ("Q_nCD8", "CD8_infiltrate", "h_burden")
    variables = plain(**{name: disease.context.quantity(name) for name in names})
    with_them, without = (drawn_from(disease, variables, people([80.0], prior)) for prior in ("antibiotics", ""))
    ratio = {name: with_them[name][0] / without[name][0] for name in names}
    assert ratio["Q_nCD8"] < 1
    assert ratio["CD8_infiltrate"] < 1
    assert ratio["h_burden"] > 1


def test_diagnosis_and_biomarkers_are_there_even_where_nobody_differs(disease: Disease) -> None:
    same = {name: quantity(0.1) for name in ("TPS", "TMB", "CD8_infiltrate")}
    patients = {**disease.cancer.model_dump()["patients"], "V_diagnosis": quantity(80.0, "mL").model_dump()}
    drawn = drawn_from(changed(disease, patients=patients), plain(**same), people([70.0, 80.0]))
    expected = {"TPS": [0.1, 0.1], "TMB": [0.1, 0.1], "CD8_infiltrate": [0.1, 0.1], "V_diagnosis": [80.0, 80.0]}
    assert {name: drawn[name].tolist() for name in expected} == expected


def test_biomarkers_are_those_of_the_first_lesion_in_their_units(disease: Disease) -> None:
    """PD-L1 in percent of cells; CD8 T cells per mm², of which the model has those per cm²."""
    drawn = pd.DataFrame({"TPS_1": [0.25], "TPS_2": [0.5], "TMB": [12.0], "CD8_infiltrate_1": [25_000.0]})
    found = biomarkers(disease, drawn)
    assert {name: value.tolist() for name, value in found.items()} == {
        "PDL1": [25.0],
        "TMB": [12.0],
        "CD8": pytest.approx([250.0]),
    }


def test_people_are_of_their_sex_and_had_what_they_had(disease: Disease) -> None:
    n = 1500
    prior = (PriorLine(given="chemotherapy", fraction=0.35), PriorLine(given="anti-CTLA-4"))
    who = covariates(disease, Eligibility(prior=prior), np.arange(n), seed=3, attempt=0)
    women = disease.patients["female"].value
    tolerance = 3.3 * np.sqrt(0.25 / n)
    assert (who["SEX"] == "F").mean() == pytest.approx(women, abs=tolerance)
    assert who["PRIOR"].str.contains("chemotherapy").mean() == pytest.approx(0.35, abs=tolerance)
    assert set(who["PRIOR"]) == {"anti-CTLA-4", "chemotherapy + anti-CTLA-4"}
    assert who.groupby("SEX")["HEIGHT"].median().to_dict() == pytest.approx({"F": 163, "M": 177}, abs=1.0)
    # Mosteller by hand: 180 cm and 80 kg have sqrt(180 × 80 / 3600) = 2 m².
    np.testing.assert_allclose(who["BSA"] ** 2 * 3600, who["HEIGHT"] * who["WEIGHT"])


# Lesions


def test_number_of_lesions_is_that_of_the_catalogue(disease: Disease) -> None:
    """One target at least; their mean number, and the share of patients with further lesions."""
    n = 2000
    start = disease.start(np.arange(n), seed=3, attempt=0)
    targets = np.stack([start[f"C_seed_{site}"] for site in disease.sites[:-1]])
    assert (targets[0] == 1).all() and set(np.unique(targets)) == {0.0, 1.0}
    facts = disease.patients
    assert targets.sum(axis=0).mean() == pytest.approx(facts["n_targets"].value, abs=0.07)
    assert start["C_seed_R"].mean() == pytest.approx(facts["rest"].value, abs=3.3 * np.sqrt(0.25 / n))


def test_organs_have_their_share_of_lesions_and_what_is_different_there(disease: Disease) -> None:
    n = 2000
    start = disease.start(np.arange(n), seed=3, attempt=0)
    organs = disease.cancer.organs
    place = start["organ_1"].astype(int)
    for number, organ in enumerate(organs):
        assert (place == number).mean() == pytest.approx(organ.share.value, abs=3.3 * np.sqrt(0.25 / n)), organ.name
        for name, factor in organ.factors.items():
            assert (start[f"{name}_1"][place == number] == factor.value).all()
    assert any(organ.factors for organ in organs)


def test_lesions_are_numbered_from_the_largest_down(disease: Disease) -> None:
    """All that is of a lesion goes with it; the rest, and what is of the patient, stays."""
    cells = {f"C_{clone.name}_{site}": [0.0] for clone in disease.cancer.clones for site in disease.sites}
    sizes = {"1": 3.0, "2": 9.0, "3": 0.0, "4": 5.0, "R": 99.0}
    given = {**cells, **{f"C_tolerant_{site}": [size] for site, size in sizes.items()}}
    given |= {f"k_growth_{site}": [10 * size] for site, size in sizes.items()} | {"TMB": [7.0]}
    found = disease.arranged(pd.DataFrame(given)).iloc[0]
    assert [found[f"C_tolerant_{site}"] for site in disease.sites] == [9.0, 5.0, 3.0, 0.0, 99.0]
    assert [found[f"k_growth_{site}"] for site in disease.sites] == [90.0, 50.0, 30.0, 0.0, 990.0]
    assert found["TMB"] == 7.0


# Cohorts


def test_patient_k_of_few_is_patient_k_of_many(disease: Disease, cohort: Cohort) -> None:
    few = enrolled(disease, 5, seed=5)
    pd.testing.assert_frame_equal(few.covariates, cohort.covariates.iloc[:5], check_exact=True)
    pd.testing.assert_frame_equal(few.parameters, cohort.parameters.iloc[:5], check_exact=True)


def test_drugs_of_the_trial_do_not_change_the_patient(catalogue: Catalogue, disease: Disease, cohort: Cohort) -> None:
    treated = enrolled(disease, 4, seed=5, drugs=(catalogue.drugs["nivolumab"], catalogue.drugs["docetaxel"]))
    own = [name for name in cohort.parameters if name in treated.parameters]
    assert own == list(cohort.parameters)
    pd.testing.assert_frame_equal(treated.parameters[own], cohort.parameters.iloc[:4], check_exact=True)
    assert any(name.endswith("_nivolumab") for name in treated.parameters)


def test_lesions_of_a_cohort_are_in_order_and_markers_are_of_one_of_them(cohort: Cohort, disease: Disease) -> None:
    cells = [[f"C_{clone.name}_{site}" for clone in disease.cancer.clones] for site in disease.sites[:-1]]
    sizes = np.stack([cohort.parameters[names].sum(axis=1) for names in cells], axis=1)
    assert (np.diff(sizes, axis=1) <= 0).all() and (sizes[:, 1] > 0).any()
    for marker, name, unit in (("PDL1", "TPS", 0.01), ("CD8", "CD8_infiltrate", 100.0)):
        of_lesions = np.stack([cohort.parameters[f"{name}_{site}"] for site in disease.sites[:-1]], axis=1)
        biopsied = unit * cohort.covariates[marker].to_numpy()[:, None]
        assert np.isclose(of_lesions, biopsied, rtol=1e-9).any(axis=1).all()


def test_every_candidate_is_accepted_or_counted(disease: Disease) -> None:
    """Each patient's ATTEMPT candidates before the accepted one were turned away, each for one reason."""
    bounds = {"PDL1": Range(min=1), "TMB": Range(min=8, max=40)}
    prior = (PriorLine(given="chemotherapy", fraction=0.5),)
    found = enrolled(disease, 10, Eligibility(biomarkers=bounds, age_min=55, ecog_max=0, prior=prior), seed=2)
    who = found.covariates
    assert (who["PDL1"] >= 1).all() and who["TMB"].between(8, 40).all() and (who["AGE"] >= 55).all()
    assert (who["ECOG"] == 0).all() and set(who["PRIOR"]) == {"", "chemotherapy"}
    assert list(found.rejected.columns) == ["REASON", "N"]
    assert found.rejected["N"].sum() == who["ATTEMPT"].sum() > 0
    assert {reason.partition(":")[0] for reason in found.rejected["REASON"]} <= {"not eligible", "not plausible"}
    assert who.index.tolist() == list(range(10))


@pytest.mark.parametrize(
    ("eligibility", "reason"),
    [
        (Eligibility(biomarkers={"PDL1": Range(min=100)}), "PDL1 below 100"),
        (Eligibility(age_min=100), "younger than 100 years"),
        (Eligibility(biomarkers={"TMB": Range(min=1e6)}), "TMB below 1e+06"),
    ],
)
def test_impossible_eligibility_is_one_problem_soon(disease: Disease, eligibility: Eligibility, reason: str) -> None:
    calls: list[tuple[str, int, int]] = []
    with pytest.raises(ColeyError) as refused:
        recruit(disease, disease.parts(), eligibility, 100, seed=1, progress=lambda *step: calls.append(step))
    (problem,) = refused.value.problems
    assert problem.where == "eligibility"
    assert reason in problem.hint
    assert "0 of 1,000 candidates" in problem.what
    assert len(calls) == 10  # ten rounds of 100 candidates, not thousands


def test_what_the_cancer_does_not_have_is_refused_at_once(disease: Disease) -> None:
    asked = Eligibility(biomarkers={"PDL": Range(min=1)}, prior=(PriorLine(given="chemotherapie"),))
    with pytest.raises(ColeyError) as refused:
        enrolled(disease, 1, asked, seed=1)
    marker, line = refused.value.problems
    assert "PDL" in marker.where and "did you mean 'PDL1'" in marker.hint
    assert "chemotherapie" in line.where and "did you mean 'chemotherapy'" in line.hint


# Natural history


def test_patients_enter_with_the_burden_at_which_they_are_diagnosed(disease: Disease, cohort: Cohort) -> None:
    """The event is found to the solver's tolerance of 1e-4; who is here has survived so far."""
    history = natural_history(disease)
    known = [name for name in cohort.parameters if name in {*history.parameter_names, *history.state_names}]
    entry = Simulation(history, cohort.parameters[known]).advance([0.0], observables=["V_scan", "hazard_death"])
    np.testing.assert_allclose(entry["V_scan"].to_numpy()[:, 0], cohort.parameters["V_diagnosis"], rtol=1e-3)
    assert (entry["hazard_death"].to_numpy() == 0).all() and (cohort.parameters["hazard_lesion"] == 0).all()
    low, high = disease.cancer.patients["V_diagnosis"].bounds or (0, np.inf)
    assert cohort.parameters["V_diagnosis"].between(low, high).all()


def test_less_than_one_cell_is_none_at_diagnosis(disease: Disease, cohort: Cohort) -> None:
    cells = cohort.parameters[[mortal.state for mortal in disease.mortals()]].to_numpy()
    assert ((cells == 0) | (cells >= 1)).all()


def test_why_a_candidate_is_not_plausible(disease: Disease) -> None:
    """By what is done to them: no number, half a cell that hardly grows, hardly any growth; and nothing."""
    variables = {name: v for m in disease.mechanisms() for name, v in m.variables.items()}
    accepted = enrolled(disease, 1, seed=5)
    attempt = int(accepted.covariates["ATTEMPT"].iloc[0])
    who = covariates(disease, Eligibility(), np.zeros(1, dtype=int), seed=5, attempt=attempt)
    drawn = pd.concat([parameters(disease, variables, who, seed=5, attempt=attempt)] * 4, ignore_index=True)
    seeds = [f"C_seed_{site}" for site in disease.sites]
    drawn.loc[0, "k_growth_1"] = np.nan
    drawn.loc[1, seeds] = [0.4, 0.0, 0.0, 0.0, 0.0]
    for row in (1, 2):
        drawn.loc[row, [f"k_growth_{site}" for site in disease.sites]] = 1e-5
    drawn.loc[2, [f"CD8_infiltrate_{site}" for site in disease.sites]] = 1e-9  # nor is any T cell let in
    states, reasons = grow(disease, natural_history(disease), drawn, threads=1)
    assert reasons.tolist() == [
        "not plausible: the natural history could not be solved",
        "not plausible: immunity eliminated the tumour",
        "not plausible: no diagnosis within 20 years, the tumour is held or too slow",
        "",
    ]
    burden = [mortal.state for mortal in disease.mortals()]
    expected = accepted.parameters.loc[0, burden].sum()
    assert states.loc[3, burden].sum() == pytest.approx(expected, rel=1e-3)


def test_nobody_to_grow(disease: Disease) -> None:
    history = natural_history(disease)
    states, reasons = grow(disease, history, pd.DataFrame({"V_diagnosis": []}))
    assert states.empty and list(states.columns) == list(history.state_names) and not len(reasons)
