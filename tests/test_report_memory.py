"""A report of many patients: what is held at once grows with their number by little, as tables are read in pieces."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coley.report.pieces import write_pieces
from coley.report.response import spider, waterfall
from coley.report.select import best_changes
from coley.trial import TrialResult
from coley.trial.store import Stored, pieces
from made_up import ONE_ARM, made_up

FEW, MANY = 2, 16
"""Pieces of a table, each of as many patients."""


def in_pieces(folder: Path, number: int) -> TrialResult:
    """A made-up result again and again, of other patients each time, with a piece of each table in a folder."""
    result = made_up(ONE_ARM, 60)
    places = [folder / str(k) for k in range(number)]
    for k, place in enumerate(places):
        place.mkdir(parents=True)
        for name, table in result.tables.items():
            table.assign(USUBJID=f"{k}-" + table["USUBJID"]).to_parquet(place / f"{name}.parquet", index=False)
    return replace(result, tables=Stored(places))


def peak(work: Callable[[], Any]) -> int:
    """Bytes that are held at once, at most, for ``work``; without what it needs the first time only."""
    work()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


WORK: dict[str, Callable[[TrialResult, Path], Any]] = {
    "write a table": lambda result, place: write_pieces(pieces(result.tables, "ADTR"), place / "ADTR.parquet"),
    "best changes": lambda result, place: best_changes(result),
    "waterfall": lambda result, place: waterfall(result).to_dict(validate=False),
    "spider": lambda result, place: spider(result).to_dict(validate=False),
}


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrialResult, TrialResult]:
    """A result of few patients, and one of eight times as many."""
    place = tmp_path_factory.mktemp("sizes")
    few, many = (in_pieces(place / str(number), number) for number in (FEW, MANY))
    assert len(many.tables["ADSL"]) == 8 * len(few.tables["ADSL"])
    return few, many


@pytest.mark.parametrize("work", WORK)
def test_eight_times_the_patients_take_less_than_twice_the_memory(
    work: str, sizes: tuple[TrialResult, TrialResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole, eight times the scans would take eight times the memory. So many bars and lines are drawn of both."""
    monkeypatch.setattr("coley.report.pieces._ROWS", 2**10)
    monkeypatch.setattr("coley.report.response._MOST_BARS", 60)
    monkeypatch.setattr("coley.report.response._MOST_LINES", 60)
    few, many = sizes
    one, other = (peak(lambda result=result: WORK[work](result, tmp_path)) for result in (few, many))  # type: ignore[misc]
    assert other < 2 * one


def test_best_changes_are_those_of_the_scans(tmp_path: Path) -> None:
    """The least change after baseline of each patient, whatever the pieces."""
    result = in_pieces(tmp_path, 3)
    scans = result.tables["ADTR"].query("PARAMCD == 'SUMDIAM' and VISITNUM > 0")
    expected = scans.groupby("USUBJID")["PCHG"].min()
    found = best_changes(result).set_index("USUBJID")["change"]
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index(), check_names=False, check_index_type=False)
