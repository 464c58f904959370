"""A model as SBML tells it: identifiers, formulas and rules, with every default filled in, and no libSBML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import symengine

from coley.system import TIME, Expression


@dataclass(frozen=True)
class Quantity:
    """A compartment, a parameter or a stoichiometry: what an identifier names that has a value.

    Attributes:
        symbol: what the identifier stands for in formulas.
        value: as given; NaN where none is.
        assigned: its initial assignment.
        constant: whether nothing may change it.
        place: where in the file it is.
    """

    name: str
    unit: str
    meaning: str
    value: float
    assigned: Expression | None
    constant: bool
    place: str

    @property
    def symbol(self) -> Expression:
        """What formulas mean by it."""
        return symengine.Symbol(self.name)


@dataclass(frozen=True)
class Species(Quantity):
    """An amount in a compartment. Its name means the amount; formulas may mean the concentration.

    Attributes:
        compartment: name of the compartment.
        is_amount: whether formulas mean the amount.
        given_amount: whether ``value`` is an amount.
        boundary: whether reactions leave it as it is.
        concentration_unit: of the amount by the size.
        factor: conversion factor from extents of reactions.
    """

    compartment: str
    is_amount: bool
    given_amount: bool
    boundary: bool
    concentration_unit: str
    factor: Expression

    @property
    def symbol(self) -> Expression:
        return self.amount if self.is_amount else self.concentration

    @property
    def amount(self) -> Expression:
        """Symbol of the amount."""
        return symengine.Symbol(self.name)

    @property
    def concentration(self) -> Expression:
        """Symbol of the concentration."""
        return symengine.Symbol(f"[{self.name}]")

    @property
    def size(self) -> Expression:
        """Symbol of the size of its compartment."""
        return symengine.Symbol(self.compartment)


@dataclass(frozen=True)
class Conversion:
    """A reaction: its rate, and the change of each species in the numbers that its references say."""

    name: str
    unit: str
    meaning: str
    rate: Expression
    changes: tuple[tuple[str, Expression], ...]
    fast: bool
    place: str


@dataclass(frozen=True)
class Occasion:
    """An event: its assignments are by name, of what formulas mean by that name."""

    name: str
    trigger: Expression
    assignments: Mapping[str, Expression]
    delay: Expression
    priority: Expression | None
    before: bool
    persistent: bool
    values_at_trigger: bool
    place: str


@dataclass(frozen=True)
class Model:
    """All of it.

    Attributes:
        quantities: by name.
        assignments: expressions of what always has a value, by name.
        rates: rates of change by rule, by name.
        algebraic: expressions that are always 0.
        past: delayed expressions and their lags, by the symbols that stand for them.
        slopes: symbols whose rate of change formulas use, by the symbol that stands for it.
    """

    name: str
    time_unit: str
    quantities: Mapping[str, Quantity]
    assignments: Mapping[str, Expression] = field(default_factory=dict)
    rates: Mapping[str, Expression] = field(default_factory=dict)
    algebraic: tuple[Expression, ...] = ()
    reactions: tuple[Conversion, ...] = ()
    events: tuple[Occasion, ...] = ()
    past: Mapping[Expression, tuple[Expression, Expression]] = field(default_factory=dict)
    slopes: Mapping[Expression, Expression] = field(default_factory=dict)

    @property
    def species(self) -> tuple[Species, ...]:
        """The species among the quantities."""
        return tuple(q for q in self.quantities.values() if isinstance(q, Species))


def name_of(identifier: str) -> str:
    """The name that ``identifier`` has in a System: itself, unless it is that of time."""
    return f"{identifier}*" if identifier == str(TIME) else identifier
