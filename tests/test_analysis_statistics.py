"""Statistics against published worked examples, closed forms, and inputs from which nothing can be estimated."""

from __future__ import annotations

import subprocess
import sys
from math import exp, inf, isnan, log, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from coley.trial.analysis.statistics import (
    Estimate,
    hazard_ratio,
    kaplan_meier,
    log_rank,
    median_survival,
    numbers_at_risk,
    proportion,
    survival_at,
)

pytestmark = pytest.mark.filterwarnings("error")

# Weeks of remission in acute leukaemia: Freireich et al., Blood 1963;21:699-716, as in Gehan, Biometrika 1965;52:203
# and Cox, J R Stat Soc B 1972;34:187. All 21 on placebo relapsed.
MP6_WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
MP6_RELAPSE = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO_WEEKS = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
WEEKS = MP6_WEEKS + PLACEBO_WEEKS
RELAPSE = MP6_RELAPSE + [1] * 21
PLACEBO = np.repeat([False, True], 21)

# Weeks of remission with and without maintenance: Embury et al. 1977; Miller, Survival Analysis, Wiley 1981, p 49; data
# set "aml" of R's package survival.
MAINTAINED_WEEKS = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]
MAINTAINED_RELAPSE = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]
OTHER_WEEKS = [5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45]
OTHER_RELAPSE = [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]


def same(found: Estimate, expected: tuple[float, float, float], digits: float) -> bool:
    return np.allclose((found.value, found.lower, found.upper), expected, atol=digits, equal_nan=True)


@pytest.mark.parametrize(
    ("successes", "n", "lower", "upper", "digits"),
    [
        # R's manual page of binom.test, example 1 (Conover 1971, p 97)
        (682, 925, 0.7076683, 0.7654066, 5e-8),
        # Newcombe, Stat Med 1998;17:857-872, Table I, method 5
        (81, 263, 0.2527, 0.3676, 5e-5),
        (15, 148, 0.0578, 0.1617, 5e-5),
        (1, 29, 0.0009, 0.1776, 5e-5),
        (0, 20, 0.0, 0.1684, 5e-5),
        # closed form where none or all respond: 1 - 0.025 ** (1 / n)
        (0, 10, 0.0, 1 - 0.025**0.1, 1e-9),
        (10, 10, 0.025**0.1, 1.0, 1e-9),
    ],
)
def test_clopper_pearson_published(successes: int, n: int, lower: float, upper: float, digits: float) -> None:
    assert same(proportion(successes, n), (successes / n, lower, upper), digits)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_clopper_pearson_by_its_definition(n: int, fraction: float, confidence: float) -> None:
    """Each limit is the proportion at which a result at least as extreme has half of what confidence leaves."""
    x = round(n * fraction)
    found = proportion(x, n, confidence)
    tail = (1 - confidence) / 2
    assert found.lower <= found.value <= found.upper
    assert x == 0 or binom.sf(x - 1, n, found.lower) == pytest.approx(tail, rel=1e-6)
    assert x == n or binom.cdf(x, n, found.upper) == pytest.approx(tail, rel=1e-6)


# Klein & Moeschberger, Survival Analysis, 2nd ed. 2003, Tables 4.1A-B: survival and Greenwood standard error on 6-MP
KLEIN = {
    6: (0.857, 0.0764),
    7: (0.807, 0.0869),
    10: (0.753, 0.0963),
    13: (0.690, 0.1068),
    16: (0.627, 0.1141),
    22: (0.538, 0.1282),
    23: (0.448, 0.1346),
}


@pytest.mark.parametrize("week", KLEIN)
def test_kaplan_meier_of_6_mp(week: int) -> None:
    """The band is Greenwood's on the log(-log) scale: here computed by hand from the published standard error."""
    published, error = KLEIN[week]
    found = survival_at(MP6_WEEKS, MP6_RELAPSE, week)
    assert found.value == pytest.approx(published, abs=6e-4)
    spread = norm.ppf(0.975) * error / (found.value * abs(log(found.value)))
    assert found.lower == pytest.approx(found.value ** exp(spread), abs=5e-4)
    assert found.upper == pytest.approx(found.value ** exp(-spread), abs=5e-4)


