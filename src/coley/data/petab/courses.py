"""Courses of a problem's experiments, period by period, all experiments at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.data.engine_call import Settings, follow
from coley.data.episodes import DOSE_COLUMNS
from coley.data.petab.conditions import Standing, enter, just_before
from coley.data.petab.problem import PREEQUILIBRATION, PetabProblem
from coley.data.steady import resting_states

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
_NO_DOSES = pd.DataFrame({name: pd.Series(dtype=float) for name in DOSE_COLUMNS})


@dataclass(eq=False)
class _Seen:
    """Measurements: the experiment of each by position, its time, and what is found there, a column for each name."""

    experiment: Rows
    time: Floats
    values: dict[str, Floats]

    def during(self, row: int, first: float, last: float) -> Rows:
        """The measurements of an experiment from ``first`` on and before ``last``."""
        return np.flatnonzero((self.experiment == row) & (self.time >= first) & (self.time < last))


def values_at_measurements(
    problem: PetabProblem, given: Mapping[str, float], names: Sequence[str], settings: Settings
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Values of states, parameters and rules at every measurement, and why experiments failed, by name.

    The states at the end of one period are those at the start of the next, save what a condition sets. A measurement at
    the time of a change comes after it; at infinite time states are at rest. An event that is due when a period ends,
    after a delay of its own, is lost.
    """
    standing = Standing(problem, given)
    measurements = problem.measurements
    where = pd.Index(list(problem.experiments)).get_indexer(pd.Index(measurements["experiment"]))
    time = measurements["time"].to_numpy(dtype=float)
    seen = _Seen(where, time, {name: np.full(len(time), np.nan) for name in names})
    for k in range(max(map(len, problem.experiments.values()))):
        rows = standing.going(k)
        enter(standing, rows, k)
        begin, end = standing.begins(rows, k), standing.begins(rows, k + 1)
        rest = begin == PREEQUILIBRATION
        _rest(standing, rows[rest], np.zeros(rest.sum()), settings)
        rows, end = rows[~rest], end[~rest]
        last = _stretch(standing, rows, begin[~rest], end, seen, settings)
        asked = np.isinf(end) & np.isin(rows, where[np.isposinf(time)]) & (standing.reason[rows] == "")
        _rest(standing, rows[asked], last[asked], settings)
        _look(standing, rows[asked], seen, settings)
    failed = {name: why for name, why in zip(problem.experiments, standing.reason, strict=True) if why}
    return pd.DataFrame(seen.values, index=measurements.index), failed


def _stretch(standing: Standing, rows: Rows, begin: Floats, end: Floats, seen: _Seen, settings: Settings) -> Floats:
    """Go through a period of the experiments ``rows``, noting what is measured then; gives when each was left."""
    grids = {}
    for row, first, last in zip(rows, begin, end, strict=True):
        measured = seen.time[seen.during(row, first, last)]
        grids[row] = np.unique([first, *measured, *([just_before(last)] if np.isfinite(last) else [])])
    names = standing.problem.system.state_names
    for system, part in standing.alike(rows):
        times = np.full((len(part), max(len(grids[row]) for row in part)), np.nan)
        for i, row in enumerate(part):
            times[i, : len(grids[row])] = grids[row]
        wanted = [*dict.fromkeys((*names, *seen.values))]
        course = follow(system, times, standing.table(part), _NO_DOSES, wanted, settings)
        values = {name: course[name].to_numpy() for name in wanted}
        for i, row in enumerate(part):
            here = seen.during(row, grids[row][0], end[rows == row][0])
            place = np.searchsorted(grids[row], seen.time[here])
            for name, found in seen.values.items():
                found[here] = values[name][i, place]
            standing.states[row] = [values[name][i, len(grids[row]) - 1] for name in names]
        status, reason = course["status"].to_numpy(), course["reason"].to_numpy().astype(object)
        standing.reason[part] = np.where(status == "ok", "", reason)
    return np.array([grids[row][-1] for row in rows])


def _rest(standing: Standing, rows: Rows, start: Floats, settings: Settings) -> None:
    """Let the states of the experiments ``rows`` come to rest."""
    for system, part in standing.alike(rows):
        table, since = standing.parameters.iloc[part], start[np.isin(rows, part)]
        reached = resting_states(system, since, table, standing.states[part], _NO_DOSES, settings)
        standing.states[part], standing.reason[part] = reached.states, reached.reason


def _look(standing: Standing, rows: Rows, seen: _Seen, settings: Settings) -> None:
    """Note what is measured at infinite time of experiments that have come to rest."""
    for system, part in standing.alike(rows):
        course = follow(system, np.zeros((len(part), 1)), standing.table(part), _NO_DOSES, [*seen.values], settings)
        for i, row in enumerate(part):
            here = np.flatnonzero((seen.experiment == row) & np.isposinf(seen.time))
            for name, found in seen.values.items():
                found[here] = course[name].to_numpy()[i, 0]
