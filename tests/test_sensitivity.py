"""Global sensitivity: indices beside closed forms and scipy, parameters with their ranges, an analysis, the command."""

from __future__ import annotations

import json
from functools import partial
from math import pi
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import sobol_indices, uniform
from typer.testing import CliRunner

import calibration_fake as fake
from coley.calibration.paths import value_at
from coley.calibration.posterior import posterior
from coley.catalogue import Catalogue, load_catalogue
from coley.cli.commands import app
from coley.errors import ColeyError, Problem
from coley.protocol import Trial
from coley.sensitivity import Settings, read_parameters, sensitivity, write_sensitivity
from coley.sensitivity.indices import indices, points
from coley.sensitivity.measure import measure

CATALOGUE = load_catalogue()
TRIAL = CATALOGUE.trials["keynote-024"]
KILL = "physiology.parameters.k_kill.value"


def ishigami(x: np.ndarray) -> np.ndarray:
    """Of points (..., 3) between -pi and pi."""
    return np.asarray(np.sin(x[..., 0]) * (1 + 0.1 * x[..., 2] ** 4) + 7 * np.sin(x[..., 1]) ** 2)


# indices


def test_indices_of_ishigamis_function_are_those_of_its_closed_form() -> None:
    """Ishigami and Homma 1990, a = 7, b = 0.1: first 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437."""
    design = points(3, 1024, seed=1)
    found = indices(design, ishigami(2 * pi * design.every - pi), seed=1)
    assert found.first == pytest.approx([0.3139, 0.4424, 0.0], abs=0.04)
    assert found.total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.04)
    low, high = found.total_interval
    assert (low < [0.5576, 0.4424, 0.2437]).all() and (high > [0.5576, 0.4424, 0.2437]).all()


def test_indices_are_those_of_scipy_on_the_same_points() -> None:
    design = points(3, 64, seed=2)
    a, b, mixed = (ishigami(2 * pi * part - pi) for part in (design.first, design.second, design.mixed))
    theirs = sobol_indices(func={"f_A": a[None], "f_B": b[None], "f_AB": mixed[:, None]}, n=64, dists=[uniform()] * 3)
    ours = indices(design, np.concatenate([a, b, mixed.ravel()]), seed=1)
    assert ours.first == pytest.approx(theirs.first_order) and ours.total == pytest.approx(theirs.total_order)


def test_one_parameter_decides_all_and_moves_the_outcome_by_a_third_of_its_range() -> None:
    """y = 6 u: two uniform numbers are a third apart in the mean, so that y moves by 2, and upward when u grows."""
    design = points(1, 256, seed=1)
    found = indices(design, 6 * design.every[:, 0], seed=1)
    assert found.total[0] == pytest.approx(1.0, abs=0.05) and found.first[0] == pytest.approx(1.0, abs=0.05)
    assert found.change[0] == pytest.approx(2.0, rel=0.05) == found.rise[0]


def test_what_never_changes_is_decided_by_nothing_and_what_failed_is_left_out() -> None:
    design = points(2, 8, seed=1)
    still = indices(design, np.full(32, 3.0), seed=1)
    assert (still.total == 0).all() and (still.change == 0).all()
    values = design.every @ [1.0, 0.0]
    values[3] = np.nan
    found = indices(design, values, seed=1)
    assert found.rows == 7 and found.total[1] == 0 < found.total[0]
    assert np.isnan(indices(design, np.full(32, np.nan), seed=1).total).all()


# parameters


def test_calibrated_parameters_have_their_posterior_and_linked_paths_are_one() -> None:
    every = read_parameters((), CATALOGUE)
    assert sorted(path for p in every for path in p.paths) == sorted(posterior()[0])
    (broaden,) = read_parameters(["k_broaden"], CATALOGUE)
    draws = [draw[broaden.paths[0]] for draw in posterior()]
    assert broaden.at(0.5) == pytest.approx(np.median(draws), rel=1e-3)
    assert broaden.at(0.0) == pytest.approx(min(draws), rel=1e-4) and not broaden.declared
    labels = {p.label for p in read_parameters(["melanoma.k_growth", "docetaxel"], CATALOGUE)}
    assert labels == {"melanoma k_growth", "docetaxel kill-dividing kill_rate"}


def test_a_range_may_be_declared_of_any_number() -> None:
    (kill,) = read_parameters([f"{KILL} 1..100 log"], CATALOGUE)
    assert kill.paths == (KILL,) and kill.declared
    assert kill.at(0.5) == pytest.approx(10, rel=1e-3) and kill.label == "k_kill"
    for text, words in (
        ("k_broden", "did you mean 'k_broaden'"),
        (f"{KILL} 3..1", "is no range"),
        (f"{KILL} 1..3 often", "is not understood"),
        ("physiology.parameters.k_kil.value 1..3", "did you mean 'k_kill'"),
        ("physiology.parameters.k_PE.cv -3..1", "cannot be -3"),
    ):
        with pytest.raises(ColeyError, match=words):
            read_parameters([text], CATALOGUE)


