"""solve() for a whole course, and Simulation for a course that is decided as it goes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from coley.engine.batch import Backend, Batch, Budget, Control, Paths
from coley.engine.checks import (
    Parameters,
    budget_problems,
    columns_of,
    individuals_of,
    observable_problems,
    parameter_problems,
    setting_problems,
    time_problems,
)
from coley.engine.delays import lag_faults
from coley.engine.doses import Doses, dose_problems
from coley.engine.functions import initial_states
from coley.engine.given import set_concentrations, with_given
from coley.engine.memory import Memory
from coley.engine.observables import evaluate
from coley.engine.sensitised import sensitised
from coley.engine.storing import stored
from coley.engine.switches import unforeseen
from coley.engine.tableau import Method
from coley.errors import ColeyError, Problem
from coley.system import State, System

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Progress = Callable[[int], None]
_BLOCK = 2**24
"""Numbers that are held at a time besides the result: 128 MiB of states on their way."""
_NUMBERS_PER_DOSE = 16  # of its table, and of the segments that it begins and ends
_BLOCKS_TO_REPORT = 50
_WORTH_A_BLOCK = 512  # individuals


def solve(
    system: System,
    times: ArrayLike,
    *,
    parameters: Parameters | None = None,
    doses: pd.DataFrame | None = None,
    observables: Sequence[str] | None = None,
    sensitivities: Sequence[str] | None = None,
    rtol: float = 1e-6,
    atol: Mapping[str, float] | None = None,
    method: Method | None = None,
    budget: Budget | None = None,
    threads: int | None = None,
    backend: Backend | None = None,
    final_states: bool = False,
    store: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Solve a System for many individuals.

    Args:
        system: the model.
        times: output times in days (or what the system's unit of time is), ascending; the first is the start. One row
            for all individuals, or a row for each, filled up with NaN.
        parameters: a row per individual and a column for what differs from the system's own: a parameter, a state at
            the start or its concentration, such as ``[S]``, or a rule of parameters alone, which the number replaces.
            The index names the individuals. A mapping from names to numbers, or to one number for each individual, is
            such a table as well, and so is a Series, of one individual.
        doses: rows ID (row of ``parameters``, counted from 0), TIME, AMT, DUR (0 is a bolus), CMT (a state), in any
            order. A value at the time of a dose or event is that after it, save that a dose at the last of ``times``
            belongs to what comes after.
        observables: names of states, parameters, rules or delays to return, such as the rule ``[S1]`` for the
            concentration of a species S1; default all states and rules, and both amount and
            concentration of a species that is constant.
        sensitivities: names of parameters, or of states, which stand for their values at the start: the derivatives of
            all observables by these are returned as well, within the same tolerances
            (:mod:`coley.engine.sensitivities`).
        rtol: relative tolerance of the local error.
        atol: absolute tolerance by state; default ``rtol`` times each state's scale.
        method: of the default backend: one of :mod:`coley.engine.tableau`, default RODAS4. RODAS5P is the faster where
            errors are to be below 1e-6, RODAS3 where they may be above 1e-2.
        budget: of each individual, default 100,000 steps and any time.
        threads: cores to use, default all. The result does not depend on it.
        backend: the solver, default :func:`coley.engine.rosenbrock.follow`; the reference that it is tested against is
            :func:`coley.engine.reference.follow`.
        final_states: whether to return where each individual ended as well, in all its states.
        store: a folder, not yet there, for a result that is too large for memory: it is written there as Zarr, part by
            part, and read from there as it is used.
        progress: told how many individuals have been solved since it was told last.

    Returns:
        Dataset (individual × time, or individual × observation where times differ) of the observables; per individual
        ``status`` (:class:`coley.engine.batch.Backend` lists them), ``reason``, ``event`` (that ended it, or ""),
        ``end_time``, and ``steps``, ``rejections``, ``evaluations`` and ``jacobians``, which are -1 where a solver does
        not count them. Values after an individual's end are NaN. The coordinate ``individual`` is the index of
        ``parameters``. On request, the derivatives of an observable ``C`` are ``d(C)`` (individual × by × time), and
        where each individual ended is ``final_states`` (individual × state). Without these, ``to_dataframe()`` is a
        table with a row for each individual and time.

    Raises:
        ColeyError: names, times, parameters or doses that cannot be used; all at once.
    """
    table, folder = individuals_of(parameters), None if store is None else Path(store)
    problems = list(time_problems(times, len(table)))
    start = np.full(len(table), -np.inf)
    if not problems and np.size(times):
        start = np.broadcast_to(_grid(times)[:, 0], len(table))
    problems += _setup_problems(system, table, rtol, atol, budget, threads)
    problems += dose_problems(doses, len(table), _index(system), start)
    problems += observable_problems(system, observables)
    if folder is not None and folder.exists():
        problems.append(Problem("store", f"{folder} is there already", "name a folder that is not"))
    if problems:
        raise ColeyError(problems)
    asked, names, model = None, _default(system, observables), system
    if sensitivities is not None:
        asked = sensitised(with_given(system, table.columns), sensitivities, names, table.columns, doses)
        names, model = asked.names, asked.system

    def simulated(part: slice, given: pd.DataFrame | None) -> xr.Dataset:
        simulation = Simulation(
            model,
            table.iloc[part],
            start=start[part],
            rtol=rtol,
            atol=atol,
            method=method,
            budget=budget,
            threads=threads,
            backend=backend,
        )
        mine = times if np.ndim(times) < 2 else np.asarray(times, dtype=float)[part]
        found = simulation.advance(mine, doses=given, observables=names, progress=progress)
        if asked is not None:
            found = asked.gathered(found)
        if final_states:
            found["final_states"] = xr.DataArray(
                simulation.states[:, : len(system.states)],
                {"individual": found["individual"], "state": np.array(system.state_names, dtype=str)},
            )
        return found

    if folder is None:
        return simulated(slice(None), doses)
    size = _block(model, _grid(times).shape[1], len(names), 0 if doses is None else len(doses) / max(len(table), 1))
    return stored(folder, (simulated(part, given) for part, given in _parts(len(table), size, doses)))


