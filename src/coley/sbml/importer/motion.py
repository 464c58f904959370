"""What changes over time: the reactions of a System, from the reactions and rate rules of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import symengine

from coley.sbml.importer.model import Conversion, Species
from coley.sbml.importer.ordering import Definitions
from coley.sbml.importer.roles import Roles
from coley.sbml.limits import RefusalError
from coley.system import TIME, Expression, Reaction

_ZERO = symengine.Integer(0)


class Motion:
    """Rates of change of everything in a model.

    Args:
        roles: of the model's quantities.
        definitions: what each symbol is that is neither state nor constant.
    """

    def __init__(self, roles: Roles, definitions: Definitions) -> None:
        self._roles, self._definitions = roles, definitions
        self._flows: dict[Expression, Expression] = {symengine.Symbol(name): _ZERO for name in roles.moved}
        for conversion in roles.model.reactions:
            for name, coefficient in self._changes(conversion).items():
                self._flows[symengine.Symbol(name)] += coefficient * symengine.Symbol(conversion.name)
        self._rates: dict[Expression, Expression | None] = {}
        self._by_rules = dict(self._rules())

    def reactions(self) -> tuple[Reaction, ...]:
        """All that moves states: the reactions, then the rate rules."""
        moved = [
            Reaction(r.name, symengine.Symbol(r.name), changes, r.meaning)
            for r in self._roles.model.reactions
            if (changes := self._changes(r)) or r.fast
        ]
        ruled = [
            Reaction(f"rate of {name}", rate, {name: symengine.Integer(1)}, "rate rule")
            for name, rate in self._by_rules.items()
        ]
        return (*moved, *ruled)

    def rate(self, symbol: Expression) -> Expression:
        """Rate of change of what ``symbol`` stands for."""
        if symbol == TIME:
            return symengine.Integer(1)
        if symbol in self._rates:
            known = self._rates[symbol]
            if known is None:
                raise RefusalError("circular", f"the rate of change of {symbol} depends on itself")
            return known
        self._rates[symbol] = None
        self._rates[symbol] = found = self._new(symbol)
        return found

    def _new(self, symbol: Expression) -> Expression:
        if symbol in self._flows:
            name = str(symbol)
            return self._rule(name) if name in self._roles.model.rates else self._flows[symbol]
        if symbol in self._roles.model.past:
            raise RefusalError("lag", f"the rate of change of the delayed value {symbol} is asked for")
        if symbol not in self._definitions:
            return _ZERO
        expression = self._definitions[symbol]
        used = sorted(expression.free_symbols, key=str)
        return sum((expression.diff(part) * self.rate(part) for part in used), _ZERO)

    def _rules(self) -> Iterator[tuple[str, Expression]]:
        yield from ((name, self.rate(symengine.Symbol(name))) for name in self._roles.model.rates)

    def _rule(self, name: str) -> Expression:
        """Rate of a state by its rate rule; of a species that formulas take for a concentration, that of its amount."""
        quantity, rate = self._roles.model.quantities[name], self._roles.model.rates[name]
        if not isinstance(quantity, Species) or quantity.is_amount:
            return rate
        return rate * quantity.size + quantity.concentration * self.rate(quantity.size)

    def _changes(self, conversion: Conversion) -> Mapping[str, Expression]:
        total: dict[str, Expression] = {}
        for name, coefficient in conversion.changes:
            species = self._roles.model.quantities[name]
            if self._roles.reacts(name) and name in self._roles.moved and isinstance(species, Species):
                total[name] = total.get(name, _ZERO) + coefficient * species.factor
        return total
