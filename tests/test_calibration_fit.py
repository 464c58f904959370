"""The method of calibration, on a stand-in for the simulation whose true parameters are known."""

from __future__ import annotations

import dataclasses
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import calibration_fake as fake
from coley.calibration import Settings, calibrate, objective
from coley.calibration.evaluate import Predictor
from coley.calibration.fit import Fitted
from coley.calibration.leave_out import leave_out, refit
from coley.calibration.paths import changed
from coley.calibration.plan import CalibrationPlan, Kind, Parameter
from coley.catalogue import Catalogue, load_catalogue
from coley.errors import ColeyError

TRIALS = ("checkmate-067", "checkmate-057", "keynote-006")
TRUE = {fake.KILL: 9.0, fake.HAZARD["melanoma"]: 0.0004, fake.HAZARD["nsclc"]: 0.002, fake.DOCETAXEL: 0.4}


def parameter(name: str, *paths: str, low: float, high: float) -> Parameter:
    return Parameter(name=name, paths=paths, low=low, high=high, scale="log", group="physiology")


PARAMETERS = (
    parameter("killing", fake.KILL, low=1, high=25),
    parameter("melanoma: hazard", fake.HAZARD["melanoma"], low=1e-4, high=3e-3),
    parameter("lung cancer: hazard", fake.HAZARD["nsclc"], low=2e-4, high=6e-3),
    parameter("docetaxel", fake.DOCETAXEL, low=0.03, high=1.0),
    parameter("recall, which the stand-in does not have", "physiology.parameters.Q_recall.value", low=50, high=5000),
)
PLAN = CalibrationPlan(
    name="test",
    title="A test",
    fit=TRIALS,
    strata=0,
    kinds=(
        Kind(endpoints=("ORR", "CR"), scale="percent", discrepancy=0.5, trial=0.2),
        Kind(endpoints=("*mo",), scale="percent", discrepancy=0.5),
        Kind(endpoints=("*_median", "*_HR"), scale="log", discrepancy=0.02),
    ),
    parameters=PARAMETERS,
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Published figures are those that the stand-in has under ``TRUE``, for arms so large that they are exact."""
    shipped = load_catalogue()
    truth = changed(shipped, TRUE)
    trials = dict(shipped.trials)
    for name in TRIALS:
        trial = shipped.trials[name]
        told = fake.predict(trial, truth, 100, 1)
        arms = []
        for arm in trial.arms:
            values = told.loc[told["arm"] == arm.name, "predicted"]
            published = [
                fact.model_copy(update={"value": float(value), "lower": None, "upper": None})
                for fact, value in zip(arm.published, values, strict=True)
            ]
            arms.append(arm.model_copy(update={"published": tuple(published), "n": 100_000, "strata": ()}))
        trials[name] = trial.model_copy(update={"arms": tuple(arms)})
    return dataclasses.replace(shipped, trials=trials)


def run(
    catalogue: Catalogue,
    folder: Path,
    *,
    plan: CalibrationPlan = PLAN,
    rounds: int = 6,
    workers: int = 1,
    resume: bool = False,
    predictor: Predictor = fake.predict,
) -> Fitted:
    settings = Settings(folder, patients=50_000, seeds=(1,), rounds=rounds, workers=workers, resume=resume)
    with objective(plan, catalogue, settings, predictor=predictor) as wanted:
        return calibrate(wanted, settings)


@pytest.fixture(scope="module")
def fitted(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Path]:
    folder = tmp_path_factory.mktemp("fit") / "out"
    return run(catalogue, folder), folder


def test_parameters_that_the_figures_tell_are_found_again(fitted: tuple[Fitted, Path]) -> None:
    table = pd.read_csv(fitted[1] / "parameters.csv").set_index("name")
    found = table["value"].iloc[:4].to_numpy()
    np.testing.assert_allclose(found, list(TRUE.values()), rtol=0.1)
    truth = np.array([*TRUE.values(), table["start"].iloc[-1]])
    assert ((table["lower"] < truth) & (truth < table["upper"])).all()
    assert (table["contraction"].iloc[:4] < 0.3).all()


def test_the_loss_never_rises(fitted: tuple[Fitted, Path]) -> None:
    losses = [round_.loss for round_ in fitted[0].rounds] + [fitted[0].loss]
    assert all(after <= before for before, after in pairwise(losses))
    assert losses[-1] < 0.2 * losses[0]


def test_the_prior_holds_what_no_figure_tells(fitted: tuple[Fitted, Path]) -> None:
    table = pd.read_csv(fitted[1] / "parameters.csv").set_index("name")
    unknown = table.loc[PARAMETERS[-1].name]
    assert unknown["value"] == pytest.approx(unknown["start"], rel=1e-6)
    assert unknown["contraction"] == pytest.approx(1.0)


def test_figures_fit_where_the_model_is_right(fitted: tuple[Fitted, Path]) -> None:
    table = pd.read_csv(fitted[1] / "residuals.csv")
    assert table["standardised"].abs().max() < 1.0
    assert set(table["trial"]) == set(TRIALS) and table["fitted"].all()


def test_the_posterior_of_a_linear_model_is_the_textbook_one(fitted: tuple[Fitted, Path], catalogue: Catalogue) -> None:
    """One parameter alone: precision = sum of (slope / error)² + that of the prior (Gelman, BDA 3.5)."""
    kind = Kind(endpoints=("OS_HR",), scale="log", discrepancy=0.5)
    plan = PLAN.model_copy(update={"kinds": (kind,), "parameters": PARAMETERS[:1], "fit": ("checkmate-067",)})
    with objective(plan, catalogue, Settings(fitted[1], 50_000, (1,), resume=True), predictor=fake.predict) as wanted:
        slope = -0.2 * np.log(25)  # of the logarithm of the ratio, over the whole range
        jacobian = np.full((len(wanted.figures), 1), slope)
        found = wanted.covariance(wanted.target, jacobian)
        errors = np.array([figure.sd for figure in wanted.figures])
    assert found[0, 0] == pytest.approx(1 / ((slope / errors) ** 2).sum().__add__(16))


def test_a_killed_run_goes_on_to_the_same_result(
    fitted: tuple[Fitted, Path], catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of what was kept is lost, and one file is left unfinished, as a kill would."""
    shutil.copytree(fitted[1], tmp_path / "out")
    kept = sorted((tmp_path / "out" / "evaluations").glob("*.json"))
    for file in kept[::2]:
        file.unlink()
    kept[0].with_suffix(".1.part").write_text('{"rows": [')
    monkeypatch.setenv(fake.CALLS, str(tmp_path / "calls"))
    again = run(catalogue, tmp_path / "out", resume=True)
    np.testing.assert_array_equal(again.point, fitted[0].point)
    np.testing.assert_array_equal(again.covariance, fitted[0].covariance)
    assert len((tmp_path / "calls").read_text().splitlines()) == len(kept[::2])


def test_the_number_of_processes_does_not_matter(
    fitted: tuple[Fitted, Path], catalogue: Catalogue, tmp_path: Path
) -> None:
    spread = run(catalogue, tmp_path / "out", rounds=1, workers=2)
    alone = run(catalogue, tmp_path / "alone", rounds=1)
    np.testing.assert_array_equal(spread.point, alone.point)
    assert (tmp_path / "out" / "calibrated.toml").read_bytes() == (tmp_path / "alone" / "calibrated.toml").read_bytes()


def test_a_parameter_is_simulated_only_where_it_can_matter(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No round, one Jacobian: melanoma's hazard moves two trials, lung cancer's and docetaxel one, the others all."""
    monkeypatch.setenv(fake.CALLS, str(tmp_path / "calls"))
    run(catalogue, tmp_path / "out", rounds=0)
    calls = pd.Series((tmp_path / "calls").read_text().split()).value_counts()
    assert calls.to_dict() == {"checkmate-067": 4, "keynote-006": 4, "checkmate-057": 5}


def test_what_cannot_be_simulated_on_one_side_is_tried_on_the_other(catalogue: Catalogue, tmp_path: Path) -> None:
    found = run(catalogue, tmp_path / "out", rounds=2, predictor=fake.fragile)
    assert np.abs(found.jacobian[:, 0]).max() > 0
    assert pd.read_csv(tmp_path / "out" / "parameters.csv")["value"][0] <= 5.001


def test_a_trial_left_out_is_never_seen(fitted: tuple[Fitted, Path], catalogue: Catalogue) -> None:
    """Other figures of the trial left out change neither the step nor the prediction; the other trials' do."""
    settings = Settings(fitted[1], 50_000, (1,), resume=True)

    def refitted(name: str) -> np.ndarray:
        trial = catalogue.trials[name]
        arms = [
            arm.model_copy(
                update={"published": tuple(f.model_copy(update={"value": f.value * 0.6}) for f in arm.published)}
            )
            for arm in trial.arms
        ]
        other = {**catalogue.trials, name: trial.model_copy(update={"arms": tuple(arms)})}
        changed_ = dataclasses.replace(catalogue, trials=other)
        with objective(PLAN, changed_, settings, predictor=fake.predict) as wanted:
            return refit(wanted, fitted[0], ["keynote-006"])[0]

    with objective(PLAN, catalogue, settings, predictor=fake.predict) as wanted:
        plain = refit(wanted, fitted[0], ["keynote-006"])[0]
    np.testing.assert_array_equal(refitted("keynote-006"), plain)
    assert np.abs(refitted("checkmate-067") - plain).max() > 0.01


def test_trials_left_out_are_predicted_beside_the_look_up(
    fitted: tuple[Fitted, Path], catalogue: Catalogue, tmp_path: Path
) -> None:
    settings = Settings(fitted[1], 50_000, (1,), resume=True)
    with objective(PLAN, catalogue, settings, predictor=fake.predict) as wanted:
        table = leave_out(wanted, fitted[0], [["keynote-006"]], catalogue, tmp_path)
    assert set(table["trial"]) == {"keynote-006"}
    assert table["standardised"].abs().max() < 1.96  # the stand-in is right, and so is its prediction
    assert table["looked_up_from"].str.startswith("checkmate-067").any()
    assert (tmp_path / "left-out.csv").exists()


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ColeyError, match="is there already; name another folder, or go on in it with --resume"):
        Settings(tmp_path)
    with pytest.raises(ColeyError) as refused:
        Settings(tmp_path / "new", patients=2, seeds=(1, 1), workers=0)
    assert [problem.where for problem in refused.value.problems] == ["patients", "workers", "seeds"]


def test_parameters_that_share_no_trial_are_searched_together(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cancer's hazard is found as if it were alone, in as many simulations as one of them takes."""
    calls = tmp_path / "calls"
    calls.touch()
    monkeypatch.setenv(fake.CALLS, str(calls))
    true = changed(catalogue, {fake.KILL: 9.0, fake.DOCETAXEL: 0.4})

    def found(name: str, *wanted: Parameter) -> tuple[list[float], int]:
        before = len(calls.read_text().splitlines())
        run(true, tmp_path / name, plan=PLAN.model_copy(update={"parameters": wanted}), rounds=4)
        values = pd.read_csv(tmp_path / name / "parameters.csv")["value"].tolist()
        return values, len(calls.read_text().splitlines()) - before

    together, simulations = found("together", *PARAMETERS[1:3])
    apart = [found(parameter.name.split(":")[0], parameter) for parameter in PARAMETERS[1:3]]
    np.testing.assert_allclose(together, [value for values, _ in apart for value in values], rtol=1e-6)
    np.testing.assert_allclose(together, [TRUE[fake.HAZARD[name]] for name in ("melanoma", "nsclc")], rtol=0.12)
    assert simulations <= sum(number for _, number in apart)
