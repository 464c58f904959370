"""What each function of MathML is, in the functions that the engine computes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import libsbml
import symengine
from symengine.lib.symengine_wrapper import Boolean

from coley.sbml.importer.numbers import NAN, number, power, tamed
from coley.sbml.limits import RefusalError
from coley.system import Expression

_ONE = symengine.Integer(1)
# Coefficients of Lanczos' approximation to the gamma function with g = 7 (P. Godfrey, 2001): 15 digits.
_LANCZOS = (
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
)  # fmt: skip


def is_condition(value: Expression) -> bool:
    """Whether ``value`` is true or false, and no number."""
    return isinstance(value, Boolean)


def as_number(value: Expression) -> Expression:
    """``value``; 1 for true and 0 for false."""
    return choice([(_ONE, value)], symengine.Integer(0)) if is_condition(value) else value


def as_condition(value: Expression) -> Expression:
    """``value``; a number is true unless it is 0."""
    return value if is_condition(value) else _differs(value, symengine.Integer(0))


def choice(pieces: Sequence[tuple[Expression, Expression]], otherwise: Expression = NAN) -> Expression:
    """The value of the first condition that holds."""
    kept: list[tuple[Expression, Expression]] = []
    for value, condition in pieces:
        if condition == symengine.true:
            otherwise = value
            break
        if condition != symengine.false:
            kept.append((value, condition))
    return symengine.Piecewise(*kept, (otherwise, True)) if kept else otherwise


def quotient(a: Expression, b: Expression) -> Expression:
    """Whole part of a / b, cut off towards 0."""
    ratio = tamed(a / b)
    return choice([(symengine.ceiling(ratio), _less(ratio, number(0)))], symengine.floor(ratio))


def factorial(n: Expression) -> Expression:
    """n!, by Lanczos' approximation where n is no number."""
    if n.is_Number:
        value = float(n)
        return number(math.gamma(value + 1)) if 0 <= value <= 170 else number(math.inf if value > 170 else math.nan)
    series = _LANCZOS[0] + sum((c / (n + i) for i, c in enumerate(_LANCZOS[1:], start=1)), symengine.Integer(0))
    base = n + 7.5
    return math.sqrt(2 * math.pi) * base ** (n + 0.5) * symengine.exp(-base) * series


def logarithm(base: Expression, x: Expression) -> Expression:
    """log of x to a base."""
    return symengine.log(x) / symengine.log(base)


def root(degree: Expression, x: Expression) -> Expression:
    """The root of a degree, such as 2."""
    return power(x, tamed(_ONE / degree))


def asinh(x: Expression) -> Expression:
    """Inverse hyperbolic sine, without cancellation below 0."""
    if x.is_Number:
        return number(math.asinh(float(x)))
    return choice([(-_asinh(-x), _less(x, number(0)))], _asinh(x))


def _asinh(x: Expression) -> Expression:
    return symengine.log(x + symengine.sqrt(x**2 + 1))


def acosh(x: Expression) -> Expression:
    """Inverse hyperbolic cosine."""
    return symengine.log(x + symengine.sqrt(x - 1) * symengine.sqrt(x + 1))


def atanh(x: Expression) -> Expression:
    """Inverse hyperbolic tangent."""
    return symengine.log((1 + x) / (1 - x)) / 2


def _reciprocal(function: Callable[[Expression], Expression]) -> Callable[[Expression], Expression]:
    return lambda x: _ONE / function(x)


def _of_reciprocal(function: Callable[[Expression], Expression]) -> Callable[[Expression], Expression]:
    return lambda x: function(tamed(_ONE / x))


def _less(a: Expression, b: Expression) -> Expression:
    return _compared(symengine.Lt, a, b)


def _less_equal(a: Expression, b: Expression) -> Expression:
    return _compared(symengine.Le, a, b)


def _equal(a: Expression, b: Expression) -> Expression:
    """symengine holds 1 and 1.0 for different, so that equality is told by order."""
    return symengine.And(_less_equal(a, b), _less_equal(b, a))


def _differs(a: Expression, b: Expression) -> Expression:
    return symengine.Or(_less(a, b), _less(b, a))


def _compared(relation: Callable[[Expression, Expression], Expression], a: Expression, b: Expression) -> Expression:
    try:
        return relation(a, b)
    except RuntimeError as error:
        raise RefusalError("infinite", f"compares what has no order ({error})") from None


def _chain(relation: Callable[[Expression, Expression], Expression]) -> Callable[..., Expression]:
    """A relation of any number of arguments, such as a < b < c."""

    def compare(*arguments: Expression) -> Expression:
        return reduce(symengine.And, [relation(a, b) for a, b in pairwise(arguments)], symengine.true)

    return compare


