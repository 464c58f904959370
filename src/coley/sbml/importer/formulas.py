"""From MathML, as libSBML holds it, to an expression. Nothing is evaluated as code, and the size is bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import libsbml
import symengine

from coley.errors import did_you_mean
from coley.sbml.importer.functions import LOGICAL, NUMERIC, WELL_KNOWN, apply, as_condition, as_number, choice
from coley.sbml.importer.numbers import number
from coley.sbml.importer.ordering import bounded
from coley.sbml.limits import LARGEST_MODEL, RefusalError
from coley.system import TIME, Expression

Node = Any  # of libSBML, which publishes no types
AVOGADRO = 6.02214179e23  # the value that SBML Level 3 fixes
_DEEPEST_CALLS = 50
_LEAVES = {
    libsbml.AST_NAME_TIME: TIME,
    libsbml.AST_NAME_AVOGADRO: symengine.RealDouble(AVOGADRO),
    libsbml.AST_CONSTANT_E: symengine.E,
    libsbml.AST_CONSTANT_PI: symengine.pi,
    libsbml.AST_CONSTANT_TRUE: symengine.true,
    libsbml.AST_CONSTANT_FALSE: symengine.false,
}
_CSYMBOLS = {libsbml.AST_FUNCTION_DELAY: 2, libsbml.AST_FUNCTION_RATE_OF: 1}
_NUMBERS = (libsbml.AST_INTEGER, libsbml.AST_REAL, libsbml.AST_REAL_E, libsbml.AST_RATIONAL)


@dataclass
class Formulas:
    """Reads the formulas of one model.

    Attributes:
        names: what each identifier means.
        functions: definitions, by identifier.
        past: delayed expressions that were met, by the symbol that stands for each.
        rates: identifiers whose rate of change was asked for, by the symbol that stands for each.
    """

    names: Mapping[str, Expression]
    functions: Mapping[str, Node]
    past: dict[Expression, tuple[Expression, Expression]] = field(default_factory=dict)
    rates: dict[Expression, Expression] = field(default_factory=dict)
    _read: int = 0

    def value(self, node: Node, local: Mapping[str, Expression] | None = None) -> Expression:
        """``node`` as a number.

        Raises:
            RefusalError: something that it holds.
        """
        return bounded(as_number(self._expression(node, local or {}, ())))

    def condition(self, node: Node, local: Mapping[str, Expression] | None = None) -> Expression:
        """``node`` as a condition."""
        return bounded(as_condition(self._expression(node, local or {}, ())))

    def _expression(self, node: Node, local: Mapping[str, Expression], calls: tuple[str, ...]) -> Expression:
        values: list[Expression] = []  # of the nodes that are read but belong to one that is not
        for each in self._bottom_up(node):
            n = each.getNumChildren()
            arguments, values[len(values) - n :] = values[len(values) - n :], []
            values.append(self._node(each, arguments, local, calls))
        return values[0]

    def _bottom_up(self, node: Node) -> Iterator[Node]:
        """Every node after its children, without recursion: libSBML nests the terms of a sum."""
        stack = [(node, 0)]
        while stack:
            here, child = stack.pop()
            if child < here.getNumChildren():
                stack += [(here, child + 1), (here.getChild(child), 0)]
                continue
            self._read += 1
            if self._read > LARGEST_MODEL:
                raise RefusalError("too-large", "has too much in its formulas once all functions are written out")
            yield here

    def _node(
        self, node: Node, arguments: list[Expression], local: Mapping[str, Expression], calls: tuple[str, ...]
    ) -> Expression:
        kind = node.getType()
        if kind in _NUMBERS:
            return number(float(node.getInteger() if kind == libsbml.AST_INTEGER else node.getValue()))
        if kind in _LEAVES:
            return _LEAVES[kind]
        if kind == libsbml.AST_NAME:
            return self._name(node.getName(), local)
        name = libsbml.formulaToL3String(node)[:60] if kind not in NUMERIC else node.getOperatorName() or node.getName()
        if kind in LOGICAL:
            return apply(LOGICAL[kind], [as_condition(a) for a in arguments], str(name))
        if kind == libsbml.AST_FUNCTION_PIECEWISE:
            otherwise = [as_number(arguments.pop())] if len(arguments) % 2 else []
            pairs = zip(arguments[::2], arguments[1::2], strict=True)
            return choice([(as_number(value), as_condition(c)) for value, c in pairs], *otherwise)
        wanted = _CSYMBOLS.get(kind, len(arguments))
        if wanted != len(arguments):
            what = f"a {'delay' if wanted == 2 else 'rateOf'} takes {wanted} arguments and is given {len(arguments)}"
            raise RefusalError("invalid", what)
        if kind == libsbml.AST_FUNCTION_DELAY:
            return self._delayed(*map(as_number, arguments))
        if kind == libsbml.AST_FUNCTION_RATE_OF:
            return self._rate(arguments[0])
        if kind in NUMERIC:
            return apply(NUMERIC[kind], [as_number(a) for a in arguments], str(name))
        if kind == libsbml.AST_FUNCTION:
            return self._call(node.getName(), arguments, calls)
        raise RefusalError("function", f"{name!r} is no function of SBML core")

    def _name(self, name: str, local: Mapping[str, Expression]) -> Expression:
        if name in local:
            return local[name]
        if name not in self.names:
            raise RefusalError("unknown-name", f"{name!r} is not declared", did_you_mean(name, self.names))
        return self.names[name]

    def _call(self, name: str, arguments: list[Expression], calls: tuple[str, ...]) -> Expression:
        if name not in self.functions:
            if name in WELL_KNOWN:
                return apply(WELL_KNOWN[name], arguments, name)
            raise RefusalError("function", f"the function {name!r} is not defined", did_you_mean(name, self.functions))
        if name in calls:
            raise RefusalError("recursion", f"the function {name!r} calls itself", " → ".join((*calls, name)))
        if len(calls) > _DEEPEST_CALLS:
            raise RefusalError("too-deep", f"functions call each other more than {_DEEPEST_CALLS} deep")
        definition = self.functions[name]
        wanted = definition.getNumArguments()
        if wanted != len(arguments):
            raise RefusalError(
                "invalid", f"the function {name!r} takes {wanted} arguments and is given {len(arguments)}"
            )
        local = {definition.getArgument(i).getName(): argument for i, argument in enumerate(arguments)}
        if definition.getBody() is None:
            return number(float("nan"))
        return self._expression(definition.getBody(), local, (*calls, name))

    def _delayed(self, expression: Expression, lag: Expression) -> Expression:
        if lag.is_Number and float(lag) <= 0:
            return expression
        symbol = symengine.Symbol(f"delay({expression}, {lag})"[:200])
        if self.past.setdefault(symbol, (expression, lag)) != (expression, lag):
            symbol = symengine.Symbol(f"delay {len(self.past) + 1}")
            self.past[symbol] = (expression, lag)
        return symbol

    def _rate(self, of: Expression) -> Expression:
        if of.is_Number:
            return symengine.Integer(0)
        symbol = symengine.Symbol(f"rateOf({of})")
        self.rates[symbol] = of
        return symbol
