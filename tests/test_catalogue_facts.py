"""Facts of the system as data, and the script that works those of lesions out of scans."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from coley.facts import Fact

DATA = Path(__file__).parents[1] / "src" / "coley" / "catalogue" / "data"


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    entries = tomllib.loads((DATA / "facts" / "system.toml").read_text(encoding="utf-8"))
    assert list(entries) == ["facts"]
    return [Fact.model_validate(entry) for entry in entries["facts"]]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return import_module("coley.calibration.lesion_facts")


def test_each_fact_has_a_name_of_its_own_and_a_source_that_exists(facts: list[Fact]) -> None:
    names = [fact.name for fact in facts]
    assert len(set(names)) == len(names) > 40
    known = {key for path in (DATA / "sources").glob("*.toml") for key in tomllib.loads(path.read_text("utf-8"))}
    assert {fact.source for fact in facts} - known == set()


def test_what_stands_for_no_publication_says_so_by_its_source(facts: list[Fact]) -> None:
    """Only a series whose place is named was read without a citation."""
    for fact in facts:
        if fact.source == "literature" and fact.read:
            assert re.search("series|table", fact.at), fact.name


def test_growth_of_progressing_lesions_and_its_doubling_time_agree(facts: list[Fact]) -> None:
    rate = next(fact for fact in facts if fact.name == "growth-progressing")
    assert f"{np.log(2) / rate.value:.0f} days" in rate.note


def lesions_of(script: ModuleType, diameters: np.ndarray, every: float = 42.0) -> list:
    days = every * np.arange(diameters.shape[1])
    return [script.Lesion("Study_4_Arm_2", days, row) for row in diameters]


def number(rows: list[tuple[str, str]], title: str) -> float:
    return float(next(text for name, text in rows if name == title).split()[0])


def test_the_error_of_a_reading_is_found_again(script: ModuleType) -> None:
    """Lesions of one size, read with an error of 6 %, in which both estimates are that of the normal error put in.

    Those that look stable are chosen by the neighbours' difference, which does not bias the deviation of the middle.
    """
    rng = np.random.default_rng(5)
    rows = script.reading(lesions_of(script, 40 * np.exp(0.06 * rng.standard_normal((2000, 8)))))
    for name in ("SD of log diameter", "the same from the median deviation"):
        assert number(rows, f"error of a reading, all after the first scan, {name}") == pytest.approx(0.06, rel=0.04)
    assert number(rows, "error of a reading, stable lesions, SD of log diameter") < 0.065


def test_the_rate_of_growth_is_that_of_the_volume(script: ModuleType) -> None:
    """Exponential growth of the volume at 0.01 a day: of the diameter, its cube root, at a third of it."""
    rows = script.growth(lesions_of(script, 20 * np.exp(0.01 / 3 * 42 * np.arange(6)) * np.ones((50, 1))))
    assert number(rows, "growth of progressing lesions: median rate (1/day)") == pytest.approx(0.01)
    assert number(rows, "growth of progressing lesions: doubling time of the median (day)") == 69


def test_lesions_that_change_as_one_are_never_dissociated(script: ModuleType) -> None:
    """And independent ones respond and progress at once as often as inclusion and exclusion say, for each number."""
    change = np.array([0.5, 1.0, 1.5])  # thirds between which the quantiles run straight: 0.7 is at 0.2, 1.2 at 0.7
    assert script.dissociated(script.simulate(change, 1.0)) == 0
    numbers = np.arange(1, len(script.LESIONS) + 1)
    expected = script.LESIONS @ (1 - 0.8**numbers - 0.7**numbers + 0.5**numbers)
    assert script.dissociated(script.simulate(change, 0.0)) == pytest.approx(expected, abs=0.01)
    assert script.solve(change, script.dissociated, float(expected)) == pytest.approx(0.0, abs=0.04)
