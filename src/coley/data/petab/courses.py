"""Courses of a problem's experiments, period by period, all experiments at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import symengine
from numpy.typing import NDArray

from coley.data.engine_call import Settings, follow
from coley.data.episodes import DOSE_COLUMNS
from coley.data.petab.problem import PREEQUILIBRATION, Period, PetabProblem
from coley.data.steady import resting_states
from coley.engine import Simulation
from coley.system import TIME, Expression, System

Floats = NDArray[np.float64]
_NO_DOSES = pd.DataFrame({name: pd.Series(dtype=float) for name in DOSE_COLUMNS})


@dataclass(eq=False)
class _Course:
    """Where experiments stand: a row of ``parameters`` and of ``states`` to each, and why some could not go on."""

    parameters: pd.DataFrame
    states: Floats
    reason: NDArray[np.object_]


def values_at_measurements(
    problem: PetabProblem, parameters: Mapping[str, float], names: Sequence[str], settings: Settings
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Values of states, parameters and rules at every measurement, and why experiments failed, by name.

    The states at the end of one period are those at the start of the next, save what a condition sets. A measurement at
    the time of a change comes after it; at infinite time states are at rest. Triggers of events start anew with a
    period.
    """
    experiments = list(problem.experiments)
    table = pd.DataFrame(
        {p.name: parameters.get(p.name, p.value) for p in problem.system.parameters}, index=range(len(experiments))
    )
    course = _Course(
        table, np.zeros((len(experiments), len(problem.system.states))), np.full(len(experiments), "", object)
    )
    where = pd.Index(experiments).get_indexer(pd.Index(problem.measurements["experiment"]))
    found = pd.DataFrame(np.nan, index=problem.measurements.index, columns=list(names))
    for k in range(max(map(len, problem.experiments.values()))):
        rows = np.array(
            [i for i, name in enumerate(experiments) if len(problem.experiments[name]) > k and not course.reason[i]]
        )
        if len(rows):
            _enter(problem, course, rows, k, parameters)
            _follow(problem, course, rows, k, where, found, settings)
    failed = {name: reason for name, reason in zip(experiments, course.reason, strict=True) if reason}
    return found, failed


def computed(expressions: Sequence[Expression], columns: pd.DataFrame) -> Floats:
    """Values (row × expression) of expressions in the names of ``columns``."""
    function = symengine.Lambdify([symengine.Symbol(name) for name in columns], list(expressions), backend="llvm")
    return np.asarray(function(columns.to_numpy(dtype=float))).reshape(len(columns), len(expressions))


def _enter(problem: PetabProblem, course: _Course, rows: NDArray[np.intp], k: int, given: Mapping[str, float]) -> None:
    """Apply what the conditions of the k-th period set.

    At the start parameters are set before initial states follow from them; later all values come from what was before.
    """
    system, periods = problem.system, list(problem.experiments.values())
    if k == 0:
        for row in rows:
            _set_parameters(course, row, _values(problem, course, row, periods[row][0], system.parameter_names, given))
        course.states[rows] = Simulation(system, course.parameters.iloc[rows]).states
    for row in rows:
        period = periods[row][k]
        values = _values(problem, course, row, period, (*system.parameter_names, *system.state_names), given)
        values |= _kept_concentrations(problem, course, row, period) if k else {}
        _set_parameters(course, row, {name: values[name] for name in values if name in system.parameter_names})
        for concentrations in (False, True):  # amounts follow from sizes of compartments, which may be states
            for name in (name for name in values if name in system.state_names):
                if (name in problem.compartments) == concentrations:
                    size = _now(system, course, row, problem.compartments[name]) if concentrations else 1.0
                    course.states[row, system.state_names.index(name)] = values[name] * size


def _values(
    problem: PetabProblem, course: _Course, row: int, period: Period, names: Sequence[str], given: Mapping[str, float]
) -> dict[str, float]:
    """What a period sets those of ``names`` to, as things stand."""
    system = problem.system
    changes = {name: value for name, value in period.changes.items() if name in names}
    if not changes:
        return {}
    states = zip(system.state_names, course.states[row], strict=True)
    now = {**given, **course.parameters.iloc[row], **dict(states), str(TIME): max(period.time, 0.0)}
    return {name: float(system.inline(value).subs(now)) for name, value in changes.items()}


def _kept_concentrations(problem: PetabProblem, course: _Course, row: int, period: Period) -> dict[str, float]:
    """Concentrations in compartments that change in size: they stay what they are, unless the period sets them."""
    known = problem.system.state_names
    kept = {
        name: compartment
        for name, compartment in problem.compartments.items()
        if compartment in period.changes and name not in period.changes and name in known
    }
    return {
        name: course.states[row, known.index(name)] / _now(problem.system, course, row, compartment)
        for name, compartment in kept.items()
    }


