"""A System's expressions as compiled functions (symengine with LLVM), compiled once per process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.engine.derivatives import condition, jacobian
from coley.system import TIME, Expression, System

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Functions:
    """Compiled functions of the vector [states, delays, parameters, time].

    Attributes:
        size: length of that vector.
        rates: rate of change of every state.
        jacobian: the structurally non-zero entries of its derivative by the states.
        entries: where these stand in the matrix (state × state), counted row by row.
        triggers: the event triggers; None where the system has no events.
    """

    size: int
    rates: Any
    jacobian: Any
    entries: NDArray[np.intp]
    triggers: Any


@lru_cache(maxsize=32)
def functions(system: System) -> Functions:
    """The compiled functions of ``system``. Equal Systems give the same bits, whatever process they come from."""
    arguments = _arguments(system)
    entries = jacobian(system)
    triggers = [condition(system.inline(event.trigger)) for event in system.events]
    return Functions(
        size=len(arguments),
        rates=compiled(arguments, system.rates),
        jacobian=compiled(arguments, [e for _, _, e in entries] or [symengine.Integer(0)]),
        entries=np.array([i * len(system.states) + j for i, j, _ in entries], dtype=np.intp),
        triggers=compiled(arguments, triggers) if triggers else None,
    )


def initial_states(system: System, parameters: Floats) -> Floats:
    """States at the start (individual × state) from parameters (individual × parameter)."""
    return of_parameters(system, _beginnings(system), parameters)


@lru_cache(maxsize=64)
def _beginnings(system: System) -> tuple[Expression, ...]:
    return tuple(system.inline(state.initial) for state in system.states)


def of_parameters(system: System, expressions: tuple[Expression, ...], parameters: Floats) -> Floats:
    """Individual × expression of parameters."""
    if not expressions or not len(parameters):
        return np.zeros((len(parameters), len(expressions)))
    given = parameters if parameters.shape[1] else np.zeros((len(parameters), 1))
    found = _of_parameters(system, expressions)(given)
    return np.asarray(found, dtype=float).reshape(len(parameters), len(expressions))


@lru_cache(maxsize=128)
def _of_parameters(system: System, expressions: tuple[Expression, ...]) -> Any:
    return compiled([symengine.Symbol(name) for name in system.parameter_names] or [TIME], expressions)


def at(system: System, expressions: Sequence[Expression], states: Floats, parameters: Floats) -> Floats:
    """Individual × expression of states and parameters, of a system without delays, at time 0."""
    points = np.concatenate([states, parameters, np.zeros((len(states), 1))], axis=1)
    found = _at(system, tuple(expressions))(points)
    return np.asarray(found, dtype=float).reshape(len(states), len(expressions))


@lru_cache(maxsize=128)
def _at(system: System, expressions: tuple[Expression, ...]) -> Any:
    return compiled([*map(symengine.Symbol, (*system.state_names, *system.parameter_names)), TIME], expressions)


def evaluate(
    system: System, states: Floats, parameters: Floats, times: Floats, names: Sequence[str]
) -> dict[str, Floats]:
    """Values (individual × time) of states, delays, parameters and rules, by name; NaN where the states are.

    Args:
        states: individual × time × state, and then delay.
        parameters: individual × parameter.
        times: one row for all individuals, or a row for each.
        names: of states, delays, parameters or rules, each known to the system.
    """
    followed = (*system.state_names, *(delay.name for delay in system.delays))
    place = {name: k for k, name in enumerate(followed)}
    found = {name: np.ascontiguousarray(states[:, :, place[name]]) for name in names if name in place}
    rest = tuple(dict.fromkeys(name for name in names if name not in place))
    found |= dict(zip(rest, _computed(system, states, parameters, times, rest), strict=True))
    return {name: found[name] for name in names}


def _computed(system: System, states: Floats, parameters: Floats, times: Floats, names: tuple[str, ...]) -> Floats:
    """Name × individual × time of what is neither state nor delay, from what it is made of."""
    individuals, steps, m = states.shape
    values = np.full((len(names), individuals, steps), np.nan)
    if not values.size:
        return values
    function, used = _observer(system, names)
    block = max(1, _BLOCK // (steps * len(used)))
    for first in range(0, individuals, block):
        rows = slice(first, first + block)
        columns = np.empty((len(states[rows]), steps, len(used)))
        for at, k in enumerate(used):
            if k < m:
                columns[:, :, at] = states[rows, :, k]
            elif k < m + parameters.shape[1]:
                columns[:, :, at] = parameters[rows, k - m, None]
            else:
                columns[:, :, at] = times if len(times) == 1 else times[rows]
        found = np.asarray(function(columns)).reshape(*columns.shape[:2], len(names))  # one argument adds an axis
        values[:, rows] = np.moveaxis(found, -1, 0)
    values[:, np.isnan(states[:, :, 0])] = np.nan  # all states are numbers, or none
    return values


_BLOCK = 2**22
"""Numbers that :func:`evaluate` lays out at a time: 32 MiB."""


@lru_cache(maxsize=128)
def _observer(system: System, names: tuple[str, ...]) -> tuple[Any, list[int]]:
    """A function of what the names are made of, and which of all arguments that is."""
    arguments = _arguments(system)
    expressions = [system.inline(symengine.Symbol(name)) for name in names]
    symbols = set().union(*(expression.free_symbols for expression in expressions))
    used = [k for k, argument in enumerate(arguments) if argument in symbols] or [len(arguments) - 1]
    return compiled([arguments[k] for k in used], expressions), used


def _arguments(system: System) -> list[Expression]:
    names = (*system.state_names, *(delay.name for delay in system.delays), *system.parameter_names)
    return [*map(symengine.Symbol, names), TIME]


def compiled(arguments: Sequence[Expression], expressions: Sequence[Expression]) -> Any:
    """A compiled function from an array (..., arguments) to an array (..., expressions)."""
    return symengine.Lambdify(list(arguments), list(expressions), backend="llvm", cse=True)