class Simulation:
    """Individuals on their way: advance all to a time, look, decide their next doses, go on.

    Advancing in pieces gives what one piece would: an infusion runs on over the end of a piece, and a dose given for a
    later time, or an event that is still due, waits for it. A system with delays goes in one piece.

    Attributes:
        time: the latest day to which individuals have been advanced.
        states: current states (individual × state), in the order of ``system.state_names``.
        status, reason, event, end_time, steps, rejections, evaluations, jacobians: per individual, as in :func:`solve`.

    Raises:
        ColeyError: parameters or settings that cannot be used; all at once.
    """

    def __init__(
        self,
        system: System,
        parameters: Parameters | None = None,
        *,
        start: ArrayLike = 0.0,
        rtol: float = 1e-6,
        atol: Mapping[str, float] | None = None,
        method: Method | None = None,
        budget: Budget | None = None,
        threads: int | None = None,
        backend: Backend | None = None,
    ) -> None:
        table = individuals_of(parameters)
        problems = _setup_problems(system, table, rtol, atol, budget, threads)
        if len(table):
            problems += time_problems(np.reshape(start, (-1, 1)) if np.ndim(start) else start, len(table))
        if problems:
            raise ColeyError(problems)
        for problem in unforeseen(system):
            warnings.warn(str(problem), stacklevel=3)
        self._asked, system = system, with_given(system, table.columns)
        self.system = system
        self._solved = _solvable(system)
        self.individuals = len(table)
        self._names = table.index
        self.end_time = np.array(np.broadcast_to(np.asarray(start, dtype=float), self.individuals))
        self.time = float(np.max(start)) if np.size(start) else 0.0
        given = columns_of(table)
        self.parameters = _parameter_matrix(system, len(table), given)
        self.states = _initial_states(self._solved, given, self.parameters)
        self.status = np.full(self.individuals, "ok", dtype=object)
        self.reason = np.full(self.individuals, "", dtype=object)
        self.event = np.full(self.individuals, "", dtype=object)
        self.steps, self.rejections, self.evaluations, self.jacobians = np.zeros((4, self.individuals), dtype=np.int64)
        self._memory = Memory.fresh(system, self.individuals)
        self._doses = Doses.none()
        self._advanced = False
        self._control = _control(self._solved, rtol, atol, method, budget)
        self._threads = threads or os.cpu_count() or 1
        self._backend = backend or default_backend
        for row, reason in lag_faults(system, self.parameters):
            self.status[row], self.reason[row] = "nonfinite", reason
        self._refuse(self.states, self._solved.state_names, "the initial value of")
        self._refuse_impossible()
        own = [k for k, name in enumerate(system.parameter_names) if name in given]  # a model's own may be infinite
        self._refuse(self.parameters[:, own], [system.parameter_names[k] for k in own], "parameter")

    def advance(
        self,
        times: ArrayLike,
        *,
        doses: pd.DataFrame | None = None,
        active: Flags | None = None,
        observables: Sequence[str] | None = None,
        progress: Progress | None = None,
    ) -> xr.Dataset:
        """Follow the active individuals to the last of ``times`` and return what :func:`solve` returns for these.

        Args:
            times: output times in days, none before the present time; as in :func:`solve`.
            doses: as in :func:`solve`, in addition to those that still run or wait; none before the present time of its
                individual. Those of individuals that have ended are dropped.
            active: whom to follow, default all who have neither failed nor met an event. Who is left out stands still,
                doses and all, and is followed from there when active again.
            observables, progress: as in :func:`solve`.

        Raises:
            ColeyError: as in :func:`solve`; nobody has moved then.
        """
        since = self.end_time if np.ndim(times) > 1 else self.time
        problems = [*time_problems(times, self.individuals, since), *observable_problems(self.system, observables)]
        problems += dose_problems(doses, self.individuals, _index(self.system), self.end_time)
        if self.system.delays and self._advanced:
            what = "has delays, and its past is not kept from one piece of a course to the next"
            problems.append(Problem(f"model {self.system.name}", what, "follow it in one piece"))
        if active is not None and np.shape(active) != (self.individuals,):
            problems.append(Problem("active", f"has shape {np.shape(active)}", f"needed: ({self.individuals},)"))
        if problems:
            raise ColeyError(problems)
        self._advanced = True
        grid = _grid(times)
        going = (self.status == "ok") & (self.event == "")
        if active is not None:
            going &= active
        waiting = self._doses.joined(Doses.read(doses, _index(self.system))).snapped(self.end_time, grid)
        names = _default(self._asked, observables)
        values = self._follow(np.flatnonzero(going), grid, waiting, names, progress)
        self.time = float(np.nanmax(grid, initial=self.time))
        self._doses = self._left(waiting, going)
        return self._dataset(np.asarray(times, dtype=float), values)

    def _follow(
        self,
        rows: NDArray[np.intp],
        grid: Floats,
        doses: Doses,
        names: Sequence[str],
        progress: Progress | None,
    ) -> dict[str, Floats]:
        """Values (individual × time) of observables on the way, by name; NaN where there are none."""
        size = _block(self.system, grid.shape[1], len(names), len(doses) / max(self.individuals, 1))
        if progress is not None:
            size = min(size, max(_WORTH_A_BLOCK, -(-len(rows) // _BLOCKS_TO_REPORT)))
        elif 0 < len(rows) == self.individuals <= size:
            paths = self._followed(rows, grid, doses)
            return evaluate(self._solved, paths.states, self.parameters, grid, names)
        values = {name: np.full((self.individuals, grid.shape[1]), np.nan) for name in names}
        for first in range(0, len(rows), size):
            block = rows[first : first + size]
            mine = grid if len(grid) == 1 else grid[block]
            paths = self._followed(block, mine, doses)
            found = evaluate(self._solved, paths.states, self.parameters[block], mine, names)
            for name in names:
                values[name][block] = found[name]
            if progress is not None:
                progress(len(block))
        return values

    def _followed(self, rows: NDArray[np.intp], grid: Floats, doses: Doses) -> Paths:
        """Move some individuals on."""
        batch = Batch(
            rows,
            self.end_time[rows],
            self.states[rows],
            self.parameters[rows],
            self._memory.of(rows),
            doses if len(rows) == self.individuals else doses[np.isin(doses.individual, rows)],
            grid,
        )
        paths = self._backend(self._solved, batch, self._control, self._threads)
        self.states[rows], self.end_time[rows] = paths.last, paths.time
        self.status[rows], self.reason[rows], self.event[rows] = paths.status, paths.reason, paths.event
        for mine, more in (
            (self.steps, paths.steps),
            (self.rejections, paths.rejections),
            (self.evaluations, paths.evaluations),
            (self.jacobians, paths.jacobians),
        ):
            mine[rows] = np.where(more < 0, -1, mine[rows] + more)
        self._memory.keep(rows, paths.memory)
        return paths

    def _left(self, doses: Doses, advanced: Flags) -> Doses:
        """The doses that have not ended, of individuals that go on."""
        going = (self.status == "ok") & (self.event == "")
        now = self.end_time[doses.individual]
        ahead = (doses.begin >= now) | (doses.end > now)
        return doses[going[doses.individual] & (ahead | ~advanced[doses.individual])]

    def _dataset(self, times: Floats, values: Mapping[str, Floats]) -> xr.Dataset:
        unit = {"units": self.system.time_unit}
        dimension = "time" if times.ndim < 2 else "observation"
        data: dict[str, tuple[object, ...]] = {
            name: (("individual", dimension), value, {"units": self.system.units[name]})
            for name, value in values.items()
        }
        for name in ("status", "reason", "event"):
            data[name] = ("individual", getattr(self, name).astype(str))
        data["end_time"] = ("individual", self.end_time.copy(), unit)
        for name in ("steps", "rejections", "evaluations", "jacobians"):
            data[name] = ("individual", getattr(self, name).copy())
        time = ("time", np.atleast_1d(times), unit) if times.ndim < 2 else (("individual", dimension), times, unit)
        coordinates = {
            "time": time,
            "individual": self._names.to_numpy(),
        }
        return xr.Dataset(data, coords=coordinates)

    def _refuse(self, values: Floats, names: Sequence[str], what: str) -> None:
        """Fail the individuals of whom a value is not finite."""
        for row, column in reversed(np.argwhere(~np.isfinite(values)).tolist()):
            value = f"{what} {names[column]!r} is {values[row, column]:g}"
            self.status[row], self.reason[row] = "nonfinite", f"{value}; give every individual a finite number"

    def _refuse_impossible(self) -> None:
        """Fail the individuals who start below what a state can be."""
        for column, state in enumerate(self._solved.states):
            for row in np.flatnonzero(self.states[:, column] < 0).tolist() if state.nonnegative else ():
                value = f"the initial value of {state.name!r} is {self.states[row, column]:g}"
                self.status[row], self.reason[row] = "impossible", f"{value}; it cannot be below 0"


def default_backend(system: System, batch: Batch, control: Control, threads: int) -> Paths:
    """What follows individuals where no backend is asked for."""
    from coley.engine import rosenbrock  # slow to import

    return rosenbrock.follow(system, batch, control, threads)


def _solvable(system: System) -> System:
    """``system``, with a state that stands still where it has none."""
    return system if system.states else replace(system, states=(State(" ", "", 0, 1.0),))


def _block(system: System, times: int, observables: int, doses: float) -> int:
    """Individuals to follow at a time; ``doses`` is how many each has in the mean."""
    return max(1, int(_BLOCK / (times * max(len(system.states), observables, 1) + doses * _NUMBERS_PER_DOSE)))


def _parts(individuals: int, size: int, doses: pd.DataFrame | None) -> Iterator[tuple[slice, pd.DataFrame | None]]:
    """The individuals in parts, each with its doses, numbered from 0."""
    ordered = None if doses is None or doses.empty else doses
    if ordered is not None and not ordered["ID"].is_monotonic_increasing:
        ordered = ordered.sort_values("ID", kind="stable")
    for first in range(0, individuals, size):
        part = slice(first, min(first + size, individuals))
        if ordered is None:
            yield part, None
        else:
            a, b = ordered["ID"].searchsorted([part.start, part.stop])
            mine = ordered.iloc[a:b]
            yield part, mine.assign(ID=mine["ID"] - part.start)


def _grid(times: ArrayLike) -> Floats:
    """One row of output times for all, or a row for each."""
    return np.atleast_2d(np.asarray(times, dtype=float))


def _index(system: System) -> dict[str, int]:
    return {name: i for i, name in enumerate(system.state_names)}


def _setup_problems(
    system: System,
    table: pd.DataFrame,
    rtol: float,
    atol: Mapping[str, float] | None,
    budget: Budget | None,
    threads: int | None,
) -> list[Problem]:
    settings = setting_problems(system, rtol, atol, threads)
    return [*settings, *budget_problems(budget), *parameter_problems(system, table)]


def _control(
    system: System, rtol: float, atol: Mapping[str, float] | None, method: Method | None, budget: Budget | None
) -> Control:
    given = atol or {}
    absolute = np.array([given.get(state.name, rtol * state.scale) for state in system.states])
    return Control(rtol, absolute, budget or Budget(), method)


def _default(system: System, observables: Sequence[str] | None) -> Sequence[str]:
    """The names of what is returned."""
    if observables is not None:
        return [name for name in observables if name != "time"]  # every result has that
    rules = {rule.name for rule in system.rules}
    pairs = {f"[{name}]" for name in rules} | {name[1:-1] for name in rules if name == f"[{name[1:-1]}]"}
    species = [name for name in system.parameter_names if name in pairs]
    return [*system.state_names, *(rule.name for rule in system.rules), *species]


def _parameter_matrix(system: System, individuals: int, given: Mapping[str, Floats]) -> Floats:
    matrix = np.tile(np.array([parameter.value for parameter in system.parameters], dtype=float), (individuals, 1))
    for j, name in enumerate(system.parameter_names):
        if name in given:
            matrix[:, j] = given[name]
    return matrix


def _initial_states(system: System, given: Mapping[str, Floats], parameters: Floats) -> Floats:
    states = initial_states(system, parameters)
    for j, name in enumerate(system.state_names):
        if name in given:
            states[:, j] = given[name]
    set_concentrations(system, given, parameters, states)
    return states
