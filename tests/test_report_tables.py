"""The tables of the report's page, beside numbers worked out by hand or published."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from coley.protocol import Trial
from coley.report.comparison import headline
from coley.report.page import render_page
from coley.report.safety import care
from coley.report.select import Outcome, harm_rates, outcomes
from coley.report.tables import comparisons
from made_up import ONE_ARM, SUMMARY_COLUMNS, UNDRAWN, PageReader, made_up, published


@pytest.mark.parametrize(
    ("predicted", "lower", "upper", "published", "missed", "judged"),
    [
        (np.nan, 20.0, np.nan, 25.0, False, True),
        (np.nan, 20.0, np.nan, 15.0, True, True),
        (10.0, 8.0, 12.0, 12.0, False, True),
        (10.0, 8.0, 12.0, 12.1, True, True),
        (10.0, 8.0, 12.0, np.nan, False, False),
        (10.0, np.nan, np.nan, 99.0, False, False),
    ],
)
def test_misses_are_judged_against_open_bounds(
    predicted: float, lower: float, upper: float, published: float, missed: bool, judged: bool
) -> None:
    outcome = Outcome("arm", "ORR", predicted, lower, upper, published, np.nan, np.nan)
    assert (outcome.missed, outcome.judged) == (missed, judged)


def test_arms_are_compared_in_pairs() -> None:
    """Freireich's leukaemia data, as in Collett: hazard ratio 4.82 (R survival, coxph, efron), log-rank chi2 16.8."""
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    treated = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    censored = [0, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1]
    result = made_up(n=4)
    one, other = result.tables["ADSL"]["ARM"].unique()[:2]
    rows = [(one, t, 0) for t in placebo] + [(other, t, c) for t, c in zip(treated, censored, strict=True)]
    frame = pd.DataFrame(rows, columns=["ARM", "AVAL", "CNSR"]).assign(PARAMCD="OS", USUBJID="", EVNTDESC="")
    table = comparisons(dataclasses.replace(result, tables={**result.tables, "ADTTE": frame}))
    first = table.groups[0]
    assert first.label == f"{one} against {other}"
    assert first.rows[0][0] == "OS"
    assert first.rows[0][1].startswith("4.82") and first.rows[0][2] == "< 0.001"
    assert first.rows[1] == ("PFS", "\u2014", "\u2014")


def test_of_many_arms_each_is_compared_with_the_first() -> None:
    few, many = (made_up({f"arm {k}": 20.0 for k in range(n)}, 2, with_published=False) for n in (8, 9))
    assert len(comparisons(few).groups) == 8 * 7 / 2
    assert [group.label for group in comparisons(many).groups] == [f"arm {k} against arm 0" for k in range(1, 9)]


def test_strata_stand_under_their_arm_and_recalled_values_are_marked() -> None:
    """In made_up, survival was read and all else recalled; a stratum of each arm has one published value."""
    table = headline(made_up())
    assert [(group.label, group.under) for group in table.groups[:2]] == [("combination", False), ("PD-L1 high", True)]
    cells = {row[0]: row[2] for row in table.groups[0].rows}
    assert cells["Objective response rate, %"] == "58.0 (52.0\u201363.6)\u2020"
    assert cells["Overall survival at 60 months, %"] == "52.0"
    assert table.groups[1].rows == (
        ("Objective response rate, %", "72.0 (60.0\u201380.0)", "70.0\u2020", "inside"),
    )  # fmt: skip
    assert "\u2020 The published value was recalled" in table.caption


def test_the_same_endpoint_at_two_data_cuts_keeps_its_own_source() -> None:
    result = made_up(ONE_ARM, 3)
    early, late = (published("ORR", value) | {"source": f"cut of {value}"} for value in (15.0, 19.0))
    described = result.trial.model_dump(mode="json")
    described["arms"][0]["published"] = [early, late]
    rows = [("ipilimumab", "ORR", 16.0, 12.0, 20.0, value, np.nan, np.nan) for value in (15.0, 19.0)]
    summary = pd.DataFrame(rows, columns=SUMMARY_COLUMNS)
    found = outcomes(dataclasses.replace(result, trial=Trial.model_validate(described), summary=summary))
    assert [o.fact.source for o in found if o.fact] == ["cut of 15.0", "cut of 19.0"]


def test_harm_is_counted_by_patient() -> None:
    """By hand from made_up: of 39 patients, three with colitis of grades 2, 3 and 5, begun on days 7, 21 and 35; the
    one of the median began in week 3. Prednisone was given from day 7 to day 20: two weeks."""
    result = made_up()
    rate = harm_rates(result)[0]
    assert (rate.term, rate.patients, rate.any_grade, rate.severe, rate.fatal) == ("Colitis", 39, 3, 2, 1)
    assert (rate.onset_weeks, rate.held, rate.stopped) == (3.0, 1, 2)
    assert [other.any_grade for other in harm_rates(result)[1:]] == [0, 0]
    assert care(result).groups[0].rows == (
        ("Colitis", "prednisone", "1 (3\u00a0%)", "1.0", "2.0 [2.0\u20132.0]"),
    )  # fmt: skip
    text = PageReader(render_page(result, UNDRAWN)).text
    assert "Harm of treatment was not simulated" not in text
    assert "1 calibrated; 1 label, read; 1 measured, recalled" in text
