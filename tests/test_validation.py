"""Validation: intervals, scores, the regression beside the model, and own trials as a test set.

Expected values are closed forms: variances of sums, ridge regression of one group, shares of a normal distribution.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import calibration_fake as fake
import coley.validation.intervals as intervals
from coley.calibration import read_plan
from coley.calibration.evaluate import simulate
from coley.calibration.posterior import DRAWS, draw, first_draws, posterior
from coley.catalogue import load_catalogue, load_trials
from coley.cli import main as cli_main
from coley.cli.commands import app
from coley.errors import ColeyError, Problem
from coley.protocol import Trial
from coley.validation import Settings, Validation, validate, write_validation
from coley.validation.regression import regressed
from coley.validation.report import markdown
from coley.validation.scores import scores
from coley.validation.validate import _figures

CATALOGUE = load_catalogue()
assert cli_main


def own(name: str, source: str = "oak", *, fitted: bool = False) -> Trial:
    return CATALOGUE.trials[source].model_copy(update={"name": name, "fitted": fitted})


def checked(folder: Path, trials: list[Trial], **settings: int) -> Validation:
    return validate(trials, CATALOGUE, Settings(folder, **settings), predictor=fake.predict)


# the posterior


def test_the_draws_that_ship_are_of_the_plan_and_within_its_ranges() -> None:
    plan = read_plan("solid", CATALOGUE)
    assert len(posterior()) == DRAWS
    for parameter in plan.parameters:
        for path in parameter.paths:
            values = np.array([values[path] for values in posterior()])
            assert (values >= parameter.low * 0.999).all() and (values <= parameter.high * 1.001).all(), path


def test_draws_have_the_spread_of_the_covariance() -> None:
    """On the parameter's own scale: a standard deviation of 0.02 of the range."""
    plan = read_plan("solid", CATALOGUE)
    names = [parameter.name for parameter in plan.parameters]
    covariance = pd.DataFrame(0.02**2 * np.eye(len(names)), names, names)
    table = draw(plan, CATALOGUE, covariance, 4000, seed=1)
    parameter = next(p for p in plan.parameters if p.scale == "log")
    spread = np.log(table[parameter.paths[0]]).std() / np.log(parameter.high / parameter.low)
    assert spread == pytest.approx(0.02, rel=0.05)


def test_too_many_draws_are_refused() -> None:
    with pytest.raises(ColeyError, match="choose 1 to 200"):
        first_draws(DRAWS + 1)


def test_what_cannot_be_written_or_drawn_is_refused(tmp_path: Path) -> None:
    (file := tmp_path / "file").write_text("")
    with pytest.raises(ColeyError, match="cannot be written"):
        validate([load_catalogue().trials["oak"]], load_catalogue(), Settings(file), predictor=fake.predict)
    with pytest.raises(ColeyError, match="seed: -1"):
        Settings(tmp_path, seed=-1)


# figures


def test_a_trial_that_is_not_fitted_is_predicted_with_yardsticks_beside_it(tmp_path: Path) -> None:
    found = checked(tmp_path, [own("new-oak"), CATALOGUE.trials["keynote-024"]], patients=50, draws=3).figures
    mine = found[found["trial"] == "new-oak"]
    assert not mine["fitted"].any() and found[found["trial"] == "keynote-024"]["fitted"].all()
    response = mine[(mine["arm"] == "atezolizumab") & (mine["endpoint"] == "ORR")].iloc[0]
    assert response["looked_up_from"] == "oak: atezolizumab"  # the same arm under another name is the most similar
    assert response["looked_up"] == response["published"]
    assert 0 < response["regressed"] < 100
    assert response["lower"] < response["predicted"] < response["upper"]


def test_a_trial_that_cannot_be_simulated_is_named_and_stops_no_other(tmp_path: Path) -> None:
    def some(trial: Trial, catalogue: object, patients: int, seed: int) -> pd.DataFrame:
        if trial.name == "oak":
            raise ColeyError(Problem("trial", "hardly anyone is eligible"))
        return fake.predict(trial, catalogue, patients, seed)  # type: ignore[arg-type]

    trials = [CATALOGUE.trials[name] for name in ("oak", "keynote-024")]
    found = validate(trials, CATALOGUE, Settings(tmp_path, draws=2), predictor=some)
    assert "hardly anyone is eligible" in found.failed["oak"][0]
    assert set(found.figures["trial"]) == {"keynote-024"}
    files = write_validation(found, tmp_path / "page")
    assert "hardly anyone is eligible" in files[0].read_text(encoding="utf-8")


def test_what_was_simulated_is_not_simulated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls"
    calls.touch()
    monkeypatch.setenv(fake.CALLS, str(calls))
    first = checked(tmp_path / "a", [own("new-oak")], draws=3)
    again = checked(tmp_path / "a", [own("new-oak")], draws=3)
    pd.testing.assert_frame_equal(first.figures, again.figures)
    assert calls.read_text().count("new-oak") == 3


# scores


