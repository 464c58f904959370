"""The command line with nothing replaced: from options or a file to a report on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
from typer.testing import CliRunner

from coley.cli.commands import app

TRIAL = """
name = "by-synonym"
title = "A trial that names its cancer as people do"
summary = "Made up."
cancer = "lung cancer"

[visits]
scans = [6, 12]
every = 9

[[arms]]
name = "doublet"
regimen = "platinum-doublet"
"""


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["run", *arguments, "--patients", "6", "--seed", "3", "--threads", "1"])
    assert result.exit_code == 0, result.output
    return result.output


def test_own_trial_from_options(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arms = ("nivolumab 3 mg/kg iv q2w", "ipilimumab 3 mg/kg iv q3w x4")
    printed = run("--cancer", "melanoma", "--arm", arms[0], "--arm", arms[1], "--months", "9", "--out", str(out))
    assert "never for deciding one person's treatment" in printed
    assert set(pd.read_csv(out / "summary.csv")["arm"]) == set(arms)
    subjects = pd.read_parquet(out / "tables" / "ADSL.parquet")
    assert subjects.groupby("ARM")["SUBJID"].nunique().to_dict() == dict.fromkeys(arms, 6)
    assert json.loads((out / "manifest.json").read_text())["seed"] == 3


def test_trial_file_with_a_synonym_and_a_named_regimen(tmp_path: Path) -> None:
    (tmp_path / "trial.toml").write_text(TRIAL)
    run(str(tmp_path / "trial.toml"), "--out", str(tmp_path / "out"))
    given = pd.read_parquet(tmp_path / "out" / "tables" / "ADEX.parquet")
    assert set(given["EXTRT"]) == {"carboplatin", "pemetrexed"}
    assert "by-synonym" in (tmp_path / "out" / "manifest.json").read_text()
