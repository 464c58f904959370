"""Units of every expression of a model, worked out from its leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import symengine
from pint.util import UnitsContainer

from coley.errors import ColeyError, Problem
from coley.modeling.mechanism import Mechanism
from coley.system import TIME, Expression, System
from coley.units import dimension

NONE = UnitsContainer({})
_DIMENSIONLESS_FUNCTIONS = ("exp", "log", "tanh")
_PER_DAY = dimension("1/day")
_TOLERANCE = 1e-9  # of an exponent: 2/3 is no binary fraction


def dimensions(units: Mapping[str, str]) -> dict[str, UnitsContainer]:
    """The dimension of every name, and of time, from the units of a System."""
    return {name: dimension(unit) for name, unit in {**units, str(TIME): "day"}.items()}


def unit_problems(part: Mechanism | System, known: Mapping[str, UnitsContainer]) -> list[Problem]:
    """Every place of a mechanism, or of a whole System, where units do not balance.

    Args:
        part: whose rules, initial values, reactions and contributions to check.
        known: dimension of every name of the model.
    """
    kind = "mechanism" if isinstance(part, Mechanism) else "model"
    problems: list[Problem] = []
    for what, expression, wanted in _claims(part, known):
        where = f"{kind} {part.name}, {what}"
        try:
            got = dimension_of(expression, known)
        except ColeyError as error:
            problems.extend(Problem(where, problem.what, problem.hint) for problem in error.problems)
            continue
        if got is not None and not _same(got, wanted):
            hint = "change its unit or its expression"
            problems.append(Problem(where, f"has dimension {_text(got)}, declared {_text(wanted)}", hint))
    return problems


def _claims(
    part: Mechanism | System, known: Mapping[str, UnitsContainer]
) -> Iterator[tuple[str, Expression, UnitsContainer]]:
    """Every expression, what it is, and the dimension that it must have."""
    for rule in part.rules:
        yield f"rule {rule.name}", rule.expression, known[rule.name]
    for state in part.states:
        yield f"initial value of {state.name}", symengine.sympify(state.initial), known[state.name]
    for reaction in part.reactions:
        for name, coefficient in reaction.stoichiometry.items():
            flux = symengine.sympify(coefficient) * reaction.rate
            yield f"reaction {reaction.name}, {name}", flux, known[name] * _PER_DAY
    for name, term in part.contributions if isinstance(part, Mechanism) else ():
        yield f"contribution to {name}", term, known[name]


def dimension_of(expression: Expression, known: Mapping[str, UnitsContainer]) -> UnitsContainer | None:
    """Dimension of an expression, from that of its names; None for the number zero, which fits any.

    Raises:
        ColeyError: where terms of different dimension are added or compared, a function or power needs a pure number,
            or a function has no rule of dimension.
    """
    if expression.is_Number:
        return None if expression == 0 else NONE
    if expression.is_Symbol:
        return known[str(expression)]
    if not expression.args:
        return NONE  # pi, e
    if expression.is_Mul:
        product = NONE
        for factor in expression.args:
            product = product * (dimension_of(factor, known) or NONE)
        return product
    if expression.is_Pow:
        return _power(expression, known)
    parts = [dimension_of(argument, known) for argument in expression.args]
    given = [part for part in parts if part is not None]
    name = type(expression).__name__
    if expression.is_Add or name in ("Max", "Min"):
        for part in given[1:]:
            if not _same(part, given[0]):
                verb = "adds" if expression.is_Add else "compares"
                what = f"{verb} {_text(given[0])} and {_text(part)} in {expression}"
                raise ColeyError(Problem("", what, "terms of one sum need one unit"))
        return given[0] if given else None
    if name in _DIMENSIONLESS_FUNCTIONS and all(_same(part, NONE) for part in given):
        return NONE
    raise ColeyError(Problem("", f"{name} needs a pure number in {expression}", "divide by a reference value"))


def _power(expression: Expression, known: Mapping[str, UnitsContainer]) -> UnitsContainer:
    base, exponent = expression.args
    of_base = dimension_of(base, known) or NONE
    of_exponent = dimension_of(exponent, known) or NONE
    if not _same(of_exponent, NONE) or not (exponent.is_Number or _same(of_base, NONE)):
        raise ColeyError(Problem("", f"a power needs pure numbers in {expression}", "divide by a reference value"))
    return of_base ** float(exponent) if exponent.is_Number else NONE


def _same(a: UnitsContainer, b: UnitsContainer) -> bool:
    return all(abs(_exponent(a, key) - _exponent(b, key)) < _TOLERANCE for key in {*a, *b})


def _exponent(container: UnitsContainer, key: str) -> float:
    power: Expression = container.get(key, 0)  # pint admits complex and decimal exponents, which none of ours are
    return float(power)


def _text(container: UnitsContainer) -> str:
    powers = {key.strip("[]"): _exponent(container, key) for key in sorted(container)}
    return " ".join(f"{key}^{power:g}" for key, power in powers.items() if abs(power) > _TOLERANCE) or "1"
