"""What the conditions of an experiment set when one of its periods begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import symengine
from numpy.typing import NDArray

from coley.data.petab.problem import Period, PetabProblem
from coley.engine import Simulation
from coley.engine.doses import resolution
from coley.system import TIME, Expression, System

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
_APART = 4
"""Resolutions of time between the end of a period and the start of the next."""


@dataclass(eq=False)
class Standing:
    """Where all experiments of a problem stand, in the order in which it has them.

    Attributes:
        given: values of the problem's parameters.
        parameters: a row of the system's parameters to each experiment.
        states: experiment × state.
        reason: why it could not go on, or "".
        triggers: what the triggers of the system's events were when the last period ended; empty before that.
    """

    problem: PetabProblem
    given: Mapping[str, float]
    parameters: pd.DataFrame = field(init=False)
    states: Floats = field(init=False)
    reason: NDArray[np.object_] = field(init=False)
    triggers: list[tuple[bool, ...]] = field(init=False)

    def __post_init__(self) -> None:
        system, n = self.problem.system, len(self.problem.experiments)
        values = {item.name: self.given.get(item.name, item.value) for item in system.parameters}
        self.parameters = pd.DataFrame(values, index=range(n), dtype=float)
        self.states = np.zeros((n, len(system.states)))
        self.reason = np.full(n, "", dtype=object)
        self.triggers = [()] * n

    def going(self, k: int) -> Rows:
        """The experiments that have a k-th period and have got there."""
        lengths = np.array([len(periods) for periods in self.problem.experiments.values()])
        return np.flatnonzero((lengths > k) & (self.reason == ""))

    def begins(self, rows: Rows, k: int) -> Floats:
        """When the k-th periods of ``rows`` begin; infinity where there is none."""
        periods = list(self.problem.experiments.values())
        return np.array([periods[row][k].time if len(periods[row]) > k else np.inf for row in rows])

    def table(self, rows: Rows) -> pd.DataFrame:
        """Parameters and states of ``rows``, as the engine takes them."""
        states = zip(self.problem.system.state_names, self.states[rows].T, strict=True)
        return self.parameters.iloc[rows].reset_index(drop=True).assign(**dict(states))

    def alike(self, rows: Rows) -> Iterator[tuple[System, Rows]]:
        """Those of ``rows`` whose triggers were the same, with the system whose events go on from there."""
        system = self.problem.system
        for triggers in dict.fromkeys(self.triggers[row] for row in rows):
            events = [replace(event, before=was) for event, was in zip(system.events, triggers, strict=False)]
            yield (
                replace(system, events=tuple(events)) if events else system,
                np.array([row for row in rows if self.triggers[row] == triggers], dtype=np.intp),
            )

    def now(self, row: int, time: float) -> dict[Expression, float]:
        """Everything that has a value, as it stands, by its symbol."""
        states = zip(self.problem.system.state_names, self.states[row], strict=True)
        values = {**self.given, **self.parameters.iloc[row], **dict(states)}
        return {symengine.Symbol(name): float(value) for name, value in values.items()} | {TIME: time}

    def value(self, row: int, name: str) -> float:
        """A state, parameter or rule, as it stands."""
        return float(self.problem.system.inline(symengine.Symbol(name)).subs(self.now(row, 0.0)))


def just_before(time: float) -> float:
    """When a period ends that another one follows: what happens at ``time`` happens in that one."""
    return float(time - _APART * resolution(time))


def enter(standing: Standing, rows: Rows, k: int) -> None:
    """Apply what the conditions of the k-th period set.

    At the start parameters are set before initial states follow from them; later all values come from what was before,
    and a concentration stays when its compartment changes, unless it is set as well.
    """
    problem, system = standing.problem, standing.problem.system
    periods = list(problem.experiments.values())
    if k == 0:
        for row in rows:
            _set(standing, row, _values(standing, row, periods[row][0], system.parameter_names))
        standing.states[rows] = Simulation(system, standing.parameters.iloc[rows]).states
    for row in rows:
        period = periods[row][k]
        values = _values(standing, row, period, (*system.parameter_names, *system.state_names))
        if k:
            values |= _kept(standing, row, period)
            before = standing.now(row, just_before(max(period.time, 0.0)))
            standing.triggers[row] = tuple(bool(system.inline(e.trigger).subs(before)) for e in system.events)
        _set(standing, row, values)


def _values(standing: Standing, row: int, period: Period, names: Sequence[str]) -> dict[str, float]:
    """What a period sets those of ``names`` to, as things stand."""
    changes = {name: value for name, value in period.changes.items() if name in names}
    now = standing.now(row, max(period.time, 0.0)) if changes else {}
    return {name: float(standing.problem.system.inline(value).subs(now)) for name, value in changes.items()}


def _kept(standing: Standing, row: int, period: Period) -> dict[str, float]:
    """Concentrations that nothing sets, in compartments that something sets."""
    kept = {
        name: compartment
        for name, compartment in standing.problem.compartments.items()
        if compartment in period.changes and name not in period.changes and name in standing.problem.system.state_names
    }
    return {name: standing.value(row, name) / standing.value(row, size) for name, size in kept.items()}


def _set(standing: Standing, row: int, values: Mapping[str, float]) -> None:
    """Set parameters, then states, then the amounts of concentrations: these need the sizes of compartments."""
    names, compartments = standing.problem.system.state_names, standing.problem.compartments
    for name in (name for name in values if name not in names):
        standing.parameters.at[row, name] = values[name]
    for name in sorted((name for name in values if name in names), key=lambda name: name in compartments):
        size = standing.value(row, compartments[name]) if name in compartments else 1.0
        standing.states[row, names.index(name)] = values[name] * size
