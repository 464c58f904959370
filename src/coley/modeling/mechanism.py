"""Mechanism: what one biology declares. Mechanisms meet others only by the names of states and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import symengine

from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Antigen, Clone, Quantity
from coley.system import Expression, Parameter, Reaction, Rule, State
from coley.units import internal_unit, to_internal

REST = "R"
"""The site that pools all lesions that are not followed one by one."""


@dataclass(frozen=True)
class Context:
    """What a model is built for.

    Attributes:
        title: of the disease, for messages.
        quantities: the numbers that mechanisms ask for by name.
        clones: kinds of cancer cell; the first is the wild type.
        antigens: molecules on cancer cells that treatment can aim at.
        sites: suffixes of the names of what each lesion has: those followed one by one, then the rest.
    """

    title: str
    quantities: Mapping[str, Quantity]
    clones: tuple[Clone, ...]
    antigens: tuple[Antigen, ...] = ()
    sites: tuple[str, ...] = ("1", REST)

    def quantity(self, name: str) -> Quantity:
        """The quantity of that name.

        Raises:
            ColeyError: where there is none.
        """
        if name not in self.quantities:
            what = f"no parameter {name!r}, which the model needs"
            raise ColeyError(Problem(self.title, what, did_you_mean(name, self.quantities)))
        return self.quantities[name]

    def antigen(self, molecule: str) -> Antigen | None:
        """What the cancer has of ``molecule``; None where its cells do not bear it."""
        return next((antigen for antigen in self.antigens if antigen.molecule == molecule), None)


@dataclass(frozen=True)
class Variable:
    """A parameter's catalogue quantity, what it is of, and how it scales: (weight / reference) ** exponent.

    ``base`` is the quantity's own name where the parameter is that of one ``site``.
    """

    quantity: Quantity
    base: str
    site: str = ""
    weight_exponent: float = 0.0
    reference_weight: float = 1.0


@dataclass
class Mechanism:
    """Collects what one biology adds to the model; everything is in coherent internal units.

    A *shared* term is declared by the mechanism that uses it (``total`` starts at 0, ``product`` at 1) and filled by
    any other through ``contribute``; so a mechanism can be left out and the rest still stands.
    """

    name: str
    meaning: str
    context: Context
    states: list[State] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    totals: list[Rule] = field(default_factory=list)
    products: list[Rule] = field(default_factory=list)
    contributions: list[tuple[str, Expression]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Expression:
        """The symbol of a state, rule or shared term that this or another mechanism declares."""
        return symengine.Symbol(name)

    def state(self, name: str, unit: str, initial: Expression, scale: float, meaning: str) -> Expression:
        """Declare a state. ``scale`` is in ``unit``, which must be coherent."""
        _require_coherent(self.name, name, unit)
        self.states.append(State(name, unit, symengine.sympify(initial), scale, meaning, nonnegative=True))
        return symengine.Symbol(name)

    def parameter(self, name: str, meaning: str) -> Expression:
        """Use the catalogue's quantity ``name`` of the cancer or of human physiology."""
        return self.constant(name, self.context.quantity(name), meaning)

    def at_site(self, name: str, site: str, meaning: str) -> Expression:
        """Use the quantity ``name``, which may differ from lesion to lesion, of the lesion at ``site``."""
        return self.constant(f"{name}_{site}", self.context.quantity(name), f"{meaning}, site {site}", of=(name, site))

    def constant(
        self,
        name: str,
        quantity: Quantity,
        meaning: str,
        *,
        of: tuple[str, str] | None = None,
        exponent: float = 0.0,
        reference_weight: float = 1.0,
    ) -> Expression:
        """Use a catalogue quantity, of a drug say, under the name ``name``; it may scale with body weight (kg).

        Args:
            of: the quantity's own name and the site, where the parameter is that of one lesion.

        Raises:
            ColeyError: where the name stands for another quantity of this mechanism already.
        """
        value = quantity.value * to_internal(quantity.unit)
        source = f"{quantity.source}, {quantity.at}" if quantity.at else quantity.source
        parameter = Parameter(name, _coherent(quantity.unit), value, meaning, quantity.provenance, source)
        agreed = self.parameters.setdefault(name, parameter)
        if (agreed.value, agreed.unit) != (parameter.value, parameter.unit):
            what = f"has two values, {agreed.value:g} and {value:g} {agreed.unit}"
            raise ColeyError(Problem(f"mechanism {self.name}, {name}", what, "one name stands for one quantity"))
        base, site = of or (name, "")
        self.variables.setdefault(name, Variable(quantity, base, site, exponent, reference_weight))
        return symengine.Symbol(name)

    def rule(self, name: str, unit: str, expression: Expression, meaning: str) -> Expression:
        """Declare an assignment."""
        _require_coherent(self.name, name, unit)
        self.rules.append(Rule(name, unit, symengine.sympify(expression), meaning))
        return symengine.Symbol(name)

    def reaction(self, name: str, rate: Expression, stoichiometry: Mapping[str, Expression], meaning: str = "") -> None:
        """Declare a reaction; ``stoichiometry`` maps state names to coefficients."""
        self.reactions.append(Reaction(f"{self.name}.{name}", symengine.sympify(rate), dict(stoichiometry), meaning))

    def total(self, name: str, unit: str, meaning: str) -> Expression:
        """Declare a shared sum that other mechanisms add to; 0 where none does."""
        _require_coherent(self.name, name, unit)
        self.totals.append(Rule(name, unit, symengine.Integer(0), meaning))
        return symengine.Symbol(name)

    def product(self, name: str, meaning: str) -> Expression:
        """Declare a shared dimensionless product that other mechanisms scale; 1 where none does."""
        self.products.append(Rule(name, "", symengine.Integer(1), meaning))
        return symengine.Symbol(name)

    def contribute(self, name: str, term: Expression) -> None:
        """Add a term to a shared sum, or a factor to a shared product, that some mechanism declares."""
        self.contributions.append((name, symengine.sympify(term)))


def _coherent(unit: str) -> str:
    text = f"{internal_unit(unit):C}"
    return "" if text == "dimensionless" else text


def _require_coherent(mechanism: str, name: str, unit: str) -> None:
    where = f"mechanism {mechanism}, {name}"
    try:
        factor = to_internal(unit)
    except ColeyError as error:
        raise ColeyError(Problem(where, problem.what, problem.hint) for problem in error.problems) from None
    if abs(factor - 1) > 1e-9:
        raise ColeyError(Problem(where, f"unit {unit!r} is not coherent", f"use {_coherent(unit)!r}"))
