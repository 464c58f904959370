"""Derivatives that are part of a model: numbers wherever the expression that they are of has one."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

import symengine

from coley.engine.derivatives import derivatives
from coley.system import Expression

_TINY = 1e-300


def slopes(expression: Expression, symbols: Sequence[Expression]) -> list[Expression]:
    """The derivatives, with a number wherever ``expression`` has one."""
    if not symbols:
        return []
    own = {*_powers(expression)}
    return [_finite(_plain(slope), own, {}) for slope in derivatives(expression, symbols)]


def _powers(expression: Expression) -> Iterator[Expression]:
    """Bases of which ``expression`` takes negative powers or logarithms itself."""
    if expression.is_Pow and expression.args[1].is_Number and float(expression.args[1]) < 0:
        yield expression.args[0]
    if type(expression).__name__.lower() == "log":
        yield expression.args[0]
    for part in expression.args:
        yield from _powers(part)


def _plain(slope: Expression) -> Expression:
    """0 where all pieces are."""
    if type(slope).__name__ == "Piecewise" and all(value == 0 for value in slope.args[::2]):
        return symengine.Integer(0)
    if slope.is_Add:
        return symengine.Add(*map(_plain, slope.args))
    if slope.is_Mul:
        return symengine.Mul(*map(_plain, slope.args))
    return slope


def _finite(e: Expression, own: Collection[Expression], done: dict[Expression, Expression]) -> Expression:
    """``e``, 0 at the poles that differentiation has added: that of ``(x / c)**n`` is ``n (x / c)**n / x``."""
    if not e.args or e.is_Number:
        return e
    if e not in done:
        kind, parts = type(e).__name__, [_finite(part, own, done) for part in e.args]
        if e.is_Pow and e.args[0].free_symbols and e.args[0] not in own and _negative(e.args[1]):
            done[e] = _power(parts[0], float(e.args[1]), e.args[1])
        elif kind.lower() == "log" and e.args[0] not in own:
            done[e] = symengine.log(parts[0] ** 2 + _TINY) / 2
        elif kind == "Piecewise":
            done[e] = symengine.Piecewise(*zip(parts[::2], parts[1::2], strict=True))
        else:
            done[e] = e if parts == list(e.args) else type(e)(*parts)
    return done[e]


def _negative(exponent: Expression) -> bool:
    return bool(exponent.is_Number and float(exponent) < 0)


def _power(base: Expression, number: float, exponent: Expression) -> Expression:
    """``base`` to a negative power; 0 at 0."""
    whole = math.ceil(-number)
    return base ** (exponent + whole) * (base / (base**2 + _TINY)) ** whole
