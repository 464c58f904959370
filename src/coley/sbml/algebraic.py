"""Algebraic rules, ``0 = expression``, solved for what they determine.

The unknowns are eliminated one by one, as in Gaussian elimination: where a rule is linear in an unknown it gives it by
the others, and is put into the other rules. That also solves the nonlinear rules that have closed forms.
"""

from __future__ import annotations

import cmath
from collections.abc import Mapping, Sequence

import symengine

from coley.sbml.roots import NoClosedFormError, roots
from coley.system import TIME, Expression

_NONLINEAR = 3
_REAL = 1e-9  # a root with a relatively smaller imaginary part is real, but for rounding


class UnsolvableError(Exception):
    """Algebraic rules that give no explicit solution. Its text says why, as a sentence without its full stop."""


def explicit(
    equations: Sequence[Expression], unknowns: Sequence[Expression], start: Mapping[Expression, float] | None = None
) -> dict[Expression, Expression]:
    """As many of ``unknowns`` as ``equations`` determine, each as an expression that holds none of these.

    Args:
        equations: expressions that are 0 at all times.
        unknowns: symbols that nothing else determines, those first that are rather to be solved for.
        start: values of symbols at the start, as far as known. Of several solutions it takes the one
            that is real there, or the one that is nearest to the unknown's own value.

    Raises:
        UnsolvableError: an equation has nothing that it could determine, no closed form, or solutions between which
            ``start`` does not decide.
    """
    values = {TIME: 0.0, **(start or {})}
    left = [_numerator(equation) for equation in equations]
    solved: dict[Expression, Expression] = {}
    while left := [equation for equation in left if symengine.expand(equation) != 0]:
        used, unknown, value = _eliminate(left, [u for u in unknowns if u not in solved], values)
        known = {unknown: value}
        solved = {symbol: expression.subs(known) for symbol, expression in solved.items()} | known
        left = [_numerator(equation.subs(known)) for equation in left if equation is not used]
    return solved


def _numerator(equation: Expression) -> Expression:
    """The equation without its denominators, so that one which always holds expands to 0."""
    return symengine.sympify(equation).as_numer_denom()[0]


def _eliminate(
    equations: Sequence[Expression], unknowns: Sequence[Expression], start: Mapping[Expression, float]
) -> tuple[Expression, Expression, Expression]:
    """The equation that most simply gives an unknown, the unknown, and what it is."""
    for equation in equations:
        if not equation.free_symbols & set(unknowns):
            raise UnsolvableError(f"0 = {equation} holds nothing that it could determine")
    pairs = [(e, u) for e in equations for u in unknowns if u in e.free_symbols]
    ranks = [_rank(equation, unknown, unknowns) for equation, unknown in pairs]
    equation, unknown = pairs[ranks.index(min(ranks))]
    if min(ranks) < _NONLINEAR:
        return equation, unknown, -equation.subs({unknown: 0}) / _factor(equation, unknown)
    return equation, unknown, _branch(equation, unknown, start)


def _rank(equation: Expression, unknown: Expression, unknowns: Sequence[Expression]) -> int:
    """How simply ``equation`` gives ``unknown``: the factor is a number, is known, or is not; or it is nonlinear."""
    factor = _factor(equation, unknown)
    if factor == 0 or unknown in factor.free_symbols:
        return _NONLINEAR
    if factor.is_Number:
        return 0
    return 2 if factor.free_symbols & set(unknowns) else 1


def _factor(equation: Expression, unknown: Expression) -> Expression:
    return symengine.expand(equation.diff(unknown))


def _branch(equation: Expression, unknown: Expression, start: Mapping[Expression, float]) -> Expression:
    """The solution of a nonlinear equation that holds at the start."""
    try:
        solutions = roots(equation, unknown)
    except NoClosedFormError as reason:
        raise UnsolvableError(f"0 = {equation} {reason}") from None
    if not solutions:
        raise UnsolvableError(f"0 = {equation} is not linear or quadratic in {unknown}")
    if len(solutions) == 1:
        return solutions[0]
    known = {symbol: value for symbol, value in start.items() if symbol != unknown}
    there = [(solution, _number(solution, known)) for solution in solutions]
    real = [(s, z.real) for s, z in there if z is not None and abs(z.imag) <= _REAL * (1 + abs(z))]
    if len(real) == 1:
        return real[0][0]
    if not real or unknown not in start:
        raise UnsolvableError(
            f"0 = {equation} has {len(solutions)} solutions, and nothing says which of them {unknown} is"
        )
    return min(real, key=lambda pair: abs(pair[1] - start[unknown]))[0]


def _number(expression: Expression, values: Mapping[Expression, float]) -> complex | None:
    """Its value, if it has one."""
    try:
        value = complex(expression.subs(values).n(53, real=False))
    except (RuntimeError, ValueError, TypeError):
        return None
    return value if cmath.isfinite(value) else None
