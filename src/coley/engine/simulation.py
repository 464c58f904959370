"""solve() for a whole course, and Simulation for a course that is decided as it goes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import symengine
import xarray as xr
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray

from coley.engine.cvode import Path, Tolerances, integrate
from coley.engine.doses import by_individual
from coley.engine.functions import Floats, functions, lambdify
from coley.errors import ColeyError, Problem, did_you_mean
from coley.system import TIME, System

MAX_STEPS = 20_000
_CHUNKS_PER_WORKER = 4


def solve(
    system: System,
    times: ArrayLike,
    *,
    parameters: pd.DataFrame | None = None,
    doses: pd.DataFrame | None = None,
    observables: Sequence[str] | None = None,
    rtol: float = 1e-6,
    atol: Mapping[str, float] | None = None,
    threads: int | None = None,
) -> xr.Dataset:
    """Solve a System for many individuals.

    Args:
        system: the model.
        times: output times in days, ascending; the first is the start.
        parameters: a row per individual and a column per parameter or initial state that differs from the system's own.
        doses: rows ID (row of ``parameters``), TIME, AMT, DUR (0 is a bolus), CMT (a state).
        observables: names of states, parameters or rules to return; default all states and rules.
        rtol: relative tolerance of the local error.
        atol: absolute tolerance by state; default ``rtol`` times each state's scale.
        threads: parallel workers, default all cores. The result does not depend on it.

    Returns:
        Dataset (individual × time) of the observables; per individual ``status`` ("ok" or "solver_failed"), ``reason``,
        ``event`` (the terminal event that ended it, or ""), ``end_time`` and ``evaluations``. Values after an
        individual's end are NaN. The attribute ``final_states`` (individual × state) is where each one ended.

    Raises:
        ColeyError: names, times, parameters or doses that cannot be used.
    """
    grid = _grid(times)
    simulation = Simulation(system, parameters, start=float(grid[0]), rtol=rtol, atol=atol, threads=threads)
    return simulation.advance(grid, doses=doses, observables=observables)


class Simulation:
    """Individuals on their way: advance all to a time, look, decide their next doses, go on.

    Attributes:
        time: where all active individuals are, in days.
        states: current states (individual × state), in the order of ``system.state_names``.
        status, reason, event: per individual, as in :func:`solve`.
    """

    def __init__(
        self,
        system: System,
        parameters: pd.DataFrame | None = None,
        *,
        start: float = 0.0,
        rtol: float = 1e-6,
        atol: Mapping[str, float] | None = None,
        threads: int | None = None,
    ) -> None:
        table = pd.DataFrame(index=[0]) if parameters is None else parameters
        self.system = system
        self.time = start
        self.parameters = _parameter_matrix(system, table)
        self.states = _initial_states(system, table, self.parameters)
        self.individuals = len(table)
        self.status = np.full(self.individuals, "ok", dtype=object)
        self.reason = np.full(self.individuals, "", dtype=object)
        self.event = np.full(self.individuals, "", dtype=object)
        self.end_time = np.full(self.individuals, start)
        self.evaluations = np.zeros(self.individuals, dtype=np.int64)
        self._tolerances = Tolerances(rtol, _absolute(system, rtol, atol), MAX_STEPS)
        self._threads = threads or os.cpu_count() or 1
        bad = ~np.isfinite(self.states).all(axis=1)
        self.status[bad], self.reason[bad] = "solver_failed", "initial states are not finite"

    def advance(
        self,
        times: ArrayLike,
        *,
        doses: pd.DataFrame | None = None,
        active: NDArray[np.bool_] | None = None,
        observables: Sequence[str] | None = None,
    ) -> xr.Dataset:
        """Follow the active individuals to the last of ``times`` and return what :func:`solve` returns for these.

        An infusion that outlasts the last time must be given again, with what is left of it, to the next call.
        """
        grid = _grid(times)
        if grid[0] < self.time:
            raise ColeyError(Problem("times", f"start at {grid[0]:g}, before the present time {self.time:g}"))
        going = (self.status == "ok") & (self.event == "")
        if active is not None:
            going &= active
        rows = np.flatnonzero(going)
        index = {name: i for i, name in enumerate(self.system.state_names)}
        table = by_individual(doses, self.individuals, index)
        out = np.full((self.individuals, len(grid), len(index)), np.nan)
        for row, path in zip(rows, self._paths(rows, grid, table), strict=True):
            out[row] = path.states
            self.states[row], self.end_time[row] = path.last, path.time
            self.status[row], self.reason[row], self.event[row] = path.status, path.reason, path.event
            self.evaluations[row] += path.steps
        self.time = float(grid[-1])
        return self._dataset(grid, out, observables).assign_attrs(final_states=self.states.copy())

    def _paths(self, rows: NDArray[np.intp], grid: Floats, doses: list[Floats]) -> list[Path]:
        workers = min(self._threads, max(1, len(rows) // 8))
        chunks = np.array_split(rows, min(len(rows), workers * _CHUNKS_PER_WORKER) or 1)
        tasks = [
            (self.system, self.time, self.states[chunk], self.parameters[chunk], grid, [doses[i] for i in chunk], self._tolerances)
            for chunk in chunks
        ]
        if workers == 1:
            return [path for task in tasks for path in _chunk(*task)]
        results = Parallel(n_jobs=workers, backend="loky")(delayed(_chunk)(*task) for task in tasks)
        return [path for result in results for path in result]

    def _dataset(self, grid: Floats, out: Floats, observables: Sequence[str] | None) -> xr.Dataset:
        values = evaluate(self.system, out, self.parameters, grid, observables)
        data = {
            name: (("individual", "time"), value, {"units": self.system.units[name]}) for name, value in values.items()
        }
        for name in ("status", "reason", "event"):
            data[name] = ("individual", getattr(self, name).astype(str))  # type: ignore[assignment]
        data["end_time"] = ("individual", self.end_time.copy(), {"units": "day"})  # type: ignore[assignment]
        data["evaluations"] = ("individual", self.evaluations.copy())  # type: ignore[assignment]
        return xr.Dataset(data, coords={"time": ("time", grid, {"units": "day"}), "individual": np.arange(self.individuals)})


def evaluate(
    system: System, states: Floats, parameters: Floats, times: Floats, observables: Sequence[str] | None = None
) -> dict[str, Floats]:
    """Observables (individual × time) from states (individual × time × state) and parameters (individual × parameter).

    Raises:
        ColeyError: for names that are no state, parameter or rule.
    """
    names = list(observables) if observables is not None else [*system.state_names, *(rule.name for rule in system.rules)]
    unknown = [name for name in names if name not in system.units]
    if unknown:
        raise ColeyError([Problem("observables", f"no {n!r} in the model", did_you_mean(n, system.units)) for n in unknown])
    if not names:
        return {}
    arguments = [*map(symengine.Symbol, (*system.state_names, *system.parameter_names)), TIME]
    function = lambdify(arguments, [system.inline(symengine.Symbol(name)) for name in names])
    n, t, m = states.shape
    columns = np.empty((n, t, m + parameters.shape[1] + 1))
    columns[:, :, :m], columns[:, :, m:-1], columns[:, :, -1] = states, parameters[:, None, :], times[None, :]
    values = np.asarray(function(columns.reshape(n * t, -1))).reshape(n, t, len(names))
    values[np.isnan(states).any(axis=2)] = np.nan
    return {name: np.ascontiguousarray(values[:, :, k]) for k, name in enumerate(names)}


def _chunk(
    system: System, start: float, states: Floats, parameters: Floats, grid: Floats, doses: list[Floats], tolerances: Tolerances
) -> list[Path]:
    return [
        integrate(system, start, y, p, grid, d, tolerances) for y, p, d in zip(states, parameters, doses, strict=True)
    ]


def _grid(times: ArrayLike) -> Floats:
    grid = np.atleast_1d(np.asarray(times, dtype=float))
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or (np.diff(grid) <= 0).any():
        raise ColeyError(Problem("times", "must be finite and strictly ascending"))
    return grid


def _parameter_matrix(system: System, table: pd.DataFrame) -> Floats:
    unknown = [name for name in table.columns if name not in system.parameter_names and name not in system.state_names]
    if unknown:
        known = [*system.parameter_names, *system.state_names]
        raise ColeyError([Problem("parameters", f"no {n!r} in the model", did_you_mean(str(n), known)) for n in unknown])
    matrix = np.tile(np.array([parameter.value for parameter in system.parameters], dtype=float), (len(table), 1))
    for j, name in enumerate(system.parameter_names):
        if name in table.columns:
            matrix[:, j] = table[name].to_numpy(dtype=float)
    return matrix


def _initial_states(system: System, table: pd.DataFrame, parameters: Floats) -> Floats:
    arguments = parameters if parameters.shape[1] else np.zeros((len(table), 1))
    states = np.array(functions(system).initial(arguments), dtype=float).reshape(len(table), len(system.states))
    for j, name in enumerate(system.state_names):
        if name in table.columns:
            states[:, j] = table[name].to_numpy(dtype=float)
    return states


def _absolute(system: System, rtol: float, atol: Mapping[str, float] | None) -> Floats:
    given = dict(atol or {})
    return np.array([given.get(state.name, rtol * state.scale) for state in system.states])
