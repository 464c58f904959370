"""A command that is killed or interrupted goes on with what was finished, to the same bytes as one left alone."""

from __future__ import annotations

import hashlib
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coley.cli.commands import app

BLOCK, PATIENTS = 3, 8
ARMS = ("nivolumab 3 mg/kg iv q2w", "nivolumab 1 mg/kg iv q2w")
"""All arms here are of one drug: they have the same model, which is compiled once."""
OPTIONS = ["run", "--cancer", "melanoma", "--months", "9", "--patients", str(PATIENTS), "--threads", "1", "--quiet"]
COMMAND = [*OPTIONS, *(part for arm in ARMS for part in ("--arm", arm))]

HALTING = """
import importlib, signal, sys
import pandas as pd

block, halt, *arguments = sys.argv[1:]
written, write = [], pd.DataFrame.to_parquet

def halting(frame, path, **how):
    write(frame, path, **how)
    written.append(path)
    if len(written) == int(halt):
        print("halted", flush=True)
        signal.pause()

importlib.import_module("coley.trial.run").BLOCK = int(block)
pd.DataFrame.to_parquet = halting
sys.argv[1:] = arguments
from coley.cli import main
main()
"""
"""The command, which stops for ever in the middle of a part: after so many tables of parts were written."""

HALT = 2 + 7 + 7 + 2 + 3
"""In the second block: after people and both arms of the first, people of the second, and three tables of an arm."""


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_run_goes_on_to_the_bytes_of_one_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for a time: the process says that it has stopped, and is killed then."""
    out = tmp_path / "out"
    command = [sys.executable, "-c", HALTING, str(BLOCK), str(HALT), *COMMAND, "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "halted\n"
        process.kill()
    (work,) = tmp_path.iterdir()
    kept = ["00000000", "00000000-0", "00000000-1", "00000003", "key", "new"]
    assert sorted(path.name for path in work.iterdir()) == kept

    module = importlib.import_module("coley.trial.run")
    followed: list[int] = []
    follow = module.follow

    def watched(trial: object, plan: object, disease: object, cohort: object, *rest: object) -> object:
        followed.append(int(cohort.covariates.index[0]))  # type: ignore[attr-defined]
        return follow(trial, plan, disease, cohort, *rest)

    monkeypatch.setattr(module, "BLOCK", BLOCK)
    monkeypatch.setattr(module, "follow", watched)
    again = CliRunner().invoke(app, [*COMMAND, "--out", str(out)])
    assert again.exit_code == 0, again.output
    assert followed == [3, 3, 6, 6]  # the first block, in both arms, was not followed again
    alone = CliRunner().invoke(app, [*COMMAND, "--out", str(tmp_path / "alone")])
    assert alone.exit_code == 0, alone.output
    assert digests(out) == digests(tmp_path / "alone")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alone", "out"]


CLAIM = """\
name = "x1"
title = "a month more"
claim = "A month of follow-up more changes little."
patients = 10

[[arms]]
name = "three"
cancer = "melanoma"
regimen = "nivolumab 3 mg/kg iv q2w"
months = 3

[[arms]]
name = "four"
cancer = "melanoma"
regimen = "nivolumab 3 mg/kg iv q2w"
months = 4

[[rules]]
rule = "equivalence"
measure = "ORR"
first = "three"
second = "four"
margin = 35

[[evidence]]
says = "They are the same."
source = "definition"
known = "derived"
"""
SMALL = ["--patients", "10", "--threads", "1", "--json"]
SCANNED = """\
name = "one-arm"
title = "A trial of one arm"
summary = "Made up."
cancer = "melanoma"
enrolment_months = 1
follow_up_months = 3

[visits]
scans = [6]
every = 6

[[arms]]
name = "nivolumab"
regimen = "nivolumab 3 mg/kg iv q2w"
"""
COMMANDS = {
    "compare": [*ARMS, "--cancer", "melanoma", "--months", "3", *SMALL],
    "scan": ["one-arm.toml", "--vary", "dose 1, 3 mg/kg", *SMALL],
    "claims": ["x1", "--catalogue", "own", *SMALL],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_other_commands_go_on_too(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in the second of two arms, and begun again: the first is not followed again, and nothing differs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own" / "claims").mkdir(parents=True)
    (tmp_path / "own" / "claims" / "x1.toml").write_text(CLAIM, encoding="utf-8")
    (tmp_path / "one-arm.toml").write_text(SCANNED, encoding="utf-8")
    module = importlib.import_module("coley.trial.run")
    followed: list[str] = []
    interrupted_in = [2]
    follow = module.follow

    def watched(trial: object, plan: object, *rest: object) -> object:
        followed.append(plan.arm.name)  # type: ignore[attr-defined]
        if len(followed) in interrupted_in:
            raise KeyboardInterrupt
        return follow(trial, plan, *rest)

    def carried_out() -> str:
        followed.clear()
        done = CliRunner().invoke(app, [command, *COMMANDS[command]])
        assert done.exit_code == (130 if interrupted_in else 0), done.output
        return done.output

    monkeypatch.setattr(module, "follow", watched)
    said = carried_out()
    hidden = [path for path in tmp_path.rglob(".*") if path.is_dir()]
    assert len(hidden) == 1 and str(hidden[0]) in said
    first, second = followed
    interrupted_in.clear()
    resumed = carried_out()
    assert followed == [second]
    assert not hidden[0].exists()
    assert carried_out() == resumed and followed == [first, second]