def test_kaplan_meier_of_placebo_as_listed_by_stata() -> None:
    """G. Rodriguez, Princeton, "The Gehan Survival Data": ``sts list`` in weeks 1 and 2."""
    assert same(survival_at(PLACEBO_WEEKS, [1] * 21, 1), (0.9048, 0.6700, 0.9753), 6e-5)
    assert same(survival_at(PLACEBO_WEEKS, [1] * 21, 2), (0.8095, 0.5689, 0.9239), 6e-5)


def test_kaplan_meier_table() -> None:
    """By hand: 6-MP has 21 at risk in week 6 with 3 events and 1 censored, then 17, then 16."""
    curve = kaplan_meier(MP6_WEEKS, MP6_RELAPSE)
    assert curve.columns.tolist() == ["time", "survival", "lower", "upper", "at_risk", "censored"]
    assert curve["time"].tolist() == [0, 6, 7, 9, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 34, 35]
    assert curve["at_risk"].tolist()[:5] == [21, 21, 17, 16, 15]
    assert curve["censored"].sum() == 12 and curve["censored"].tolist()[1] == 1
    assert curve.loc[0, ["survival", "lower", "upper"]].tolist() == [1, 1, 1]
    assert curve["survival"].iloc[1] == pytest.approx(18 / 21)


def test_median_of_6_mp_and_placebo() -> None:
    """Medians 23 and 8 weeks (Klein & Moeschberger). Limits are where the bands cross one half, by hand from Stata's
    list: on 6-MP the lower band is 0.5032 in week 10 and 0.4316 in week 13, the upper never falls to one half."""
    assert same(median_survival(MP6_WEEKS, MP6_RELAPSE), (23, 13, nan), 0)
    assert same(median_survival(PLACEBO_WEEKS, [1] * 21), (8, 4, 11), 0)


def test_median_of_events_that_are_all_seen_at_one_visit() -> None:
    """Of 90 patients whose events are seen at visits, 70 events fall on day 84 and 10 on day 42: both bands cross one
    half on day 84, so that the event of the median patient lies between the two visits."""
    seen = [42] * 10 + [84] * 70 + [126] * 10
    assert same(median_survival(seen, [1] * 90), (84, 42, 84), 0)
    assert same(median_survival([84] * 90, [1] * 89 + [0]), (84, 0, 84), 0)


def test_a_median_that_was_reached_stays_so_though_the_band_is_wide_at_the_end() -> None:
    """Of 1000 patients 100 have events on day 42 and 600 on day 84, where both bands fall below one half: by hand,
    Greenwood's error of log(-log(0.3)) is sqrt(0.7 / 300) / -log(0.3) = 0.040, and three times 1.96 of it leave 0.22 to
    0.39. Then one of two who are left has an event, which widens the band beyond one half again."""
    days = [42] * 100 + [84] * 600 + [90] * 298 + [100, 110]
    events = [1] * 700 + [0] * 298 + [1, 0]
    curve = kaplan_meier(days, events, widen=3.0).set_index("time")
    assert curve.loc[84, "upper"] == pytest.approx(0.3 ** exp(-3 * 1.959964 * 0.0401), abs=2e-3)
    assert curve.loc[100, "upper"] > 0.5
    assert same(median_survival(days, events, widen=3.0), (84, 42, 84), 0)


def test_medians_of_aml_as_in_r() -> None:
    """``survfit(Surv(time, status) ~ x, aml)``: 31 with maintenance, upper limit not reached, and 23 without."""
    assert median_survival(MAINTAINED_WEEKS, MAINTAINED_RELAPSE).value == 31
    assert isnan(median_survival(MAINTAINED_WEEKS, MAINTAINED_RELAPSE).upper)
    assert median_survival(OTHER_WEEKS, OTHER_RELAPSE).value == 23
    assert survival_at(MAINTAINED_WEEKS, MAINTAINED_RELAPSE, 40).value == pytest.approx(0.368, abs=5e-4)


@pytest.mark.parametrize("n", [2, 4, 6, 8, 14, 18, 20, 44, 58])
def test_median_is_found_where_survival_is_exactly_one_half(n: int) -> None:
    """Without censoring survival after the k-th of n deaths is 1 - k/n, which is one half at n/2."""
    assert median_survival(np.arange(1, n + 1), np.ones(n)).value == n / 2


