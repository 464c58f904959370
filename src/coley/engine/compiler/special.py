"""Inverse hyperbolic and gamma functions of vectors, in IR. A kernel carries those that it calls.

log(1 + x) corrects the logarithm of the rounded sum (Goldberg, ACM Computing Surveys 23:5, 1991, theorem 4); inverse
hyperbolic functions follow from it. Gamma, its logarithm and the derivative of that take Stirling's series from 10 on,
come down from there by recurrence, and reflect what is below 1/2 (Abramowitz and Stegun, 6.1.17, 6.1.40, 6.3.18).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from coley.engine.compiler.ir import Function, Value, constant

_ENOUGH = 10  # where Stirling's series is accurate with the terms below
_BERNOULLI = [Fraction(*ratio) for ratio in
              ((1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510))]  # fmt: skip
_SINE_TERMS = 12
_HUGE = 2.0**28  # beyond it, x^2 + 1 is x^2
_LARGEST_GAMMA = 171.7


def definitions(code: str) -> str:
    """Definitions of the functions of this file that ``code`` calls."""
    needed = {name for name in _MAKERS if f"@{name}(" in code}
    if needed & {"coley_asinh", "coley_acosh", "coley_atanh"}:
        needed.add("coley_log1p")
    return "\n".join(str(_function(name)) for name in _MAKERS if name in needed)


def _function(name: str) -> Function:
    f = Function(name, ["$V %x"], result="$V", linkage="internal", flags="")
    f.emit(f"ret $V {_MAKERS[name](f, '%x')}")
    return f


def _log1p(f: Function, x: Value) -> Value:
    total = f.binary("fadd", constant(1.0), x)
    kept = f.binary("fsub", total, constant(1.0))
    result = f.binary("fmul", f.call("coley_log", total), f.binary("fdiv", x, kept))
    result = f.select(f.compare("oeq", kept, constant(0.0)), x, result)
    return f.select(f.compare("oeq", total, constant(math.inf)), total, result)


def _asinh(f: Function, x: Value) -> Value:
    size = f.intrinsic("fabs", x)
    root = f.intrinsic("sqrt", f.fma(size, size, constant(1.0)))
    rest = f.binary("fdiv", f.binary("fmul", size, size), f.binary("fadd", root, constant(1.0)))
    near = f.call("coley_log1p", f.binary("fadd", size, rest))
    return f.intrinsic("copysign", _unless_huge(f, size, near), x)


def _acosh(f: Function, x: Value) -> Value:
    beyond = f.binary("fsub", x, constant(1.0))
    root = f.intrinsic("sqrt", f.binary("fmul", beyond, f.binary("fadd", beyond, constant(2.0))))
    near = f.call("coley_log1p", f.binary("fadd", beyond, root))
    return f.select(f.compare("olt", x, constant(1.0)), constant(math.nan), _unless_huge(f, x, near))


def _unless_huge(f: Function, x: Value, near: Value) -> Value:
    far = f.binary("fadd", f.call("coley_log", x), constant(math.log(2)))
    return f.select(f.compare("ogt", x, constant(_HUGE)), far, near)


def _atanh(f: Function, x: Value) -> Value:
    size = f.intrinsic("fabs", x)
    ratio = f.binary("fdiv", f.binary("fadd", size, size), f.binary("fsub", constant(1.0), size))
    half = f.binary("fmul", constant(0.5), f.call("coley_log1p", ratio))
    return f.intrinsic("copysign", half, x)


def _gamma(f: Function, x: Value) -> Value:
    low, t = _reflected(f, x)
    z, product, _ = _risen(f, t)
    root = f.call("coley_pow", z, f.binary("fmul", constant(0.5), f.binary("fsub", z, constant(0.5))))
    small = f.binary("fmul", f.call("coley_exp", f.negative(z)), constant(math.sqrt(2 * math.pi)))
    value = f.binary("fmul", f.binary("fmul", root, small), root)
    value = f.binary("fmul", value, f.call("coley_exp", _stirling(f, z)))
    value = f.binary("fdiv", value, product)
    value = f.select(f.compare("ogt", t, constant(_LARGEST_GAMMA)), constant(math.inf), value)
    return f.select(low, f.binary("fdiv", constant(math.pi), f.binary("fmul", _sine(f, x), value)), value)


def _log_gamma(f: Function, x: Value) -> Value:
    low, t = _reflected(f, x)
    z, product, _ = _risen(f, t)
    value = f.fma(f.binary("fsub", z, constant(0.5)), f.call("coley_log", z), f.negative(z))
    value = f.binary("fadd", value, f.binary("fadd", constant(math.log(2 * math.pi) / 2), _stirling(f, z)))
    value = f.binary("fsub", value, f.call("coley_log", product))
    sine = f.call("coley_log", f.intrinsic("fabs", f.binary("fdiv", constant(math.pi), _sine(f, x))))
    return f.select(low, f.binary("fsub", sine, value), value)


def _digamma(f: Function, x: Value) -> Value:
    low, t = _reflected(f, x)
    z, _, total = _risen(f, t)
    inverse = f.binary("fdiv", constant(1.0), z)
    square = f.binary("fmul", inverse, inverse)
    terms = [float(number / (2 * k)) for k, number in enumerate(_BERNOULLI, 1)]
    series = f.fma(_polynomial(f, square, terms), square, f.binary("fmul", constant(0.5), inverse))
    value = f.binary("fsub", f.binary("fsub", f.call("coley_log", z), series), total)
    cotangent = f.binary("fdiv", _sine(f, f.binary("fadd", x, constant(0.5))), _sine(f, x))
    return f.select(low, f.binary("fsub", value, f.binary("fmul", constant(math.pi), cotangent)), value)


def _reflected(f: Function, x: Value) -> tuple[Value, Value]:
    """Whether x is below 1/2, and 1 - x where it is, else x."""
    low = f.compare("olt", x, constant(0.5))
    return low, f.select(low, f.binary("fsub", constant(1.0), x), x)


def _risen(f: Function, t: Value) -> tuple[Value, Value, Value]:
    """t raised by whole steps to at least 10; the product of what it was before each, and the sum of their inverses."""
    product, total = constant(1.0), constant(0.0)
    for _ in range(_ENOUGH):
        low = f.compare("olt", t, constant(float(_ENOUGH)))
        factor = f.select(low, t, constant(1.0))
        product = f.binary("fmul", product, factor)
        inverse = f.binary("fdiv", constant(1.0), factor)
        total = f.binary("fadd", total, f.select(low, inverse, constant(0.0)))
        t = f.binary("fadd", t, f.select(low, constant(1.0), constant(0.0)))
    return t, product, total


def _stirling(f: Function, z: Value) -> Value:
    inverse = f.binary("fdiv", constant(1.0), z)
    terms = [float(number / (2 * k * (2 * k - 1))) for k, number in enumerate(_BERNOULLI, 1)]
    return f.binary("fmul", inverse, _polynomial(f, f.binary("fmul", inverse, inverse), terms))


def _sine(f: Function, x: Value) -> Value:
    """sin(pi x)"""
    whole = f.intrinsic("rint", x)
    r = f.binary("fmul", constant(math.pi), f.binary("fsub", x, whole))
    terms = [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(_SINE_TERMS)]
    value = f.binary("fmul", r, _polynomial(f, f.binary("fmul", r, r), terms))
    half = f.binary("fmul", whole, constant(0.5))
    return f.select(f.compare("oeq", f.intrinsic("rint", half), half), value, f.negative(value))


def _polynomial(f: Function, x: Value, terms: Sequence[float]) -> Value:
    value = constant(terms[-1])
    for term in reversed(terms[:-1]):
        value = f.fma(value, x, constant(term))
    return value


_MAKERS: dict[str, Callable[[Function, Value], Value]] = {
    "coley_log1p": _log1p,
    "coley_asinh": _asinh,
    "coley_acosh": _acosh,
    "coley_atanh": _atanh,
    "coley_gamma": _gamma,
    "coley_loggamma": _log_gamma,
    "coley_digamma": _digamma,
}
