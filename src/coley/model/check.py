"""Units of every expression of a System, worked out from its leaves."""

from __future__ import annotations

import symengine
from pint.util import UnitsContainer

from coley.errors import ColeyError, Problem
from coley.system import TIME, Expression, System
from coley.units import dimension

NONE = UnitsContainer({})
_DIMENSIONLESS_FUNCTIONS = ("exp", "log", "tanh")


def unit_problems(system: System) -> list[Problem]:
    """Every place where the units of a System do not balance: rules, initial values and reactions."""
    dimensions = {name: dimension(unit) for name, unit in system.units.items()}
    dimensions[str(TIME)] = dimension("day")
    problems: list[Problem] = []

    def expect(where: str, expression: Expression, wanted: UnitsContainer) -> None:
        try:
            got = dimension_of(expression, dimensions)
        except ColeyError as error:
            problems.extend(Problem(where, p.what, p.hint) for p in error.problems)
            return
        if got is not None and not _same(got, wanted):
            problems.append(Problem(where, f"has dimension {_text(got)}, declared {_text(wanted)}"))

    for rule in system.rules:
        expect(f"rule {rule.name}", rule.expression, dimensions[rule.name])
    for state in system.states:
        expect(f"initial value of {state.name}", state.initial, dimensions[state.name])
    per_day = dimension("1/day")
    for reaction in system.reactions:
        for name, coefficient in reaction.stoichiometry.items():
            flux = symengine.sympify(coefficient) * reaction.rate
            expect(f"reaction {reaction.name}, {name}", flux, dimensions[name] * per_day)
    return problems


def dimension_of(expression: Expression, dimensions: dict[str, UnitsContainer]) -> UnitsContainer | None:
    """Dimension of an expression; None for the number zero, which fits any.

    Raises:
        ColeyError: where terms of different dimension are added, or a function or power needs a pure number.
    """
    if expression.is_Number:
        return None if expression == 0 else NONE
    if expression.is_Symbol:
        return dimensions[str(expression)]
    if expression.is_Mul:
        product = NONE
        for factor in expression.args:
            product = product * (dimension_of(factor, dimensions) or NONE)
        return product
    if expression.is_Pow:
        return _power(expression, dimensions)
    parts = [dimension_of(argument, dimensions) for argument in expression.args]
    given = [part for part in parts if part is not None]
    if expression.is_Add or type(expression).__name__ in ("Max", "Min"):
        for part in given[1:]:
            if not _same(part, given[0]):
                raise ColeyError(Problem("", f"adds {_text(given[0])} and {_text(part)} in {expression}"))
        return given[0] if given else None
    name = type(expression).__name__
    if name in _DIMENSIONLESS_FUNCTIONS and all(_same(part, NONE) for part in given):
        return NONE
    raise ColeyError(Problem("", f"{name} needs a pure number in {expression}"))


def _power(expression: Expression, dimensions: dict[str, UnitsContainer]) -> UnitsContainer:
    base, exponent = expression.args
    of_base = dimension_of(base, dimensions) or NONE
    of_exponent = dimension_of(exponent, dimensions) or NONE
    if not _same(of_exponent, NONE) or not (exponent.is_Number or _same(of_base, NONE)):
        raise ColeyError(Problem("", f"a power needs pure numbers in {expression}"))
    return of_base ** float(exponent) if exponent.is_Number else NONE


def _same(a: UnitsContainer, b: UnitsContainer) -> bool:
    return all(abs(float(a.get(key, 0)) - float(b.get(key, 0))) < 1e-9 for key in {*a, *b})


def _text(container: UnitsContainer) -> str:
    parts = [f"{key.strip('[]')}^{float(power):g}" for key, power in sorted(container.items()) if abs(float(power)) > 1e-9]
    return " ".join(parts) or "1"
