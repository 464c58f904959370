"""Label regimens of all drugs: each is said in full, prints back, and is laid out in time.

The texts are recalled from labels; the columns recorded and restated say which of them were restated.
"""

from __future__ import annotations

import csv
from importlib import resources

import numpy as np
import pytest

from coley.regimen import Administration, Regimen, State, amounts, expand, parse

TWO_YEARS = 730
TABLE = resources.files("coley.catalogue").joinpath("data", "label-regimens.csv")
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
IDS = [f"{number}-{row['drug']}" for number, row in enumerate(ROWS, start=2)]
# What is given before each infusion needs one: by itself, premedication is never given.
ALONE = {"acetaminophen"}
RESTATED = [row for row in ROWS if row["restated"]]


def met(regimen: Regimen) -> dict[State, float]:
    """Harm is gone after three days, a response reached after half a year."""
    return {c.state: 3.0 if c.state.name.startswith("grade") else 180.0 for c in regimen.conditions}


def test_all_of_them_are_here() -> None:
    assert len(ROWS) == 394
    assert {row["how"] for row in ROWS} == {"recalled"}
    assert all(bool(row["recorded"]) == bool(row["restated"]) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_label_regimen_reads_prints_back_and_is_given(row: dict[str, str]) -> None:
    regimen = parse(row["regimen"])
    text = str(regimen)
    assert parse(text) == regimen
    assert str(parse(text)) == text
    doses = expand(regimen, TWO_YEARS, met=met(regimen))
    # The most that any of them comes to: three oral drugs, of which one twice a day.
    assert (0 if row["drug"] in ALONE else 1) <= len(doses) <= 4 * 731
    assert all(-30 <= dose.day < TWO_YEARS for dose in doses)
    if row["drug"] not in ALONE:
        assert row["drug"] in {dose.administration.drug for dose in doses}


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_label_regimen_has_an_amount_for_every_patient(row: dict[str, str]) -> None:
    people = {
        "weight": np.array([20.0, 50.0, 80.0, 130.0]),
        "bsa": np.array([0.8, 1.5, 2.0, 2.5]),
        "gfr": np.array([110.0, 90.0, 60.0, 30.0]),
        "blasts": np.array([0.0, 10.0, 40.0, 90.0]),
    }
    for dose in expand(parse(row["regimen"]), TWO_YEARS)[:200]:
        given = amounts(dose.administration, **people)
        assert np.all(np.isfinite(given) & (given > 0)), dose


def days(text: str, drug: str) -> list[float]:
    regimen = parse(text)
    doses = expand(regimen, TWO_YEARS, met=met(regimen))
    return [dose.day for dose in doses if dose.administration.drug == drug]


def total(text: str, drug: str) -> float:
    """Drug in all over two years for one patient, whom no cap or band concerns."""
    person = {"weight": np.array([50.0]), "bsa": np.array([1.4]), "gfr": np.array([90.0]), "blasts": np.array([5.0])}
    regimen = parse(text)
    parts: list[Administration] = [dose.administration for dose in expand(regimen, TWO_YEARS, met=met(regimen))]
    return float(sum(amounts(part, **person)[0] for part in parts if part.drug == drug))


# What was recorded in another grammar, or is given in another amount where the cap was written flat, as the row says.
SAME = [
    row
    for row in RESTATED
    if row["drug"] not in {"rituximab", "gemtuzumab-ozogamicin", "daratumumab", "tocilizumab"}
    and not row["restated"].startswith(
        ("the taper", "who has", "the condition", "antibody", "the rest of", "the titration", "the dose is that")
    )
]


@pytest.mark.parametrize("row", SAME, ids=[row["drug"] for row in SAME])
def test_what_was_restated_gives_the_same_drug_in_all(row: dict[str, str]) -> None:
    for drug in parse(row["recorded"]).drugs:
        assert total(row["regimen"], drug) == pytest.approx(total(row["recorded"], drug)), drug


def test_the_bracket_of_dinutuximab_falls_on_the_days_that_were_written_out() -> None:
    (row,) = [row for row in ROWS if row["drug"] == "dinutuximab"]
    for drug in ("dinutuximab", "sargramostim", "aldesleukin"):
        assert days(row["regimen"], drug) == days(row["recorded"], drug)
    # isotretinoin twice a day, otherwise as written out
    assert [d for d in days(row["regimen"], "isotretinoin") if d == int(d)] == days(row["recorded"], "isotretinoin")
