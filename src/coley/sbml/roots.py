"""Closed forms of the values at which an expression is 0."""

from __future__ import annotations

import math

import symengine

from coley.system import Expression

_HIGHEST = 6  # degree at which it is still seen whether terms cancel


class NoClosedFormError(Exception):
    """The zeros of an expression cannot be written down. Its text says why, as a clause without its full stop."""


def roots(expression: Expression, unknown: Expression) -> tuple[Expression, ...]:
    """The values of ``unknown`` at which ``expression`` is 0; none where it always is, or never.

    Each factor of the numerator may have degree 1 or 2; the roots of the latter hold the square root of a negative
    number where they are not real.

    Raises:
        NoClosedFormError: a factor has another form.
    """
    numerator, _ = symengine.sympify(expression).as_numer_denom()
    factors = numerator.args if numerator.is_Mul else (numerator,)
    found = [root for factor in factors if unknown in factor.free_symbols for root in _of_factor(factor, unknown)]
    return tuple(dict.fromkeys(found))


def _of_factor(factor: Expression, unknown: Expression) -> list[Expression]:
    if factor.is_Pow and factor.args[1].is_Number and float(factor.args[1]) > 0:
        return _of_factor(factor.args[0], unknown)
    if _degree(factor, unknown) > _HIGHEST:
        raise NoClosedFormError(f"is not linear or quadratic in {unknown}")
    polynomial = symengine.expand(factor)
    slope = symengine.expand(polynomial.diff(unknown))
    twice = symengine.expand(slope.diff(unknown))
    if unknown in twice.free_symbols:
        raise NoClosedFormError(f"is not linear or quadratic in {unknown}")
    a, b, c = twice / 2, slope.subs({unknown: 0}), polynomial.subs({unknown: 0})
    if a == 0:
        return [-c / b] if b != 0 else []
    root = symengine.sqrt(b**2 - 4 * a * c)
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def _degree(expression: Expression, unknown: Expression) -> float:
    """The degree in ``unknown`` before terms cancel; infinite where it is no polynomial: not to be written out then."""
    if unknown not in expression.free_symbols:
        return 0
    if expression.is_Symbol:
        return 1
    if expression.is_Add:
        return max(_degree(part, unknown) for part in expression.args)
    if expression.is_Mul:
        return sum(_degree(part, unknown) for part in expression.args)
    whole = expression.is_Pow and isinstance(expression.args[1], symengine.Integer) and expression.args[1] > 0
    return int(expression.args[1]) * _degree(expression.args[0], unknown) if whole else math.inf
