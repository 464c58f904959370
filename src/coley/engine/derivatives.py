"""Derivatives of a System's rates, by states and by time."""

from __future__ import annotations

from functools import reduce

import symengine

from coley.system import TIME, Expression, System


def jacobian(system: System) -> list[tuple[int, int, Expression]]:
    """The structurally non-zero derivatives (of which rate, by which state, expression), row by row."""
    states = {symengine.Symbol(name): j for j, name in enumerate(system.state_names)}
    entries = []
    for i, rate in enumerate(system.rates):
        parts = piecewise(rate)
        for j, symbol in sorted((states[symbol], symbol) for symbol in rate.free_symbols & states.keys()):
            entries.append((i, j, _derivative(parts, symbol)))
    return entries


def by_time(system: System) -> list[tuple[int, Expression]]:
    """The derivatives by ``time`` of the rates that name it."""
    return [(i, _derivative(piecewise(rate), TIME)) for i, rate in enumerate(system.rates) if TIME in rate.free_symbols]


def _derivative(expression: Expression, symbol: Expression) -> Expression:
    """The derivative between the steps of roundings, which symengine would leave as they are."""
    roundings = expression.atoms(symengine.floor, symengine.ceiling)
    if not roundings:
        return expression.diff(symbol)
    held = {rounding: symengine.Dummy() for rounding in roundings}
    return expression.subs(held).diff(symbol).subs({level: rounding for rounding, level in held.items()})


def condition(expression: Expression) -> Expression:
    """A condition as a number: 1 where it holds, -1 where it does not."""
    return symengine.Piecewise((1, expression), (-1, True))


def piecewise(expression: Expression) -> Expression:
    """``expression`` with maxima, minima, absolute values and signs as pieces, which symengine can differentiate."""
    if not expression.args:
        return expression
    kind = type(expression).__name__
    parts = [piecewise(argument) for argument in expression.args]
    if kind == "Max":
        return reduce(lambda a, b: symengine.Piecewise((a, a >= b), (b, True)), parts)
    if kind == "Min":
        return reduce(lambda a, b: symengine.Piecewise((a, a <= b), (b, True)), parts)
    if kind == "Abs":
        return symengine.Piecewise((parts[0], parts[0] >= 0), (-parts[0], True))
    if kind == "sign":
        return symengine.Piecewise((-1, parts[0] < 0), (0, parts[0] <= 0), (1, True))
    if kind == "Piecewise":
        return symengine.Piecewise(*zip(parts[::2], parts[1::2], strict=True))
    return expression if parts == list(expression.args) else type(expression)(*parts)
