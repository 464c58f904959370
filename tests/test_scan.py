"""Outcomes by dose or interval: what is varied, and that exposure is proportional to dose where clearance is linear."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coley.catalogue import load_catalogue
from coley.cli.commands import app
from coley.design.varying import read_vary, varied
from coley.errors import ColeyError
from coley.protocol import Arm, Trial, Visits
from coley.regimen import Amount, Span, parse, with_dose, with_interval


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("dose 0.1..10 mg/kg log 7", (0.1, 0.215, 0.464, 1.0, 2.15, 4.64, 10.0), "mg/kg"),
        ("dose 0..10 mg/kg 3", (0.0, 5.0, 10.0), "mg/kg"),
        ("DOSE of nivolumab 10, 1,3 mg / kg", (1.0, 3.0, 10.0), "mg/kg"),
        ("interval 2..8 weeks 4", (2.0, 4.0, 6.0, 8.0), "week"),
        ("interval of nivolumab 14..21 days 3", (14.0, 18.0, 21.0), "day"),
    ],
)
def test_what_is_varied_is_read(text: str, values: tuple[float, ...], unit: str) -> None:
    found = read_vary(text)
    assert found.values == values and found.unit == unit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("weight 1..2 kg 3", "is not understood"),
        ("dose 1..2 mg", "needs a number of values"),
        ("dose 1..2 mg 99", "needs a number of values"),
        ("dose 2..1 mg 3", "is no range"),
        ("dose 0..1 mg log 3", "cannot begin at 0"),
        ("dose 1..2 furlong 3", "is no unit of a dose"),
        ("dose 1 mg", "one value only"),
        ("dose 1, 2 mg 3", "lists its values"),
        ("interval 1..3 months 3", "is no unit of an interval"),
        ("interval 0..3 weeks 3", "an interval of 0 cannot be"),
        ("dose 1..9e999 mg 3", "is no range"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, words: str) -> None:
    with pytest.raises(ColeyError, match=words):
        read_vary(text)


def test_the_tree_is_changed_wherever_the_drug_stands() -> None:
    text = "nivolumab 1 mg/kg iv q3w x4 + ipilimumab 3 mg/kg iv q3w x4 then nivolumab 240 mg iv q2w up to 24 months"
    dosed = with_dose(parse(text), "nivolumab", Amount(2.0, "mg/kg"))
    assert str(dosed) == text.replace("nivolumab 1 mg/kg", "nivolumab 2 mg/kg").replace("240 mg", "2 mg/kg")
    spaced = with_interval(parse(text), "ipilimumab", Span(6, "week"))
    assert str(spaced) == text.replace("ipilimumab 3 mg/kg iv q3w", "ipilimumab 3 mg/kg iv q6w")
    with pytest.raises(ColeyError, match="'nivolumap' is not given"):
        with_dose(parse(text), "nivolumap", Amount(2.0, "mg"))
    with pytest.raises(ColeyError, match="given once only"):
        with_interval(parse("cyclophosphamide 500 mg/m2 iv once"), "cyclophosphamide", Span(1, "week"))


def test_a_named_regimen_is_written_out_where_it_is_changed_and_only_there() -> None:
    names = {"doublet": "cisplatin 75 mg/m2 iv q3w x4 + pemetrexed 500 mg/m2 iv q3w x4"}
    regimen = parse("doublet + pembrolizumab 200 mg iv q3w", names)
    assert str(with_dose(regimen, "pembrolizumab", Amount(2.0, "mg/kg"))).startswith("doublet + ")
    text = str(with_dose(regimen, "cisplatin", Amount(60.0, "mg/m2")))
    assert text == f"({names['doublet'].replace('75', '60')}) + pembrolizumab 200 mg iv q3w"
    assert str(parse(text)) == text


def _trial(*arms: Arm) -> Trial:
    about = {"name": "few", "title": "A few", "summary": "For a test.", "cancer": "melanoma", "follow_up_months": 4}
    return Trial(**about, visits=Visits(scans=(8,), every=8), arms=arms)


def test_arms_that_cannot_be_varied_are_refused() -> None:
    catalogue = load_catalogue()
    two = _trial(
        Arm(name="both", regimen="nivolumab 1 mg/kg iv q3w x4 + ipilimumab 3 mg/kg iv q3w x4"),
        Arm(name="none", regimen="placebo"),
    )
    for arm, text, words in (
        (None, "dose 1, 2 mg/kg", "has several"),
        ("bot", "dose 1, 2 mg/kg", "did you mean 'both'"),
        ("none", "dose 1, 2 mg/kg", "gives nothing"),
        ("both", "dose 1, 2 mg/kg", "write 'dose of nivolumab"),
        ("both", "dose of pembrolizumab 1, 2 mg/kg", "is not given in this arm"),
        ("both", "dose of nivolumab 1, 2 PFU", "PFU"),
    ):
        with pytest.raises(ColeyError, match=words):
            varied(two, arm, read_vary(text), catalogue)
    trial, drug = varied(two, "both", read_vary("dose of Opdivo 1, 2 mg/kg"), catalogue)
    assert drug == "nivolumab" and [arm.name for arm in trial.arms] == ["1 mg/kg", "2 mg/kg"]


def test_the_command_shows_that_exposure_is_proportional_to_dose(tmp_path: Path) -> None:
    """Nivolumab has linear clearance in the catalogue: ten times the dose is ten times the concentration."""
    file, plot = tmp_path / "few.toml", tmp_path / "dose.svg"
    file.write_text(
        'name = "few"\ntitle = "A few"\nsummary = "For a test."\ncancer = "melanoma"\nfollow_up_months = 4\n'
        'visits = { scans = [8], every = 8 }\n[[arms]]\nname = "drug"\nregimen = "nivolumab 3 mg/kg iv q2w"\n',
        encoding="utf-8",
    )
    arguments = ["scan", str(file), "--vary", "dose 0.3, 3 mg/kg", "--patients", "6", "--threads", "1"]
    done = CliRunner().invoke(app, [*arguments, "--json", "--plot", str(plot)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["arms"] == {dose: f"nivolumab {dose} iv q2w" for dose in ("0.3 mg/kg", "3 mg/kg")}
    exposures = [row["predicted"] for row in said["outcomes"] if row["measure"].startswith("Mean nivolumab")]
    assert exposures[1] / exposures[0] == pytest.approx(10, rel=0.25)  # patients who stop early differ
    assert plot.read_text(encoding="utf-8").startswith("<svg")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0 and "Objective response rate" in done.stdout
    assert CliRunner().invoke(app, ["scan", str(file), "--vary", "dose"]).exit_code == 2
