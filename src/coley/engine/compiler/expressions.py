"""Symbolic expressions as straight-line IR."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

import symengine

from coley.engine.compiler.ir import Function, Value, constant
from coley.errors import ColeyError, Problem
from coley.system import Expression

_LARGEST_PRODUCT = 64  # whole exponents up to this become products
_RELATIONS = {"StrictLessThan": "olt", "LessThan": "ole", "Equality": "oeq", "Unequality": "une"}
_LOGIC = ("And", "Or", "Xor", "Not", "BooleanTrue", "BooleanFalse")
_LIBRARY = {  # functions that LLVM passes on to the C library, lane by lane
    "Sin": "sin", "Cos": "cos", "Tan": "tan", "ASin": "asin", "ACos": "acos", "ATan": "atan",
    "Sinh": "sinh", "Cosh": "cosh", "Tanh": "tanh", "Floor": "floor", "Ceiling": "ceil", "Abs": "fabs",
}  # fmt: skip
_OWN = ("log", "asinh", "acosh", "atanh", "gamma", "loggamma")
_INVERSE_OF_VALUE = {"sec": "cos", "csc": "sin", "cot": "tan", "sech": "cosh", "csch": "sinh", "coth": "tanh"}
_OF_INVERSE = {
    "asec": "acos", "acsc": "asin", "acot": "atan", "asech": "acosh", "acsch": "asinh", "acoth": "atanh",
}  # fmt: skip


class Expressions:
    """Writes expressions into a function, each shared part once.

    Args:
        symbols: how the value of each symbol is had; asked at most once for each.
    """

    def __init__(self, function: Function, symbols: Mapping[Expression, Callable[[], Value]]) -> None:
        self._f = function
        self._symbols = symbols
        self._known: dict[Expression, Value] = {}

    def write(self, expressions: Sequence[Expression]) -> list[Value]:
        """The values of ``expressions``, common subexpressions eliminated."""
        shared, rest = symengine.cse([symengine.sympify(e) for e in expressions]) if expressions else ([], [])
        for symbol, expression in shared:
            self._known[symbol] = self._value(expression)
        values = [self._value(symengine.sympify(e)) for e in rest]
        for symbol, _ in shared:
            del self._known[symbol]  # the next call gives these names to other things
        return values

    def _value(self, e: Expression) -> Value:
        if e not in self._known:
            self._known[e] = self._new(e)
        return self._known[e]

    def _new(self, e: Expression) -> Value:
        kind = type(e).__name__
        if e.is_Symbol:
            return self._symbols[e]()
        if kind in _RELATIONS or kind in _LOGIC:
            return self._condition(kind, e)
        if e.is_Number or not e.args:
            return constant(float(e.n()))
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul:
            return self._product(e.args)
        if e.is_Pow:
            return self._product([e])
        if kind == "Piecewise":
            return self._pieces(e.args)
        if kind in ("Max", "Min"):
            predicate = "ogt" if kind == "Max" else "olt"
            return reduce(lambda a, b: self._chosen(predicate, a, b), map(self._value, e.args))
        return self._function(kind, e)

    def _function(self, kind: str, e: Expression) -> Value:
        f, name, argument = self._f, kind.lower(), self._value(e.args[0])
        if name == "sign":
            down = f.select(f.compare("olt", argument, constant(0.0)), constant(-1.0), argument)
            return f.select(f.compare("ogt", argument, constant(0.0)), constant(1.0), down)
        if name == "atan2":
            return f.intrinsic("atan2", argument, self._value(e.args[1]))
        if name == "polygamma" and e.args[0] == 0:
            return f.call("coley_digamma", self._value(e.args[1]))
        if name in _INVERSE_OF_VALUE:
            return f.binary("fdiv", constant(1.0), self._named(_INVERSE_OF_VALUE[name], argument, e))
        if name in _OF_INVERSE:
            return self._named(_OF_INVERSE[name], f.binary("fdiv", constant(1.0), argument), e)
        return self._named(name, argument, e)

    def _named(self, name: str, argument: Value, e: Expression) -> Value:
        if name in _OWN:
            return self._f.call(f"coley_{name}", argument)
        library = {known.lower(): function for known, function in _LIBRARY.items()}
        if name in library:
            return self._f.intrinsic(library[name], argument)
        known = sorted({*_OWN, *library, *_INVERSE_OF_VALUE, *_OF_INVERSE, "atan2", "sign"})
        raise ColeyError(Problem("", f"the engine cannot compute {e}", f"known: {', '.join(known)}"))

    def _chosen(self, predicate: str, a: Value, b: Value) -> Value:
        """The larger or smaller of two; NaN if either is."""
        chosen = self._f.select(self._f.compare(predicate, a, b), a, b)
        return self._f.select(self._f.compare("uno", a, a), a, chosen)

    def _sum(self, e: Expression) -> Value:
        total: Value | None = None
        for term in e.args:
            factor, rest = _sign(term)
            if total is None:
                total = self._value(term)
            else:
                total = self._f.binary("fadd" if factor > 0 else "fsub", total, self._value(rest))
        assert total is not None
        return total

    def _product(self, factors: Sequence[Expression]) -> Value:
        f = self._f
        above: list[Value] = []
        below: list[Value] = []
        negative = False
        for factor in factors:
            if factor.is_Number and float(factor) == -1:
                negative = not negative
            elif factor.is_Pow:
                base, exponent = factor.args
                if exponent.is_Number and float(exponent) < 0 and not _is_e(base):
                    below.append(self._power(base, -exponent))
                else:
                    above.append(self._power(base, exponent))
            else:
                above.append(self._value(factor))
        value = reduce(lambda a, b: f.binary("fmul", a, b), above) if above else constant(1.0)
        if below:
            value = f.binary("fdiv", value, reduce(lambda a, b: f.binary("fmul", a, b), below))
        return f.negative(value) if negative else value

    def _power(self, base: Expression, exponent: Expression) -> Value:
        f = self._f
        if _is_e(base):
            return f.call("coley_exp", self._value(exponent))
        value = self._value(base)
        number = float(exponent) if exponent.is_Number else math.nan
        if 0 < number <= _LARGEST_PRODUCT and 2 * number == int(2 * number):
            whole, half = divmod(int(2 * number), 2)
            parts = [self._whole_power(value, whole)] if whole else []
            parts += [f.intrinsic("sqrt", value)] if half else []
            return reduce(lambda a, b: f.binary("fmul", a, b), parts)
        return f.call("coley_pow", value, self._value(exponent))

    def _whole_power(self, value: Value, n: int) -> Value:
        if n == 1:
            return value
        half = self._whole_power(value, n // 2)
        square = self._f.binary("fmul", half, half)
        return self._f.binary("fmul", square, value) if n % 2 else square

    def _pieces(self, parts: Sequence[Expression]) -> Value:
        """The value of the first condition that holds; NaN where none does."""
        value = constant(math.nan)
        for e, condition in reversed(list(zip(parts[::2], parts[1::2], strict=True))):
            if type(condition).__name__ == "BooleanTrue":
                value = self._value(e)
            else:
                value = self._f.select(self._value(condition), self._value(e), value)
        return value

    def _condition(self, kind: str, e: Expression) -> Value:
        """Booleans of the lanes."""
        f = self._f
        if not e.args:
            return f.compare(kind.removeprefix("Boolean").lower(), constant(0.0), constant(0.0))
        parts = [self._value(part) for part in e.args]
        if kind in _RELATIONS:
            if any(type(part).__name__ == "BooleanTrue" for part in e.args):  # so symengine names a shared condition
                return f.value(f"and $B {parts[0]}, {parts[1]}")
            return f.compare(_RELATIONS[kind], *parts)
        if kind == "Not":
            return f.value(f"xor $B {parts[0]}, {f.compare('true', constant(0.0), constant(0.0))}")
        return reduce(lambda a, b: f.value(f"{kind.lower()} $B {a}, {b}"), parts)


def _is_e(base: Expression) -> bool:
    return bool(base == symengine.E)


def _sign(term: Expression) -> tuple[int, Expression]:
    """The sign of a term, and the term without it."""
    if term.is_Mul and term.args[0].is_Number and float(term.args[0]) < 0:
        return -1, -term
    return 1, term
