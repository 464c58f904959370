"""What a user is told of mistakes in files of harms and care: one message each, all at once, where and why."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from coley.harm import Care, Harm, lint

KNOWN = 'source = "x"\nknown = "assumed"\n'

TEN_OF_THE_SCHEMA = """
name = "Colitis care"
title = ""
event = "colitis"
steroids = "yes"

[[rules]]
grades = [3, 6]
known = "assumed"
[[rules]]
grades = [3, 2]
source = "x"
known = "assumed"
[[rules]]
grades = [2, 2]
drugs = [{ classes = [], action = "pause" }, { classes = ["anti-PD-1"], action = "hold" }]
source = "x"
known = "guessed"
"""

TEN_OF_THE_CATALOGUE = f"""
name = "colitis"
title = "Care of colitis"
event = "colits"

[[rules]]
grades = [1, 2]
drugs = [{{ classes = ["anti-PD1", "anti-CTLA4"], action = "stop" }}]
treatment = "prednison 1 mg/kg po q1d x14"
second_line = {{ regimen = "infliximab 5 mg/m2 iv once", after = 4 }}
{KNOWN}
[[rules]]
grades = [2, 3]
treatment = "prednisone 1 mg/kg po q1d"
second_line = {{ regimen = "infliximab 5 mg/kg po once", after = 4 }}
{KNOWN}
[[rules]]
grades = [3, 4]
drugs = [{{ classes = ["chemo"], action = "stop" }}]
treatment = "prednisone 1 mg/kg po q1d x14"
{KNOWN}
"""


@dataclass(frozen=True)
class Drug:
    name: str
    classes: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    routes: tuple[str, ...] = ("iv",)
    dose_units: tuple[str, ...] = ("mg/kg",)


DRUGS = {
    drug.name: drug
    for drug in (
        Drug("nivolumab", ("anti-PD-1",)),
        Drug("ipilimumab", ("anti-CTLA-4",)),
        Drug("infliximab", ("immunosuppressant",)),
        Drug("prednisone", ("immunosuppressant",), routes=("po",)),
    )
}


def quantity(value: float, unit: str = "") -> dict[str, object]:
    return {"value": value, "unit": unit, "source": "x", "known": "assumed"}


def harm(**changes: object) -> dict[str, object]:
    """A harm as its file gives it."""
    row = {"grade": 2, "meaning": "bad", "share": quantity(1.0), "duration": quantity(10, "day")}
    table: dict[str, object] = {
        "name": "colitis",
        "title": "Colitis",
        "organ": "colon",
        "body_system": "Gastrointestinal disorders",
        "category": "immune-related",
        "background": quantity(0.01, "1/year"),
        "grades": [row],
        "recovery": {
            "treated": quantity(2),
            "refractory": quantity(0.1),
            "second_line": quantity(2),
            "permanent": quantity(0.1),
        },
    }
    return {**table, **changes}


def faults(entry: type[Harm] | type[Care], table: dict[str, object]) -> dict[str, str]:
    """Messages by place."""
    with pytest.raises(ValidationError) as caught:
        entry.model_validate(table)
    found = caught.value.errors()
    places = {".".join(map(str, error["loc"])): error["msg"] for error in found}
    assert len(places) == len(found)
    return places


def test_ten_mistakes_in_one_file_get_ten_messages() -> None:
    assert sorted(faults(Care, tomllib.loads(TEN_OF_THE_SCHEMA))) == [
        "name",
        "rules.0.grades.1",
        "rules.0.source",
        "rules.1",
        "rules.2.drugs.0.action",
        "rules.2.drugs.0.classes",
        "rules.2.drugs.1",
        "rules.2.known",
        "steroids",
        "title",
    ]


def test_ten_mistakes_against_the_catalogue_get_ten_messages() -> None:
    care = Care.model_validate(tomllib.loads(TEN_OF_THE_CATALOGUE))
    problems = list(lint({"colitis": Harm.model_validate(harm())}, {"colitis": care}, DRUGS))
    assert [(problem.where, problem.what) for problem in problems] == [
        ("care colitis: event", "unknown harm 'colits'"),
        ("care colitis: rules[0].drugs[0].classes", "no drug is of the class 'anti-PD1'"),
        ("care colitis: rules[0].drugs[0].classes", "no drug is of the class 'anti-CTLA4'"),
        ("care colitis: rules[0].treatment: regimen, column 1", "unknown drug 'prednison'"),
        ("care colitis: rules[0].second_line.regimen: regimen, column 14", "infliximab is not dosed in mg/m2"),
        ("care colitis: rules[1].treatment", "has no end"),
        ("care colitis: rules[1].second_line.regimen: regimen, column 20", "infliximab is not given po"),
        ("care colitis: rules[2].drugs[0].classes", "no drug is of the class 'chemo'"),
        ("care colitis: rules[1].grades", "grade 2 of 'colits' has a rule already, care colitis: rules[0]"),
        ("care colitis: rules[2].grades", "grade 3 of 'colits' has a rule already, care colitis: rules[1]"),
    ]
    assert problems[0].hint == "did you mean 'colitis'?" and problems[1].hint == "did you mean 'anti-PD-1'?"


def test_care_of_a_category_is_for_every_harm_of_it() -> None:
    care = Care.model_validate({"name": "general", "title": "Care", "event": "immune-related", "rules": [rule()]})
    assert list(lint({"colitis": Harm.model_validate(harm())}, {"general": care}, DRUGS)) == []
    assert len(list(lint({}, {"general": care}, DRUGS))) == 1


def test_a_class_of_no_drug_is_no_cause() -> None:
    (problem,) = lint({"colitis": Harm.model_validate(harm(causes=["anti-PD-1", "antiCTLA-4"]))}, {}, DRUGS)
    assert str(problem) == "harm colitis: causes: no drug is of the class 'antiCTLA-4'; did you mean 'anti-CTLA-4'?"


def rule(**changes: object) -> dict[str, object]:
    return {"grades": [2, 2], "source": "x", "known": "assumed", **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"drugs": [{"classes": ["a"], "action": "hold", "resume": 2}]}, "resume must be below"),
        ({"drugs": [{"classes": ["a"], "action": "stop", "resume": 1}]}, "a hold, and nothing else"),
        ({"drugs": [{"classes": ["a"], "action": "hold"}]}, "a hold, and nothing else"),
        ({"drugs": [{"classes": ["a"], "action": "hold", "resume": 1, "after": 14}]}, "a hold, and nothing else"),
        ({"drugs": [{"classes": ["a", "a"], "action": "stop"}]}, "listed twice"),
        ({"second_line": {"regimen": "x", "after": 3}}, "needs a treatment"),
        ({"second_line": {"regimen": "x", "after": 0}, "treatment": "y"}, "greater than 0"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(changes: dict[str, object], message: str) -> None:
    table: dict[str, object] = {"name": "c", "title": "Care", "event": "colitis", "rules": [rule(**changes)]}
    (found,) = faults(Care, table).values()
    assert message in found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "death"}, "cannot be called 'death'"),
        ({"grades": []}, "at least one"),
        ({"background": quantity(0.1, "day")}, "no unit of this field"),
        ({"background": quantity(-0.1, "1/day")}, "not below zero"),
    ],
)
def test_a_harm_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    (found,) = faults(Harm, harm(**changes)).values()
    assert message in found


def test_shares_of_grades_add_up_to_one() -> None:
    rows = [
        {"grade": grade, "meaning": "bad", "share": quantity(0.6), "duration": quantity(10, "day")} for grade in (1, 2)
    ]
    assert "add up to 1.2" in faults(Harm, harm(grades=rows))[""]
    assert "ascending order" in faults(Harm, harm(grades=rows[::-1]))[""]
