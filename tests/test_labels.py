"""Regimens of labels run on their cancers: the table's cancers are there, a run goes on where it was."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from typer.testing import CliRunner

from coley.catalogue import load_catalogue
from coley.catalogue.labels import label_regimens
from coley.cli import labels as module
from coley.cli import main as main
from coley.cli.commands import app

COLUMNS = "drug,cancer,setting,entry,regimen,patients,months,seed,failed,orr,seconds,problem"


def test_the_cancers_of_the_table_are_in_the_catalogue() -> None:
    assert {label.entry for label in label_regimens() if label.entry} <= set(load_catalogue().cancers)


def test_only_what_no_cancer_stands_for_has_no_entry() -> None:
    settings = {label.setting for label in label_regimens() if not label.entry}
    assert "supportive" in settings
    assert sum(bool(label.entry) for label in label_regimens()) >= 360  # of 394


def test_a_run_skips_what_its_table_holds_and_says_what_cannot_be_run(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    label = next(each for each in label_regimens() if each.drug == "acetaminophen")
    first = CliRunner().invoke(app, ["labels", "--only", label.drug, "--out", str(table)])
    assert first.exit_code == 0, first.output
    assert module._NOT_RUN in first.stdout and "1 of 1" in first.stderr
    rows = table.read_text(encoding="utf-8")
    assert rows.splitlines()[0] == COLUMNS and len(list(csv.DictReader(rows.splitlines()))) == 1
    again = CliRunner().invoke(app, ["labels", "--only", label.drug, "--out", str(table)])
    assert again.exit_code == 0 and "1 of 1" not in again.stderr
    assert table.read_text(encoding="utf-8") == rows


def test_unknown_names_and_foreign_tables_are_refused(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["labels", "--only", "nivolumap", "--patients", "0"])
    assert told.exit_code == 2
    assert "did you mean 'nivolumab'" in told.output and "--patients" in told.output
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xca\xfe\x00")
    for place in (other, binary, Path(os.devnull)):
        told = CliRunner().invoke(app, ["labels", "--only", "acetaminophen", "--out", str(place)])
        assert told.exit_code == 2 and "is no table of this command" in told.output
    told = CliRunner().invoke(app, ["labels", "--only", "acetaminophen", "--out", str(binary / "x.csv")])
    assert told.exit_code == 2 and "cannot be written" in told.output


def test_follow_up_is_checked_before_anything_runs_and_tells_runs_apart(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    asked = ["labels", "--only", "acetaminophen", "--out", str(table)]
    for months in ("-1", "nan", "1e300"):
        told = CliRunner().invoke(app, [*asked, "--months", months])
        assert told.exit_code == 2 and "--months" in told.output and not table.exists()
    for more in ((), ("--months", "6"), ("--seed", "2"), ("--seed", "2")):
        assert CliRunner().invoke(app, [*asked, *more]).exit_code == 0
    assert len(list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))) == 3
