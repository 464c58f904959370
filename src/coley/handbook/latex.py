"""Expressions of the model as LaTeX, node by node, so that a page shows what the code computes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import symengine

from coley.errors import ColeyError, Problem
from coley.system import Expression, canonical

_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu", "rho", "sigma"),
    *("tau", "phi", "chi", "psi", "omega", "Gamma", "Delta"),
)
_FUNCTIONS = {"log": r"\ln", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "max": r"\max", "min": r"\min"}
_RELATIONS = {"equality": "=", "unequality": r"\neq", "lessthan": r"\leq", "strictlessthan": "<"}
_CONNECTIVES = {"and": r" \wedge ", "or": r" \vee ", "xor": r" \oplus "}
_SUM, _PRODUCT, _POWER = range(3)
"""How tightly the surroundings bind: what binds less is put in brackets."""
_DIGITS = 4
_LONG = 420
"""Characters of LaTeX from which an expression is broken up."""


def symbol(name: str) -> str:
    """The name of a state, rule or parameter: its first word, with the others as a subscript."""
    first, *others = [part for part in name.split("_") if part]
    word = first if len(first) == 1 else rf"\mathrm{{{first}}}"
    base = f"\\{first}" if first in _GREEK else word
    return rf"{base}_{{\mathrm{{{','.join(others)}}}}}" if others else base


def latex(expression: Expression) -> str:
    """``expression`` as LaTeX for mathematics.

    Raises:
        ColeyError: a function that cannot be written.
    """
    return _write(canonical(expression), _SUM)


def equation(left: str, sign: str, expression: Expression) -> str:
    """``left sign expression``; of a long one, what occurs several times is given names of its own, x and a number.

    Args:
        left: as LaTeX, and so is ``sign``.
    """
    whole = latex(expression)
    if len(whole) <= _LONG:
        return f"{left} {sign} {whole}"
    names = (symengine.Symbol(f"x_{number}") for number in count(1))
    shared, (rest,) = symengine.cse([canonical(expression)])
    renamed = dict(zip((name for name, _ in shared), names, strict=False))
    rows = [f"{symbol(str(renamed[name]))} &= {latex(value.subs(renamed))}" for name, value in shared]
    rows.append(f"{left} &{sign} {latex(rest.subs(renamed))}")
    return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"


def _write(e: Expression, within: int) -> str:
    kind = type(e).__name__.casefold()
    if e.is_Symbol:
        return symbol(str(e))
    if e.is_Number:
        return _number(e, within)
    if e.is_Add:
        return _bracketed(_sum(e.args), within > _SUM)
    if e.is_Mul:
        return _product(e, within)
    if e.is_Pow:
        return _power(e, within)
    if kind == "piecewise":
        return _pieces(e.args)
    if kind == "abs":
        return rf"\left|{_write(e.args[0], _SUM)}\right|"
    if kind in _FUNCTIONS:
        return rf"{_FUNCTIONS[kind]}\left({', '.join(_write(argument, _SUM) for argument in e.args)}\right)"
    if kind in _RELATIONS:
        return f"{_write(e.args[0], _SUM)} {_RELATIONS[kind]} {_write(e.args[1], _SUM)}"
    if kind in _CONNECTIVES:
        return _CONNECTIVES[kind].join(_write(argument, _SUM) for argument in e.args)
    if kind in ("booleantrue", "booleanfalse", "pi", "exp1"):
        return {"booleantrue": r"\top", "booleanfalse": r"\bot", "pi": r"\pi", "exp1": r"\mathrm{e}"}[kind]
    raise ColeyError(Problem("", f"there is no LaTeX for the function {type(e).__name__}, as in {e}"))


def _bracketed(text: str, wanted: bool) -> str:
    return rf"\left({text}\right)" if wanted else text


def _number(value: Expression, within: int) -> str:
    if value.is_Integer:
        text = str(value)
    elif value.is_Rational:
        top, bottom = value.get_num_den()
        text = rf"\tfrac{{{top}}}{{{bottom}}}"
    else:
        digits, _, exponent = f"{float(value):.{_DIGITS}g}".partition("e")
        text = rf"{digits} \cdot 10^{{{int(exponent)}}}" if exponent else digits
        text = text.removeprefix(r"1 \cdot ")
    plain = text.replace(".", "").isdecimal()
    return _bracketed(text, not plain and (within == _POWER or (within == _PRODUCT and text.startswith("-"))))


def _sum(terms: Sequence[Expression]) -> str:
    first, *others = sorted(terms, key=_is_negative)
    text = _write(first, _SUM)
    for term in others:
        text += f" - {_write(-term, _PRODUCT)}" if _is_negative(term) else f" + {_write(term, _SUM)}"
    return text


def _product(e: Expression, within: int) -> str:
    if _is_negative(e):
        return _bracketed(f"-{_write(-e, _PRODUCT)}", within > _SUM)
    above = [factor for factor in e.args if not _is_inverse(factor) and factor != 1]
    below = [factor.args[0] ** -factor.args[1] for factor in e.args if _is_inverse(factor)]
    if not below:
        return _bracketed(_times(above), within > _PRODUCT)
    return _bracketed(rf"\frac{{{_over(above)}}}{{{_over(below)}}}", within == _POWER)


def _over(factors: Sequence[Expression]) -> str:
    """One side of a fraction: a factor that stands alone needs no brackets."""
    if len(factors) == 1:
        return _write(factors[0], _SUM)
    return _times(factors)


def _times(factors: Sequence[Expression]) -> str:
    numbers_first = sorted(factors, key=lambda factor: not factor.is_Number)
    return r" \, ".join(_write(factor, _PRODUCT) for factor in numbers_first) or "1"


def _power(e: Expression, within: int) -> str:
    base, exponent = e.args
    if type(base).__name__ == "Exp1":
        return rf"\exp\left({_write(exponent, _SUM)}\right)"
    if _is_inverse(e):
        return _bracketed(rf"\frac{{1}}{{{_write(base**-exponent, _SUM)}}}", within == _POWER)
    if exponent.is_Rational and str(exponent) == "1/2":
        return rf"\sqrt{{{_write(base, _SUM)}}}"
    return rf"{_write(base, _POWER)}^{{{_write(exponent, _SUM)}}}"


def _pieces(pieces: Sequence[Expression]) -> str:
    rows = []
    for value, condition in zip(pieces[::2], pieces[1::2], strict=True):
        otherwise = type(condition).__name__ == "BooleanTrue"
        when = r"\text{otherwise}" if otherwise else rf"\text{{if }} {_write(condition, _SUM)}"
        rows.append(rf"{_write(value, _SUM)} & {when}")
    return r"\begin{cases}" + r" \\ ".join(rows) + r"\end{cases}"


def _is_inverse(e: Expression) -> bool:
    return bool(e.is_Pow) and type(e.args[0]).__name__ != "Exp1" and _is_negative(e.args[1])


def _is_negative(e: Expression) -> bool:
    """Whether a number, or a product with a number, is below 0."""
    if e.is_Number:
        return float(e) < 0
    return bool(e.is_Mul) and any(factor.is_Number and float(factor) < 0 for factor in e.args)