# an analysis


def test_an_analysis_finds_what_decides_and_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the stand-in the response rate depends on killing alone, and the hazard decides survival at a month."""
    calls = tmp_path / "calls"
    calls.touch()
    monkeypatch.setenv(fake.CALLS, str(calls))
    hazard = fake.HAZARD["nsclc"]
    chosen = read_parameters([f"{KILL} 2..12", f"{hazard} 0.0005..0.002 log"], CATALOGUE)
    settings = Settings(tmp_path / "out", rows=8)
    found = sensitivity(TRIAL, chosen, CATALOGUE, settings, predictor=fake.predict)
    total = found.table.set_index(["arm", "outcome", "parameter"])["total"]
    arm = TRIAL.arms[0].name
    assert total[arm, "ORR", "k_kill"] == pytest.approx(1.0, abs=0.4)
    assert total[arm, "ORR", found.parameters[1].label] == 0
    assert found.table.iloc[0]["parameter"] == "k_kill" and found.table.iloc[0]["rise"] > 0
    assert len(found.outcomes) == 8 * 4
    files = write_sensitivity(found, tmp_path / "page")
    names = ["sensitivity.html", "sensitivity.csv", "sensitivity.parquet", "points.csv", "sensitivity.svg"]
    assert [path.name for path in files] == names and all(path.exists() for path in files)
    pd.testing.assert_frame_equal(pd.read_parquet(files[2]), found.table)
    page = files[0].read_text(encoding="utf-8")
    assert "<svg" in page and "<td>k_kill</td>" in page
    done = calls.read_text().count("\n")
    again = sensitivity(TRIAL, chosen, CATALOGUE, settings, predictor=fake.predict)
    assert calls.read_text().count("\n") == done
    pd.testing.assert_frame_equal(again.table, found.table)


def test_what_cannot_matter_is_left_out_and_what_fails_is_told(tmp_path: Path) -> None:
    def some(trial: Trial, catalogue: Catalogue, patients: int, seed: int) -> pd.DataFrame:
        if value_at(catalogue, KILL) > 11.5:
            raise ColeyError(Problem("trial", "hardly anyone is eligible"))
        return fake.predict(trial, catalogue, patients, seed)

    chosen = read_parameters([f"{KILL} 2..12", "melanoma.k_growth"], CATALOGUE)
    found = sensitivity(TRIAL, chosen, CATALOGUE, Settings(tmp_path, rows=8), predictor=some)
    assert [p.label for p in found.parameters] == ["k_kill"]  # melanoma says nothing of lung cancer
    assert "hardly anyone is eligible" in found.failed[0] and found.table["total"].notna().all()
    with pytest.raises(ColeyError, match="none of them matters"):
        sensitivity(TRIAL, chosen[1:], CATALOGUE, Settings(tmp_path), predictor=some)
    with pytest.raises(ColeyError, match="is no power of 2"):
        Settings(tmp_path, rows=12)


def test_outcomes_of_a_run_are_those_of_its_tables(small_trial: Trial) -> None:
    """The mean time within follow-up lies between zero and follow-up; the same seed gives the same outcomes."""
    found = measure(small_trial, CATALOGUE, 4, 3)
    table = found.set_index(["arm", "endpoint"])["predicted"]
    assert {"ORR", "OS", "PFS"} <= set(table["nivolumab"].index)
    assert 0 < table["nivolumab", "PFS"] <= table["nivolumab", "OS"] <= small_trial.follow_up_months
    pd.testing.assert_frame_equal(measure(small_trial, CATALOGUE, 4, 3), found)


def test_the_command_tells_what_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coley.sensitivity.sensitivity", partial(sensitivity, predictor=fake.predict))
    arguments = ["sensitivity", "keynote-024", "--rows", "2", "--workers", "1", "--out", str(tmp_path / "out")]
    ranges = ["--parameters", f"{KILL} 2..12", "--parameters", "k_broaden"]
    done = CliRunner().invoke(app, [*arguments, *ranges, "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert {row["parameter"] for row in said["indices"]} == {"k_kill", "k_broaden"} and said["failed"] == []
    done = CliRunner().invoke(app, [*arguments, *ranges])
    assert done.exit_code == 0 and "what decides the outcomes" in " ".join(done.stdout.split())
    assert CliRunner().invoke(app, [*arguments, "--parameters", "k_brod"]).exit_code == 2
    assert CliRunner().invoke(app, [*arguments, *ranges, "--rows", "5"]).exit_code == 2
