"""solve() for a whole course, and Simulation for a course that is decided as it goes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from coley.engine.batch import Backend, Batch, Control, Paths
from coley.engine.checks import observable_problems, parameter_problems, setting_problems, time_problems
from coley.engine.doses import Doses, dose_problems
from coley.engine.functions import evaluate, initial_states
from coley.errors import ColeyError, Problem
from coley.system import System

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MAX_EVALUATIONS = 100_000
"""Evaluations of the rates that one individual may take in one call, before it counts as failed."""


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
    backend: Backend | None = None,
) -> xr.Dataset:
    """Solve a System for many individuals.

    Args:
        system: the model.
        times: output times in days, ascending; the first is the start.
        parameters: a row per individual and a column per parameter or initial state that differs from the system's own.
        doses: rows ID (row of ``parameters``), TIME, AMT, DUR (0 is a bolus), CMT (a state), in any order. A value at
            the time of a dose is that after it, save at the last of ``times``: a dose then belongs to what comes after.
        observables: names of states, parameters or rules to return; default all states and rules.
        rtol: relative tolerance of the local error.
        atol: absolute tolerance by state; default ``rtol`` times each state's scale.
        threads: cores to use, default all. The result does not depend on it.
        backend: the solver, default :func:`coley.engine.rosenbrock.follow`; the reference that it is tested against is
            :func:`coley.engine.reference.follow`.

    Returns:
        Dataset (individual × time) of the observables; per individual ``status`` ("ok" or "solver_failed"), ``reason``,
        ``event`` (the event that ended it, or ""), ``end_time`` and ``evaluations`` (of the rates). Values after an
        individual's end are NaN. The attribute ``final_states`` (individual × state) is where each one ended.

    Raises:
        ColeyError: names, times, parameters or doses that cannot be used; all at once.
    """
    table = _table(parameters)
    problems = list(time_problems(times))
    start = -np.inf if problems else float(_grid(times)[0])
    problems += _setup_problems(system, table, rtol, atol, threads)
    problems += dose_problems(doses, len(table), _index(system), np.full(len(table), start))
    problems += observable_problems(system, observables)
    if problems:
        raise ColeyError(problems)
    simulation = Simulation(system, table, start=start, rtol=rtol, atol=atol, threads=threads, backend=backend)
    return simulation.advance(times, doses=doses, observables=observables)


class Simulation:
    """Individuals on their way: advance all to a time, look, decide their next doses, go on.

    Advancing in pieces gives what one piece would: an infusion runs on over the end of a piece, and a dose given for a
    later time waits for it.

    Attributes:
        time: day to which the individuals have been advanced.
        states: current states (individual × state), in the order of ``system.state_names``.
        status, reason, event, end_time, evaluations: per individual, as in :func:`solve`.

    Raises:
        ColeyError: parameters or settings that cannot be used; all at once.
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
        backend: Backend | None = None,
    ) -> None:
        table = _table(parameters)
        problems = [*time_problems(start), *_setup_problems(system, table, rtol, atol, threads)]
        if problems:
            raise ColeyError(problems)
        self.system = system
        self.time = start
        self.individuals = len(table)
        self.parameters = _parameter_matrix(system, table)
        self.states = _initial_states(system, table, self.parameters)
        self.status = np.full(self.individuals, "ok", dtype=object)
        self.reason = np.full(self.individuals, "", dtype=object)
        self.event = np.full(self.individuals, "", dtype=object)
        self.end_time = np.full(self.individuals, start)
        self.evaluations = np.zeros(self.individuals, dtype=np.int64)
        self._doses = Doses.none()
        self._control = _control(system, rtol, atol)
        self._threads = threads or os.cpu_count() or 1
        self._backend = backend or default_backend
        self._refuse(self.states, system.state_names, "the initial value of")
        self._refuse(self.parameters, system.parameter_names, "parameter")

    def advance(
        self,
        times: ArrayLike,
        *,
        doses: pd.DataFrame | None = None,
        active: Flags | None = None,
        observables: Sequence[str] | None = None,
    ) -> xr.Dataset:
        """Follow the active individuals to the last of ``times`` and return what :func:`solve` returns for these.

        Args:
            times: output times in days, none before the present time.
            doses: as in :func:`solve`, in addition to those that still run or wait; none before the present time of its
                individual. Those of individuals that have ended are dropped.
            active: whom to follow, default all who have neither failed nor met an event. Who is left out stands still,
                doses and all, and is followed from there when active again.
            observables: as in :func:`solve`.

        Raises:
            ColeyError: as in :func:`solve`; nobody has moved then.
        """
        problems = [*time_problems(times, self.time), *observable_problems(self.system, observables)]
        problems += dose_problems(doses, self.individuals, _index(self.system), self.end_time)
        if active is not None and np.shape(active) != (self.individuals,):
            problems.append(Problem("active", f"has shape {np.shape(active)}", f"needed: ({self.individuals},)"))
        if problems:
            raise ColeyError(problems)
        grid = _grid(times)
        going = (self.status == "ok") & (self.event == "")
        if active is not None:
            going &= active
        waiting = self._doses.joined(Doses.read(doses, _index(self.system))).snapped(self.end_time, grid)
        states = self._follow(np.flatnonzero(going), grid, waiting)
        self.time = float(grid[-1])
        self._doses = self._left(waiting, going)
        return self._dataset(grid, states, observables).assign_attrs(final_states=self.states.copy())

    def _follow(self, rows: NDArray[np.intp], grid: Floats, doses: Doses) -> Floats:
        """States (individual × time × state) on the way; NaN where there are none."""
        batch = Batch(rows, self.end_time[rows], self.states[rows], self.parameters[rows], doses, grid)
        paths = self._backend(self.system, batch, self._control, self._threads)
        self.states[rows], self.end_time[rows] = paths.last, paths.time
        self.status[rows], self.reason[rows], self.event[rows] = paths.status, paths.reason, paths.event
        self.evaluations[rows] += paths.evaluations
        if len(rows) == self.individuals:
            return paths.states
        out = np.full((self.individuals, len(grid), len(self.system.states)), np.nan)
        out[rows] = paths.states
        return out

    def _left(self, doses: Doses, advanced: Flags) -> Doses:
        """The doses that have not ended, of individuals that go on."""
        going = (self.status == "ok") & (self.event == "")
        ahead = (doses.begin >= self.time) | (doses.end > self.time)
        return doses[going[doses.individual] & (ahead | ~advanced[doses.individual])]

    def _dataset(self, grid: Floats, states: Floats, observables: Sequence[str] | None) -> xr.Dataset:
        names = observables if observables is not None else _default_observables(self.system)
        values = evaluate(self.system, states, self.parameters, grid, names)
        data: dict[str, tuple[object, ...]] = {
            name: (("individual", "time"), value, {"units": self.system.units[name]}) for name, value in values.items()
        }
        for name in ("status", "reason", "event"):
            data[name] = ("individual", getattr(self, name).astype(str))
        data["end_time"] = ("individual", self.end_time.copy(), {"units": "day"})
        data["evaluations"] = ("individual", self.evaluations.copy())
        coordinates = {"time": ("time", grid, {"units": "day"}), "individual": np.arange(self.individuals)}
        return xr.Dataset(data, coords=coordinates)

    def _refuse(self, values: Floats, names: Sequence[str], what: str) -> None:
        """Fail the individuals of whom a value is not finite."""
        for row, column in reversed(np.argwhere(~np.isfinite(values)).tolist()):
            value = f"{what} {names[column]!r} is {values[row, column]:g}"
            self.status[row], self.reason[row] = "solver_failed", f"{value}; give every individual a finite number"


