"""A run in parts: the same result whatever the parts, kept in a folder where the same run goes on."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from coley.errors import ColeyError
from coley.protocol import Trial
from coley.report import write_report
from coley.report.folder import unfinished, unfinished_place
from coley.report.pieces import write_pieces
from coley.report.svg import Drawing
from coley.trial import RunSettings, TrialResult, run
from coley.trial.run import parts_of
from conftest import PATIENTS, SEED
from test_trial_run import assert_same

module = importlib.import_module("coley.trial.run")
writing = importlib.import_module("coley.report.write")
BLOCK = 5


@pytest.fixture
def in_blocks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Blocks of five patients; the arms that were followed, one for each part."""
    followed: list[str] = []
    follow = module.follow

    def watched(trial: Trial, plan: Any, *rest: Any) -> Any:
        followed.append(plan.arm.name)
        return follow(trial, plan, *rest)

    monkeypatch.setattr(module, "BLOCK", BLOCK)
    monkeypatch.setattr(module, "follow", watched)
    return followed


def in_folder(trial: Trial, work: Path, seed: int = SEED, **more: Any) -> TrialResult:
    work.mkdir(exist_ok=True)
    return run(trial, settings=RunSettings(PATIENTS, seed, threads=1, work=work, **more))


def stop_after(parts: int, followed: list[str]) -> Callable[[str, int, int], None]:
    def progress(stage: str, done: int, total: int) -> None:
        if len(followed) > parts:
            raise KeyboardInterrupt

    return progress


def files(result: TrialResult, folder: Path) -> dict[str, str]:
    """Files of the report of ``result`` without figures, by their digests."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in write_report(result, folder)
    }


def test_a_run_goes_on_where_it_was_ended_and_nothing_differs(
    small_trial: Trial,
    small_result: TrialResult,
    in_blocks: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run in one piece and in memory is what the others are held against."""
    monkeypatch.setattr(writing, "drawings", lambda result: dict[str, Drawing]())
    monkeypatch.setattr(writing, "render_page", lambda result, drawn: "page")
    arms = [arm.name for arm in small_trial.arms]
    assert parts_of(small_trial, PATIENTS) == 6
    with pytest.raises(KeyboardInterrupt):
        in_folder(small_trial, tmp_path / "work", progress=stop_after(3, in_blocks))
    assert in_blocks == [*arms, *arms]  # the last of them was not finished
    in_blocks.clear()
    resumed = in_folder(small_trial, tmp_path / "work")
    assert in_blocks == [arms[1], *arms]
    assert_same(small_result, resumed)
    assert files(resumed, tmp_path / "resumed") == files(small_result, tmp_path / "whole")
    (damaged := tmp_path / "work" / "00000005-1" / "history.npz").write_bytes(b"PK")
    with pytest.raises(ColeyError, match=f"{damaged}: is damaged.*remove"):
        in_folder(small_trial, tmp_path / "work")
    in_blocks.clear()
    with pytest.raises(KeyboardInterrupt):  # another seed: nothing of the other run is taken
        in_folder(small_trial, tmp_path / "work", SEED + 1, progress=stop_after(0, in_blocks))
    assert in_blocks == arms[:1]


def test_what_is_unfinished_stays_until_it_is_done(tmp_path: Path) -> None:
    target = tmp_path / "report"
    place = unfinished_place(target)
    assert place.parent == tmp_path and place != unfinished_place(tmp_path / "another" / "report")
    with pytest.raises(KeyboardInterrupt), unfinished(target) as work:
        assert work == place
        raise KeyboardInterrupt
    assert not place.exists()  # nothing was finished
    with pytest.raises(KeyboardInterrupt), unfinished(target) as work:
        (place / "part").mkdir()
        raise KeyboardInterrupt
    assert (place / "part").exists()
    with unfinished(target) as work:
        assert work == place and (place / "part").exists()
        with unfinished(target) as other:
            assert other is None  # another run to the same folder keeps off
    assert not place.exists()
    with unfinished(Path("/dev/null/report")) as nowhere:
        assert nowhere is None


@pytest.mark.parametrize("cuts", [(), (3,), (1, 1, 4), (0, 7)])
def test_a_table_in_pieces_is_the_same_file_however_it_is_cut(
    cuts: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coley.report.pieces._ROWS", 3)
    whole = pd.DataFrame({"TEXT": list("abcdefg"), "NUMBER": range(7), "LATE": [None] * 4 + ["x", None, "y"]})
    edges = [0, *cuts, len(whole)]
    cut = [whole[a:b].reset_index(drop=True) for a, b in pairwise(edges)]
    write_pieces([whole], tmp_path / "whole")
    write_pieces(cut, tmp_path / "cut")
    assert (tmp_path / "cut").read_bytes() == (tmp_path / "whole").read_bytes()
    assert pq.ParquetFile(tmp_path / "cut").num_row_groups == 3
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "cut"), whole)
    write_pieces([whole[:0], whole[:0]], tmp_path / "none")
    assert pd.read_parquet(tmp_path / "none").columns.tolist() == whole.columns.tolist()
