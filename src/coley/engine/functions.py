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


def _arguments(system: System) -> list[Expression]:
    names = (*system.state_names, *(delay.name for delay in system.delays), *system.parameter_names)
    return [*map(symengine.Symbol, names), TIME]


def compiled(arguments: Sequence[Expression], expressions: Sequence[Expression]) -> Any:
    """A compiled function from an array (..., arguments) to an array (..., expressions)."""
    return symengine.Lambdify(list(arguments), list(expressions), backend="llvm", cse=True)