def test_hazard_ratio_of_leukaemia_as_in_r() -> None:
    """``coxph``, ties by Efron: coefficient 1.5721, standard error 0.4124, ratio 4.817 (Breslow's would be 4.52)."""
    found = hazard_ratio(WEEKS, RELAPSE, PLACEBO)
    assert log(found.value) == pytest.approx(1.5721, abs=6e-5)
    assert same(found, (4.817, exp(1.5721 - 1.959964 * 0.4124), exp(1.5721 + 1.959964 * 0.4124)), 2e-3)


def test_hazard_ratio_of_the_other_arm_is_the_inverse() -> None:
    one, other = hazard_ratio(WEEKS, RELAPSE, PLACEBO), hazard_ratio(WEEKS, RELAPSE, ~PLACEBO)
    assert same(other, (1 / one.value, 1 / one.upper, 1 / one.lower), 1e-6)


def test_aml_as_in_r() -> None:
    """``coxph(Surv(time, status) ~ x, aml)``: 0.9155 (0.5119), ratio 2.498; ``survdiff``: chi-square 3.4, p 0.0653."""
    weeks, relapse = MAINTAINED_WEEKS + OTHER_WEEKS, MAINTAINED_RELAPSE + OTHER_RELAPSE
    without = np.repeat([False, True], [11, 12])
    assert hazard_ratio(weeks, relapse, without).value == pytest.approx(2.498, abs=6e-4)
    assert log_rank(weeks, relapse, without) == pytest.approx(0.0653, abs=6e-5)


def test_lung_as_in_r() -> None:
    """Loprinzi et al., J Clin Oncol 1994;12:601 (data set "lung" of R's survival, shipped with lifelines).

    ``survfit``: median 310 days; ``coxph(~ sex)``: ratio 0.588 (0.4237 to 0.816); ``survdiff``: chi-square 10.3,
    p 0.00131.
    """
    from lifelines.datasets import load_lung

    lung = load_lung()
    women = lung["sex"] == 2
    assert median_survival(lung["time"], lung["status"]).value == 310
    assert same(hazard_ratio(lung["time"], lung["status"], women), (0.588, 0.4237, 0.816), 6e-4)
    assert log_rank(lung["time"], lung["status"], lung["sex"]) == pytest.approx(0.0013, abs=6e-5)


def test_log_rank_of_leukaemia() -> None:
    """Chi-square 16.79 on one degree of freedom (R's ``survdiff``; Collett), whose tail is 2 (1 - Phi(sqrt(x)))."""
    assert log_rank(WEEKS, RELAPSE, PLACEBO) == pytest.approx(2 * norm.sf(16.79**0.5), rel=5e-3)


def test_log_rank_of_three_groups_by_name() -> None:
    assert log_rank([1, 2, 3, 1, 2, 3, 1, 2, 3], [1] * 9, list("aaabbbccc")) == pytest.approx(1.0)


def test_numbers_at_risk_counts_those_who_leave_at_that_time() -> None:
    """By hand from the 6-MP data; R's ``summary(survfit, times)`` counts the same way."""
    found = numbers_at_risk(MP6_WEEKS, [0, 6, 6.5, 10, 35, 36])
    assert found.tolist() == [21, 21, 17, 15, 1, 0]
    assert np.issubdtype(found.dtype, np.integer)
    assert numbers_at_risk([], [0, 1]).tolist() == [0, 0]


def test_survival_beyond_follow_up_is_unknown_unless_all_died() -> None:
    assert isnan(survival_at(MP6_WEEKS, MP6_RELAPSE, 36).value)
    assert survival_at(PLACEBO_WEEKS, [1] * 21, 36).value == 0.0


def test_survival_of_all_or_none_has_the_limit_of_clopper_and_pearson() -> None:
    """Where nobody was censored, survival is a proportion: 0 of 21 on placebo, 21 of 21 on 6-MP before week 6."""
    limit = 1 - 0.025 ** (1 / 21)
    assert same(survival_at(PLACEBO_WEEKS, [1] * 21, 36), (0.0, 0.0, limit), 1e-9)
    assert same(survival_at(MP6_WEEKS, MP6_RELAPSE, 5.9), (1.0, 1 - limit, 1.0), 1e-9)
    # 84 such patients, and the interval of 21
    assert same(survival_at(np.repeat(PLACEBO_WEEKS, 4), [1] * 84, 36, widen=2.0), (0.0, 0.0, limit), 1e-9)
    assert same(survival_at([3, 9, 9], [0, 1, 1], 5), (1.0, 0.025 ** (1 / 2), 1.0), 1e-9)  # two were followed to 5


