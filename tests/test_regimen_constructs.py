"""What the regimen language can say beyond one drug on one cycle, worked out by hand: days, amounts, units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coley.errors import ColeyError
from coley.regimen import Administration, State, amounts, duration, expand, nonmem_table, parse

WEIGHT, BSA, GFR = np.array([80.0, 45.0, 29.0]), np.array([2.0, 1.5, 1.0]), np.array([100.0, 60.0, 120.0])


def days(text: str, horizon: float = 200, **met: float) -> list[tuple[float, str]]:
    states = {State(name): day for name, day in met.items()}
    doses = expand(parse(text), horizon, met=states)
    return [(round(dose.day, 6), dose.administration.drug) for dose in doses]


def given(text: str) -> Administration:
    return parse(text).administrations[0]


def amount(text: str, **people: np.ndarray) -> list[float]:
    found = amounts(given(text), weight=WEIGHT, bsa=BSA, gfr=GFR, **people)
    return [round(float(value), 9) for value in found]


def test_one_limit_ends_all_in_a_bracket() -> None:
    """Two cycles of three weeks: paclitaxel every week of the 42 days; what follows starts on day 42."""
    assert days("(a 1 mg iv q3w + b 1 mg iv q1w) x2 then c 1 mg iv once") == [
        *[(0, "a"), (0, "b"), (7, "b"), (14, "b"), (21, "a"), (21, "b"), (28, "b"), (35, "b"), (42, "c")]
    ]  # fmt: skip
    # 10 days from day 0: no dose on day 10 or later; the cycle of the last dose (day 9, of 3 days) is completed
    assert days("(a 1 mg iv q3d + b 1 mg iv q1w) up to 10 days then c 1 mg iv once") == [
        *[(0, "a"), (0, "b"), (3, "a"), (6, "a"), (7, "b"), (9, "a"), (14, "c")]
    ]  # fmt: skip
    # the inner end stays what it is where it comes first
    assert days("(a 1 mg iv q3d x2 + b 1 mg iv q1w) up to 3 weeks") == [
        *[(0, "a"), (0, "b"), (3, "a"), (7, "b"), (14, "b")]
    ]  # fmt: skip
    # a limit falls into a rest of the bracket
    assert days("(a 1 mg iv once then rest 3 weeks then a 1 mg iv once) up to 2 weeks then b 1 mg iv once") == [
        (0, "a"),
        (14, "b"),
    ]


def test_a_bracket_that_ends_by_itself_is_repeated() -> None:
    assert days("(a 1 mg iv q1w x2 then rest 1 week) x2 then b 1 mg iv once") == [
        *[(0, "a"), (7, "a"), (21, "a"), (28, "a"), (42, "b")]
    ]  # fmt: skip
    assert duration(parse("((a 1 mg iv q1w x2) x3 then rest 1 week) x2")) == 98
    # 14 days at a time; the limit of 100 days falls into the eighth, whose second dose (day 105) is not given
    assert duration(parse("((a 1 mg iv q1w x2) x9999) up to 100 days")) == 105
    assert days("((a 1 mg iv q1w x2) x9999) up to 100 days then b 1 mg iv once")[-2:] == [(98, "a"), (105, "b")]
    # billions of them are counted, not laid out
    assert duration(parse("((((a 1 mg iv q1d x1) x9999) x9999) x9999) x9999")) == 9999.0**4
    assert len(expand(parse("((((a 1 mg iv q1d x1) x9999) x9999) x9999) x9999"), 50)) == 50
    # the inner bracket bounds a, so that the outer one counts cycles of b
    assert duration(parse("((a 1 mg iv q3w) x2 then b 1 mg iv q1w) x10")) == 70


def test_a_loading_dose_beside_partners_counts_as_one_of_the_cycles() -> None:
    text = "((t 8 mg/kg iv q3w x1 then t 6 mg/kg iv q3w) + c AUC 6 iv q3w) x3"
    doses = expand(parse(text), 200)
    assert [(d.day, d.administration.drug, d.administration.dose) for d in doses] == [
        *[(0, "t", 8), (0, "c", 6), (21, "t", 6), (21, "c", 6), (42, "t", 6), (42, "c", 6)]
    ]  # fmt: skip
    assert duration(parse(text)) == 63


def test_first_doses_have_their_own_size_and_infusion() -> None:
    doses = expand(parse("t 6 mg/kg (first 8 mg/kg over 90 min) iv over 30 min days 1,8 q3w x2"), 200)
    assert [(d.day, d.administration.dose, d.administration.duration_hours) for d in doses] == [
        *[(0, 8, 1.5), (7, 6, 0.5), (21, 6, 0.5), (28, 6, 0.5)]
    ]  # fmt: skip
    # another unit and the bands of the standing dose do not reach the first dose, the cap does
    (first, second) = expand(parse("t 3 mg/kg (first 1 g, 5 mg/kg below 30 kg, at most 200 mg) iv q3w x2"), 200)
    sizes = {"weight": WEIGHT, "bsa": BSA, "gfr": GFR}
    assert amounts(first.administration, **sizes).tolist() == [200, 200, 200]
    assert amounts(second.administration, **sizes).tolist() == [200, 135, 145]


def test_doses_rise_to_their_cap_and_fall_to_nothing() -> None:
    rising = expand(parse("a 100 ug (0.15 mg more each dose, at most 500 ug) sc q2w x5"), 200)
    assert [d.administration.dose for d in rising] == [100, 250, 400, 500, 500]
    # the state is true from day 20: doses of days 0, 14 have risen, that of day 28 and later stay as that of day 14
    held = expand(
        parse("a 100 ug (50 ug more each dose until CR, at most 500 ug) sc q2w x5"), 200, met={State("CR"): 20}
    )
    assert [d.administration.dose for d in held] == [100, 150, 150, 150, 150]
    taper = expand(parse("a 1 mg/kg (0.4 mg/kg less each week) po q3d"), 200)
    assert [(d.day, d.administration.dose) for d in taper] == [
        *[(0, 1), (3, 1), (6, 1), (9, 0.6), (12, 0.6), (15, 0.2), (18, 0.2)]
    ]  # fmt: skip


def test_days_before_the_start_and_later_starts() -> None:
    assert days("f 30 mg/m2 iv days -5 to -3,-1 + c 1e6 cells iv once") == [
        *[(-5, "f"), (-4, "f"), (-3, "f"), (-1, "f"), (0, "c")]
    ]  # fmt: skip
    # lymphodepletion may be a phase of its own, and takes no time after the start
    assert days("f 30 mg/m2 iv days -2,-1 then c 1e6 cells iv once") == [(-2, "f"), (-1, "f"), (0, "c")]
    assert days("a 1 mg iv q3w x2 from week 3 + b 1 mg iv once then c 1 mg iv once") == [
        *[(0, "b"), (14, "a"), (35, "a"), (56, "c")]
    ]  # fmt: skip
    assert days("a 1 mg iv q3w x2 then b 1 mg iv days -1,3 + resection at week 2") == [
        *[(0, "a"), (21, "a"), (41, "b"), (44, "b"), (49, "resection")]
    ]  # fmt: skip


def test_hours_and_several_doses_a_day() -> None:
    third = 1 / 3
    assert [d for d, _ in days("il2 600000 IU/kg iv over 15 min q8h x4 then b 1 mg iv once")] == [
        *[0, round(third, 6), round(2 * third, 6), 1, round(4 * third, 6)]
    ]  # fmt: skip
    # five days of twelve-hourly doses end after five days: fourteen doses of q8h take 14/3 days
    assert duration(parse("a 1 mg iv q8h x14")) == pytest.approx(14 / 3)
    assert [d for d, _ in days("a 1 mg po tid days 1,8 q2w x1")] == [
        *[0, round(third, 6), round(2 * third, 6), 7, round(7 + third, 6), round(7 + 2 * third, 6)]
    ]  # fmt: skip
    assert [d for d, _ in days("a 1 mg po bid x2")] == [0, 0.5, 1, 1.5]
    assert [d for d, _ in days("a 1 mg po three times a week x1")] == [0, 2, 4]


def test_an_infusion_over_days_is_one_dose_with_its_duration() -> None:
    text = "blinatumomab 28 ug/day (15 ug/m2/day below 45 kg) iv over 28 days q6w x2"
    doses = expand(parse(text), 200)
    assert [(d.day, d.administration.infusion_days, d.administration.base_unit) for d in doses] == [
        (0, 28, "mg"),
        (42, 28, "mg"),
    ]
    # 28 days of 28 ug; 28 days of 15 ug/m² for the third patient of 1 m²
    assert amount(text) == [0.784, 0.784, 0.42]
    assert amount("fluorouracil 1000 mg/m2/day iv over 96 h q3w") == [8000, 6000, 4000]
    # what follows a single long infusion waits for its end
    assert days("a 9 ug/day iv over 7 days once then b 1 mg iv once") == [(0, "a"), (7, "b")]


def test_radiation_in_fractions_and_by_fraction() -> None:
    """66 Gy in 33 fractions of 2 Gy, five a week: six weeks and three days."""
    doses = expand(parse("radiation 66 Gy in 33 fractions five days a week"), 200)
    assert [d.day for d in doses] == [7 * week + day for week in range(7) for day in range(5)][:33]
    assert (doses[0].administration.route, doses[0].administration.base_unit) == ("external-beam", "Gy")
    assert amount("radiation 66 Gy in 33 fractions days 1-5 q1w") == [2, 2, 2]
    assert amount("radiation 180 cGy to lesion 2 days 1-5 q1w x5") == [1.8, 1.8, 1.8]
    assert given("radiation 8 Gy to the largest lesion once").lesion == 1
    assert given("radiation 7 Gy brachytherapy q1w x4").route == "brachytherapy"
    assert str(parse("radiation 8 Gy external beam once")) == "radiation 8 Gy once"


def test_procedures_are_events_without_a_dose() -> None:
    regimen = parse("nivolumab 360 mg iv q3w x3 then surgery then rest 6 weeks then nivolumab 480 mg iv q4w x2")
    doses = expand(regimen, 300)
    assert [d.day for d in doses] == [0, 21, 42, 63, 64 + 42, 64 + 42 + 28]
    assert [d.administration.drug for d in doses if d.administration.procedure] == ["resection"]
    assert (regimen.drugs, regimen.procedures) == (("nivolumab",), ("resection",))
    event = doses[3].administration
    assert (event.kind, event.base_unit, event.label, str(event)) == (None, "", "resection", "resection")
    patients = pd.DataFrame({"ID": [1], "WEIGHT": [80.0], "BSA": [2.0], "GFR": [100.0]})
    assert set(nonmem_table(regimen, patients, 300, infusion_hours={})["CMT"]) == {"nivolumab"}
    assert days("apheresis day -3 q2w x2 + s 5e7 cells iv q2w x2") == [
        *[(-3, "apheresis"), (0, "s"), (11, "apheresis"), (14, "s")]
    ]  # fmt: skip


def test_conditions_end_or_decide() -> None:
    text = "a 1 mg iv q1w until CR then a 2 mg iv q4w x2"
    assert [d for d, _ in days(text, 30)] == [0, 7, 14, 21, 28]
    # true from day 10: the week of the dose on day 7 is completed, then q4w
    assert [d for d, _ in days(text, 60, CR=10)] == [0, 7, 14, 42]
    # true before it starts: not given at all
    assert [d for d, _ in days("b 1 mg iv once then a 1 mg iv q1w until CR then c 1 mg iv once", 60, CR=0)] == [0, 1]
    assert [d for d, _ in days("a 1 mg iv q1w x2 then a 1 mg iv q1w x2 unless PR", 60, PR=14)] == [0, 7]
    assert [d for d, _ in days("a 1 mg iv q1w x2 then a 1 mg iv q1w x2 unless PR", 60, PR=15)] == [0, 7, 14, 21]
    assert [d for d, _ in days("a 1 mg iv q1w x2 then a 1 mg iv q1w x2 if PR", 60, PR=15)] == [0, 7]
    assert [d for d, _ in days("a 1 mg iv q1w x2 then a 1 mg iv q1w x2 if PR", 60, PR=14)] == [0, 7, 14, 21]
    assert [d for d, _ in days("(a 1 mg iv q1w + b 1 mg iv q2w) until CR", 60, CR=10)] == [0, 0, 7]
    (condition,) = parse("a 1 mg iv q1w until complete response for 6 months").conditions
    assert (condition.word, condition.state.name, str(condition.state.held)) == ("until", "CR", "6 months")
    assert duration(parse(text)) is None
    assert duration(parse("a 1 mg iv q1w x9 until CR")) == 63


def test_premedication_goes_before_each_infusion() -> None:
    text = "p 650 mg po 30 min before each infusion + a 1 mg iv q1w x3 + b 1 mg sc days 1,2 q1w x1"
    half_hour = round(0.5 / 24, 6)
    assert [d for d, drug in days(text) if drug == "p"] == [
        -half_hour,
        round(7 - half_hour, 6),
        round(14 - half_hour, 6),
    ]
    text = "a 1 mg iv once then p 650 mg po 1 day before each b x2 + b 1 mg sc q1w x3"
    assert [d for d, drug in days(text) if drug == "p"] == [0, 7]
    # the infusion of day 7 is not before the horizon, what goes before it is
    assert days("p 1 mg po 1 h before each infusion + a 1 mg iv q1w", 7)[-1] == (round(7 - 1 / 24, 6), "p")
    # two infusions at one time need it once
    assert [drug for _, drug in days("p 1 mg po 1 h before every infusion + a 1 mg iv once + b 1 mg iv once")].count(
        "p"
    ) == 1


@pytest.mark.parametrize(
    ("dose", "unit", "expected"),
    [
        ("1050 mg (1400 mg from 80 kg)", "mg", [1400, 1050, 1050]),
        ("1050 mg (1400 mg above 80 kg)", "mg", [1050, 1050, 1050]),
        ("8 mg/kg (12 mg/kg below 30 kg, at most 350 mg)", "mg", [350, 350, 348]),
        ("3e6 cells/kg (1e8 cells from 45 kg)", "cells", [1e8, 1e8, 8.7e7]),
        ("2 MIU/m2", "IU", [4e6, 3e6, 2e6]),
        ("0.4 mCi/kg (at most 32 mCi)", "MBq", [1184, 666, 429.2]),  # 1 mCi = 37 MBq
        ("4 mL of 1e6 PFU/mL", "PFU", [4e6, 4e6, 4e6]),
        ("75 mL of 3e11 vp/mL", "vp", [2.25e13, 2.25e13, 2.25e13]),
        ("2 mL of 500 ug/mL", "mg", [1, 1, 1]),
        ("0.5 mL", "mL", [0.5, 0.5, 0.5]),
        ("5e8 CFU", "CFU", [5e8, 5e8, 5e8]),
        ("AUC 5 (at most 600 mg)", "mg", [600, 425, 600]),  # Calvert: 5 (GFR + 25)
        ("1 g (500 mg below 90 mL/min)", "mg", [1000, 500, 1000]),
    ],
)
def test_amounts_in_the_base_unit_of_their_kind(dose: str, unit: str, expected: list[float]) -> None:
    assert given(f"a {dose} iv once").base_unit == unit
    assert amount(f"a {dose} iv once") == pytest.approx(expected, rel=1e-12)


def test_amounts_by_age_and_by_blasts_need_them() -> None:
    text = "a 100 mg (150 mg from 18 years, 200 mg above 65 years) iv once"
    assert amount(text, age=np.array([66.0, 65.0, 17.0])) == [200, 150, 100]
    assert amount("a 1e8 cells (1e7 cells above 20 % blasts) iv once", blasts=np.array([20.0, 21.0, 0.0])) == [
        1e8, 1e7, 1e8,
    ]  # fmt: skip
    with pytest.raises(ColeyError, match="goes by years"):
        amount(text)


def test_adjusted_ideal_body_weight_of_the_label_of_mirvetuximab() -> None:
    """160 cm and 80 kg: ideal 0.9 * 160 - 92 = 52 kg, adjusted 52 + 0.4 * 28 = 63.2 kg; surface by Mosteller."""
    surface = np.sqrt(np.array([160.0 * 80.0 / 3600.0]))
    administration = given("m 6 mg/kg of adjusted ideal body weight iv over 3 h q3w")
    found = amounts(administration, weight=np.array([80.0]), bsa=surface, gfr=np.array([90.0]))
    assert found[0] == pytest.approx(6 * 63.2)


def test_a_dose_by_litre_of_limb() -> None:
    """A leg is 0.161 of body weight, an arm 0.050, at 1.06 kg/L (Winter): 80 kg have 12.15 and 3.774 L."""
    assert amount("m 10 mg/L limb perfusion over 90 min to leg once")[0] == pytest.approx(121.509, abs=1e-3)
    assert amount("m 13 mg/L limb perfusion over 90 min to arm once")[0] == pytest.approx(49.057, abs=1e-3)


def test_names_stand_for_their_texts() -> None:
    names = {"doublet": "c AUC 5 iv q3w x2 + p 500 mg/m2 iv q3w x2", "triplet": "doublet + n 1 mg iv q3w x1"}
    regimen = parse("A 200 mg iv q3w x3 + Triplet then doublet x2", names)
    assert str(regimen) == "a 200 mg iv q3w x3 + triplet then doublet x2"
    assert parse(str(regimen), names) == regimen
    assert regimen.drugs == ("a", "c", "p", "n")
    found = [(d.day, d.administration.drug) for d in expand(regimen, 300)]
    first = [(0, "a"), (0, "c"), (0, "p"), (0, "n"), (21, "a"), (21, "c"), (21, "p"), (42, "a")]
    assert found == first + [(day, drug) for day in (63, 84, 105, 126) for drug in "cp"]


def test_faults_of_names_are_named() -> None:
    names = {"one": "two", "two": "one x4", "bad": "a 1 mgg iv q3w", "open": "a 1 mg iv q3w", "grow": "open + open"}
    cases = {
        "opne + b 1 mg iv once": [("regimen, column 1", "'opne' names no regimen")],
        "b 1 mg iv once + one": [
            ("regimen 'two', column 1", "the regimen 'one' stands inside itself: one → two → one")
        ],
        "bad + bad": [("regimen 'bad', column 5", "unknown unit 'mgg'"), ("regimen, column 7", "cannot be read")],
        "open then b 1 mg iv once": [("regimen, column 6", "'then' follows 'open', which has no end")],
    }
    for text, expected in cases.items():
        with pytest.raises(ColeyError) as caught:
            parse(text, names)
        problems = caught.value.problems
        assert [problem.where for problem in problems] == [place for place, _ in expected], text
        assert all(what in problem.what for problem, (_, what) in zip(problems, expected, strict=True)), text
        assert all(problem.hint for problem in problems)


def test_names_that_multiply_without_bound_are_refused() -> None:
    names = {f"n{k}": f"n{k + 1} + n{k + 1}" for k in range(40)} | {"n40": "a 1 mg iv once"}
    with pytest.raises(ColeyError, match="more than 1000 administrations"):
        parse("n0", names)


def test_ten_mistakes_are_ten_messages() -> None:
    text = (
        "nivolumab 3 mgkg iv q2w x4 + (ipilimumab 3 mg/kg ivv q3w x0 + a 1 mg (1 mL from 80 kg) iv q1w x2) "
        "then b 5 mg (8 mg from 80 stone, at most 2 mg/kg) iv q3w x2 until bliss "
        "then radiation 60 Gy in 30 fractions to lesion 0 days 1-5 q1w x3 then c 2 ug/day iv q6w x1"
    )
    with pytest.raises(ColeyError) as caught:
        parse(text)
    found = [(int(p.where.removeprefix("regimen, column ")), p.what) for p in caught.value.problems]
    assert [what for _, what in found] == [
        "unknown unit 'mgkg'",
        "unknown route 'ivv'",
        "the number of cycles 0 is not a whole number from 1 to 9999",
        "mL does not count what a dose in mg does",
        "'stone' is no measure of a patient",
        "a cap in 'mg/kg' depends on the patient",
        "'bliss' is no state of a patient",
        "there is no lesion 0",
        "the number of fractions is its end already",
        "a dose a day needs the time of its infusion",
    ]
    assert [column for column, _ in found] == sorted(column for column, _ in found)
    assert all(problem.hint for problem in caught.value.problems)
