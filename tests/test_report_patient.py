"""One patient of a result, beside the tables that it is taken from."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from coley.cli.commands import app
from coley.errors import ColeyError
from coley.report import find_patients, patient_figure, write_report
from coley.report.svg import render
from coley.trial import TrialResult


@pytest.fixture(scope="module")
def folder(small_result: TrialResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("patients") / "report"
    write_report(small_result, place)
    return place


def test_a_number_is_the_same_person_in_each_arm(small_result: TrialResult) -> None:
    found = find_patients(small_result, "2")
    assert [patient.arm for patient in found] == ["nivolumab", "nothing"]
    assert found[0].who["AGE"] == found[1].who["AGE"] and found[0].name != found[1].name
    (one,) = find_patients(small_result, found[1].name)
    assert one.arm == "nothing"


def test_doses_scans_and_events_are_those_of_the_tables(small_result: TrialResult) -> None:
    for row in small_result.tables["ADSL"].itertuples():
        (patient,) = find_patients(small_result, row.USUBJID)
        tables = {name: table[table["USUBJID"] == row.USUBJID] for name, table in small_result.tables.items()}
        assert patient.doses["count"].sum() == len(tables["ADEX"])
        if len(tables["ADEX"]):
            assert patient.doses["first"].min() == tables["ADEX"]["ASTDY"].min()
        sums = tables["ADTR"][tables["ADTR"]["PARAMCD"] == "SUMDIAM"]
        if "sum, mm" in patient.scans:
            assert patient.scans["sum, mm"].dropna().tolist() == sums["AVAL"].dropna().tolist()
        judged = tables["ADRS"][tables["ADRS"]["PARAMCD"] == "OVRLRESP"]["AVALC"].tolist()
        assert patient.scans["response"].dropna().tolist() == judged
        assert len(patient.events[patient.events["more"].str.startswith("OS")]) == 1


def test_every_patient_can_be_drawn(small_result: TrialResult) -> None:
    for number in range(small_result.patients):
        chart = patient_figure(small_result, find_patients(small_result, str(number)))
        chart.to_dict()
    assert render(chart, "figure", "label").startswith("<svg")


def test_a_patient_who_is_not_there_is_refused(small_result: TrialResult) -> None:
    with pytest.raises(ColeyError, match="a number from 0 to 11"):
        find_patients(small_result, "12")
    near = small_result.tables["ADSL"]["USUBJID"].iloc[0][:-1]
    with pytest.raises(ColeyError, match="did you mean"):
        find_patients(small_result, near)


def test_the_command_prints_tables_and_writes_the_figure(folder: Path, tmp_path: Path) -> None:
    plot = tmp_path / "one.svg"
    done = CliRunner().invoke(app, ["patient", str(folder), "0", "--plot", str(plot)])
    assert done.exit_code == 0, done.output
    for word in ("arm: nivolumab", "arm: nothing", "Doses", "Scans", "What happened", "Courses"):
        assert word in done.stdout
    assert plot.read_text(encoding="utf-8").startswith("<svg")


def test_the_command_refuses_in_plain_words(folder: Path, tmp_path: Path) -> None:
    for arguments, words in (
        ([str(folder), "99"], "has no patient '99'"),
        ([str(tmp_path), "1"], "holds no report"),
        ([str(folder), "1", "--plot", "one.pdf"], "end it in .svg"),
        ([str(folder), "1", "--plot", str(tmp_path / "no" / "one.svg")], "folder that is not there"),
    ):
        done = CliRunner().invoke(app, ["patient", *arguments])
        assert done.exit_code == 2 and words in done.stderr
