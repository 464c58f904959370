"""What determines each quantity: a rule, change over time, or nothing, so that it keeps its value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import symengine

from coley.sbml.algebraic import UnsolvableError, explicit
from coley.sbml.importer.model import Model, Quantity, Species
from coley.sbml.importer.numbers import put_in
from coley.sbml.importer.ordering import ordered, parts
from coley.sbml.limits import LARGEST_EQUATION, RefusalError
from coley.system import Expression


@dataclass(frozen=True)
class Roles:
    """Names of the quantities by what determines them, in a model whose algebraic rules are solved."""

    model: Model

    @cached_property
    def moved(self) -> frozenset[str]:
        """Those that reactions, rate rules or events change: states."""
        by_reactions = {name for reaction in self.model.reactions for name, _ in reaction.changes if self.reacts(name)}
        by_events = {name for event in self.model.events for name in event.assignments}
        return frozenset((by_reactions | by_events | self.model.rates.keys()) - self.model.assignments.keys())

    def reacts(self, name: str) -> bool:
        """Whether reactions change the species."""
        species = self.model.quantities[name]
        return isinstance(species, Species) and not species.boundary and not species.constant and (
            name not in self.model.rates
        )  # fmt: skip

    def fixed(self, name: str) -> bool:
        """Whether it keeps its value."""
        return name not in self.moved and name not in self.model.assignments

    def primary(self, species: Species) -> Expression:
        """Of amount and concentration, the one that the other follows from."""
        if species.name in self.model.assignments:
            return species.symbol
        if not self.fixed(species.name) or not self.fixed(species.compartment):
            return species.amount
        if species.assigned is not None:
            return species.symbol
        return species.amount if species.given_amount else species.concentration

    def derived(self, species: Species) -> tuple[Expression, Expression]:
        """The other one, and what it is."""
        if self.primary(species) == species.amount:
            return species.concentration, species.amount / species.size
        return species.amount, species.concentration * species.size


def roles(model: Model) -> Roles:
    """The roles in ``model``, of which algebraic rules become assignments.

    Raises:
        RefusalError: algebraic rules without explicit solution.
    """
    if not model.algebraic:
        return Roles(model)
    before = Roles(model)
    by_reactions = {name for reaction in model.reactions for name, _ in reaction.changes if before.reacts(name)}
    taken = {*model.assignments, *model.rates, *by_reactions}
    free = {q.symbol: q for q in model.quantities.values() if not q.constant and q.name not in taken}
    rather = sorted(free, key=lambda symbol: free[symbol].name in before.moved)  # what no event sets
    values = {q.symbol: q.value for q in model.quantities.values() if q.value == q.value and q.assigned is None}
    equations = [_inlined(rule, before, free.keys()) for rule in model.algebraic]
    if any(parts(equation) > LARGEST_EQUATION for equation in equations):
        raise RefusalError(
            "algebraic", f"an algebraic rule has more than {LARGEST_EQUATION} parts once all is written out"
        )
    try:
        found = explicit(equations, rather, values)
    except UnsolvableError as error:
        raise RefusalError("algebraic", f"algebraic rules cannot be solved: {error}") from None
    solved = {free[symbol].name: value for symbol, value in found.items()}
    return Roles(replace(model, algebraic=(), assignments={**model.assignments, **solved}))


def _inlined(rule: Expression, known: Roles, free: Collection[Expression]) -> Expression:
    """``rule`` with all written out that something determines, so that what is ``free`` can be seen."""
    model = known.model
    rules: dict[Expression, Expression] = {
        model.quantities[name].symbol: value for name, value in model.assignments.items()
    }
    rules |= {symengine.Symbol(reaction.name): reaction.rate for reaction in model.reactions}
    rules |= dict(known.derived(s) for s in model.species if s.symbol not in rules and s.symbol not in free)
    done: dict[Expression, Expression] = {}
    for symbol in ordered(rules):
        done[symbol] = put_in(rules[symbol], done)
    return put_in(rule, done)


def unit_of(quantity: Quantity, symbol: Expression) -> str:
    """Unit of what ``symbol`` says of ``quantity``."""
    if isinstance(quantity, Species) and symbol == quantity.concentration:
        return quantity.concentration_unit
    return quantity.unit


def by_symbol(quantities: Mapping[str, Quantity]) -> dict[Expression, Quantity]:
    """The quantity of every symbol, amounts and concentrations alike."""
    found: dict[Expression, Quantity] = {symengine.Symbol(name): q for name, q in quantities.items()}
    found |= {q.concentration: q for q in quantities.values() if isinstance(q, Species)}
    return found
