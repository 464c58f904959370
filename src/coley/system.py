"""System: states, parameters, rules, reactions and events as symbolic expressions. All that the engine ever sees.

Expressions are symengine expressions in the symbols of the names declared here and ``time``. A System is numerically
consistent as it stands; its units say what the numbers are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import symengine

Expression = Any  # symengine publishes no types
TIME = symengine.Symbol("time")


@dataclass(frozen=True)
class State:
    """A species or other quantity that a rate of change moves.

    Attributes:
        initial: value at the start, an expression in parameters.
        scale: magnitude below which the value need not be relatively accurate; the absolute tolerance follows it.
    """

    name: str
    unit: str
    initial: Expression
    scale: float
    meaning: str = ""


@dataclass(frozen=True)
class Parameter:
    """A constant of one individual. ``known`` and ``source`` say how it is known, where it comes from the catalogue."""

    name: str
    unit: str
    value: float
    meaning: str = ""
    known: str = ""
    source: str = ""


@dataclass(frozen=True)
class Rule:
    """An assignment: a name for an expression of states, parameters and earlier rules."""

    name: str
    unit: str
    expression: Expression
    meaning: str = ""


@dataclass(frozen=True)
class Reaction:
    """A rate (amount per day) and what it moves: ``stoichiometry`` maps state names to coefficients."""

    name: str
    rate: Expression
    stoichiometry: Mapping[str, Expression]
    meaning: str = ""


@dataclass(frozen=True)
class Event:
    """The trigger crosses zero from below; a terminal event ends that individual's simulation there."""

    name: str
    trigger: Expression


@dataclass(frozen=True)
class System:
    """A model, ready for the engine. Verbs return a new System."""

    name: str
    states: tuple[State, ...]
    parameters: tuple[Parameter, ...]
    rules: tuple[Rule, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    events: tuple[Event, ...] = ()

    @cached_property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states, in the order of every state vector."""
        return tuple(state.name for state in self.states)

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of every parameter vector."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of every state, parameter and rule, by name."""
        return {item.name: item.unit for item in (*self.states, *self.parameters, *self.rules)}

    @cached_property
    def inlined(self) -> dict[str, Expression]:
        """Every rule as an expression of states and parameters alone."""
        done: dict[Expression, Expression] = {}
        for rule in self.rules:
            done[symengine.Symbol(rule.name)] = symengine.sympify(rule.expression).subs(done)
        return {str(symbol): expression for symbol, expression in done.items()}

    def inline(self, expression: Expression) -> Expression:
        """``expression`` with every rule replaced by what it stands for."""
        return symengine.sympify(expression).subs({symengine.Symbol(k): v for k, v in self.inlined.items()})

    @cached_property
    def rates(self) -> tuple[Expression, ...]:
        """Rate of change of each state per day, in states and parameters alone."""
        total: dict[str, Expression] = {name: symengine.Integer(0) for name in self.state_names}
        for reaction in self.reactions:
            rate = self.inline(reaction.rate)
            for name, coefficient in reaction.stoichiometry.items():
                total[name] += self.inline(coefficient) * rate
        return tuple(total[name] for name in self.state_names)

    def with_events(self, *events: Event) -> System:
        """The same system, which also watches ``events``."""
        return System(self.name, self.states, self.parameters, self.rules, self.reactions, (*self.events, *events))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides what the system does."""
        digest = hashlib.sha256()
        for state in self.states:
            digest.update(f"state {state.name} {state.unit} {state.initial} {state.scale!r}\n".encode())
        for parameter in self.parameters:
            digest.update(f"parameter {parameter.name} {parameter.unit} {parameter.value!r}\n".encode())
        for rule in self.rules:
            digest.update(f"rule {rule.name} {rule.unit} {rule.expression}\n".encode())
        for reaction in self.reactions:
            digest.update(f"reaction {reaction.name} {reaction.rate} {sorted(reaction.stoichiometry.items())}\n".encode())
        for event in self.events:
            digest.update(f"event {event.name} {event.trigger}\n".encode())
        return digest.hexdigest()
