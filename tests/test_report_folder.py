"""The report's folder: every file of it, and that it is there whole or not at all, whatever happens."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from coley.errors import ColeyError
from coley.report import check_writable, figures, write_report
from coley.report.figures import plates
from coley.report.folder import clear
from made_up import ONE_ARM, files_in, made_up


def test_every_file_is_there_with_its_digest(made_up_report: Path) -> None:
    digests = files_in(made_up_report)
    report = json.loads((made_up_report / "manifest.json").read_text(encoding="utf-8"))["report"]["files"]
    assert report == {name: digest for name, digest in digests.items() if name != "manifest.json"}
    tables = {f"tables/{name}.parquet" for name in ("ADSL", "ADEX", "ADTR", "ADRS", "ADTTE", "ADAE", "ADCM")}
    drawn = {f"figures/{plate.name}.svg" for plate in plates(made_up(n=2))}
    others = {
        "report.html",
        "summary.csv",
        "rejected.csv",
        "trajectories.parquet",
        "parameters.parquet",
        "manifest.json",
    }
    assert set(digests) == tables | drawn | others
    assert [path.name for path in made_up_report.parent.iterdir()] == ["report"]


def test_summary_has_exactly_its_columns_and_values(made_up_report: Path) -> None:
    first = (made_up_report / "summary.csv").read_text(encoding="utf-8").splitlines()[0]
    assert first == "arm,endpoint,predicted,lower,upper,published,published_lower,published_upper"
    pd.testing.assert_frame_equal(pd.read_csv(made_up_report / "summary.csv"), made_up().summary)


def test_tables_and_trajectories_come_back(made_up_report: Path) -> None:
    result = made_up()
    for name, table in result.tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(made_up_report / "tables" / f"{name}.parquet"), table)
    stored = pq.read_table(made_up_report / "trajectories.parquet")
    assert stored.field("nivolumab_blood").metadata[b"units"] == b"mg/L"
    frame = stored.to_pandas()
    who = result.tables["ADSL"]["USUBJID"].iloc[3]
    expected = result.trajectories["cancer_cells"].isel(individual=3).dropna("time")
    own = frame[frame["USUBJID"] == who]
    np.testing.assert_array_equal(own["cancer_cells"], expected)
    np.testing.assert_array_equal(own["TIME"], expected["time"])


def test_same_result_same_bytes(made_up_report: Path, tmp_path: Path) -> None:
    figures(made_up(n=5))
    write_report(made_up(), tmp_path / "again")
    assert files_in(tmp_path / "again") == files_in(made_up_report)


@pytest.mark.usefixtures("undrawn")
def test_an_earlier_report_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "report"
    write_report(small := made_up(ONE_ARM, 3), target)
    before = files_in(target)
    written = write_report(dataclasses.replace(small, seed=8), target)
    assert all(path.is_file() for path in written)
    assert files_in(target)["report.html"] != before["report.html"]
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, OSError])
@pytest.mark.parametrize("step", ["write._write_manifest", "folder.os.rename"])
def test_failing_midway_leaves_the_earlier_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException], step: str
) -> None:
    target = tmp_path / "report"
    result = made_up(ONE_ARM, 3)
    write_report(result, target)
    before = files_in(target)
    rename = os.rename

    def fail(*arguments: Any) -> None:
        # Of the renames, the one that puts the new report in place fails.
        if step == "folder.os.rename" and not str(arguments[0]).endswith("new"):
            return rename(*arguments)
        raise failure("stopped")

    monkeypatch.setattr(f"coley.report.{step}", fail)
    with pytest.raises(ColeyError if failure is OSError else failure):
        write_report(result, target)
    monkeypatch.setattr("os.rename", rename)
    assert files_in(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


@pytest.mark.usefixtures("undrawn")
def test_other_folders_and_files_are_left_alone(tmp_path: Path) -> None:
    result = made_up(ONE_ARM, 3)
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.txt").write_text("years of work")
    (own / "manifest.json").write_text('{"report": 1}')
    report = tmp_path / "report"
    write_report(result, report)
    (report / "note.txt").write_text("mine")
    for place in (own, own / "thesis.txt", own / "thesis.txt" / "below", report):
        with pytest.raises(ColeyError) as caught:
            check_writable(place)
        assert str(place) in str(caught.value)
        with pytest.raises(ColeyError):
            write_report(result, place)
    assert (own / "thesis.txt").read_text() == "years of work"
    assert (report / "note.txt").read_text() == "mine"


def test_checking_leaves_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    (tmp_path / "empty").mkdir()
    check_writable(tmp_path / "empty")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


HOLDS = """
import sys
from pathlib import Path
from coley.report.folder import replaced

with replaced(Path(sys.argv[1])) as folder:
    (folder / "trajectories.parquet").write_text("much")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="told by locks of POSIX")
def test_what_a_killed_run_left_is_cleared_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    target = tmp_path / "report"

    def holding() -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", HOLDS, str(target)], stdin=pipe, stdout=pipe, text=True)

    with holding() as killed, holding() as living:
        places = [Path(process.stdout.readline().strip()).parent for process in (killed, living)]  # type: ignore[union-attr]
        killed.kill()
        killed.wait()
        assert all(place.exists() for place in places)
        (tmp_path / ".report-mine").mkdir()
        (tmp_path / ".report-abcdefgh").mkdir()
        (tmp_path / ".report-abcdefgh" / "thesis.txt").write_text("years of work")
        check_writable(target)
        assert [place.exists() for place in places] == [False, True]
        assert (tmp_path / ".report-mine").exists()
        assert (tmp_path / ".report-abcdefgh" / "thesis.txt").exists()
        living.communicate("")
    assert (target / "trajectories.parquet").exists()
    assert not places[1].exists()


@pytest.mark.skipif(os.name == "nt", reason="told by locks of POSIX")
def test_a_report_that_was_aside_when_a_run_was_killed_is_put_back(tmp_path: Path) -> None:
    """A kill between the two renames leaves the earlier report in the hidden folder alone."""
    aside = tmp_path / ".report-abcdefgh" / "old"
    aside.mkdir(parents=True)
    (aside / "manifest.json").write_text("{}")
    clear(tmp_path / "report")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")] == ["report/manifest.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