def _exclusive(*conditions: Expression) -> Expression:
    return reduce(lambda a, b: symengine.Or(symengine.And(a, symengine.Not(b)), symengine.And(b, symengine.Not(a))),
                  conditions, symengine.false)  # fmt: skip


def _minus(*terms: Expression) -> Expression:
    return -terms[0] if len(terms) == 1 else terms[0] - terms[1]


Rule = Callable[..., Expression]


def _by_type(names: dict[str, Rule]) -> dict[int, Rule]:
    return {getattr(libsbml, f"AST_{name}"): function for name, function in names.items()}


LOGICAL: dict[int, Rule] = _by_type(
    {
        "LOGICAL_AND": lambda *c: reduce(symengine.And, c, symengine.true),
        "LOGICAL_OR": lambda *c: reduce(symengine.Or, c, symengine.false),
        "LOGICAL_XOR": _exclusive,
        "LOGICAL_NOT": symengine.Not,
        "LOGICAL_IMPLIES": lambda a, b: symengine.Or(symengine.Not(a), b),
    }
)
"""Functions of conditions, by their type in libSBML."""

NUMERIC: dict[int, Rule] = _by_type(
    {
        "PLUS": lambda *x: sum(x, symengine.Integer(0)),
        "TIMES": lambda *x: reduce(lambda a, b: a * b, x, _ONE),
        "MINUS": _minus,
        "DIVIDE": lambda a, b: a / b,
        "POWER": power,
        "FUNCTION_POWER": power,
        "FUNCTION_ROOT": root,
        "FUNCTION_LOG": logarithm,
        "FUNCTION_LN": symengine.log,
        "FUNCTION_EXP": symengine.exp,
        "FUNCTION_ABS": abs,
        "FUNCTION_FLOOR": symengine.floor,
        "FUNCTION_CEILING": symengine.ceiling,
        "FUNCTION_FACTORIAL": factorial,
        "FUNCTION_QUOTIENT": quotient,
        "FUNCTION_REM": lambda a, b: a - b * quotient(a, b),
        "FUNCTION_MAX": symengine.Max,
        "FUNCTION_MIN": symengine.Min,
        "FUNCTION_SIN": symengine.sin,
        "FUNCTION_COS": symengine.cos,
        "FUNCTION_TAN": symengine.tan,
        "FUNCTION_SEC": _reciprocal(symengine.cos),
        "FUNCTION_CSC": _reciprocal(symengine.sin),
        "FUNCTION_COT": _reciprocal(symengine.tan),
        "FUNCTION_SINH": symengine.sinh,
        "FUNCTION_COSH": symengine.cosh,
        "FUNCTION_TANH": symengine.tanh,
        "FUNCTION_SECH": _reciprocal(symengine.cosh),
        "FUNCTION_CSCH": _reciprocal(symengine.sinh),
        "FUNCTION_COTH": _reciprocal(symengine.tanh),
        "FUNCTION_ARCSIN": symengine.asin,
        "FUNCTION_ARCCOS": symengine.acos,
        "FUNCTION_ARCTAN": symengine.atan,
        "FUNCTION_ARCSEC": _of_reciprocal(symengine.acos),
        "FUNCTION_ARCCSC": _of_reciprocal(symengine.asin),
        "FUNCTION_ARCCOT": _of_reciprocal(symengine.atan),
        "FUNCTION_ARCSINH": asinh,
        "FUNCTION_ARCCOSH": acosh,
        "FUNCTION_ARCTANH": atanh,
        "FUNCTION_ARCSECH": _of_reciprocal(acosh),
        "FUNCTION_ARCCSCH": _of_reciprocal(asinh),
        "FUNCTION_ARCCOTH": _of_reciprocal(atanh),
        "RELATIONAL_EQ": _chain(_equal),
        "RELATIONAL_NEQ": _differs,
        "RELATIONAL_LT": _chain(_less),
        "RELATIONAL_LEQ": _chain(_less_equal),
        "RELATIONAL_GT": _chain(lambda a, b: _less(b, a)),
        "RELATIONAL_GEQ": _chain(lambda a, b: _less_equal(b, a)),
    }
)
"""Functions of numbers, by their type in libSBML."""

WELL_KNOWN: dict[str, Rule] = {"log2": lambda x: logarithm(number(2), x)}
"""Functions that models call without defining them: SimBiology writes ``log2``."""


def apply(function: Rule, arguments: Sequence[Any], name: str) -> Expression:
    """``function`` of ``arguments``.

    Raises:
        RefusalError: a number of arguments that it does not take, or no value that is real.
    """
    try:
        return tamed(symengine.sympify(function(*arguments)))
    except (TypeError, IndexError):
        raise RefusalError("invalid", f"{name} of {len(arguments)} arguments") from None
    except (RuntimeError, ZeroDivisionError, OverflowError, ValueError) as error:
        raise RefusalError("infinite", f"{name} of constants has no value ({error})") from None
