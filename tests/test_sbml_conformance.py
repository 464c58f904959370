"""Cases of our own in the format of the SBML Test Suite: expected values are closed forms, said in their notes."""

from __future__ import annotations

import csv
import os
import shutil
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from coley.errors import ColeyError
from coley.sbml.conformance.__main__ import main
from coley.sbml.conformance.cases import Case, Expectation, expectation, find, unpack
from coley.sbml.conformance.judge import Verdict, compare, judge
from coley.sbml.conformance.workers import run

CASES = Path(__file__).parent / "sbml"
FOUND = find(CASES)


def test_every_folder_is_a_case() -> None:
    assert [case.name for case in FOUND] == sorted(folder.name for folder in CASES.iterdir() if folder.is_dir())


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.name)
def test_a_case_of_our_own_passes(case: Case) -> None:
    assert judge(case) == Verdict(case.name, "passed")


def test_the_command_counts_what_passed_failed_and_was_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases, table = tmp_path / "cases", tmp_path / "table.csv"
    for name in ("00001", "00002", "00008"):
        shutil.copytree(CASES / name, cases / name)
    results = cases / "00002" / "00002-results.csv"
    results.write_text(results.read_text().replace("\n0,2,0\n", "\n0,2,0.5\n"))
    (cases / "00008" / "00008-sbml-l3v1.xml").write_text("<sbml/>")
    assert main([str(cases), "--workers", "2", "--out", str(table)]) == 1
    told = capsys.readouterr().out
    assert "3 cases" in told and "1 passed" in told and "1 failed" in told and "1 refused" in told
    with table.open(newline="") as file:
        rows = {row["case"]: row for row in csv.DictReader(file)}
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "00001": "passed",
        "00002": "failed",
        "00008": "refused",
    }
    assert "[B] at 0" in rows["00002"]["detail"] and rows["00008"]["reason"] == "not-sbml"


def test_a_zip_gives_its_cases_and_nothing_outside_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "cases.zip", "w") as archive:
        for path in (CASES / "00001").iterdir():
            archive.write(path, f"suite/00001/{path.name}")
        archive.writestr("../../00009/00009-settings.txt", "start: 0\n")
        archive.writestr("/etc/00009/evil.xml", "")
    (tmp_path / "deep" / "out").mkdir(parents=True)
    cases = find(unpack(tmp_path / "cases.zip", tmp_path / "deep" / "out"))
    assert [case.name for case in cases] == ["00001"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.zip", "deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]
    with pytest.raises(ColeyError, match="neither a folder nor a zip"):
        unpack(CASES / "00001" / "00001-settings.txt", tmp_path)


def test_tags_choose_cases_and_empty_keys_stay_empty() -> None:
    chosen = find(CASES, frozenset({"AlgebraicRule"}))
    assert [case.name for case in chosen] == ["00009"]
    assert expectation(chosen[0]).observables == ("x", "y")  # `amount:` and `concentration:` hold nothing
    concentrations = next(case for case in FOUND if case.name == "00002")
    assert expectation(concentrations).observables == ("[A]", "[B]")


@pytest.mark.parametrize(
    ("got", "wanted", "outcome"),
    [
        (1.0, 1.0 + 1e-4, "passed"),  # 1e-4 relative, 1e-9 absolute
        (1.0, 1.0 + 2e-4, "failed"),
        (0.0, 1e-9, "passed"),
        (0.0, 2e-9, "failed"),
        (np.nan, np.nan, "passed"),
        (np.inf, np.inf, "passed"),
        (-np.inf, np.inf, "failed"),
        (1e300, np.inf, "failed"),
        (np.nan, 1.0, "failed"),
        (1.0, np.nan, "failed"),
    ],
)
def test_values_are_judged_by_both_tolerances(got: float, wanted: float, outcome: str) -> None:
    expected = Expectation(np.array([0.0]), ("x",), np.array([[wanted]]), 1e-9, 1e-4)
    assert compare("00001", np.array([[got]]), expected).outcome == outcome


def misbehave(case: Case) -> Verdict:
    """By the name of the case: passes, hangs, ends its process, or raises."""
    if case.name == "hangs":
        time.sleep(60)
    if case.name == "ends":
        os._exit(3)
    if case.name == "raises":
        raise RecursionError("too deep")
    return Verdict(case.name, "passed")


def test_a_case_that_hangs_or_crashes_costs_only_itself() -> None:
    names = ["good", "hangs", "ends", "raises", "fine"]
    verdicts = run([Case(name, CASES, frozenset()) for name in names], misbehave, 2, 3.0)
    outcomes = {verdict.case: verdict.outcome for verdict in verdicts}
    assert outcomes == {"good": "passed", "hangs": "timeout", "ends": "crashed", "raises": "crashed", "fine": "passed"}


def test_cases_behind_links_are_found_once(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "00001").symlink_to(CASES / "00001", target_is_directory=True)
    (tmp_path / "cases" / "again").symlink_to(tmp_path / "cases", target_is_directory=True)
    assert [case.name for case in find(tmp_path / "cases")] == ["00001"]


def test_a_case_without_a_time_course_is_refused(tmp_path: Path) -> None:
    shutil.copytree(CASES / "00001", tmp_path / "00001")
    settings = tmp_path / "00001" / "00001-settings.txt"
    settings.write_text("start:\nduration:\nsteps:\nvariables: A\nabsolute: 1e-6\nrelative: 1e-6\n")
    verdict = judge(find(tmp_path)[0])
    assert (verdict.outcome, verdict.reason) == ("refused", "no time course")
    assert "asks for no time course: start, duration, steps are empty" in verdict.detail
