"""validate(): trials simulated under draws from the posterior, and every published figure set beside what they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.calibration import read_plan
from coley.calibration.discrepancy import for_prediction
from coley.calibration.evaluate import Ask, Evaluator, Failure, Outcome, Predictor, Report, simulate
from coley.calibration.figures import Figure, error_of, figures, simulated
from coley.calibration.lookup import Treated, look_up, treated
from coley.calibration.posterior import first_draws
from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem
from coley.protocol import Trial
from coley.validation.regression import regressed

Floats = NDArray[np.float64]
EVALUATIONS = "evaluations"
PLAN = "solid"
_Z = 1.959964


@dataclass(frozen=True)
class Settings:
    """How a validation is run.

    Attributes:
        folder: where results go, and every simulation is kept: a validation that was interrupted goes on there.
        patients: virtual patients per arm and draw.
        draws: draws from the posterior of the calibration.
        seed: of the first draw; each draw has virtual patients of its own.
        workers: processes. The result does not depend on it.
    """

    folder: Path
    patients: int = 50
    draws: int = 8
    seed: int = 1
    workers: int = 1

    def __post_init__(self) -> None:
        bounds = (("patients", self.patients, 10), ("draws", self.draws, 2), ("workers", self.workers, 1))
        problems = [
            Problem(name, f"{value} is out of range", f"choose {least} or more")
            for name, value, least in bounds
            if value < least
        ]
        if not 0 <= self.seed < 2**63:
            problems.append(Problem("seed", f"{self.seed} is out of range", "choose a whole number from 0 up"))
        if problems:
            raise ColeyError(problems)


@dataclass(frozen=True)
class Validation:
    """What a validation gives.

    Attributes:
        figures: a row for each published figure: trial, cancer, arm, endpoint, versus, n, published, predicted, lower,
            upper, width (of the interval, relative to that of sampling alone), fitted, recalled, looked_up,
            looked_up_from, regressed. Rates in percent, times in months.
        failed: reasons by trial that could not be simulated.
        skipped: trials without a figure that can be compared.
    """

    figures: pd.DataFrame
    failed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()


def validate(
    trials: Sequence[Trial],
    catalogue: Catalogue,
    settings: Settings,
    *,
    predictor: Predictor = simulate,
    report: Report = lambda stage, done, total: None,
) -> Validation:
    """Simulate ``trials`` and compare.

    A figure's interval, of 95 %, holds the posterior of the calibrated parameters, sampling of the published number of
    patients and of the simulated ones, the effect of a trial, and the discrepancy of its kind of figure, as trials that
    calibrations left out have shown them. A trial is fitted where the catalogue says so; all else is a prediction.

    Raises:
        ColeyError: where no trial has a figure to compare with.
    """
    known = replace(catalogue, trials={**catalogue.trials, **{trial.name: trial for trial in trials}})
    every = _figures(known, settings.patients * settings.draws)
    names = tuple(trial.name for trial in trials)
    wanted = [figure for figure in every if figure.study in names]
    told = {figure.study for figure in wanted}
    if not wanted:
        raise ColeyError(Problem("validate", "no trial has a published figure to compare with", "name other trials"))
    outcomes = _outcomes(known, [name for name in names if name in told], settings, predictor, report)
    failed = {
        name: found.reasons for outcome in outcomes for name, found in outcome.items() if isinstance(found, Failure)
    }
    arms = treated(known, list(dict.fromkeys(figure.study for figure in every)))
    rows = [_row(figure, outcomes, every, arms, settings.patients) for figure in wanted if figure.study not in failed]
    table = pd.DataFrame(rows)
    return Validation(table, failed, tuple(name for name in names if name not in told))


def _figures(catalogue: Catalogue, patients: int) -> tuple[Figure, ...]:
    """Published figures of every trial of the catalogue, fitted or not."""
    plan = for_prediction(read_plan(PLAN, catalogue))
    fitted = tuple(name for name, trial in catalogue.trials.items() if trial.fitted)
    others = tuple(name for name, trial in catalogue.trials.items() if not trial.fitted)
    return figures(plan.model_copy(update={"fit": fitted, "predict": others, "biology": ()}), catalogue, patients)


def _outcomes(
    catalogue: Catalogue, names: Sequence[str], settings: Settings, predictor: Predictor, report: Report
) -> list[Outcome]:
    """Of each draw, what every trial gives."""
    outcomes: list[Outcome] = []
    for number, values in enumerate(first_draws(settings.draws)):
        evaluator = Evaluator(
            catalogue,
            settings.folder / EVALUATIONS,
            patients=settings.patients,
            seeds=(settings.seed + number,),
            workers=settings.workers,
            predictor=predictor,
            report=report,
        )
        with evaluator:
            outcomes += evaluator.outcomes(f"draw {number + 1} of {settings.draws}", [Ask(values, tuple(names))])
    return outcomes


def _row(
    figure: Figure, outcomes: Sequence[Outcome], every: Sequence[Figure], arms: dict[tuple[str, str], Treated], n: int
) -> dict[str, object]:
    of_draws = [outcome[figure.study] for outcome in outcomes]
    found = np.array([simulated(figure, runs) for runs in of_draws if not isinstance(runs, Failure)])
    found = found[np.isfinite(found)]
    mean = float(found.mean()) if len(found) else np.nan
    spread = float(found.var(ddof=1)) if len(found) > 1 else 0.0
    posterior = max(0.0, spread - error_of(figure.scale, figure.published, n, compares=bool(figure.versus)) ** 2)
    sd = float(np.sqrt(figure.sd**2 + posterior))
    arm = arms[figure.study, figure.arm]
    other = look_up(figure, every, arms)
    return {
        "trial": figure.study,
        "cancer": arm.cancer,
        "arm": figure.arm,
        "endpoint": figure.endpoint,
        "versus": figure.versus,
        "n": arm.n,
        "published": figure.published,
        "predicted": figure.off_scale(mean),
        "lower": _within(figure, mean - _Z * sd),
        "upper": _within(figure, mean + _Z * sd),
        "width": sd / figure.sampling if figure.sampling else np.nan,
        "standardised": (mean - figure.target) / sd,
        "fitted": figure.fitted,
        "looked_up": other.published if other else np.nan,
        "looked_up_from": f"{other.study}: {other.arm}" if other else "",
        "regressed": regressed(figure, every, arms),
    }


def _within(figure: Figure, bound: float) -> float:
    value = figure.off_scale(bound)
    return float(np.clip(value, 0.0, 100.0)) if figure.scale == "percent" else value
