"""Which states of a System cannot fall below 0, as its rates show.

Solvers err: a state that comes close to 0 may be stepped over it, and a saturable rate ``V S / (K + S)`` then drives it
on without end. States that are known to stay above 0 can be kept there. Many models let others fall below it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import symengine

from coley.system import TIME, Expression, System


def with_floors(system: System) -> System:
    """``system``, whose states are marked as nonnegative where that can be seen.

    A state stays at 0 or above where it starts there, where events leave it there, and where its rate of change is not
    negative while it is 0 and the other such states and time are not negative. Parameters count with their signs.
    """
    kept = {state.name for state in system.states}
    constants = {symengine.Symbol(p.name): 1 if p.value >= 0 else -1 for p in system.parameters}
    while True:
        signs = {TIME: 1, **constants, **{symengine.Symbol(name): 1 for name in kept}}
        falling = {name for name in kept if not _stays(system, name, signs)}
        if not falling:
            break
        kept -= falling
    states = tuple(replace(state, nonnegative=state.nonnegative or state.name in kept) for state in system.states)
    return replace(system, states=states)


def _stays(system: System, name: str, signs: Mapping[Expression, int]) -> bool:
    """Whether neither start nor rate nor event takes the state below 0."""
    index = system.state_names.index(name)
    rate = _at_0(system.rates[index], symengine.Symbol(name), signs)
    assigned = [event.assignments[name] for event in system.events if name in event.assignments]
    values = [system.states[index].initial, *assigned]
    return all(_sign(expression, signs) > 0 for expression in (rate, *map(system.inline, values)))


def _at_0(rate: Expression, symbol: Expression, signs: Mapping[Expression, int]) -> Expression:
    """``rate`` where ``symbol`` is 0; so are its powers with positive exponents, even if these are symbols."""
    there = rate.subs({symbol: 0})
    powers = [power for power in there.atoms(symengine.Pow) if power.args[0] == 0]
    return there.subs({power: 0 for power in powers if _sign(power.args[1], signs) > 0})


def _sign(expression: Expression, signs: Mapping[Expression, int]) -> int:
    """1 where the form of ``expression`` shows that it is never negative, -1 where never positive, 0 where neither."""
    kind = type(expression).__name__
    if isinstance(expression, symengine.Integer | symengine.Rational | symengine.RealDouble):
        return 1 if float(expression) >= 0 else -1  # symengine holds that 0.0 >= 0 is false
    if expression.is_Symbol:
        return signs.get(expression, 0)
    if kind == "Abs" or not expression.args:  # E and pi
        return 1
    parts = [_sign(part, signs) for part in (expression.args[::2] if kind == "Piecewise" else expression.args)]
    if expression.is_Mul:
        return math.prod(parts)
    if expression.is_Pow:
        return _sign_of_power(parts[0], expression.args[1])
    if kind in ("Max", "Min") and (1 if kind == "Max" else -1) in parts:
        return 1 if kind == "Max" else -1
    alike = expression.is_Add or kind in ("Piecewise", "Max", "Min")
    return parts[0] if alike and len(set(parts)) == 1 else 0


def _sign_of_power(base: int, exponent: Expression) -> int:
    if base > 0 or not isinstance(exponent, symengine.Integer):
        return max(base, 0)
    return base if int(exponent) % 2 else 1
