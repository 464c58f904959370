"""System: states, parameters, rules, reactions and events as symbolic expressions. All that the engine ever sees.

Expressions are symengine expressions, or plain numbers, in the symbols of the names declared here and ``time``. A
System is numerically consistent as it stands; its units say what the numbers are.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import symengine

from coley.errors import ColeyError, Problem, did_you_mean

Expression = Any  # symengine publishes no types
TIME = symengine.Symbol("time")
_UNORDERED = ("Add", "Mul", "Max", "Min", "And", "Or", "Xor")


@dataclass(frozen=True)
class State:
    """A species or other quantity that a rate of change moves.

    Attributes:
        initial: value at the start, an expression in parameters.
        scale: magnitude below which the value need not be relatively accurate; the absolute tolerance follows it.
        nonnegative: a quantity that cannot be below 0, and is kept from it.
    """

    name: str
    unit: str
    initial: Expression
    scale: float
    meaning: str = ""
    nonnegative: bool = False


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
    """A rate (amount per time) and what it moves: ``stoichiometry`` maps state names to coefficients."""

    name: str
    rate: Expression
    stoichiometry: Mapping[str, Expression]
    meaning: str = ""


@dataclass(frozen=True)
class Delay:
    """A name for the value that ``expression`` had ``lag`` ago; before the start, states are as they begin.

    The lag is an expression of parameters, and above 0 then; or of states and time as well, and from 0 up. A lag that
    changes, and what it delays, know nothing of other delays.
    """

    name: str
    unit: str
    expression: Expression
    lag: Expression
    meaning: str = ""


@dataclass(frozen=True)
class Event:
    """What happens when a condition becomes true, as SBML Level 3 has it.

    Attributes:
        trigger: the condition, such as ``A > 5``.
        assignments: state names, and the values that they take, all at once.
        delay: time from trigger to assignment.
        priority: of events that are due at the same time the one with the highest goes first, by lot between equals;
            those without come last, in the order in which they were triggered.
        before: what the condition counts as just before the start: where it is False, a condition that holds from the
            start triggers at once.
        persistent: whether the event is due even if its condition has become false in the meantime.
        values_at_trigger: whether the assigned values are those at the trigger, or those when it is due.
        ends: whether the individual's simulation ends there.
        factors: what some of the values are multiplied by, as it is when they are assigned, whenever they were settled;
            such as the size of a compartment, by which a concentration becomes an amount.
    """

    name: str
    trigger: Expression
    assignments: Mapping[str, Expression] = field(default_factory=dict)
    delay: Expression = 0
    priority: Expression | None = None
    before: bool = False
    persistent: bool = True
    values_at_trigger: bool = True
    ends: bool = False
    factors: Mapping[str, Expression] = field(default_factory=dict)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All of them."""
        priority = () if self.priority is None else (self.priority,)
        return (self.trigger, self.delay, *priority, *self.assignments.values(), *self.factors.values())


