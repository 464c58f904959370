"""Regimens in time and in mg: expansion, Calvert's formula, NONMEM-style table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coley.errors import ColeyError
from coley.regimen import Regimen, amounts, duration, expand, nonmem_table, parse

CHECKMATE_067 = (
    "nivolumab 1 mg/kg iv q3w x4 + ipilimumab 3 mg/kg iv q3w x4 then nivolumab 240 mg iv q2w up to 24 months"
)
PATIENTS = pd.DataFrame(
    {"ID": [11, 7, 3], "WEIGHT": [80.0, 60.0, 100.0], "BSA": [2.0, 1.6, 2.2], "GFR": [100.0, 60.0, 0.0]}
)


def days_of(regimen: Regimen, drug: str, horizon: float) -> list[float]:
    return [dose.day for dose in expand(regimen, horizon) if dose.administration.drug == drug]


def test_checkmate_067_by_hand() -> None:
    """Induction on days 0, 21, 42, 63; maintenance from day 84 every 14 days.

    24 months are 730.5 days; 730.5 / 14 = 52.18, so the last of 53 doses is on day 84 + 52 * 14 = 812.
    """
    regimen = parse(CHECKMATE_067)
    assert days_of(regimen, "ipilimumab", 5000) == [0, 21, 42, 63]
    nivolumab = days_of(regimen, "nivolumab", 5000)
    assert nivolumab[:8] == [0, 21, 42, 63, 84, 98, 112, 126]
    assert nivolumab[-1] == 812
    assert len(nivolumab) == 4 + 53
    assert [d.administration.dose for d in expand(regimen, 5000) if d.administration.drug == "nivolumab"][3:5] == [
        1,
        240,
    ]


def test_doses_are_ordered_in_time_then_in_the_order_of_the_text() -> None:
    doses = expand(parse("b 1 mg iv q1w x3 + a 1 mg iv days 1,3 q1w x2"), 100)
    assert [(dose.day, dose.administration.drug) for dose in doses] == [
        (0, "b"), (0, "a"), (2, "a"), (7, "b"), (7, "a"), (9, "a"), (14, "b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "horizon", "days"),
    [
        ("a 1 mg iv q3w", 63, [0, 21, 42]),  # the horizon itself is excluded
        ("a 1 mg iv q3w", 63.5, [0, 21, 42, 63]),
        ("a 1 mg iv q3w", 0, []),
        ("a 1 mg iv once", 10, [0]),
        ("a 1 mg iv days 1,8 q3w x2", 100, [0, 7, 21, 28]),
        ("a 1 mg iv days 1-3 q4w", 30, [0, 1, 2, 28, 29]),
        ("a 1 mg iv q2w up to 4 weeks", 100, [0, 14]),  # a dose on the day of the limit is not given
        ("a 1 mg iv days 1,8 q3w up to 4 weeks", 100, [0, 7, 21]),
        ("a 1 mg iv day 8 q3w x2", 100, [7, 28]),
        ("a 1 mg iv q1d x3 then rest 4 days then a 2 mg iv q1d x2", 100, [0, 1, 2, 7, 8]),
        # step-up with single doses on days 1 and 4 of the label's calendar, then weekly from day 8
        (
            "a 1 mg sc once then rest 2 days then a 2 mg sc once then rest 3 days then a 3 mg sc q1w x2",
            100,
            [0, 3, 7, 14],
        ),
        # the next phase waits for the longest part: 2 x 21 days
        ("a 1 mg iv q3w x2 + b 1 mg iv q1w x3 then a 1 mg iv once", 100, [0, 21, 42]),
        # an end after the last cycle, not the last dose: cycle 2 of days 1, 8 runs until day 42
        ("a 1 mg iv days 1,8 q3w x2 then a 1 mg iv q1w x2", 100, [0, 7, 21, 28, 42, 49]),
        # a limit completes the cycle of its last dose: doses on days 0 and 21, next phase on day 42
        ("a 1 mg iv q3w up to 25 days then a 1 mg iv once", 100, [0, 21, 42]),
    ],
)
def test_days_of_doses_by_hand(text: str, horizon: float, days: list[float]) -> None:
    assert days_of(parse(text), "a", horizon) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("a 1 mg iv q3w x4", 84),
        ("a 1 mg iv q3w", None),
        ("a 1 mg iv once", 1),
        ("a 1 mg iv once then rest 2 weeks", 15),
        ("a 1 mg iv q3w x4 + b 1 mg iv q1w x20", 140),
        ("a 1 mg iv q3w x4 + b 1 mg iv q1w", None),
        ("a 1 mg iv q3w x4 then b 1 mg iv q1w", None),
        (CHECKMATE_067, 84 + 53 * 14),
        ("rest 1 year", 365.25),
    ],
)
def test_duration(text: str, days: float | None) -> None:
    assert duration(parse(text)) == days


@pytest.mark.parametrize("horizon", [float("inf"), float("nan"), -1.0])
def test_a_horizon_must_be_finite(horizon: float) -> None:
    with pytest.raises(ColeyError, match="horizon_days"):
        expand(parse("a 1 mg iv q3w"), horizon)


@pytest.mark.parametrize(
    ("dose", "expected"),
    [
        ("240 mg", [240, 240, 240]),
        ("3 mg/kg", [240, 180, 300]),
        ("75 mg/m2", [150, 120, 165]),
        ("1 g/m2", [2000, 1600, 2200]),
        ("2 g", [2000, 2000, 2000]),
        ("20 ug/kg", [1.6, 1.2, 2.0]),
        ("0 mg/kg", [0, 0, 0]),
        ("1e8 cells", [1e8, 1e8, 1e8]),
        ("2e6 cells/kg", [1.6e8, 1.2e8, 2e8]),
        ("600000 IU/kg", [4.8e7, 3.6e7, 6e7]),
        ("20e6 IU/m2", [4e7, 3.2e7, 4.4e7]),
        ("1e6 PFU", [1e6, 1e6, 1e6]),
    ],
)
def test_amounts_for_patients(dose: str, expected: list[float]) -> None:
    (administration,) = parse(f"a {dose} iv once").administrations
    found = amounts(administration, weight=np.array([80.0, 60, 100]), bsa=np.array([2.0, 1.6, 2.2]), gfr=np.ones(3))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_carboplatin_by_calvert() -> None:
    """Dose (mg) = AUC (GFR + 25), Calvert AH et al., J Clin Oncol 1989;7:1748; products worked out by hand."""
    for auc, gfr, milligrams in ((5, 100.0, 625.0), (7, 60.0, 595.0), (4, 0.0, 100.0)):
        (administration,) = parse(f"carboplatin AUC {auc} iv q3w x6").administrations
        found = amounts(administration, weight=np.ones(2), bsa=np.ones(2), gfr=np.full(2, gfr))
        assert found.tolist() == [milligrams, milligrams]


def test_nonmem_table_of_checkmate_067() -> None:
    table = nonmem_table(parse(CHECKMATE_067), PATIENTS, 400, infusion_hours={"nivolumab": 1.0, "ipilimumab": 1.5})
    assert list(table.columns) == ["ID", "TIME", "AMT", "RATE", "DUR", "EVID", "CMT", "II", "ADDL", "SS"]
    assert table["ID"].tolist() == [11, 11, 11, 7, 7, 7, 3, 3, 3]
    first = table[table["ID"] == 11]
    # (400 - 84) / 14 = 22.6: doses 0 to 22 of maintenance, so 22 additional ones
    assert first.drop(columns="RATE").values.tolist() == [
        [11, 0.0, 80.0, 1 / 24, 1, "nivolumab", 21.0, 3, 0],
        [11, 0.0, 240.0, 1.5 / 24, 1, "ipilimumab", 21.0, 3, 0],
        [11, 84.0, 240.0, 1 / 24, 1, "nivolumab", 14.0, 22, 0],
    ]
    np.testing.assert_allclose(first["RATE"], [80.0 * 24, 240.0 / 1.5 * 24, 240.0 * 24])
    assert table.attrs["units"]["TIME"] == "day"


def test_infusion_time_of_the_text_goes_first_and_defaults_are_for_infusions_only() -> None:
    regimen = parse("a 24 mg iv over 30 min once + a 24 mg sc once + a 24 mg iv once + b 24 mg iv once")
    table = nonmem_table(regimen, PATIENTS.iloc[:1], 10, infusion_hours={"a": 1.0})
    assert (table["DUR"] * 24).round(9).tolist() == [0.5, 0, 1, 0]
    assert table["RATE"].round(6).tolist() == [24 * 48, 0, 24 * 24, 0]


def test_a_dose_of_zero_is_no_record() -> None:
    nothing = nonmem_table(parse("a 0 mg/kg iv q3w"), PATIENTS, 100, infusion_hours={})
    both = nonmem_table(parse("a 0 mg/kg iv q3w + b 1 mg iv q3w"), PATIENTS, 100, infusion_hours={})
    alone = nonmem_table(parse("b 1 mg iv q3w"), PATIENTS, 100, infusion_hours={})
    assert nothing.empty
    pd.testing.assert_frame_equal(both, alone)
    beyond = nonmem_table(parse("rest 1 year then b 1 mg iv q3w"), PATIENTS, 100, infusion_hours={})
    assert beyond.empty
    assert list(beyond.columns) == list(alone.columns)
    assert beyond.dtypes.to_dict() == alone.dtypes.to_dict()


def test_every_fault_of_the_inputs_is_reported() -> None:
    patients = pd.DataFrame({"ID": [1, 1], "WEIGHT": [80.0, -1.0], "GFR": [np.nan, 0.0]})
    with pytest.raises(ColeyError) as caught:
        nonmem_table(parse("a 1 mg iv q3w"), patients, 100, infusion_hours={"a": -1.0})
    assert [problem.where for problem in caught.value.problems] == [
        "infusion_hours['a']",
        "patients, column BSA",
        "patients, column ID",
        "patients, column WEIGHT",
        "patients, column GFR",
    ]


DOSES = st.sampled_from(["1 mg/kg", "75 mg/m2", "240 mg", "AUC 5"])
SCHEDULES = st.sampled_from(
    [
        "once",
        "q3w x4",
        "q2w x1",
        "days 1,8 q3w x3",
        "days 1-5,9 q4w x2",
        "q1d up to 2 weeks",
        "day 8 q3w up to 2 months",
        "bid days 1-3 q2w for 7 doses",
        "q8h x5 from day 3",
        "days -3,2",
        "q1w x9 until CR",
    ]
)
PARTS = st.one_of(
    st.builds("{} {} iv {}".format, st.sampled_from("abc"), DOSES, SCHEDULES),
    st.builds("{} 5 mg (first 1 mg, second 2 mg, at most 4 mg) iv {}".format, st.sampled_from("abc"), SCHEDULES),
    st.builds(
        "{} 100 mg ({} mg {} each week) iv {}".format,
        st.sampled_from("abc"),
        st.integers(1, 60),
        st.sampled_from(["more", "less"]),
        SCHEDULES,
    ),
    st.sampled_from(
        [
            "(a 1 mg iv q1w x2 then b 1 mg iv once) x3",
            "(a 1 mg iv q1w + b 1 mg iv q2w) up to 5 weeks",
            "p 1 mg po 1 h before each infusion x4",
        ]
    ),
)
PHASES = st.one_of(
    st.lists(PARTS, min_size=1, max_size=3).map(" + ".join), st.sampled_from(["rest 2 weeks", "rest 1 month"])
)
TEXTS = st.builds(
    lambda phases, last: " then ".join([*phases, last]),
    st.lists(PHASES, max_size=3),
    st.sampled_from(["a 3 mg/kg iv q2w", "b 100 mg iv days 1,3 q1w", "c 1 mg iv once"]),
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(TEXTS, st.floats(0.0, 400.0))
def test_table_unrolled_is_the_expansion(text: str, horizon: float) -> None:
    regimen = parse(text)
    table = nonmem_table(regimen, PATIENTS, horizon, infusion_hours={})
    unrolled = sorted(
        (row.ID, row.TIME + k * row.II, row.CMT, row.AMT) for row in table.itertuples() for k in range(row.ADDL + 1)
    )
    sizes = {name.lower(): PATIENTS[name].to_numpy() for name in ("WEIGHT", "BSA", "GFR")}
    expected = sorted(
        (patient, dose.day, dose.administration.drug, amount)
        for dose in expand(regimen, horizon)
        for patient, amount in zip(PATIENTS["ID"], amounts(dose.administration, **sizes), strict=True)
        if amount > 0
    )
    assert unrolled == expected


@settings(derandomize=True, max_examples=60, deadline=None)
@given(TEXTS, st.floats(0.0, 400.0), st.floats(0.0, 400.0))
def test_a_longer_horizon_only_adds_doses(text: str, one: float, other: float) -> None:
    regimen = parse(text)
    shorter, longer = (expand(regimen, horizon) for horizon in sorted((one, other)))
    assert longer[: len(shorter)] == shorter
    assert all(dose.day >= min(one, other) for dose in longer[len(shorter) :])
    assert all(-3 <= dose.day < max(one, other) for dose in longer)
