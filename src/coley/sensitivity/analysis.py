"""Sensitivity of a trial's outcomes: runs at the points of a design, with the same virtual patients at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.calibration.evaluate import Ask, Evaluator, Failure, Predictor, Report
from coley.calibration.figures import Key
from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem
from coley.protocol import Trial
from coley.sensitivity.indices import Points, indices, points
from coley.sensitivity.measure import UNITS, measure
from coley.sensitivity.parameters import Parameter

Floats = NDArray[np.float64]
RUNS = "runs"
_MOST = 4096


@dataclass(frozen=True)
class Settings:
    """How large an analysis is.

    Attributes:
        folder: where runs are kept, so that an analysis that was interrupted goes on where it was.
        patients: virtual patients per arm; the same at every point.
        rows: of the design, a power of 2; with k parameters it takes rows times k + 2 runs.
        seed: of patients, design and intervals.
        workers: processes.
    """

    folder: Path
    patients: int = 100
    rows: int = 16
    seed: int = 1
    workers: int = 1

    def __post_init__(self) -> None:
        if not 2 <= self.rows <= _MOST or self.rows & (self.rows - 1):
            raise ColeyError(Problem("--rows", f"{self.rows} is no power of 2 from 2 to {_MOST}", "such as 16 or 64"))


@dataclass(frozen=True)
class Sensitivity:
    """What an analysis found.

    Attributes:
        table: a row for each arm, outcome and parameter, the most decisive first. Columns: arm, outcome, unit,
            parameter, low, high (2.5 and 97.5 % of its distribution), total, total_lower, total_upper, first,
            first_lower, first_upper, change, rise; see :class:`coley.sensitivity.indices.Indices`.
        outcomes: a row for each point: the share of each parameter, and each outcome.
        failed: why points could not be simulated.
    """

    trial: Trial
    settings: Settings
    parameters: tuple[Parameter, ...]
    table: pd.DataFrame
    outcomes: pd.DataFrame
    failed: tuple[str, ...]


def sensitivity(
    trial: Trial,
    parameters: Sequence[Parameter],
    catalogue: Catalogue,
    settings: Settings,
    *,
    predictor: Predictor = measure,
    report: Report = lambda stage, done, total: None,
) -> Sensitivity:
    """How much each of ``parameters`` decides of the outcomes of ``trial``; without those that cannot matter to it.

    Parameters are taken as independent of one another. Runs that fail leave their row of the design out.

    Raises:
        ColeyError: where no parameter can matter, or no run succeeds.
    """
    name = trial.name
    known = replace(catalogue, trials={**catalogue.trials, name: trial})
    with Evaluator(
        known,
        settings.folder / RUNS,
        patients=settings.patients,
        seeds=(settings.seed,),
        workers=settings.workers,
        predictor=predictor,
        report=report,
    ) as evaluator:
        own = tuple(p for p in parameters if evaluator.touched([name], _values(p, 0.0), _values(p, 1.0)))
        if not own:
            raise ColeyError(Problem("--parameters", f"none of them matters to {name}", "name others"))
        design = points(len(own), settings.rows, settings.seed)
        every = design.every
        asked = [Ask(_joined(own, point), (name,)) for point in every]
        found = [outcome[name] for outcome in evaluator.outcomes("runs", asked)]
    failed = tuple(dict.fromkeys(reason for each in found if isinstance(each, Failure) for reason in each.reasons))
    tables = [{} if isinstance(each, Failure) else dict(each[0]) for each in found]
    keys = list(dict.fromkeys(key for table in tables for key in table))
    if not keys:
        raise ColeyError(Problem(f"trial {name}", f"no run succeeded: {'; '.join(failed)}"))
    outcomes = {key: np.array([table.get(key, np.nan) for table in tables], dtype=float) for key in keys}
    shares = pd.DataFrame(every, columns=[p.label for p in own])
    named = pd.DataFrame({f"{arm}: {endpoint}": values for (arm, endpoint, _), values in outcomes.items()})
    return Sensitivity(trial, settings, own, _table(own, design, outcomes, settings.seed), shares.join(named), failed)


def _table(parameters: Sequence[Parameter], design: Points, outcomes: Mapping[Key, Floats], seed: int) -> pd.DataFrame:
    """A row for each outcome and parameter, the most decisive of each outcome first."""
    parts = []
    for (arm, endpoint, _), values in outcomes.items():
        got = indices(design, values, seed=seed)
        columns = {
            "arm": arm,
            "outcome": endpoint,
            "unit": UNITS.get(endpoint, "months"),
            "parameter": [parameter.label for parameter in parameters],
            "low": [parameter.at(0.025) for parameter in parameters],
            "high": [parameter.at(0.975) for parameter in parameters],
            "total": got.total,
            "total_lower": got.total_interval[0],
            "total_upper": got.total_interval[1],
            "first": got.first,
            "first_lower": got.first_interval[0],
            "first_upper": got.first_interval[1],
            "change": got.change,
            "rise": got.rise,
        }
        parts.append(pd.DataFrame(columns).sort_values("total", ascending=False, kind="stable"))
    return pd.concat(parts, ignore_index=True)


def _values(parameter: Parameter, share: float) -> dict[str, float]:
    return dict.fromkeys(parameter.paths, parameter.at(share))


def _joined(parameters: Sequence[Parameter], point: Floats) -> dict[str, float]:
    """Values by path at a point of the unit cube."""
    return {
        path: value
        for parameter, share in zip(parameters, point, strict=True)
        for path, value in _values(parameter, float(share)).items()
    }
