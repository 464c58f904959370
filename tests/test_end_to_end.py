"""The command line with nothing replaced: from options or a file to a report on disk."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from coley.catalogue import load_catalogue
from coley.cli.commands import app
from coley.trial.response import criteria

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


KINDS = {
    "melanoma-resected": "nivolumab 3 mg/kg iv q2w",
    "dlbcl": "cyclophosphamide 500 mg/m2 iv q1d x3 then axicabtagene-ciloleucel 2e6 cells/kg iv once",
    "b-all": "blinatumomab 28 ug iv over 24 h days 1-28 q6w x4",
    "myeloma": "cyclophosphamide 500 mg/m2 iv q4w x6",
    "nmibc-cis": "bcg 50 mg intravesical over 2 h q1w x6",
    "basal-cell-superficial": "radiotherapy 4 Gy external-beam q1d x5",
    "hpv-16-18": "observation",
}
"""A cancer of each kind of disease beside advanced solid tumours, and what it is given."""

OF_A_KIND = """
name = "of-a-kind"
title = "A trial of one arm"
summary = "Made up."
cancer = "{cancer}"
enrolment_months = 1
follow_up_months = 6

[visits]
scans = [4, 8]
every = 8

[[arms]]
name = "treated"
regimen = "{regimen}"
"""


@pytest.mark.parametrize("cancer", KINDS)
def test_every_kind_of_disease_has_a_report(cancer: str, tmp_path: Path) -> None:
    (tmp_path / "trial.toml").write_text(OF_A_KIND.format(cancer=cancer, regimen=KINDS[cancer]))
    out = tmp_path / "out"
    run(str(tmp_path / "trial.toml"), "--out", str(out))
    page = (out / "report.html").read_text(encoding="utf-8")
    judged = criteria()[load_catalogue().disease(cancer).criteria].title
    assert f"Response by {escape(judged)}" in page
    assert "could not be" not in page
    assert "faults" not in json.loads((out / "manifest.json").read_text())["report"]


def test_json_says_how_published_values_are_known(tmp_path: Path) -> None:
    shown = CliRunner().invoke(
        app, ["run", "checkmate-066", "--patients", "2", "--out", str(tmp_path / "out"), "--json"]
    )
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.stdout)
    arm = load_catalogue().trials["checkmate-066"].arms[0]
    known = [
        (row["endpoint"], row["known"]) for row in told["summary"] if (row["arm"], row["stratum"]) == (arm.name, "")
    ]
    assert known[: len(arm.published)] == [(fact.endpoint, fact.provenance) for fact in arm.published]
    assert told["criteria"] == "recist-1.1"
    assert {harm["arm"] for harm in told["harms"]} <= {row["arm"] for row in told["summary"]}
