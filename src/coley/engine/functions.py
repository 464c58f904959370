"""A System's expressions as compiled functions (symengine with LLVM), one per process and System."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.system import TIME, Expression, System

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Functions:
    """Compiled functions of the vector [states, parameters, time].

    Attributes:
        rates: rate of change of every state.
        jacobian: the structurally non-zero entries of its derivative by the states, at ``rows`` and ``columns``.
        triggers: the event triggers; None where the system has no events.
        initial: initial states as a function of the parameters alone.
    """

    size: int
    rates: Any
    jacobian: Any
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    triggers: Any
    initial: Any


_compiled: dict[str, Functions] = {}


def functions(system: System) -> Functions:
    """The compiled functions of ``system``, compiled once per process."""
    if system.fingerprint not in _compiled:
        _compiled[system.fingerprint] = _compile(system)
    return _compiled[system.fingerprint]


def lambdify(arguments: Sequence[Expression], expressions: Sequence[Expression]) -> Any:
    """A compiled function from an array (..., arguments) to an array (..., expressions)."""
    return symengine.Lambdify(list(arguments), list(expressions), backend="llvm", cse=True)


def _compile(system: System) -> Functions:
    states = [symengine.Symbol(name) for name in system.state_names]
    parameters = [symengine.Symbol(name) for name in system.parameter_names]
    arguments = [*states, *parameters, TIME]
    column_of = {state: j for j, state in enumerate(states)}
    entries = []
    for i, rate in enumerate(system.rates):
        for symbol in sorted(rate.free_symbols & column_of.keys(), key=str):
            entries.append((i, column_of[symbol], rate.diff(symbol)))
    triggers = [system.inline(event.trigger) for event in system.events]
    return Functions(
        size=len(arguments),
        rates=lambdify(arguments, system.rates),
        jacobian=lambdify(arguments, [entry for _, _, entry in entries] or [symengine.Integer(0)]),
        rows=np.array([i for i, _, _ in entries], dtype=np.intp),
        columns=np.array([j for _, j, _ in entries], dtype=np.intp),
        triggers=lambdify(arguments, triggers) if triggers else None,
        initial=lambdify(parameters or [TIME], [system.inline(state.initial) for state in system.states]),
    )
