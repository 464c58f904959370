"""Assembly: mechanisms become one System, with its names, order and units checked."""

from __future__ import annotations

from collections.abc import Sequence

import symengine

from coley.errors import ColeyError, Problem, did_you_mean
from coley.model.check import unit_problems
from coley.model.mechanism import Mechanism
from coley.system import TIME, Parameter, Rule, System


def assemble(name: str, mechanisms: Sequence[Mechanism]) -> System:
    """One System of all that the mechanisms declare.

    Raises:
        ColeyError: names declared twice or by nobody, rules that need each other, units that do not balance; all at once.
    """
    rules = [rule for mechanism in mechanisms for rule in mechanism.rules] + _shared_terms(mechanisms)
    parameters: dict[str, Parameter] = {}
    for mechanism in mechanisms:
        parameters.update(mechanism.parameters)
    states = tuple(state for mechanism in mechanisms for state in mechanism.states)
    names = [*(state.name for state in states), *parameters, *(rule.name for rule in rules)]
    problems = [Problem(f"model {name}", f"{twice!r} is declared twice") for twice in sorted({n for n in names if names.count(n) > 1})]
    problems += _unknown_names(mechanisms, set(names))
    if problems:
        raise ColeyError(problems)
    system = System(
        name=name,
        states=states,
        parameters=tuple(parameters.values()),
        rules=_in_order(name, rules),
        reactions=tuple(reaction for mechanism in mechanisms for reaction in mechanism.reactions),
    )
    problems = unit_problems(system)
    if problems:
        raise ColeyError(problems)
    return system


def _shared_terms(mechanisms: Sequence[Mechanism]) -> list[Rule]:
    """Shared sums and products with every contribution in, in the order of the mechanisms."""
    shared = {rule.name: rule for mechanism in mechanisms for rule in (*mechanism.totals, *mechanism.products)}
    products = {rule.name for mechanism in mechanisms for rule in mechanism.products}
    problems = []
    for mechanism in mechanisms:
        for target, term in mechanism.contributions:
            if target not in shared:
                hint = did_you_mean(target, shared)
                problems.append(Problem(f"mechanism {mechanism.name}", f"no mechanism declares the shared term {target!r}", hint))
                continue
            rule = shared[target]
            joined = rule.expression * term if target in products else rule.expression + term
            shared[target] = Rule(rule.name, rule.unit, joined, rule.meaning)
    if problems:
        raise ColeyError(problems)
    return list(shared.values())


def _unknown_names(mechanisms: Sequence[Mechanism], known: set[str]) -> list[Problem]:
    problems = []
    for mechanism in mechanisms:
        expressions = [rule.expression for rule in mechanism.rules] + [state.initial for state in mechanism.states]
        expressions += [term for _, term in mechanism.contributions]
        used = set()
        for reaction in mechanism.reactions:
            expressions += [reaction.rate, *map(symengine.sympify, reaction.stoichiometry.values())]
            used |= set(reaction.stoichiometry)
        for expression in expressions:
            used |= {str(symbol) for symbol in expression.free_symbols}
        for missing in sorted(used - known - {str(TIME)}):
            problems.append(Problem(f"mechanism {mechanism.name}", f"nobody declares {missing!r}", did_you_mean(missing, known)))
    return problems


def _in_order(name: str, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Rules sorted so that each follows what it uses."""
    waiting = {rule.name: rule for rule in rules}
    ordered: list[Rule] = []
    while waiting:
        ready = [r for r in waiting.values() if not {str(s) for s in r.expression.free_symbols} & waiting.keys()]
        if not ready:
            raise ColeyError(Problem(f"model {name}", f"rules need each other: {', '.join(sorted(waiting))}"))
        for rule in ready:
            ordered.append(waiting.pop(rule.name))
    return tuple(ordered)
