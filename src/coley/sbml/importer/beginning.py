"""Values at the start, as expressions of constants: initial assignments may depend on anything, as it is then."""

from __future__ import annotations

from collections.abc import Mapping

import symengine

from coley.sbml.importer.model import Quantity, Species
from coley.sbml.importer.numbers import number, put_in
from coley.sbml.importer.ordering import Definitions, ordered
from coley.sbml.importer.roles import Roles
from coley.system import TIME, Expression


class Beginning:
    """The start of a model.

    Args:
        roles: of the model's quantities.
        definitions: what each symbol is that is neither state nor constant, at all times.

    Attributes:
        values: value of every symbol at the start, in constants; a constant stands for itself.
        parameters: values of the constants that are given as numbers.
        constants: the other constants, as expressions of those before them.
    """

    def __init__(self, roles: Roles, definitions: Definitions) -> None:
        self._roles = roles
        self.parameters: dict[Expression, float] = {}
        self.constants: dict[Expression, Expression] = {}
        self.values: dict[Expression, Expression] = {TIME: symengine.Integer(0)}
        self._history: dict[Expression, Expression] = {}
        fixed, states = self._given()
        past = {symbol: symengine.function_symbol("delay", *pair) for symbol, pair in roles.model.past.items()}
        graph = {**definitions, **states, **fixed, **past}
        constant: set[Expression] = set()
        for symbol in ordered(graph):
            if symbol in past:
                self._delay(symbol)
                continue
            value, earlier = put_in(graph[symbol], self.values), put_in(graph[symbol], self._history)
            if symbol in fixed:
                self._fix(symbol, value)
            if symbol in fixed or (symbol in definitions and definitions[symbol].free_symbols <= constant):
                constant.add(symbol)
                value, earlier = symbol, earlier if TIME in earlier.free_symbols else symbol
            self.values[symbol] = value
            self._history[symbol] = symengine.Integer(0) if symbol in roles.model.slopes else earlier

    def before(self, expression: Expression) -> Expression:
        """``expression`` as it was before the start, in constants and time.

        Everything stood still at its value at the start, save what an initial assignment or a rule says of time.
        """
        return put_in(expression, self._history)

    def _delay(self, symbol: Expression) -> None:
        expression, lag = self._roles.model.past[symbol]
        ago, earlier, before = put_in(lag, self.values), self.before(lag), self.before(expression)
        self.values[symbol] = put_in(before, {TIME: -ago})
        self._history[symbol] = put_in(before, {TIME: TIME - earlier})

    def _fix(self, symbol: Expression, value: Expression) -> None:
        if value.is_Number:
            self.parameters[symbol] = float(value)
        elif str(value) in ("∞", "not a number", "-∞"):
            self.parameters[symbol] = {"∞": float("inf"), "-∞": float("-inf")}.get(str(value), float("nan"))
        else:
            self.constants[symbol] = value

    def _given(self) -> tuple[dict[Expression, Expression], dict[Expression, Expression]]:
        """What is given for the start of each constant and of each state."""
        fixed: dict[Expression, Expression] = {}
        states: dict[Expression, Expression] = {}
        for name, quantity in self._roles.model.quantities.items():
            if name in self._roles.model.assignments:
                continue
            symbol = self._roles.primary(quantity) if isinstance(quantity, Species) else quantity.symbol
            (fixed if self._roles.fixed(name) else states)[symbol] = _given(quantity, symbol)
        return fixed, states


def _given(quantity: Quantity, symbol: Expression) -> Expression:
    """What is given for the start of ``quantity``, as what ``symbol`` says of it."""
    if not isinstance(quantity, Species):
        return number(quantity.value) if quantity.assigned is None else quantity.assigned
    if quantity.assigned is not None:
        value, is_amount = quantity.assigned, quantity.is_amount
    else:
        value, is_amount = number(quantity.value), quantity.given_amount
    wanted_amount = symbol == quantity.amount
    if is_amount == wanted_amount:
        return value
    return value * quantity.size if wanted_amount else value / quantity.size


_DEEP = 1e-12  # what falls so far may still come back, as a tumour does when the drug has gone


def magnitudes(values: Mapping[str, float], feeds: Mapping[str, set[str]]) -> dict[str, float]:
    """Scale of each state, of which SBML says nothing: so small that a value is right wherever it may return from.

    It is a small part of the value at the start, or of the largest value among those from which reactions lead to it:
    far below that are the rounding errors of these. 1 stands in where all of them are 0.

    Args:
        values: at the start, by name.
        feeds: from each state to those that it becomes.
    """
    largest = {name: abs(value) for name, value in values.items()}
    waiting = list(largest)
    while waiting:
        source = waiting.pop()
        for target in feeds.get(source, ()):
            if largest[target] < largest[source]:
                largest[target] = largest[source]
                waiting.append(target)
    return {name: _DEEP * (value or 1.0) for name, value in largest.items()}
