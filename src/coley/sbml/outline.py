"""What becomes what: how states, parameters, rules and reactions of a System are told in the terms of SBML.

A state that is an amount is a species, and stands in a compartment: in ``V`` where a rule ``[S]`` says that the state
``S`` has the concentration ``S / V``, else in one compartment of size 1 that means nothing. A state that is no amount,
such as a concentration or a volume, is a parameter with a rate rule, or the compartment that it is the size of. Such
rules ``[S]`` need no word in SBML; formulas say ``S / V``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import symengine

from coley.sbml.identifiers import identifiers
from coley.sbml.unit_definitions import is_amount
from coley.system import Expression, Reaction, Rule, State, System

BODY = "system"
"""Name of the compartment of states of which no rule says where they are."""


@dataclass(frozen=True)
class Outline:
    """How a System is told in SBML.

    Attributes:
        home: compartment of each species, by the name of its state.
        compartments: names of states, parameters and rules that are the size of a compartment.
        rules: the rules that are written.
        names: identifier of every state, parameter, rule, delay and compartment.
        reactions: identifier of every reaction.
        events: identifier of every event.
        coefficients: identifier of every coefficient that is no number, by the names of reaction and state.
        concentrations: what the symbols of rules that are not written mean.
        body: identifier of the compartment of species that no other holds; empty where there are none.
    """

    system: System
    home: Mapping[str, str]
    compartments: frozenset[str]
    rules: tuple[Rule, ...]
    names: Mapping[str, str]
    reactions: Mapping[str, str]
    events: Mapping[str, str]
    coefficients: Mapping[tuple[str, str], str]
    body: str
    concentrations: Mapping[Expression, Expression]

    @property
    def others(self) -> tuple[State, ...]:
        """The states that are no species."""
        return tuple(state for state in self.system.states if state.name not in self.home)

    def species_in(self, expression: Expression) -> set[str]:
        """Names of the species that the formula of ``expression`` mentions."""
        symbols = symengine.sympify(expression).free_symbols
        meant = [self.concentrations.get(symbol, symbol) for symbol in symbols]
        return {str(symbol) for part in meant for symbol in part.free_symbols} & self.home.keys()


def outline(system: System) -> Outline:
    """How to tell ``system``."""
    spaces = _spaces(system)
    compartments = frozenset(spaces.values())
    home = {
        state.name: spaces.get(state.name, "")
        for state in system.states
        if state.name not in compartments and (state.name in spaces or is_amount(state.unit))
    }
    concentrations = {_concentration(name): _ratio(name, space) for name, space in spaces.items()}
    quantities = [name for name in system.units if symengine.Symbol(name) not in concentrations]
    names = identifiers(quantities)
    reactions = identifiers((reaction.name for reaction in system.reactions), names.values())
    events = identifiers((event.name for event in system.events), [*names.values(), *reactions.values()])
    taken = [*names.values(), *reactions.values(), *events.values()]
    pairs = {(r.name, name): f"n_{r.name}_{name}" for r in system.reactions for name in _open_coefficients(r)}
    coefficients = identifiers(pairs.values(), taken)
    return Outline(
        system=system,
        home=home,
        compartments=compartments,
        rules=tuple(rule for rule in system.rules if rule.name in names),
        names=names,
        reactions=reactions,
        events=events,
        coefficients={pair: coefficients[label] for pair, label in pairs.items()},
        body=identifiers([BODY], [*taken, *coefficients.values()])[BODY] if "" in home.values() else "",
        concentrations=concentrations,
    )


def _open_coefficients(reaction: Reaction) -> list[str]:
    """The states that ``reaction`` moves by what is no number."""
    return [name for name, factor in reaction.stoichiometry.items() if not symengine.sympify(factor).is_Number]


def _spaces(system: System) -> dict[str, str]:
    """By the name of a state, what its amount is divided by in the rule of its concentration."""
    rules = {rule.name: rule for rule in system.rules}
    moving = set(system.state_names)
    found = {}
    for state in system.states:
        rule = rules.get(f"[{state.name}]")
        if rule is None or not is_amount(state.unit):
            continue
        space = symengine.Symbol(state.name) / symengine.sympify(rule.expression)
        if space.is_Symbol and str(space) != state.name and str(space) in system.units:
            found[state.name] = str(space)
    # what is a compartment cannot be a species in another at the same time
    return {name: space for name, space in found.items() if name not in found.values() or name not in moving}


def _concentration(name: str) -> Expression:
    return symengine.Symbol(f"[{name}]")


def _ratio(name: str, space: str) -> Expression:
    return symengine.Symbol(name) / symengine.Symbol(space)