def _now(system: System, course: _Course, row: int, name: str) -> float:
    """A parameter or state, or a rule of these, as it stands."""
    if name in system.state_names:
        return float(course.states[row, system.state_names.index(name)])
    if name in system.parameter_names:
        return float(course.parameters[name].to_numpy()[row])
    states = zip(system.state_names, course.states[row], strict=True)
    return float(system.inline(symengine.Symbol(name)).subs({**course.parameters.iloc[row], **dict(states)}))


def _set_parameters(course: _Course, row: int, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        course.parameters.at[row, name] = value


def _follow(
    problem: PetabProblem,
    course: _Course,
    rows: NDArray[np.intp],
    k: int,
    where: NDArray[np.intp],
    found: pd.DataFrame,
    settings: Settings,
) -> None:
    """Go through the k-th period of the experiments ``rows``, filling in what was measured then."""
    experiments = [problem.experiments[name] for name in problem.experiments]
    begin = np.array([experiments[row][k].time for row in rows])
    end = np.array([experiments[row][k + 1].time if len(experiments[row]) > k + 1 else np.inf for row in rows])
    rest = begin == PREEQUILIBRATION
    if rest.any():
        _rest(problem, course, rows[rest], np.zeros(rest.sum()), settings)
    rows, begin, end = rows[~rest], begin[~rest], end[~rest]
    if not len(rows):
        return
    time = problem.measurements["time"].to_numpy()
    grids = []
    for row, first, last in zip(rows, begin, end, strict=True):
        seen = time[(where == row) & np.isfinite(time)]
        points = np.unique([first, *seen[(seen >= first) & (seen < last)], *([last] if np.isfinite(last) else [])])
        grids.append(points)
    times = np.full((len(rows), max(map(len, grids))), np.nan)
    for i, grid in enumerate(grids):
        times[i, : len(grid)] = grid
    names = [*problem.system.state_names, *(name for name in found.columns if name not in problem.system.state_names)]
    table = course.parameters.iloc[rows].reset_index(drop=True)
    states = dict(zip(problem.system.state_names, course.states[rows].T, strict=True))
    run = follow(problem.system, times, table.assign(**states), _NO_DOSES, names, settings)
    for i, (row, grid, last) in enumerate(zip(rows, grids, end, strict=True)):
        here = np.flatnonzero((where == row) & np.isfinite(time) & (time >= grid[0]) & (time < last))
        place = np.searchsorted(grid, time[here])
        for name in found.columns:
            found.loc[here, name] = run[name].to_numpy()[i, place]
        course.states[row] = [run[name].to_numpy()[i, len(grid) - 1] for name in problem.system.state_names]
        if run["status"].to_numpy()[i] != "ok":
            course.reason[row] = str(run["reason"].to_numpy()[i])
    asked = np.isin(rows, where[np.isposinf(time)]) & np.isposinf(end) & (course.reason[rows] == "")
    if asked.any():
        last_rows = rows[asked]
        _rest(
            problem,
            course,
            last_rows,
            np.array([grid[-1] for grid, yes in zip(grids, asked, strict=True) if yes]),
            settings,
        )
        _observe_rest(problem, course, last_rows, where, found, settings)


def _rest(problem: PetabProblem, course: _Course, rows: NDArray[np.intp], start: Floats, settings: Settings) -> None:
    """Let the states of ``rows`` come to rest."""
    table = course.parameters.iloc[rows]
    reached = resting_states(problem.system, start, table, course.states[rows], _NO_DOSES, settings)
    course.states[rows], course.reason[rows] = reached.states, reached.reason


def _observe_rest(
    problem: PetabProblem,
    course: _Course,
    rows: NDArray[np.intp],
    where: NDArray[np.intp],
    found: pd.DataFrame,
    settings: Settings,
) -> None:
    time = problem.measurements["time"].to_numpy()
    table = course.parameters.iloc[rows].reset_index(drop=True)
    states = dict(zip(problem.system.state_names, course.states[rows].T, strict=True))
    run = follow(
        problem.system, np.zeros((len(rows), 1)), table.assign(**states), _NO_DOSES, list(found.columns), settings
    )
    for i, row in enumerate(rows):
        here = np.flatnonzero((where == row) & np.isposinf(time))
        for name in found.columns:
            found.loc[here, name] = run[name].to_numpy()[i, 0]