def test_errors_and_coverage_are_those_of_the_figures() -> None:
    rng = np.random.default_rng(1)
    n = 4000
    size = rng.standard_normal(n)
    table = pd.DataFrame(
        {
            "arm": "a",
            "endpoint": ["ORR"] * (n - 2) + ["OS_HR", "OS_median"],
            "fitted": False,
            "published": [50.0] * (n - 2) + [0.5, 10.0],
            "predicted": [52.0, 46.0] * ((n - 2) // 2) + [0.5 * np.e, 14.0],
            "standardised": size,
            "width": 1.5,
            "looked_up": [np.nan, 51.0] * ((n - 2) // 2) + [np.nan, np.nan],
            "regressed": np.nan,
        }
    )
    found = scores(table).set_index("figures")
    assert found.loc["ORR, arms", "error"] == pytest.approx(3.0)
    assert found.loc["ORR, arms", "error_copied"] == pytest.approx(4.0)
    assert found.loc["ORR, arms", "looked_up"] == pytest.approx(1.0)
    assert found.loc["log HR of OS", "error"] == pytest.approx(1.0)
    assert found.loc["median OS", "error"] == 1.0
    assert found.loc["all", "coverage"] == pytest.approx(0.95, abs=0.01)


def test_the_regression_knows_nothing_of_the_trial_and_shrinks_what_it_sees() -> None:
    """The rate of an arm like no other is the weighted mean; what is published of its own trial changes nothing."""
    known = replace(CATALOGUE, trials={**CATALOGUE.trials, "new-oak": own("new-oak")})
    from coley.calibration.lookup import treated

    arms = treated(known, list(known.trials))
    every = _figures(known, 100)
    mine = next(f for f in every if f.study == "new-oak" and f.endpoint == "ORR")
    value = regressed(mine, every, arms)
    changed = [replace(f, published=99.0) if f.study == "new-oak" else f for f in every]
    assert regressed(mine, changed, arms) == value
    rates = [f.published for f in every if f.fitted and f.endpoint == "ORR" and f.study != "new-oak"]
    assert min(rates) < value < max(rates)
    assert np.isnan(regressed(replace(mine, endpoint="CR"), every, arms))


# intervals of a run


def test_an_interval_with_the_posterior_adds_variances() -> None:
    plan = read_plan("solid", CATALOGUE)
    kind = plan.kind("ORR")
    assert kind is not None
    draws = np.array([20.0, 30.0, 40.0])  # variance 100
    low, high = intervals._wider(30.0, 20.0, 41.0, draws, kind, error=6.0)
    more = 1.959964**2 * (100 - 36 + kind.trial**2)
    assert (30 - low, high - 30) == pytest.approx((np.sqrt(10**2 + more), np.sqrt(11**2 + more)))


# own trials as a test set


def test_a_fault_in_one_trial_does_not_cost_the_others(tmp_path: Path) -> None:
    trials = [CATALOGUE.trials[name] for name in ("oak", "keynote-024")]
    found = validate(trials, CATALOGUE, Settings(tmp_path, draws=2), predictor=fake.faulty)
    assert set(found.figures["trial"]) == {"keynote-024"}
    assert set(found.failed) == {"oak"} and "one over none" in found.failed["oak"][0]


@pytest.mark.parametrize("name", ["sirius", "geisse-2004", "hpv-bivalent"])
def test_a_disease_without_scans_is_simulated_too(name: str) -> None:
    """Myeloma, a skin surface and an infection have no volume on scans, by which some measures of biology go."""
    found = simulate(CATALOGUE.trials[name], CATALOGUE, 3, 1).set_index("endpoint")["predicted"]
    assert np.isnan(found["halved_in_first_week"]).all() and np.isnan(found["CD8_per_mm2"]).all()
    assert found.drop(["halved_in_first_week", "CD8_per_mm2"]).notna().any()


def test_a_file_of_trials_is_read_with_every_problem_in_its_place(tmp_path: Path) -> None:
    text = (Path(intervals.__file__).parents[1] / "catalogue/data/trials/oak.toml").read_text(encoding="utf-8")
    _, _, rest = text.partition("name = ")
    one = "[[trials]]\nname = " + rest.replace("[[", "[[trials.").replace("\n[", "\n[trials.").replace(
        "[trials.[trials.", "[[trials."
    )
    file = tmp_path / "arms.toml"
    file.write_text(one + "\n" + one.replace('"oak"', '"oak-2"', 1), encoding="utf-8")
    assert [trial.name for trial in load_trials(file)] == ["oak", "oak-2"]
    file.write_text(one + "\n" + one.replace('cancer = "nsclc"', 'cancer = "nsclk"', 1), encoding="utf-8")
    result = CliRunner().invoke(app, ["validate", "--arms", str(file)])
    assert result.exit_code == 2
    assert "trials[1].cancer" in result.stderr and "did you mean 'nsclc'" in result.stderr
    assert "trials[1].name" in result.stderr and "another trial is called 'oak' too" in result.stderr


def test_the_report_shows_every_arm_beside_what_was_published(tmp_path: Path) -> None:
    settings = Settings(tmp_path, 50, 3)
    found = checked(tmp_path, [own("new-oak"), CATALOGUE.trials["keynote-024"]], patients=50, draws=3)
    text = markdown(found, settings)
    assert "50 virtual patients per arm under each of 3 draws" in text
    lines = {tuple(cell.strip() for cell in line.split("|")[1:4]): line for line in text.splitlines()}
    line = lines["new-oak", "atezolizumab", "predicted"]
    response = found.figures.query("trial == 'new-oak' and arm == 'atezolizumab' and endpoint == 'ORR'").iloc[0]
    assert f"{response['predicted']:.1f} (" in line and "/ 13.6" in line
    assert "fitted" in lines["keynote-024", "pembrolizumab", "fitted"]
