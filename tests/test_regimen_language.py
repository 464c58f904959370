"""The regimen language: round trip, tolerance, rejection, and text of any kind."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coley.errors import ColeyError
from coley.regimen import (
    PROCEDURES,
    ROUTES,
    UNITS,
    Administration,
    Amount,
    Band,
    Before,
    Bracket,
    Condition,
    Early,
    Phase,
    Regimen,
    Rest,
    Span,
    Start,
    State,
    Step,
    Tailoring,
    parse,
)

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
    "a 1 mg iv bid day 1",
    "a 1 mg iv at day 5",
    "a 1 mg iv day 3 from week 2 until CR for 6 months",
    "a 1 mg iv days -3 to -1,2 q3w for 9 doses",
    "((a 1 mg iv q3w x1 then a 2 mg iv q3w) + b 1 mg iv q3w) x4 from week 2 unless MRD-negative",
    "radiation 50.4 Gy in 28 fractions to whole body days 1-5 q1w",
    "tvec up to 4 mL of 1e6 PFU/mL intralesional to lesion 2 q2w",
    "autologous-transplant at week 20",
]

RESERVED = {"rest", "then", "auc", "until", "if", "unless", *PROCEDURES}
NAMES = {
    "platinum-doublet": "carboplatin AUC 5 iv q3w x4 + pemetrexed 500 mg/m2 iv q3w x4",
    "endless": "a 1 mg iv q3w",
}
names = st.from_regex(r"\A[a-z][a-z0-9-]{0,11}\Z").filter(
    lambda name: not name.startswith("auc") and name not in RESERVED and name not in NAMES
)
amounts_of_time = st.one_of(st.integers(1, 40).map(float), st.floats(0.01, 40.0))
spans = st.builds(Span, amounts_of_time, st.sampled_from(["day", "week", "month", "year"]))
numbers = st.one_of(st.just(0.0), st.integers(1, 10**9).map(float), st.floats(0.0, 1e15))
states = st.builds(
    State, st.sampled_from(["CR", "VGPR", "PR", "MRD-negative", "grade 0", "grade 4"]), st.none() | spans
)
starts = st.builds(Start, st.integers(1, 500), st.sampled_from(["day", "week"]))
conditions = st.builds(Condition, st.sampled_from(["until", "if", "unless"]), states)
ends_of_all = st.one_of(st.none(), conditions)
infusions = st.builds(Span, st.floats(0.01, 23.0), st.sampled_from(["min", "h"]))


def alike(unit: str, *, absolute: bool = False) -> list[str]:
    """Units that count the same, so that they can stand beside ``unit`` in one dose."""
    own = UNITS[unit]
    return sorted(
        name
        for name, other in UNITS.items()
        if other.base == own.base and (not other.per_day or own.per_day) and not (absolute and other.per)
    )


@st.composite
def tailorings(draw: st.DrawFn, unit: str) -> Tailoring:
    """What can change a dose in ``unit``; mostly nothing."""
    if draw(st.integers(0, 2)):
        return Tailoring()
    amounts = st.builds(Amount, numbers, st.sampled_from(alike(unit)))
    bands = st.builds(
        Band,
        amounts,
        st.sampled_from(["from", "above", "below"]),
        st.floats(0.0, 200.0),
        st.sampled_from(["kg", "m2", "years", "mL/min", "% blasts"]),
    )
    steps = st.builds(
        Step,
        st.builds(Amount, numbers, st.just(unit)),
        st.booleans(),
        st.none() | st.builds(Span, amounts_of_time, st.sampled_from(["day", "week", "month"])),
        st.none() | states,
    )
    early, step = (), None
    if draw(st.booleans()):
        early = tuple(draw(st.lists(st.builds(Early, amounts, st.none() | infusions), max_size=6)))
    else:
        step = draw(st.none() | steps)
    caps = alike(unit, absolute=True)
    cap = draw(st.none() | st.builds(Amount, numbers, st.sampled_from(caps))) if caps else None
    return Tailoring(early, tuple(draw(st.lists(bands, max_size=3))), step, cap)


@st.composite
def schedules(draw: st.DrawFn, *, ending: bool, fractions: int | None = None) -> dict[str, object]:
    """Days, cycle and ends that fit each other; ``ending`` ones are not open-ended."""
    found: dict[str, object] = {"condition": draw(ends_of_all)}
    kind = draw(st.sampled_from(["once", "days", "hours", "cycle", "cycle", "before"]))
    if kind == "before" and fractions is None:
        lead = draw(st.builds(Span, amounts_of_time, st.sampled_from(["min", "h", "day"])))
        return found | {
            "before": Before(lead, draw(st.just("") | names.filter(lambda n: n not in ("infusion", "dose"))))
        }
    found["start"] = draw(st.none() | starts)
    if kind == "once":
        return found
    days = st.integers(-20, 20).filter(bool)
    if kind == "days":
        found["days"] = tuple(sorted(draw(st.sets(days, min_size=1, max_size=6))))
        return found | {"times": draw(st.integers(1, 4))}
    if kind == "hours":
        found["interval"] = Span(float(draw(st.integers(1, 100))), "h")
    else:
        interval = draw(st.builds(Span, st.integers(1, 52).map(float), st.sampled_from(["day", "week"])))
        length = round(interval.days)
        first = draw(st.sampled_from([1, -3, 1]))
        allowed = [day for day in range(first, first + length) if day and (day < 0 or day <= length)]
        chosen = st.sets(st.sampled_from(allowed), min_size=1, max_size=6)
        found |= {"interval": interval, "days": tuple(sorted(draw(chosen))), "times": draw(st.integers(1, 4))}
    if fractions is not None:
        return found
    several = len(found.get("days", (1,))) > 1 or found.get("times", 1) != 1  # type: ignore[arg-type]
    stops = isinstance(found["condition"], Condition) and found["condition"].word == "until"
    ends = ["cycles", "limit"] + (["doses"] if several else []) + ([] if ending and not stops else ["open"])
    end = draw(st.sampled_from(ends))
    if end in ("cycles", "doses"):
        found[end] = draw(st.integers(1, 9999))
    if end == "limit":
        first = found.get("days", (1,))[0]  # type: ignore[index]
        found["limit"] = draw(spans.filter(lambda span: span.days > first - 1))
    return found


@st.composite
def administrations(draw: st.DrawFn, *, ending: bool) -> Administration:
    """Valid administrations and procedures."""
    if draw(st.integers(0, 9)) == 0:
        schedule = draw(schedules(ending=ending))
        return Administration(draw(st.sampled_from(PROCEDURES)), 1.0, "procedure", "procedure", **schedule)  # type: ignore[arg-type]
    unit = draw(st.sampled_from(sorted(UNITS)))
    held = None
    if unit == "mL":
        held = draw(st.none() | st.builds(Amount, numbers, st.sampled_from(["PFU/mL", "vp/mL", "mg/mL", "IU/mL"])))
    fractions = draw(st.none() | st.integers(1, 9999)) if UNITS[unit].kind == "absorbed dose" else None
    schedule = draw(schedules(ending=ending, fractions=fractions))
    route = draw(st.sampled_from(["iv", "sc"] if UNITS[unit].per_day else ROUTES))
    infusion = None
    if route in ("iv", "sc") and (UNITS[unit].per_day or draw(st.booleans())):
        # shorter than any time between doses: six hours at most where there are four a day, an hour for q1h
        infusion = Span(draw(st.floats(0.01, 60.0)), "min")
    return Administration(
        drug=draw(names),
        dose=draw(numbers),
        unit=unit,
        route=route,
        infusion=infusion,
        ceiling=draw(st.integers(0, 5)) == 0 and unit != "AUC",
        concentration=held,
        fractions=fractions,
        tailoring=Tailoring() if held else draw(tailorings(unit)),
        site=draw(st.none() | st.sampled_from(["lesion 1", "lesion 99", "whole body", "leg", "arm"])),
        **schedule,  # type: ignore[arg-type]
    )


@st.composite
def brackets(draw: st.DrawFn, *, ending: bool, depth: int) -> Bracket:
    """A regimen in brackets, or one of ``NAMES``."""
    name = draw(st.sampled_from(["", "platinum-doublet", "endless"]))
    regimen = parse(NAMES[name]) if name else draw(regimens(depth=depth + 1))
    condition = draw(ends_of_all)
    stops = condition is not None and condition.word == "until"
    end = draw(st.sampled_from(["cycles", "limit"] + ([] if ending and regimen.open_ended and not stops else ["open"])))
    return Bracket(
        regimen,
        name,
        cycles=draw(st.integers(1, 9999)) if end == "cycles" else None,
        limit=draw(spans) if end == "limit" else None,
        start=draw(st.none() | starts),
        condition=condition,
    )


@st.composite
def regimens(draw: st.DrawFn, depth: int = 0) -> Regimen:
    """Valid regimens of up to four phases, of which only the last may be open-ended."""
    count = draw(st.integers(1, 4 if depth == 0 else 2))
    phases: list[Phase] = []
    for index in range(count):
        ending = index < count - 1
        item = administrations(ending=ending)
        some = st.one_of(item, item, brackets(ending=ending, depth=depth)) if depth < 2 else item
        together = st.lists(some, min_size=1, max_size=3).map(tuple)
        phases.append(draw(st.one_of(together, together, together, spans.map(Rest))))
    return Regimen(tuple(phases))


def fits(regimen: Regimen) -> bool:
    """Whether its text is short enough to be read."""
    return len(str(regimen)) <= 3000


@settings(derandomize=True, max_examples=150, deadline=None)
@given(regimens().filter(fits))
def test_text_of_a_regimen_parses_back_to_it(regimen: Regimen) -> None:
    assert parse(str(regimen), NAMES) == regimen


@settings(derandomize=True, max_examples=100, deadline=None)
@given(regimens().filter(lambda regimen: len(str(regimen)) < 1200), st.randoms(use_true_random=False))
def test_case_and_spacing_do_not_matter(regimen: Regimen, random: Random) -> None:
    shuffled = "".join(random.choice([c.upper(), c]) for c in str(regimen))
    spaced = "\n" + shuffled.replace(" ", " \t\u00a0 ") + "  "
    assert parse(spaced, NAMES) == regimen
    assert str(parse(spaced, NAMES)) == str(regimen)


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
        ("a 1 mg iv d1,8 q3w", "a 1 mg iv days 1,8 q3w"),
        ("a 1 mg iv d-5,-4,-3", "a 1 mg iv days -5 to -3"),
        ("a 1 mg iv days -5 - -3, -1 to 2", "a 1 mg iv days -5 to -3,-1,1,2"),
        ("a 1 mg po twice daily", "a 1 mg po bid q1d"),
        ("a 1 mg po three times a day days 1-5 q4w", "a 1 mg po tid days 1-5 q4w"),
        ("a 1 mg po five days a week", "a 1 mg po days 1-5 q1w"),
        ("a 1 mg po on 2 days per week", "a 1 mg po days 1,4 q1w"),
        ("a 1 mg po twice weekly", "a 1 mg po days 1,4 q1w"),
        ("a 1 mg po once weekly", "a 1 mg po q1w"),
        ("a 1 mg po every 8 hours", "a 1 mg po q8h"),
        ("a 1 MU per kg sc q8h", "a 1 MIU/kg sc q8h"),
        ("a 3 units / m2 id once", "a 3 IU/m2 intradermal once"),
        ("t 6 mg/kg (loading 8 mg/kg) iv q3w", "t 6 mg/kg (first 8 mg/kg) iv q3w"),
        ("a 8 mg/kg max 800 mg iv q3w", "a 8 mg/kg (at most 800 mg) iv q3w"),
        ("a 6 mg/kg of adjusted ideal weight iv q3w", "a 6 mg/kg of adjusted ideal body weight iv q3w"),
        ("a 1 mg iv q3w until complete response", "a 1 mg iv q3w until CR"),
        ("a 1 mg iv q3w until grade 1 or less", "a 1 mg iv q3w until grade 1"),
        ("a 1 mg iv days 1,8 q3w for 9 doses", "a 1 mg iv days 1,8 q3w for 9 doses"),
        ("a 1 mg iv q3w for 9 doses", "a 1 mg iv q3w x9"),
        (
            "leukapheresis then surgery on day 3 then autologous  transplant",
            "apheresis then resection day 3 then autologous-transplant",
        ),
        ("a 1e6 PFU intratumorally into the largest lesion once", "a 1e6 PFU intralesional to lesion 1 once"),
        ("radiation 8 Gy external beam once", "radiation 8 Gy once"),
        ("(A 1 mg iv q3w)x4,then b 1 mg iv once", "(a 1 mg iv q3w) x4 then b 1 mg iv once"),
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
    ("nivolumab 1 mg/kg iv q1.5h", 22, "whole number of hours", "q3w"),
    ("nivolumab 1 mg/kg iv q12h x3 days 1,3", 30, "'days 1,3' is not understood", "'x4'"),
    ("nivolumab 1 mg/kg iv days 1,3 q12h x3", 22, "a cycle of hours has no days", "bid"),
    ("nivolumab 1 mg/kg iv q1m", 22, "'q1m'", "q30d"),
    ("nivolumab 1 mg/kg iv monthly", 22, "'monthly'", "q30d"),
    ("nivolumab 1 mg/kg iv bid once", 26, "not 'once'", "bid day 1"),
    ("nivolumab 1 mg/kg iv over 13 h bid", 22, "beyond the next dose", "12 h"),
    ("trastuzumab 8 mg/kg iv loading then trastuzumab 6 mg/kg iv q3w", 24, "'loading'", "first 8 mg/kg"),
    ("trastuzumab 6 mg/kg (second 8 mg/kg) iv q3w", 22, "'second' comes where 'first' should", "in order"),
    ("trastuzumab 6 mg/kg () iv q3w", 22, "nothing stands in the bracket", "first 8 mg/kg"),
    ("trastuzumab 6 mg/kg (8 mg/kg) iv q3w", 29, "is missing when this amount is given", "1400 mg from 80 kg"),
    ("trastuzumab 6 mg/kg (first 8 mg/kg please) iv q3w", 36, "'please'", "first 8 mg/kg"),
    ("a 1 mg (2 mg from 3 stone) iv q3w", 9, "'stone' is no measure", "kg, m2, years"),
    ("a 1 mg (at most 3 mg, at most 2 mg) iv q3w", 23, "two caps", "lower one"),
    ("a 1 mg (at most 3 mg/kg) iv q3w", 17, "depends on the patient", "at most 800 mg"),
    ("a 1 mg (1 mg/kg more each dose) iv q3w", 9, "a step in mg/kg does not fit", "write it in mg"),
    ("a 1 mg (1 mg more each dose, 1 mg less each week) iv q3w", 30, "one way only", "keep one"),
    ("a 1 mg (first 2 mg, 1 mg more each dose) iv q3w", 21, "both start differently and rise", "'then'"),
    ("a 1 mg (1e6 cells from 50 kg) iv q3w", 9, "cells does not count what", "write it in mg"),
    ("a 4 mL of 1e6 cows iv once", 11, "a concentration is missing", "PFU/mL"),
    ("a 4 mg of 1e6 PFU/mL iv once", 11, "a dose in mg has no concentration", "4 mL of"),
    ("a 4 mg in 3 fractions iv once", 8, "a dose in mg has no fractions", "each time"),
    ("radiation 4 Gy in 0 fractions q1d", 16, "fractions 0 is not from 1", "60 Gy"),
    ("radiation 4 Gy in 2 fractions q1d x3", 35, "fractions is its end already", "leave the other end"),
    ("radiation 4 Gy to lesion 0 once", 19, "no lesion 0", "the largest"),
    ("radiation 4 Gy to mars once", 19, "'mars' is no site", "whole body"),
    ("a 4 mg/day iv q1d", 5, "needs the time of its infusion", "10 mg po q1d"),
    ("resection 4 mg once", 11, "resection has no dose", "at week 9"),
    ("a 1 mg iv q3w from day 0", 15, "a start is a day or week from 1", "from day 2"),
    ("a 1 mg iv q3w from day 2 from day 3", 26, "starts twice", "keep one"),
    ("a 1 mg iv q3w until paradise", 21, "'paradise' is no state", "CR, VGPR"),
    ("a 1 mg iv q3w until CR if PR", 24, "only one condition", "brackets"),
    ("if CR a 1 mg iv q3w", 1, "a condition stands after", "unless CR"),
    ("p 1 mg po 30 min before lunch", 18, "before what is not said", "before each infusion"),
    ("p 1 mg po 30 min before each infusion from day 2", 11, "starts with them", "leave"),
    ("a 2-4e6 cells/kg iv once", 3, "'2-4e6' is a range", "one number"),
    ("a 300 to 510e6 cells iv once", 3, "is a range", "one number"),
    ("(a 1 mg iv q3w", 1, "'(' is not closed", "write ')'"),
    ("a 1 mg iv q3w)", 14, "')' closes no bracket", "write '('"),
    ("(a 1 mg iv q3w then b 1 mg iv q3w) x4", 16, "'a', which has no end", "x4"),
    ("(a 1 mg iv q3w + b 1 mg iv q3w) then c 1 mg iv once", 33, "'a' and 'b', which has no end", "x4"),
    ("(a 1 mg iv q3w) x4 up to 2 months", 20, "not both", "x4"),
    ("() x4", 2, "nothing stands before", "nivolumab"),
    ("(" * 9 + "a 1 mg iv q3w" + ")" * 9, 9, "more than 8 brackets", "leave some"),
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
    *("days -3 to -1", "bid", "until CR", "unless", "from", "at", "resection", "in 3 fractions", "(at most 3 mg)", ")"),
    *("first", "Gy", "mL", "of", "1e6 PFU/mL", "ug/day", "to lesion 1", "30 min before each infusion", "a week"),
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
            "(",
            "a 1 mg (",
            "()",
            "until CR ",
            "bid ",
            "2 days a week ",
            "first 1 mg,",
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
def test_hostile_text_is_refused_within_a_second_of_work(text: str) -> None:
    """Time of this process alone: a machine may be busy with others."""
    begun = time.process_time()
    with pytest.raises(ColeyError):
        parse(text)
    assert time.process_time() - begun < 1.0
