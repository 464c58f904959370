"""PEtab version 2: experiments of several periods, and conditions in long form whose values are formulas."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from coley.data.petab.formulas import Names
from coley.data.petab.model import load_model
from coley.data.petab.problem import PREEQUILIBRATION, Observable, Period, PetabProblem
from coley.errors import ColeyError, Problem


def read(path: Path) -> PetabProblem:
    """The problem of a YAML file of version 2."""
    import petab.v2

    problem = petab.v2.Problem.from_yaml(str(path))
    issues = [issue for issue in problem.validate() if issue.level.name in ("ERROR", "CRITICAL")]
    missing = [parameter.id for parameter in problem.parameters if parameter.nominal_value is None]
    problems = [Problem(path.name, str(issue.message)) for issue in issues]
    problems += [Problem(f"{path.name}, parameter {name}", "has no nominalValue") for name in missing]
    if problems:
        raise ColeyError(problems)
    names = Names(problem.model.sbml_model)
    experiments = {"": _periods(problem, (), names)}
    experiments |= {item.id: _periods(problem, item.sorted_periods, names) for item in problem.experiments}
    return PetabProblem(
        path.name,
        load_model(problem.model, path),
        {parameter.id: float(parameter.nominal_value) for parameter in problem.parameters},
        {item.id: _observable(item, names) for item in problem.observables},
        experiments,
        _measurements(problem, names),
        problem.measurement_df,
        names.compartments,
    )


def _measurements(problem: Any, names: Names) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "observable": [item.observable_id for item in problem.measurements],
            "experiment": [item.experiment_id or "" for item in problem.measurements],
            "time": [float(item.time) for item in problem.measurements],
            "measurement": [float(item.measurement) for item in problem.measurements],
            "overrides": [
                tuple(tuple(map(names.read, values)) for values in (item.observable_parameters, item.noise_parameters))
                for item in problem.measurements
            ],
        }
    )


def _periods(problem: Any, given: Iterable[Any], names: Names) -> tuple[Period, ...]:
    """The periods of an experiment; after one of rest, or without any, time goes on at 0."""
    periods = []
    for period in given:
        changes = problem.get_changes_for_period(period)
        periods.append(Period(float(period.time), {item.target_id: names.read(item.target_value) for item in changes}))
    if not periods or periods[-1].time == PREEQUILIBRATION:
        periods.append(Period(0.0, {}))
    return tuple(periods)


def _observable(item: Any, names: Names) -> Observable:
    noise = item.noise_distribution.value
    return Observable(
        item.id,
        names.read(item.formula),
        names.read(item.noise_formula),
        (tuple(map(str, item.observable_placeholders)), tuple(map(str, item.noise_placeholders))),
        laplace=noise.endswith("laplace"),
        base=math.e if noise.startswith("log-") else 0.0,
    )
