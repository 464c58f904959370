"""The regimen language: round trip, tolerance, rejection, and text of any kind."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coley.errors import ColeyError
from coley.regimen import ROUTES, UNITS, Administration, Regimen, Rest, Span, parse

CHECKMATE_067 = (
    "nivolumab 1 mg/kg iv q3w x4 + ipilimumab 3 mg/kg iv q3w x4 then nivolumab 240 mg iv q2w up to 24 months"
)
CANONICAL = [
    CHECKMATE_067,
    "nivolumab 3 mg/kg iv over 30 min q2w",
    "carboplatin AUC 5 iv q3w x6 + pemetrexed 500 mg/m2 iv over 10 min q3w x6 then pemetrexed 500 mg/m2 iv q3w",
    "gemcitabine 1250 mg/m2 iv days 1,8 q21d x4",
    "cytarabine 100 mg/m2 iv over 24 h days 1-5,8 q4w x2",
    "cytarabine 100 mg/m2 iv days 1,2,4,6-8 q4w x2",
    "step-up 0.06 mg/kg sc once then rest 2 days then step-up 0.3 mg/kg sc once then step-up 1.5 mg/kg sc q1w",
    "tisagenlecleucel 1e8 cells iv once",
    "aldesleukin 600000 IU/kg iv q1d x5 then rest 9 days then aldesleukin 600000 IU/kg iv q1d x5",
    "bcg 81 mg intravesical over 2 h q1w x6",
    "t-vec 1e6 PFU intralesional once then rest 3 weeks then t-vec 1e8 PFU intralesional q2w up to 1 year",
    "imiquimod 0.5 g topical days 1-5 q1w up to 6 weeks",
    "nivolumab 0 mg/kg iv q2w",
    "rest 1 month then docetaxel 75 mg/m2 iv q3w",
    "drug-a 2.5e-7 ug sc day 8 q4w x1",
]

RESERVED = {"rest", "then", "auc"}
names = st.from_regex(r"\A[a-z][a-z0-9-]{0,11}\Z").filter(
    lambda name: not name.startswith("auc") and name not in RESERVED
)
amounts_of_time = st.one_of(st.integers(1, 40).map(float), st.floats(0.01, 40.0))
spans = st.builds(Span, amounts_of_time, st.sampled_from(["day", "week", "month", "year"]))


@st.composite
def administrations(draw: st.DrawFn, *, ending: bool) -> Administration:
    """Valid administrations; ``ending`` ones are not open-ended."""
    route = draw(st.sampled_from(ROUTES))
    interval = draw(
        st.one_of(st.none(), st.builds(Span, st.integers(1, 52).map(float), st.sampled_from(["day", "week"])))
    )
    days, cycles, limit = (1,), None, None
    if interval is not None:
        length = round(interval.days)
        days = tuple(sorted(draw(st.sets(st.integers(1, length), min_size=1, max_size=6))))
        end = draw(st.sampled_from(["cycles", "limit"] if ending else ["cycles", "limit", "open"]))
        cycles = draw(st.integers(1, 9999)) if end == "cycles" else None
        limit = draw(spans.filter(lambda span: span.days > days[0] - 1)) if end == "limit" else None
    infusion = (
        st.builds(Span, st.floats(0.01, 23.0), st.sampled_from(["min", "h"])) if route in ("iv", "sc") else st.none()
    )
    return Administration(
        drug=draw(names),
        dose=draw(st.one_of(st.just(0.0), st.integers(1, 10**9).map(float), st.floats(0.0, 1e15))),
        unit=draw(st.sampled_from(sorted(UNITS))),
        route=route,
        infusion=draw(st.one_of(st.none(), infusion)),
        interval=interval,
        days=days,
        cycles=cycles,
        limit=limit,
    )


@st.composite
def regimens(draw: st.DrawFn) -> Regimen:
    """Valid regimens of up to four phases, of which only the last may be open-ended."""
    count = draw(st.integers(1, 4))
    phases = []
    for index in range(count):
        together = st.lists(administrations(ending=index < count - 1), min_size=1, max_size=3).map(tuple)
        phases.append(draw(st.one_of(together, together, together, spans.map(Rest))))
    return Regimen(tuple(phases))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(regimens())
def test_text_of_a_regimen_parses_back_to_it(regimen: Regimen) -> None:
    assert parse(str(regimen)) == regimen


@settings(derandomize=True, max_examples=100, deadline=None)
@given(regimens(), st.randoms(use_true_random=False))
def test_case_and_spacing_do_not_matter(regimen: Regimen, random: Random) -> None:
    shuffled = "".join(random.choice([c.upper(), c]) for c in str(regimen))
    spaced = "\n" + shuffled.replace(" ", " \t\u00a0 ") + "  "
    assert parse(spaced) == regimen
    assert str(parse(spaced)) == str(regimen)


@pytest.mark.parametrize("text", CANONICAL)
def test_canonical_text_is_printed_back_unchanged(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Nivolumab 240mg IV over 30 minutes Q2W", "nivolumab 240 mg iv over 30 min q2w"),
        (
            "nivolumab 1 mg / kg iv q3w ×4,\n then nivolumab 240 mg iv q2w",
            "nivolumab 1 mg/kg iv q3w x4 then nivolumab 240 mg iv q2w",
        ),
        ("carboplatin 5 AUC intravenously q3w x 4", "carboplatin AUC 5 iv q3w x4"),
        ("a 1 mg/m² iv q3w+b 2 mcg sc weekly", "a 1 mg/m2 iv q3w + b 2 ug sc q1w"),
        ("a 1 mg per kg oral daily", "a 1 mg/kg po q1d"),
        ("a 10 mg po once daily", "a 10 mg po q1d"),
        ("a 1e+8 cells iv once", "a 1e8 cells iv once"),
        ("a 1e8 pfu intralesional every 2 weeks", "a 1e8 PFU intralesional q2w"),
        ("a 2 mg iv day 1 q3w up to 35 cycles", "a 2 mg iv q3w x35"),
        ("a 2 mg iv on days 1 - 3 , 8 q3w for 2 years", "a 2 mg iv days 1-3,8 q3w up to 2 years"),
        ("a 2 mg iv q3w until progression", "a 2 mg iv q3w"),
        ("a 0.50 mg iv q3w up to 1 months", "a 0.5 mg iv q3w up to 1 month"),
        ("a -0 mg iv q3w", "a 0 mg iv q3w"),
    ],
)
def test_ways_of_writing_the_same(written: str, canonical: str) -> None:
    assert str(parse(written)) == canonical


def test_tree_of_checkmate_067() -> None:
    first, second = parse(CHECKMATE_067).phases
    assert isinstance(first, tuple)
    assert isinstance(second, tuple)
    assert [(a.drug, a.dose, a.unit, a.route, a.interval_days, a.cycles) for a in first] == [
        ("nivolumab", 1.0, "mg/kg", "iv", 21.0, 4),
        ("ipilimumab", 3.0, "mg/kg", "iv", 21.0, 4),
    ]
    (maintenance,) = second
    # 24 months of 30.4375 days
    assert (maintenance.dose, maintenance.interval_days, maintenance.limit_days) == (240.0, 14.0, 730.5)
    assert parse(CHECKMATE_067).drugs == ("nivolumab", "ipilimumab")


def test_lengths_of_time_in_days_and_hours() -> None:
    (phase,) = parse("a 1 mg iv over 90 min days 1,8 q3w up to 2 years").phases
    assert isinstance(phase, tuple)
    assert (phase[0].duration_hours, phase[0].limit_days, phase[0].days) == (1.5, 730.5, (1, 8))
    (single,) = parse("a 1 mg iv once").administrations
    assert (single.duration_hours, single.interval_days, single.limit_days, single.open_ended) == (
        None,
        None,
        None,
        False,
    )


def test_position_in_the_text_is_no_part_of_equality() -> None:
    near, far = parse("a 1 mg iv q3w"), parse("   a   1 mg iv q3w")
    assert near == far
    assert hash(near) == hash(far)
    assert near.administrations[0].place != far.administrations[0].place


REJECTED = [
    ("", 1, "empty", "nivolumab 3 mg/kg iv q2w"),
    ("   ", 1, "empty", "e.g."),
    ("nivolumab -1 mg/kg iv q3w", 11, "negative", "write 1"),
    ("nivolumab 1 mg/kg iv q0w", 22, "'q0w'", "q3w"),
    ("nivolumab 1 mg/kg iv q-2w", 22, "'q-2w'", "q3w"),
    ("nivolumab 1 mg/kg iv q3.5d", 22, "whole number of days", "days 1,4 q1w"),
    ("nivolumab 1 mg/kg iv q3", 22, "'q3'", "'q3w'"),
    ("nivolumab 1 mg/kg iv q12h", 22, "'q12h'", "whole days or weeks"),
    ("nivolumab 1 mg/kg iv q1m", 22, "'q1m'", "q30d"),
    ("nivolumab 1 mg/kg iv monthly", 22, "'monthly'", "q30d"),
    ("nivolumab 1 mg/kg iv bid", 22, "'bid'", "q1d"),
    ("nivolumab 1 mg/kg iv biweekly", 22, "'biweekly'", "q2w"),
    ("nivolumab 1 mg/kg iv q999w", 22, "10 years", "q3w"),
    ("nivolumab 1 mg/kg iv q3w x0", 26, "number of cycles 0", "x4"),
    ("nivolumab 1 mg/kg iv q3w x2.5", 26, "number of cycles 2.5", "x4"),
    ("nivolumab 1 mg/kg iv q3w x-4", 26, "number of cycles -4", "x4"),
    ("nivolumab 1 mg/kg iv q3w x1e99", 26, "number of cycles 1e99", "x4"),
    ("nivolumab 1 mg/kg iv q3w up to 0 months", 32, "0 months", "up to 24 months"),
    ("nivolumab 1 mg/kg iv q3w up to 24", 34, "unit of time is missing", "up to 24 months"),
    ("nivolumab 1 mg/kg iv q3w up to 24 cows", 35, "'cows'", "up to 24 months"),
    ("nivolumab 1 mg/kg iv q3w up to 101 years", 32, "100 years", "up to 24 months"),
    ("nivolumab 1 mg/kg iv q3w x4 up to 24 months", 29, "not both", "'x4' or 'up to 24 months'"),
    ("nivolumab 1 mg/kg iv q3w up to 2 years x4", 40, "not both", "'x4' or 'up to 24 months'"),
    ("nivolumab 1 mg/kg iv", 21, "interval is missing", "q3w"),
    ("nivolumab 1 mg/kg iv x4", 22, "interval is missing", "q3w"),
    ("nivolumab 1 mg/kg q3w", 19, "route is missing", "iv, sc"),
    ("nivolumab 1 mg/kg intravenus q3w", 19, "'intravenus'", "did you mean 'intravenous'"),
    ("nivolumab 1 iv q3w", 13, "unit is missing", "mg/kg"),
    ("nivolumab 1 mgkg iv q3w", 13, "'mgkg'", "did you mean 'mg/kg'"),
    ("nivolumab iv q3w", 11, "dose is missing", "3 mg/kg"),
    ("240 mg iv q3w", 1, "drug is missing", "nivolumab 3 mg/kg"),
    ("AUC 5 iv q3w", 1, "drug is missing", "nivolumab 3 mg/kg"),
    ("nivo_lumab 1 mg iv q3w", 1, "'nivo_lumab'", "letters, digits and hyphens"),
    ("trastuzumab deruxtecan 5.4 mg/kg iv q3w", 1, "more than one word", "'trastuzumab-deruxtecan'"),
    ("nivolumab and ipilimumab 1 mg/kg iv q3w", 1, "more than one word", "'+'"),
    ("nivolumab 1,000 mg iv q3w", 11, "comma", "1000 or 0.5"),
    ("nivolumab 1e999 mg iv q3w", 11, "too large", "1e15"),
    ("nivolumab 1 mg iv over 0 min q3w", 24, "above zero", "over 30 min"),
    ("nivolumab 1 mg iv over q3w", 24, "number is missing", "over 30 min"),
    ("nivolumab 1 mg iv over 2 weeks q3w", 26, "'weeks'", "over 30 min"),
    ("lenalidomide 25 mg po over 1 h q1d", 23, "takes no time", "iv, sc"),
    ("nivolumab 1 mg iv over 30 h q1d", 19, "beyond the next dose", "24 h"),
    ("nivolumab 1 mg iv over 30 h days 1,2 q3w", 19, "beyond the next dose", "24 h"),
    ("gemcitabine 1 g/m2 iv days 1,30 q3w", 23, "day 30", "1 to 21"),
    ("gemcitabine 1 g/m2 iv days 8,1 q3w", 28, "ascending", "days 1,8"),
    ("gemcitabine 1 g/m2 iv days 0,8 q3w", 28, "no days of a cycle", "1-5"),
    ("gemcitabine 1 g/m2 iv days 5-1 q3w", 28, "no days of a cycle", "1-5"),
    ("gemcitabine 1 g/m2 iv days 1-99999999999 q3w", 28, "no days of a cycle", "1-5"),
    ("gemcitabine 1 g/m2 iv days q3w", 28, "days of the cycle are missing", "days 1,8 q3w"),
    ("gemcitabine 1 g/m2 iv days 1,8 once", 23, "need an interval", "days 1,8 q3w"),
    ("gemcitabine 1 g/m2 iv day 8 q3w up to 7 days", 33, "before the first dose", "more than 7 days"),
    ("nivolumab 1 mg iv once x4", 19, "cannot be repeated", "q3w x4"),
    ("nivolumab 1 mg iv q3w please", 23, "'please'", "'+'"),
    ("nivolumab 1 mg iv q2w then ipilimumab 3 mg/kg iv q3w x4", 23, "'nivolumab', which has no end", "x4"),
    ("nivolumab 1 mg iv q2w x4 then", 26, "nothing stands after 'then'", "nivolumab 3 mg/kg"),
    ("+ nivolumab 1 mg iv q2w x4", 1, "nothing stands before", "nivolumab 3 mg/kg"),
    ("rest", 5, "number is missing", "rest 2 weeks"),
    ("rest 2 h then nivolumab 1 mg iv once", 8, "'h'", "rest 2 weeks"),
    ("nivolumab 1 mg iv once + rest 2 weeks", 26, "rest cannot be joined", "then rest 2 weeks then"),
]


@pytest.mark.parametrize(("text", "column", "what", "hint"), REJECTED, ids=[text or "nothing" for text, *_ in REJECTED])
def test_a_fault_is_named_with_its_column_and_a_suggestion(text: str, column: int, what: str, hint: str) -> None:
    with pytest.raises(ColeyError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    assert problem.where == f"regimen, column {column}"
    assert what in problem.what
    assert hint in problem.hint


def test_every_problem_of_a_text_is_reported_in_order() -> None:
    text = "nivolumab -1 mg/kg iv q0w x0 + ipilimumab 3 mgkg iv q3w then 240 mg iv q2w then x 1 mg iv q1d x1"
    with pytest.raises(ColeyError) as caught:
        parse(text)
    found = [(int(p.where.removeprefix("regimen, column ")), p.what) for p in caught.value.problems]
    assert [text[column - 1 :].split()[0] for column, _ in found] == ["-1", "q0w", "x0", "mgkg", "240"]
    assert all(problem.hint for problem in caught.value.problems)


def test_three_missing_fields_are_three_problems() -> None:
    with pytest.raises(ColeyError) as caught:
        parse("nivolumab")
    assert [problem.what.split(" is ")[0] for problem in caught.value.problems] == [
        "the dose",
        "the route",
        "the interval",
    ]


WORDS = [
    *("nivolumab", "5-fu", "auc", "1", "-1", "0", "1e8", "1e999", "0.5", "1,5", ".5", "1,8", "1-5", "30"),
    *("mg", "mg/kg", "mg/m\u00b2", "\u00b5g", "cells", "PFU", "AUC", "iv", "po", "intravenous", "over", "min", "h"),
    *("once", "daily", "weekly", "days", "day", "q3w", "q0w", "q", "q3", "every", "weeks", "months", "monthly", "bid"),
    *("x4", "x0", "\u00d7", "x", "up", "to", "up to", "until", "progression", "for", "rest", "then", "+", "++", "e+5"),
    *("then+", "and", ",", ";", "(", "\u0663", "\u017f", "\u0130", "\u212a", "\x00", "\ud800"),
]


@settings(derandomize=True, max_examples=400, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
        st.lists(st.sampled_from(WORDS), max_size=12).map("".join),
    )
)
def test_any_text_is_a_regimen_or_a_coley_error(text: str) -> None:
    try:
        regimen = parse(text)
    except ColeyError as error:
        for problem in error.problems:
            assert 1 <= int(problem.where.removeprefix("regimen, column ")) <= len(text) + 1
            assert problem.hint
    else:
        assert parse(str(regimen)) == regimen


@pytest.mark.parametrize(
    "text",
    [
        unit * (4000 // len(unit))
        for unit in (
            " ",
            "+",
            "9",
            "a ",
            "a",
            "a/",
            "1 ",
            "1e",
            "then ",
            "q3w ",
            "1-",
            "a 1 ",
            "mg per ",
            "-",
            "1,",
            "×",
        )
    ]
    + [
        "a 1 mg iv days " + "1," * 1990,
        "a 1 mg iv q" + "9" * 3000,
        "a" + " " * 3990 + "b",
        "a auc" + " " * 3980 + "x",
        "a 1 mg" + " / mg" * 700,
        "x" * 10**6,
    ],
    ids=lambda text: text[:20],
)
def test_hostile_text_is_refused_within_a_second(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ColeyError):
        parse(text)
    assert time.perf_counter() - start < 1.0