@dataclass(frozen=True, eq=False)
class System:
    """A model, ready for the engine. Verbs return a new System; Systems that do the same are equal.

    Rules may use states, parameters, delays, ``time`` and the rules before them; rates, coefficients, delays and events
    may use all of these; lags may use all but delays; initial values may use parameters and rules of parameters.

    Raises:
        ColeyError: names declared twice or by nobody, or numbers that cannot be; all at once.
    """

    name: str
    states: tuple[State, ...]
    parameters: tuple[Parameter, ...]
    rules: tuple[Rule, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    events: tuple[Event, ...] = ()
    delays: tuple[Delay, ...] = ()
    time_unit: str = "day"

    def __post_init__(self) -> None:
        problems = [*_number_problems(self), *_name_problems(self)]
        if problems:
            raise ColeyError(problems)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, System) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __getstate__(self) -> dict[str, Any]:
        """What was declared; what is worked out from it can be worked out again."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @cached_property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states, in the order of every state vector."""
        return tuple(state.name for state in self.states)

    @cached_property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of every parameter vector."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def constant_rules(self) -> frozenset[str]:
        """Names of the rules that follow from parameters alone."""
        constant = set(self.parameter_names)
        rules = []
        for rule in self.rules:
            if _names(rule.expression) <= constant:
                constant.add(rule.name)
                rules.append(rule.name)
        return frozenset(rules)

    @cached_property
    def concentrations(self) -> dict[str, str]:
        """The state from which each rule such as ``[S]`` follows, where that is proportional to the state ``S``."""
        found = {}
        for rule in self.rules:
            name = rule.name[1:-1]
            if rule.name == f"[{name}]" and name in self.state_names:
                state, value = symengine.Symbol(name), self.inline(symengine.Symbol(rule.name))
                slope = value.diff(state)
                if slope != 0 and state not in slope.free_symbols and value.subs({state: 0}) == 0:
                    found[rule.name] = name
        return found

    @cached_property
    def settable(self) -> tuple[str, ...]:
        """Whatever an individual may have a value of its own for.

        These are parameters, states at the start, rules that follow from parameters alone, and states' concentrations.
        """
        rules = (rule.name for rule in self.rules if rule.name in self.constant_rules)
        return tuple(dict.fromkeys((*self.parameter_names, *self.state_names, *rules, *self.concentrations)))

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of every state, parameter, rule and delay, by name."""
        return {item.name: item.unit for item in self._named}

    @property
    def _named(self) -> tuple[State | Parameter | Rule | Delay, ...]:
        return (*self.states, *self.parameters, *self.rules, *self.delays)

    @cached_property
    def _inlined(self) -> dict[Expression, Expression]:
        """Every rule, by its symbol, as an expression of states, parameters, delays and time alone."""
        done: dict[Expression, Expression] = {}
        for rule in self.rules:
            done[symengine.Symbol(rule.name)] = canonical(rule.expression).subs(done)
        return done

    def inline(self, expression: Expression) -> Expression:
        """``expression`` with every rule replaced by what it stands for."""
        return canonical(expression).subs(self._inlined)

    @cached_property
    def rates(self) -> tuple[Expression, ...]:
        """Rate of change of each state per unit of time, in states, parameters, delays and time alone."""
        total: dict[str, Expression] = {name: symengine.Integer(0) for name in self.state_names}
        for reaction in self.reactions:
            rate = self.inline(reaction.rate)
            for name, coefficient in reaction.stoichiometry.items():
                total[name] += self.inline(coefficient) * rate
        return tuple(total[name] for name in self.state_names)

    def with_events(self, *events: Event) -> System:
        """The same system, which also watches ``events``."""
        return replace(self, events=(*self.events, *events))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides what the system does, to the last bit of every number."""
        lines = [
            f"state {s.name} {s.unit} {text(s.initial)} {float(s.scale).hex()} {s.nonnegative}" for s in self.states
        ]
        lines.append(f"time {self.time_unit}")
        lines += [f"parameter {p.name} {p.unit} {float(p.value).hex()}" for p in self.parameters]
        lines += [f"rule {r.name} {r.unit} {text(r.expression)}" for r in self.rules]
        for reaction in self.reactions:
            moved = " ".join(f"{name} {text(factor)}" for name, factor in sorted(reaction.stoichiometry.items()))
            lines.append(f"reaction {reaction.name} {text(reaction.rate)} {moved}")
        lines += [event_text(event) for event in self.events]
        lines += [delay_text(delay) for delay in self.delays]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def text(expression: Expression) -> str:
    """``expression`` as text that is the same wherever and however it was put together, with every bit of its numbers.

    Raises:
        ColeyError: a number in it is not finite and real.
    """
    return _canonical(symengine.sympify(expression))[0]


def event_text(event: Event) -> str:
    """Everything that decides what ``event`` does."""
    assigned = " ".join(f"{name} {text(value)}" for name, value in sorted(event.assignments.items()))
    priority = "none" if event.priority is None else text(event.priority)
    flags = f"{event.before} {event.persistent} {event.values_at_trigger} {event.ends}"
    factors = "".join(f" times {name} {text(value)}" for name, value in sorted(event.factors.items()))
    return f"event {event.name} {text(event.trigger)} {assigned} {text(event.delay)} {priority} {flags}{factors}"


def delay_text(delay: Delay) -> str:
    """Everything that decides what ``delay`` is."""
    return f"delay {delay.name} {text(delay.expression)} {text(delay.lag)}"


def canonical(expression: Expression) -> Expression:
    """``expression`` rebuilt in the order of its text.

    symengine keeps terms in the order of its history, which a copy in another process does not share; compiled code
    adds them in that order, and then differs in the last bit.
    """
    return _canonical(symengine.sympify(expression))[1]


def _canonical(expression: Expression) -> tuple[str, Expression]:
    kind = type(expression).__name__
    if expression.is_Number:
        return _number(expression), expression
    if not expression.args:
        return str(expression), expression
    parts = [_canonical(argument) for argument in expression.args]
    if kind in _UNORDERED:
        parts.sort(key=lambda part: part[0])
    arguments = [part[1] for part in parts]
    if kind == "Piecewise":
        arguments = list(zip(arguments[::2], arguments[1::2], strict=True))
    return f"{kind}({', '.join(part[0] for part in parts)})", type(expression)(*arguments)


