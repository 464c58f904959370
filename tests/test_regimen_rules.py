"""Regimens against a formulary: unknown drugs, impossible routes and units, synonyms."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import pytest

from coley.errors import ColeyError
from coley.regimen import Rules, check, parse, read, resolve


@dataclass(frozen=True)
class Drug:
    name: str
    synonyms: tuple[str, ...]
    routes: tuple[str, ...]
    dose_units: tuple[str, ...]


FORMULARY: dict[str, Rules] = {
    drug.name: drug
    for drug in (
        Drug("nivolumab", ("Opdivo", "BMS-936558"), ("iv", "sc"), ("mg/kg", "mg")),
        Drug("ipilimumab", ("Yervoy",), ("iv",), ("mg/kg",)),
        Drug("carboplatin", ("Paraplatin",), ("iv",), ("AUC", "mg/m²")),
        Drug("t-dxd", ("Trastuzumab deruxtecan", "Enhertu"), ("intravenous",), ("mg/kg",)),
    )
}


def test_a_possible_regimen_has_no_problem() -> None:
    text = (
        "nivolumab 1 mg/kg iv q3w x4 + carboplatin AUC 5 iv q3w x4 "
        "then nivolumab 0.24 g sc q2w + carboplatin 1 g/m2 iv q4w"
    )
    assert check(parse(text), FORMULARY) == []
    assert resolve(parse(text), FORMULARY) == parse(text)


@pytest.mark.parametrize(
    ("text", "column", "what", "hint"),
    [
        ("nivolumap 3 mg/kg iv q2w", 1, "unknown drug 'nivolumap'", "did you mean 'nivolumab'"),
        ("opdivoo 3 mg/kg iv q2w", 1, "unknown drug 'opdivoo'", "did you mean 'opdivo'"),
        ("zzz 3 mg/kg iv q2w", 1, "unknown drug 'zzz'", "known: "),
        ("nivolumab 3 mg/kg po q2w", 19, "nivolumab is not given po", "possible: iv, sc"),
        ("nivolumab 3 mg/m2 iv q2w", 13, "nivolumab is not dosed in mg/m2", "possible: mg/kg, mg"),
        ("ipilimumab 3 mg iv q2w", 14, "ipilimumab is not dosed in mg", "possible: mg/kg"),
        ("yervoy AUC 3 iv q2w", 8, "ipilimumab is not dosed in AUC", "possible: mg/kg"),
    ],
)
def test_an_impossible_regimen_is_named_with_its_column(text: str, column: int, what: str, hint: str) -> None:
    (problem,) = check(parse(text), FORMULARY)
    assert (problem.where, problem.what) == (f"regimen, column {column}", what)
    assert hint in problem.hint
    with pytest.raises(ColeyError) as caught:
        resolve(parse(text), FORMULARY)
    assert caught.value.problems == (problem,)


def test_synonyms_become_canonical_names() -> None:
    written = parse(
        "Opdivo 1 mg/kg iv q3w x4 + YERVOY 3 mg/kg iv q3w x4 then rest 1 week then bms-936558 240 mg iv q2w"
    )
    canonical = (
        "nivolumab 1 mg/kg iv q3w x4 + ipilimumab 3 mg/kg iv q3w x4 then rest 1 week then nivolumab 240 mg iv q2w"
    )
    assert str(resolve(written, FORMULARY)) == canonical
    assert str(resolve(parse("trastuzumab-deruxtecan 5.4 mg/kg iv q3w"), FORMULARY)) == "t-dxd 5.4 mg/kg iv q3w"


def test_faults_of_syntax_and_of_drugs_are_reported_together_in_order() -> None:
    text = "opdivo -1 mg/m2 po q0w + ipilimumap 3 mg/kg iv then nivolumab 240 mg iv q2w up to 24 cows"
    with pytest.raises(ColeyError) as caught:
        read(text, FORMULARY)
    columns = [int(problem.where.removeprefix("regimen, column ")) for problem in caught.value.problems]
    assert columns == sorted(columns)
    assert [text[column - 1 :].split()[0] for column in columns if text[column - 1] != " "] == [
        "-1", "po", "q0w", "ipilimumap", "cows",
    ]  # fmt: skip
    assert "the interval is missing" in [problem.what for problem in caught.value.problems]


def test_read_is_parse_and_resolve() -> None:
    assert read("Opdivo 3 mg/kg iv q2w", FORMULARY) == parse("nivolumab 3 mg/kg iv q2w")


def test_a_regimen_built_by_hand_has_no_columns() -> None:
    regimen = resolve(parse("nivolumab 3 mg/kg iv q2w"), FORMULARY)
    (administration,) = regimen.administrations
    bare = type(regimen)(((type(administration)("zzz", 1.0, "mg", "iv"),),))
    assert [problem.where for problem in check(bare, FORMULARY)] == ["regimen"]


def test_every_unit_of_a_dose_is_checked() -> None:
    text = "ipilimumab 3 mg/kg (first 80 mg, 1 g from 80 kg, at most 300 mg) iv q3w"
    (problem,) = [p for p in check(parse(text), FORMULARY) if p.what.endswith(" mg")]
    assert (problem.where, problem.what) == ("regimen, column 14", "ipilimumab is not dosed in mg")
    assert check(parse("nivolumab 3 mg/kg (first 80 mg, 1 g from 80 kg) iv q3w"), FORMULARY) == []


def test_procedures_need_no_formulary() -> None:
    text = "nivolumab 3 mg/kg iv q2w x4 then resection"
    assert check(parse(text), FORMULARY) == []
    assert str(resolve(parse(text), FORMULARY)) == text


def test_drugs_inside_brackets_and_names_are_checked_where_they_stand() -> None:
    names = {"doublet": "paraplatin AUC 5 iv q3w x4 + nivolumap 1 mg iv q3w x4"}
    with pytest.raises(ColeyError) as caught:
        read("(yervoy 3 mg iv q3w + opdivo 3 mg/kg iv q2w) x4 then doublet", FORMULARY, names)
    assert [(problem.where, problem.what) for problem in caught.value.problems] == [
        ("regimen, column 11", "ipilimumab is not dosed in mg"),
        ("regimen, column 54", "unknown drug 'nivolumap'"),
    ]
    names = {"doublet": "paraplatin AUC 5 iv q3w x4 + opdivo 1 mg iv q3w x4"}
    regimen = read("(opdivo 3 mg/kg iv q2w) x4 then doublet", FORMULARY, names)
    assert str(regimen) == "(nivolumab 3 mg/kg iv q2w) x4 then doublet"
    assert regimen.drugs == ("nivolumab", "carboplatin")


def test_premedication_is_for_a_drug_that_is_given() -> None:
    text = "ipilimumab 3 mg/kg iv 1 h before each {} + nivolumab 3 mg/kg iv q2w"
    regimen = read(text.format("opdivo"), FORMULARY)
    assert str(regimen) == text.format("nivolumab")
    with pytest.raises(ColeyError, match="goes before each 'carboplatin', which is not given"):
        read(text.format("carboplatin"), FORMULARY)


def test_public_names_exist_and_are_sorted() -> None:
    package = importlib.import_module("coley.regimen")
    assert all(hasattr(package, name) for name in package.__all__)
    assert sorted(package.__all__) == sorted(set(package.__all__))
