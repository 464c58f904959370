"""Assembly: mechanisms become one System, with its names, order and units checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import symengine

from coley.errors import ColeyError, Problem, did_you_mean
from coley.modeling.check import dimensions, unit_problems
from coley.modeling.mechanism import Mechanism
from coley.system import TIME, Parameter, Rule, System


def assemble(name: str, mechanisms: Sequence[Mechanism]) -> System:
    """One System of all that the mechanisms declare.

    Every rule comes after those that it uses. A parameter may be declared by several mechanisms that agree on it.

    Raises:
        ColeyError: names declared twice or by nobody; rules that need each other; units that do not balance. All
            faults of the first of these three kinds that occurs, each with its mechanism.
    """
    problems = [*_twice(mechanisms), *_unshared(mechanisms), *_unknown(mechanisms)]
    if problems:
        raise ColeyError(problems)
    parameters: dict[str, Parameter] = {}
    for mechanism in mechanisms:
        parameters.update(mechanism.parameters)
    rules = [rule for mechanism in mechanisms for rule in mechanism.rules] + _shared_terms(mechanisms)
    system = System(
        name=name,
        states=tuple(state for mechanism in mechanisms for state in mechanism.states),
        parameters=tuple(parameters.values()),
        rules=_in_order(rules, _owners(mechanisms)),
        reactions=tuple(reaction for mechanism in mechanisms for reaction in mechanism.reactions),
    )
    known = dimensions(system.units)
    problems = [problem for mechanism in mechanisms for problem in unit_problems(mechanism, known)]
    if problems:
        raise ColeyError(problems)
    return system


def _declared(mechanism: Mechanism) -> Iterator[str]:
    """Names of the states, rules and shared terms that this mechanism alone may declare."""
    yield from (state.name for state in mechanism.states)
    yield from (rule.name for rule in (*mechanism.rules, *mechanism.totals, *mechanism.products))


def _owners(mechanisms: Sequence[Mechanism]) -> dict[str, str]:
    """Which mechanism declares each state, rule and shared term."""
    return {name: mechanism.name for mechanism in mechanisms for name in _declared(mechanism)}


def _twice(mechanisms: Sequence[Mechanism]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    parameters: dict[str, tuple[str, Parameter]] = {}
    for mechanism in mechanisms:
        for name, parameter in mechanism.parameters.items():
            other, agreed = parameters.setdefault(name, (mechanism.name, parameter))
            if (agreed.value, agreed.unit) != (parameter.value, parameter.unit):
                what = f"declares parameter {name!r} with another value or unit than mechanism {other!r}"
                yield Problem(f"mechanism {mechanism.name}", what, "one name stands for one quantity: rename one")
        for name in _declared(mechanism):
            if name in owners:
                what = f"declares {name!r}, which mechanism {owners[name]!r} declares already"
                yield Problem(f"mechanism {mechanism.name}", what, "rename one, or leave one mechanism out")
            owners[name] = mechanism.name
    for name in sorted(owners.keys() & parameters.keys()):
        what = f"declares {name!r}, which is a parameter of mechanism {parameters[name][0]!r}"
        yield Problem(f"mechanism {owners[name]}", what, "rename one")


def _unshared(mechanisms: Sequence[Mechanism]) -> Iterator[Problem]:
    shared = {rule.name for mechanism in mechanisms for rule in (*mechanism.totals, *mechanism.products)}
    for mechanism in mechanisms:
        for target, _ in mechanism.contributions:
            if target not in shared:
                what = f"contributes to {target!r}, which no mechanism declares as a shared term"
                yield Problem(f"mechanism {mechanism.name}", what, did_you_mean(target, shared) or "declare it")


def _unknown(mechanisms: Sequence[Mechanism]) -> Iterator[Problem]:
    known = set(_owners(mechanisms)).union(*(mechanism.parameters for mechanism in mechanisms))
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
            what = f"uses {missing!r}, which nobody declares"
            hint = did_you_mean(missing, known) or "add the mechanism that declares it"
            yield Problem(f"mechanism {mechanism.name}", what, hint)


def _shared_terms(mechanisms: Sequence[Mechanism]) -> list[Rule]:
    """Shared sums and products with every contribution in, in the order of the mechanisms."""
    shared = {rule.name: rule for mechanism in mechanisms for rule in (*mechanism.totals, *mechanism.products)}
    products = {rule.name for mechanism in mechanisms for rule in mechanism.products}
    for mechanism in mechanisms:
        for target, term in mechanism.contributions:
            rule = shared[target]
            joined = rule.expression * term if target in products else rule.expression + term
            shared[target] = Rule(rule.name, rule.unit, joined, rule.meaning)
    return list(shared.values())


def _in_order(rules: Sequence[Rule], owners: Mapping[str, str]) -> tuple[Rule, ...]:
    """Rules sorted so that each follows what it uses."""
    waiting = {rule.name: rule for rule in rules}
    ordered: list[Rule] = []
    while waiting:
        ready = [rule for rule in waiting.values() if not _uses(rule) & waiting.keys()]
        if not ready:
            circle = _circle(waiting)
            where = ", ".join(sorted({owners[name] for name in circle}))
            what = f"rules need each other: {' → '.join([*circle, circle[0]])}"
            raise ColeyError(Problem(f"mechanism {where}", what, "make one of them a state"))
        for rule in ready:
            ordered.append(waiting.pop(rule.name))
    return tuple(ordered)


def _uses(rule: Rule) -> set[str]:
    return {str(symbol) for symbol in rule.expression.free_symbols}


def _circle(waiting: Mapping[str, Rule]) -> list[str]:
    """One circle among rules that each use another of them; each name is followed by one that it uses."""
    path = [min(waiting)]
    while True:
        following = min(_uses(waiting[path[-1]]) & waiting.keys())
        if following in path:
            return path[path.index(following) :]
        path.append(following)