def _number(number: Expression) -> str:
    if isinstance(number, symengine.Integer | symengine.Rational):
        return str(number)
    if isinstance(number, symengine.RealDouble) and math.isfinite(float(number)):
        return float(number).hex()
    raise ColeyError(Problem("", f"holds {number}, which is not a finite real number"))


def _number_problems(system: System) -> Iterator[Problem]:
    where = f"model {system.name}"
    for state in system.states:
        if not (math.isfinite(state.scale) and state.scale > 0):
            hint = "a scale is a finite number above 0"
            yield Problem(f"{where}, state {state.name}", f"has scale {state.scale:g}", hint)
    for owner, expression in _expressions(system):
        try:
            text(expression)
        except ColeyError as error:
            yield from (Problem(f"{where}, {owner}", problem.what) for problem in error.problems)


def _expressions(system: System) -> Iterator[tuple[str, Expression]]:
    """Every expression of the system, and whose it is."""
    yield from ((f"initial value of {state.name}", state.initial) for state in system.states)
    yield from ((f"rule {rule.name}", rule.expression) for rule in system.rules)
    yield from ((f"lag of {delay.name}", delay.lag) for delay in system.delays)
    yield from _moving_expressions(system)


def expressions(system: System) -> Iterator[Expression]:
    """Every expression of the system."""
    return (symengine.sympify(expression) for _, expression in _expressions(system))


def _moving_expressions(system: System) -> Iterator[tuple[str, Expression]]:
    for reaction in system.reactions:
        for expression in (reaction.rate, *reaction.stoichiometry.values()):
            yield f"reaction {reaction.name}", expression
    for event in system.events:
        yield from ((f"event {event.name}", expression) for expression in event.expressions)
    yield from ((f"delay {delay.name}", delay.expression) for delay in system.delays)


def _name_problems(system: System) -> Iterator[Problem]:
    """Names that are declared twice, and names that are used where they are not known."""
    where = f"model {system.name}"
    declared = Counter(item.name for item in system._named)
    yield from (Problem(where, f"{name!r} is declared {n} times") for name, n in declared.items() if n > 1)
    if str(TIME) in declared:
        yield Problem(where, f"{TIME} is the independent variable and cannot be declared")

    def unknown(owner: str, expression: Expression, allowed: set[str]) -> Iterator[Problem]:
        for name in sorted(_names(expression) - allowed):
            what = "is not known there" if name in declared else "nobody declares"
            hint = "" if name in declared else did_you_mean(name, allowed)
            yield Problem(f"{where}, {owner}", f"uses {name!r}, which {what}", hint)

    constant = set(system.parameter_names)
    present = {*constant, *system.state_names, str(TIME)}
    known = {*present, *(delay.name for delay in system.delays)}
    for rule in system.rules:
        yield from unknown(f"rule {rule.name}", rule.expression, known)
        known.add(rule.name)
        if _names(rule.expression) <= constant:
            constant.add(rule.name)
        if _names(rule.expression) <= present:
            present.add(rule.name)
    for state in system.states:
        yield from unknown(f"initial value of {state.name}", state.initial, constant)
    for owner, expression in _moving_expressions(system):
        yield from unknown(owner, expression, known)
    for delay in system.delays:
        yield from unknown(f"lag of {delay.name}", delay.lag, present)
        if not _names(delay.lag) <= constant and not _names(delay.expression) <= present:
            yield Problem(f"{where}, delay {delay.name}", "is of delayed values, by a lag that changes", "keep the lag")
    for event in system.events:
        for name in sorted({*event.factors} - {*event.assignments}):
            yield Problem(f"{where}, event {event.name}", f"has a factor of {name!r}, which it does not assign")
    moved = [(f"reaction {item.name}", item.stoichiometry) for item in system.reactions]
    moved += [(f"event {item.name}", item.assignments) for item in system.events]
    for owner, targets in moved:
        for name in sorted(set(targets).difference(system.state_names)):
            hint = did_you_mean(name, system.state_names)
            yield Problem(f"{where}, {owner}", f"moves {name!r}, which is no state", hint)


def _names(expression: Expression) -> set[str]:
    return {str(symbol) for symbol in symengine.sympify(expression).free_symbols}
