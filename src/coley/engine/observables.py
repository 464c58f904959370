"""What is reported of the paths of individuals: states, delays, parameters and rules, by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.system import TIME, Expression, System

Floats = NDArray[np.float64]


def evaluate(
    system: System, states: Floats, parameters: Floats, times: Floats, names: Sequence[str]
) -> dict[str, Floats]:
    """Values (individual × time) of states, delays, parameters and rules, by name; NaN where the states are.

    Args:
        states: individual × time × state, and then delay.
        parameters: individual × parameter.
        times: one row for all individuals, or a row for each.
        names: of states, delays, parameters or rules, each known to the system.

    Raises:
        ColeyError: a rule that the engine cannot compute.
    """
    followed = (*system.state_names, *(delay.name for delay in system.delays))
    place = {name: k for k, name in enumerate(followed)}
    found = {name: np.ascontiguousarray(states[:, :, place[name]]) for name in names if name in place}
    rest = tuple(dict.fromkeys(name for name in names if name not in place))
    found |= dict(zip(rest, _computed(system, states, parameters, times, rest), strict=True))
    return {name: found[name] for name in names}


def _computed(system: System, states: Floats, parameters: Floats, times: Floats, names: tuple[str, ...]) -> Floats:
    """Name × individual × time of what is neither state nor delay, from what it is made of."""
    from coley.engine.compiler.observer import observer  # slow to import
    from coley.engine.driver.observing import observe

    values = np.empty((len(names), *states.shape[:2]))
    if values.size:
        kernel = observer(*_formulas(system, names))
        work = kernel.workspace()
        used = np.array(kernel.used, dtype=np.int64)
        observe(kernel.address, work.ctypes.data, work, used, states, parameters, times, values)
    return values


@lru_cache(maxsize=128)
def _formulas(system: System, names: tuple[str, ...]) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    """All that formulas may be made of, and those of the names."""
    arguments = (*system.state_names, *(delay.name for delay in system.delays), *system.parameter_names)
    formulas = tuple(system.inline(symengine.Symbol(name)) for name in names)
    return (*map(symengine.Symbol, arguments), TIME), formulas
