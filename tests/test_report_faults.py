"""A figure, a page or a renderer that fails takes nothing with it that was computed."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coley.report import check_writable, figures, read_result, write_report
from coley.report.figures import plates
from coley.report.svg import Drawing, Sketch, draw
from coley.trial.result import TrialResult
from made_up import ONE_ARM, UNDRAWN, PageReader, made_up


def test_a_figure_that_fails_is_a_note_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(result: TrialResult) -> Any:
        raise ZeroDivisionError("a fault of the <program>")

    result = made_up(ONE_ARM, 3)
    names = {plate.name for plate in plates(result)}
    broken = dataclasses.replace(next(plate for plate in plates(result) if plate.name == "cells"), draw=fails)
    monkeypatch.setattr(sys.modules["coley.report.figures"], "_CELLS", broken)
    write_report(result, tmp_path / "report")
    text = PageReader((tmp_path / "report" / "report.html").read_text(encoding="utf-8")).text
    assert "This figure could not be drawn: ZeroDivisionError: a fault of the <program>" in text
    drawn = {path.stem for path in (tmp_path / "report" / "figures").iterdir()}
    assert drawn == names - {"cells"}
    faults = json.loads((tmp_path / "report" / "manifest.json").read_text(encoding="utf-8"))["report"]["faults"]
    assert list(faults) == ["cells"]
    check_writable(tmp_path / "report")


def test_results_are_on_disk_before_anything_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = made_up(ONE_ARM, 3)
    found: list[str] = []

    def look(result: TrialResult) -> dict[str, Drawing]:
        found.extend(path.name for path in tmp_path.rglob("*.parquet"))
        return UNDRAWN

    monkeypatch.setattr("coley.report.write.drawings", look)
    write_report(result, tmp_path / "report")
    assert {"trajectories.parquet", *(f"{name}.parquet" for name in result.tables)} <= set(found)


def test_a_page_that_fails_takes_no_result_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coley.report.write.drawings", lambda result: UNDRAWN)
    monkeypatch.setattr("coley.report.write.render_page", lambda result, drawn: 1 / 0)
    write_report(made_up(ONE_ARM, 3), tmp_path / "report")
    assert "ZeroDivisionError" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    monkeypatch.undo()
    monkeypatch.setattr("coley.report.write.drawings", lambda result: UNDRAWN)
    write_report(read_result(tmp_path / "report"), tmp_path / "again")
    assert "A made-up trial" in (tmp_path / "again" / "report.html").read_text(encoding="utf-8")


ABORTS = """
import os, sys
for number, line in enumerate(sys.stdin):
    if number == 1:
        os.abort()
    print('["<svg ></svg>", ""]', flush=True)
"""


def test_a_renderer_that_dies_costs_one_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is aborted at the second chart of each process: of three figures, the second is a fault."""
    program = tmp_path / "aborts.py"
    program.write_text(ABORTS)
    monkeypatch.setattr("coley.report.svg._PROGRAM", program)
    chart = figures(made_up(ONE_ARM, 2))["swimmer"]
    drawn = draw([Sketch(name, lambda: chart, "") for name in ("first", "second", "third")])
    assert [bool(drawing.svg) for drawing in drawn.values()] == [True, False, True]
    assert "the renderer was ended by SIGABRT" in drawn["second"].fault


def test_a_chart_that_the_renderer_refuses_is_a_fault() -> None:
    refused = SimpleNamespace(to_dict=lambda validate: {"mark": "no such mark"})
    drawing = draw([Sketch("refused", lambda: refused, "")])["refused"]  # type: ignore[arg-type, return-value]
    assert drawing.fault and not drawing.svg


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from coley.report.figures import drawings
from made_up import made_up
result = made_up({"ipilimumab": 20.0}, 2)
drawings(result)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
faults = [drawing.fault for drawing in drawings(result).values()]
print(sum(map(bool, faults)), len(faults))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of address space")
def test_short_memory_ends_the_renderer_and_not_the_run() -> None:
    """The JavaScript engine reserves gigabytes of addresses, and aborts its process where it cannot."""
    asked = [sys.executable, "-c", LIMITED, str(Path(__file__).parent)]
    told = subprocess.run(asked, capture_output=True, text=True, check=True)
    failed, among = map(int, told.stdout.split())
    assert failed == among > 0
    assert "the renderer" in told.stderr
