"""Derivatives of a System's rates, by states and by time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, reduce

import symengine

from coley.system import TIME, Expression, System


def jacobian(system: System) -> list[tuple[int, int, Expression]]:
    """The structurally non-zero derivatives (of which rate, by which state, expression), row by row."""
    states = {symengine.Symbol(name): j for j, name in enumerate(system.state_names)}
    entries = []
    for i, rate in enumerate(system.rates):
        symbols = sorted((states[symbol], symbol) for symbol in rate.free_symbols & states.keys())
        found = derivatives(rate, [symbol for _, symbol in symbols])
        entries += [(i, j, derivative) for (j, _), derivative in zip(symbols, found, strict=True)]
    return entries


def by_time(system: System) -> list[tuple[int, Expression]]:
    """The derivatives by ``time`` of the rates that name it."""
    named = [(i, rate) for i, rate in enumerate(system.rates) if TIME in rate.free_symbols]
    return [(i, *derivatives(rate, [TIME])) for i, rate in named]


def derivatives(expression: Expression, symbols: Sequence[Expression]) -> list[Expression]:
    """The derivatives, where there is one; roundings are constant between their steps."""
    parts = piecewise(expression)
    found = sorted(roundings(parts), key=str)
    held = {rounding: symengine.Symbol(f"rounding {k}") for k, rounding in enumerate(found)}  # no name of a System
    if not held:
        return [parts.diff(symbol) for symbol in symbols]
    released = {level: rounding for rounding, level in held.items()}
    return [parts.subs(held).diff(symbol).subs(released) for symbol in symbols]


def may_be_singular(derivative: Expression) -> bool:
    """Whether a derivative has a power of something that may be 0 in it, which then has no finite value.

    That of ``(x / c)**n`` is written ``n (x / c)**n / x``, which is 0 / 0 at 0, and that of ``x**0.5`` is infinite
    there. Where it has no finite value, 0 stands in for it: that decides how well a step goes, not what the solution
    is.
    """
    if derivative.is_Pow and derivative.args[0].free_symbols:
        exponent = derivative.args[1]
        if not exponent.is_Number or (float(exponent) < 0 and float(exponent) != int(float(exponent))):
            return True
    return any(may_be_singular(part) for part in derivative.args)


def roundings(expression: Expression) -> set[Expression]:
    """The outermost ones: symengine would leave their derivatives as they are."""
    if type(expression).__name__ in ("floor", "ceiling"):
        return {expression}
    return set().union(*map(roundings, expression.args))


def condition(expression: Expression) -> Expression:
    """A condition as a number: 1 where it holds, -1 where it does not."""
    return symengine.Piecewise((1, expression), (-1, True))


@lru_cache(maxsize=64)
def watched(system: System) -> tuple[Expression, ...]:
    """The triggers of ``system``, and then the comparisons of those that are made of several.

    Such a trigger may hold only between two looks at it; a change of what it is made of ends a step in time.
    """
    triggers = [system.inline(event.trigger) for event in system.events]
    parts = {str(part): part for trigger in triggers for part in _comparisons(trigger) if part != trigger}
    return (*triggers, *(parts[text] for text in sorted(parts)))


def _comparisons(trigger: Expression) -> Iterator[Expression]:
    kind = type(trigger).__name__
    if kind in ("StrictLessThan", "LessThan"):
        yield trigger
    elif kind in ("And", "Or", "Xor", "Not"):
        for part in trigger.args:
            yield from _comparisons(part)


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
