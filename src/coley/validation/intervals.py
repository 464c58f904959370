"""Intervals of a trial's outcomes that hold what is not known of the parameters, and what sets a trial apart."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.calibration import read_plan
from coley.calibration.discrepancy import for_prediction
from coley.calibration.evaluate import Ask, Evaluator, Failure, Predictor, Report, Summary, simulate
from coley.calibration.figures import error_of
from coley.calibration.plan import CalibrationPlan, Kind
from coley.calibration.posterior import first_draws
from coley.catalogue import Catalogue
from coley.trial.result import TrialResult
from coley.validation.validate import PLAN

Floats = NDArray[np.float64]
FEWEST = 30
"""Patients of an arm under one draw: fewer give no figure worth its place."""
_Z = 1.959964


def with_posterior(
    result: TrialResult,
    catalogue: Catalogue,
    draws: int,
    *,
    workers: int = 1,
    predictor: Predictor = simulate,
    report: Report = lambda stage, done, total: None,
) -> TrialResult:
    """``result`` with intervals that hold sampling, the posterior of the calibrated parameters, and a trial's effect.

    The trial is simulated again under each of ``draws``, with as many patients in all as it has. What figures differ by
    from draw to draw, beyond what so few patients differ by, is the posterior's; the effect of a trial is that of the
    trials that calibrations left out. A figure of a kind that the plan does not have keeps its interval.

    Raises:
        ColeyError: where there are not so many draws.
    """
    patients = max(FEWEST, result.patients // draws)
    values = first_draws(draws)
    name = result.trial.name
    known = replace(catalogue, trials={**catalogue.trials, name: result.trial})
    with tempfile.TemporaryDirectory() as folder:
        evaluator = Evaluator(
            known,
            Path(folder),
            patients=patients,
            seeds=(result.seed,),
            workers=workers,
            predictor=predictor,
            report=report,
        )
        with evaluator:
            found = evaluator.outcomes("posterior", [Ask(draw, (name,)) for draw in values])
    runs = [outcome[name] for outcome in found]
    summaries = [run[0] for run in runs if not isinstance(run, Failure)]
    plan = for_prediction(read_plan(PLAN, catalogue))
    note = (
        f"Intervals hold sampling, {len(summaries)} draws from the posterior of the calibrated parameters, and the "
        "effect of a trial."
    )
    return replace(
        result,
        summary=_widened(result.summary, summaries, plan, patients),
        manifest={**result.manifest, "posterior_draws": draws},
        notes=(*result.notes, note),
    )


def _widened(table: pd.DataFrame, summaries: Sequence[Summary], plan: CalibrationPlan, patients: int) -> pd.DataFrame:
    bounds = list(_bounds(table, summaries, plan, patients))
    return table.assign(lower=[low for low, _ in bounds], upper=[high for _, high in bounds])


def _bounds(
    table: pd.DataFrame, summaries: Sequence[Summary], plan: CalibrationPlan, patients: int
) -> Iterator[tuple[float, float]]:
    seen: Counter[tuple[str, str]] = Counter()
    for row in table.to_dict("records"):
        key = str(row["arm"]), str(row["endpoint"])
        values = np.array([summary.get((*key, seen[key]), np.nan) for summary in summaries])
        seen[key] += 1
        kind = plan.kind(key[1])
        low, high = float(row["lower"]), float(row["upper"])
        if kind is None:
            yield low, high
        else:
            error = error_of(kind.scale, float(row["predicted"]), patients, compares=key[1].endswith("_HR"))
            yield _wider(float(row["predicted"]), low, high, values, kind, error)


def _wider(value: float, low: float, high: float, values: Floats, kind: Kind, error: float) -> tuple[float, float]:
    """The interval about ``value`` on the scale of its kind, where ``values`` differ by chance by ``error``."""
    to, back = (np.log, np.exp) if kind.scale == "log" else (np.asarray, np.asarray)
    if kind.scale == "log":
        values = values[values > 0]
    values = values[np.isfinite(values)]
    if len(values) < 2 or not np.isfinite(value) or (kind.scale == "log" and value <= 0):
        return low, high
    more = _Z**2 * (max(0.0, float(to(values).var(ddof=1)) - error**2) + kind.trial**2)
    middle = to(value)
    ends = (
        float(back(middle - np.hypot(middle - to(low), more**0.5))),
        float(back(middle + np.hypot(to(high) - middle, more**0.5))),
    )
    return ends if kind.scale == "log" else (max(0.0, ends[0]), min(100.0, ends[1]))