def test_upper_limit_of_no_survival_under_censoring_is_that_of_a_product_of_betas() -> None:
    """Fay, Brittain and Proschan 2013: deaths at risks of 8, 5 and 2 give Beta(8, 1) Beta(5, 1) Beta(1, 2); here its
    quantile by simulation, which two moments meet within a few percent."""
    weeks, died = [1, 2, 2, 3, 4, 4, 5, 5], [1, 0, 0, 1, 0, 0, 1, 1]
    draw = np.random.default_rng(1)
    product = draw.beta(8, 1, 200_000) * draw.beta(5, 1, 200_000) * draw.beta(1, 2, 200_000)
    found = survival_at(weeks, died, 6)
    assert (found.value, found.lower) == (0.0, 0.0)
    assert found.upper == pytest.approx(np.quantile(product, 0.975), rel=0.03)
    # Few were followed to the end, so the limit is far above that of all eight.
    assert found.upper > 1 - 0.025 ** (1 / 8) + 0.2


NOTHING = (nan, nan, nan)


@pytest.mark.parametrize(
    ("durations", "events", "treated"),
    [
        ([], [], []),
        ([5], [1], [True]),
        ([5, 6], [1, 1], [True, True]),
        ([5, 6], [1, 1], [False, False]),
        ([5, 6], [0, 0], [True, False]),
        ([5, 6, 7, 8], [0, 0, 1, 1], [True, True, False, False]),
        ([5, 6, 7, 8], [1, 1, 0, 0], [True, True, False, False]),
        ([1, 2, 3, 4], [1, 1, 1, 1], [True, True, False, False]),
        ([0, 0, 3, 4], [0, 0, 1, 1], [True, True, False, False]),
    ],
    ids=[
        "no patient",
        "one patient",
        "all treated",
        "all control",
        "no events",
        "no event when treated",
        "no event in control",
        "separated",
        "treated never at risk",
    ],
)
def test_no_hazard_ratio_where_the_likelihood_has_no_maximum(
    durations: list[float], events: list[int], treated: list[bool]
) -> None:
    assert same(hazard_ratio(durations, events, treated), NOTHING, 0)


def test_degenerate_samples() -> None:
    assert same(proportion(0, 0), NOTHING, 0)
    assert kaplan_meier([], []).empty
    assert same(median_survival([], []), NOTHING, 0)
    assert same(survival_at([], [], 3), NOTHING, 0)
    assert same(median_survival([5], [1]), (5, nan, nan), 0)
    assert same(median_survival([5], [0]), NOTHING, 0)
    assert isnan(log_rank([], [], []))
    assert isnan(log_rank([1, 2], [1, 1], ["a", "a"]))
    assert isnan(log_rank([1, 2], [0, 0], ["a", "b"]))
    assert isnan(log_rank([1, 2], [0, 1], ["a", "b"]))


small = st.integers(0, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.5, 4.0]), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


@settings(derandomize=True, max_examples=120, deadline=None)
@given(small)
def test_any_small_trial_gives_estimates_or_nan_and_never_a_warning(
    data: tuple[list[float], list[bool], list[bool]],
) -> None:
    durations, events, treated = data
    ratio, p = hazard_ratio(durations, events, treated), log_rank(durations, events, treated)
    assert isnan(ratio.value) or 0 < ratio.lower <= ratio.value <= ratio.upper < inf
    assert isnan(p) or 0 <= p <= 1
    assert not isnan(p) or isnan(ratio.value)
    curve = kaplan_meier(durations, events)
    assert curve["survival"].is_monotonic_decreasing
    assert not (curve["lower"] > curve["survival"] + 1e-9).any()
    assert not (curve["upper"] < curve["survival"] - 1e-9).any()


def test_numpy_error_state_is_left_alone() -> None:
    before = np.geterr()
    kaplan_meier([1.0, 2.0, 8.5], [1, 0, 1])  # fitted nowhere else, so not remembered
    assert np.geterr() == before


def test_import_is_quick_because_lifelines_waits() -> None:
    code = "import sys, coley.trial.analysis.statistics; sys.exit('lifelines' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
