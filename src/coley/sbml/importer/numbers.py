"""Arithmetic that stays within finite real numbers, and within bounded size.

symengine computes with constants as far as it can, and would write out 9^(9^9) digit by digit. Here powers of numbers
are floats; what is not finite becomes a name, whose value the System holds.
"""

from __future__ import annotations

import math

import symengine

from coley.sbml.limits import RefusalError
from coley.system import Expression

NAN = symengine.Symbol("not a number")
INFINITY = symengine.Symbol("∞")
CONSTANTS = {NAN: math.nan, INFINITY: math.inf}
"""Names that no identifier of SBML can be, and their values."""

_LARGEST_INTEGER = 2**31
_LARGEST_EXPONENT = 64
_LARGEST_BITS = 1024


def number(value: float) -> Expression:
    """``value`` as an expression."""
    if math.isnan(value):
        return NAN
    if math.isinf(value):
        return INFINITY if value > 0 else -INFINITY
    if value == int(value) and abs(value) < _LARGEST_INTEGER:
        return symengine.Integer(int(value))
    return symengine.RealDouble(value)


def tamed(value: Expression) -> Expression:
    """``value``, where it is a number one that is finite and real, or a name for what it is."""
    if not value.is_Number or isinstance(value, symengine.Integer | symengine.Rational):
        return value
    if isinstance(value, symengine.RealDouble):
        return number(float(value)) if not math.isfinite(float(value)) else value
    text = str(value)
    if text in ("zoo", "oo"):
        return INFINITY
    return -INFINITY if text == "-oo" else NAN


def power(base: Expression, exponent: Expression) -> Expression:
    """``base ** exponent``; of two numbers a float, where that is no integer."""
    if base.is_Number and exponent.is_Number:
        return number(_float_power(float(base), float(exponent)))
    if exponent.is_Integer and (
        abs(int(exponent)) > _LARGEST_EXPONENT or _bits(base) * abs(int(exponent)) > _LARGEST_BITS
    ):
        exponent = symengine.RealDouble(float(exponent))
    return tamed(base**exponent)


def _float_power(base: float, exponent: float) -> float:
    try:
        value = base**exponent
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        return math.inf
    return math.nan if isinstance(value, complex) else float(value)


def _bits(expression: Expression) -> int:
    """Length of the longest integer that a power of ``expression`` would be taken of, at its surface."""
    parts = [expression, *expression.args, *(deeper for part in expression.args for deeper in part.args)]
    return max((int(part).bit_length() for part in parts if part.is_Integer), default=0)


def put_in(expression: Expression, values: dict[Expression, Expression]) -> Expression:
    """``expression`` with ``values`` put in, where that gives something finite and real.

    Raises:
        RefusalError: it does not.
    """
    needed = {symbol: values[symbol] for symbol in expression.free_symbols if symbol in values}
    if not needed:
        return expression
    try:
        return tamed(expression.subs(needed))
    except RuntimeError as error:
        raise RefusalError("infinite", f"cannot be computed from constants ({error})") from None
