"""Two regimens on the same virtual patients: power beside published tables, intervals beside closed forms."""

from __future__ import annotations

import json
from dataclasses import replace
from math import exp, inf, isfinite, isnan, nan, sqrt
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from coley.cli.commands import app
from coley.errors import ColeyError
from coley.report.contrast import contrast_figure, contrasts
from coley.trial import TrialResult
from coley.trial.analysis.paired import Follow, mean_difference, mean_time, share_difference, survival
from coley.trial.analysis.power import (
    events_of_log_rank,
    power_of_log_rank,
    power_of_proportions,
    size_of_proportions,
)
from coley.trial.analysis.statistics import kaplan_meier


def test_sizes_are_those_of_the_formulas_in_textbooks() -> None:
    """Fleiss 1981: 0.4 against 0.6 needs 97 per group at 80 %. Schoenfeld 1983: a ratio of 0.5 needs 66 events."""
    assert size_of_proportions(0.4, 0.6) == 97
    assert events_of_log_rank(0.5) == 66
    assert events_of_log_rank(0.7) == events_of_log_rank(1 / 0.7) == 247


def test_power_at_the_needed_size_is_that_which_was_asked_for() -> None:
    assert 0.8 <= power_of_proportions(0.4, 0.6, 97) < 0.805
    assert 0.8 <= power_of_log_rank(0.5, 66) < 0.81


def test_power_without_a_difference_is_the_level_of_the_test() -> None:
    assert power_of_proportions(0.3, 0.3, 100) == pytest.approx(0.05)
    assert power_of_log_rank(1.0, 100) == pytest.approx(0.05)
    assert size_of_proportions(0.3, 0.3) == inf == events_of_log_rank(1.0)
    assert isnan(power_of_log_rank(nan, 10)) and isnan(size_of_proportions(nan, 0.2))
    assert power_of_proportions(0.0, 1.0, 5) == 1.0


def test_the_interval_of_a_paired_share_is_that_of_mcnemar() -> None:
    """Standard error of a difference of paired proportions: sqrt(b + c - (b - c)² / n) / n (Fleiss 1981, 8.1)."""
    b, c, n = 60, 20, 400  # who changes for the better, and for the worse
    first = np.arange(n) < c
    second = (np.arange(n) >= n - b) | (np.arange(n) < 0)
    found = share_difference(first, second, seed=1)
    error = sqrt(b + c - (b - c) ** 2 / n) / n
    assert found.value == (b - c) / n
    assert found.upper - found.value == pytest.approx(1.96 * error, rel=0.1)
    assert found.value - found.lower == pytest.approx(1.96 * error, rel=0.1)


def test_survival_is_kaplan_and_meiers_and_the_mean_is_the_area_under_it() -> None:
    generator = np.random.default_rng(3)
    durations = np.round(generator.exponential(10, 200), 1)  # with ties
    follow = Follow(durations, generator.random(200) < 0.7)
    curve = kaplan_meier(follow.durations, follow.events)
    at = curve[curve["time"] <= 8.0].iloc[-1]["survival"]
    assert survival(follow, 8.0) == pytest.approx(at, abs=1e-12)
    inside = curve[curve["time"] < 8.0]
    area = float((inside["survival"] * np.diff([*inside["time"], 8.0])).sum())
    assert mean_time(follow, 8.0) == pytest.approx(area, abs=1e-9)
    everyone = Follow(generator.exponential(10, 20_000), np.full(20_000, True))
    assert mean_time(everyone, 10.0) == pytest.approx(10 * (1 - exp(-1)), rel=0.02)  # of an exponential distribution


def test_where_nobody_differs_the_interval_is_that_of_none_among_so_many() -> None:
    """None of 100: the upper bound of Clopper and Pearson is 1 - 0.025^(1/100) = 3.6 %."""
    flags = np.arange(100) < 30
    found = share_difference(flags, flags, seed=1)
    assert (found.value, found.lower, found.upper) == pytest.approx((0.0, -0.0362, 0.0362), abs=1e-4)
    follow = Follow(np.linspace(1, 20, 100), flags)
    assert mean_difference(follow, follow, 12.0, seed=1).upper == pytest.approx(12 * 0.0362, abs=1e-2)


def test_contrasts_of_a_result_are_those_of_its_tables(small_result: TrialResult) -> None:
    found = {row.label: row for row in contrasts(small_result, 100)}
    adsl = small_result.tables["ADSL"]
    shares = adsl["BOR"].isin(["CR", "PR"]).groupby(adsl["ARM"]).mean()
    response = found["Objective response rate"]
    assert response.first == pytest.approx(100 * shares["nivolumab"])
    assert response.difference == pytest.approx(100 * (shares["nothing"] - shares["nivolumab"]))
    assert response.lower <= response.difference <= response.upper
    summary = small_result.summary.set_index(["arm", "endpoint"])["predicted"]
    assert "Overall survival at 6 months" in found and "Overall survival at 12 months" not in found
    assert isfinite(summary["nivolumab", "OS_HR"])
    contrast_figure(small_result, tuple(found.values()), 100).to_dict()


def test_one_arm_cannot_be_compared(small_result: TrialResult) -> None:
    trial = small_result.trial.model_copy(update={"arms": small_result.trial.arms[:1]})
    with pytest.raises(ColeyError, match="has 1 arms; two"):
        contrasts(replace(small_result, trial=trial), 100)


def test_the_command_compares_and_draws(tmp_path: Path) -> None:
    plot = tmp_path / "two.svg"
    regimens = ["nivolumab 3 mg/kg iv q2w", "nivolumab 0 mg/kg iv q2w"]
    size = ["--patients", "8", "--months", "7", "--n", "150", "--threads", "1"]
    arguments = ["compare", *regimens, "--cancer", "melanoma", "--where", "PDL1 >= 1", *size]
    done = CliRunner().invoke(app, [*arguments, "--json", "--plot", str(plot)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["first"], said["second"], said["n"], said["patients"]) == (*regimens, 150, 8)
    assert said["differences"][0]["label"] == "Objective response rate"
    assert plot.read_text(encoding="utf-8").startswith("<svg")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0 and "power, 150 per arm" in " ".join(done.stdout.split())


def test_the_command_refuses_in_its_own_words() -> None:
    regimens = ["nivolumab 3 mg/kg iv q2w", "nivolumap 3 mg/kg iv q2w"]
    done = CliRunner().invoke(app, ["compare", *regimens, "--cancer", "melanoma", "--where", "pd_l1 >= 1"])
    assert done.exit_code == 2
    assert "regimen 'nivolumap" in done.stderr and "--where: melanoma has no biomarker 'pd_l1'" in done.stderr
    assert CliRunner().invoke(app, ["compare", *regimens, "--cancer", "melanoma", "--n", "1"]).exit_code == 2