def default_backend(system: System, batch: Batch, control: Control, threads: int) -> Paths:
    """What follows individuals where no backend is asked for."""
    from coley.engine import rosenbrock  # slow to import

    return rosenbrock.follow(system, batch, control, threads)


def _table(parameters: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame(index=[0]) if parameters is None else parameters


def _grid(times: ArrayLike) -> Floats:
    return np.atleast_1d(np.asarray(times, dtype=float))


def _index(system: System) -> dict[str, int]:
    return {name: i for i, name in enumerate(system.state_names)}


def _setup_problems(
    system: System, table: pd.DataFrame, rtol: float, atol: Mapping[str, float] | None, threads: int | None
) -> list[Problem]:
    return [*setting_problems(system, rtol, atol, threads), *parameter_problems(system, table)]


def _control(system: System, rtol: float, atol: Mapping[str, float] | None) -> Control:
    given = atol or {}
    absolute = np.array([given.get(state.name, rtol * state.scale) for state in system.states])
    return Control(rtol, absolute, MAX_EVALUATIONS)


def _default_observables(system: System) -> list[str]:
    return [*system.state_names, *(rule.name for rule in system.rules)]


def _parameter_matrix(system: System, table: pd.DataFrame) -> Floats:
    matrix = np.tile(np.array([parameter.value for parameter in system.parameters], dtype=float), (len(table), 1))
    for j, name in enumerate(system.parameter_names):
        if name in table.columns:
            matrix[:, j] = table[name].to_numpy(dtype=float)
    return matrix


def _initial_states(system: System, table: pd.DataFrame, parameters: Floats) -> Floats:
    states = initial_states(system, parameters)
    for j, name in enumerate(system.state_names):
        if name in table.columns:
            states[:, j] = table[name].to_numpy(dtype=float)
    return states
