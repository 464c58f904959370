"""Expressions of a System as formulas of SBML, node by node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import libsbml
import symengine

from coley.errors import ColeyError, Problem
from coley.sbml.digits import fits, stand_in
from coley.sbml.unit_definitions import DIMENSIONLESS
from coley.system import TIME, Expression, canonical

Node = Any  # an ASTNode; libSBML publishes no types
_LARGEST_INTEGER = 2**31
_NODES = {
    "Equality": libsbml.AST_RELATIONAL_EQ, "Unequality": libsbml.AST_RELATIONAL_NEQ,
    "LessThan": libsbml.AST_RELATIONAL_LEQ, "StrictLessThan": libsbml.AST_RELATIONAL_LT,
    "And": libsbml.AST_LOGICAL_AND, "Or": libsbml.AST_LOGICAL_OR,
    "Xor": libsbml.AST_LOGICAL_XOR, "Not": libsbml.AST_LOGICAL_NOT,
    "BooleanTrue": libsbml.AST_CONSTANT_TRUE, "BooleanFalse": libsbml.AST_CONSTANT_FALSE,
    "Exp1": libsbml.AST_CONSTANT_E, "Pi": libsbml.AST_CONSTANT_PI,
    "Log": libsbml.AST_FUNCTION_LN, "Abs": libsbml.AST_FUNCTION_ABS,
    "Floor": libsbml.AST_FUNCTION_FLOOR, "Ceiling": libsbml.AST_FUNCTION_CEILING,
    "Max": libsbml.AST_FUNCTION_MAX, "Min": libsbml.AST_FUNCTION_MIN,
}  # fmt: skip
_TRIGONOMETRIC = ("Sin", "Cos", "Tan", "Sec", "Csc", "Cot")
_NODES |= {
    before + name + after: getattr(libsbml, f"AST_FUNCTION_{'ARC' if before else ''}{name}{after}".upper())
    for name in _TRIGONOMETRIC
    for before in ("", "A")
    for after in ("", "h")
}
_BY_NAME = {name.casefold(): node for name, node in _NODES.items()}  # symengine writes Log and log, Sin and sin


def formula(
    expression: Expression, unit: str, names: Mapping[str, str], meanings: Mapping[Expression, Expression]
) -> Node:
    """The formula of ``expression``.

    Args:
        unit: identifier of its unit, which a bare number and zeros among pieces are given; others are pure numbers.
        names: identifiers of its symbols.
        meanings: what stands for symbols that have no identifier.

    Raises:
        ColeyError: a function that SBML lacks.
    """
    return _Formulas(names, meanings).node(canonical(expression), unit)


def delayed(past: Node, lag: Node) -> Node:
    """What ``past`` was ``lag`` ago."""
    return _apply(libsbml.AST_FUNCTION_DELAY, [past, lag])


def _apply(kind: int, children: Sequence[Node]) -> Node:
    node = libsbml.ASTNode(kind)
    for child in children:
        node.addChild(child)
    return node


def _number(value: Expression, unit: str) -> Node:
    if value.is_Integer and abs(int(value)) < _LARGEST_INTEGER:
        node = libsbml.ASTNode(libsbml.AST_INTEGER)
        node.setValue(int(value))
    elif value.is_Rational and max(abs(part) for part in _fraction(value)) < _LARGEST_INTEGER:
        node = libsbml.ASTNode(libsbml.AST_RATIONAL)
        node.setValue(*_fraction(value))
    elif fits(float(value)):
        node = libsbml.ASTNode(libsbml.AST_REAL)
        node.setValue(float(value))
    else:
        return _name(stand_in(float(value), unit))
    node.setUnits(unit)
    return node


def _fraction(value: Expression) -> tuple[int, int]:
    top, bottom = value.get_num_den()
    return int(top), int(bottom)


def _name(identifier: str) -> Node:
    node = libsbml.ASTNode(libsbml.AST_NAME)
    node.setName(identifier)
    return node


class _Formulas:
    """Writes expressions in the symbols that ``names`` or ``meanings`` knows."""

    def __init__(self, names: Mapping[str, str], meanings: Mapping[Expression, Expression]) -> None:
        self._names = names
        self._meanings = meanings

    def node(self, e: Expression, unit: str = DIMENSIONLESS) -> Node:
        kind = type(e).__name__
        if e.is_Symbol:
            return self._symbol(e)
        if e.is_Number:
            return _number(e, unit)
        if e.is_Add:
            return self._sum(e.args, unit)
        if e.is_Mul:
            return self._product(e.args)
        if e.is_Pow:
            return self._product([e])
        if kind == "Piecewise":
            return self._pieces(e.args, unit)
        if kind.casefold() == "sign":
            return self.node(_signed(e.args[0]), unit)
        known = _BY_NAME.get(kind.casefold())
        if known is None:
            raise ColeyError(Problem("", f"SBML has no function {kind}, as in {e}"))
        return _apply(known, [self.node(argument, self._zero(argument, unit)) for argument in e.args])

    def _zero(self, e: Expression, unit: str) -> str:
        """The unit of a term of a sum: zero is zero of that unit, and other numbers are pure."""
        return unit if e.is_Number and e == 0 else DIMENSIONLESS

    def _symbol(self, e: Expression) -> Node:
        if e in self._meanings:
            return self.node(self._meanings[e])
        if e != TIME:
            return _name(self._names[str(e)])
        node = libsbml.ASTNode(libsbml.AST_NAME_TIME)
        node.setName("time")
        return node

    def _sum(self, terms: Sequence[Expression], unit: str) -> Node:
        negative = [term for term in terms if _is_negative(term)]
        positive = [term for term in terms if not _is_negative(term)]
        added = [self.node(term) for term in positive]
        if not added:
            return _apply(libsbml.AST_MINUS, [self._sum([-term for term in negative], unit)])
        total = added[0] if len(added) == 1 else _apply(libsbml.AST_PLUS, added)
        for term in negative:
            total = _apply(libsbml.AST_MINUS, [total, self.node(-term)])
        return total

    def _product(self, factors: Sequence[Expression]) -> Node:
        above: list[Node] = []
        below: list[Node] = []
        negative = False
        for factor in factors:
            if factor.is_Number and factor == -1:
                negative = not negative
            elif factor.is_Pow and _is_negative(factor.args[1]) and not _is_e(factor.args[0]):
                below.append(self._power(factor.args[0], -factor.args[1]))
            elif factor.is_Pow:
                above.append(self._power(*factor.args))
            else:
                above.append(self.node(factor))
        value = self._times(above)
        if below:
            value = _apply(libsbml.AST_DIVIDE, [value, self._times(below)])
        return _apply(libsbml.AST_MINUS, [value]) if negative else value

    def _times(self, factors: Sequence[Node]) -> Node:
        if not factors:
            return _number(symengine.Integer(1), DIMENSIONLESS)
        return factors[0] if len(factors) == 1 else _apply(libsbml.AST_TIMES, factors)

    def _power(self, base: Expression, exponent: Expression) -> Node:
        if exponent.is_Number and exponent == 1:
            return self.node(base)
        if _is_e(base):
            return _apply(libsbml.AST_FUNCTION_EXP, [self.node(exponent)])
        return _apply(libsbml.AST_FUNCTION_POWER, [self.node(base), self.node(exponent)])

    def _pieces(self, pieces: Sequence[Expression], unit: str) -> Node:
        node = libsbml.ASTNode(libsbml.AST_FUNCTION_PIECEWISE)
        for value, condition in zip(pieces[::2], pieces[1::2], strict=True):
            node.addChild(self.node(value, self._zero(value, unit)))
            if type(condition).__name__ == "BooleanTrue":
                break
            node.addChild(self.node(condition))
        return node


def _signed(e: Expression) -> Expression:
    """The sign of ``e``, for which MathML has no word."""
    return symengine.Piecewise((1, e > 0), (-1, e < 0), (0, True))


def _is_negative(e: Expression) -> bool:
    """Whether a number, or a product that begins with one, is below 0."""
    if e.is_Number:
        return float(e) < 0
    return e.is_Mul and any(factor.is_Number and float(factor) < 0 for factor in e.args)


def _is_e(base: Expression) -> bool:
    return type(base).__name__ == "Exp1"
