"""Forward sensitivities of one System by one quantity.

For a quantity p, S = dx/dp obeys S' = J S + df/dp (Dickinson and Gelinas, J Comput Phys 21:123, 1976). At an event the
states jump to h, and S to dh/dx S + dh/dp. Where the event's moment t depends on p, so that its condition g = 0 stays
met, dt/dp = -(dg/dx S + dg/dp) / (dg/dx f + dg/dt), and what follows is shifted as well (Rozenvasser, Automat Telemekh
10:52, 1967): with the rates f before and F after it,

    S becomes dh/dx (S + f dt/dp) + dh/dp + dh/dt dt/dp - F dt/dp

A comparison that chooses between rates is such a moment, at which h = x. At a dose S does not jump: neither its amount
nor its time depends on p.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import symengine

from coley.engine.branches import comparisons
from coley.engine.derivatives import roundings
from coley.engine.functions import of_parameters
from coley.engine.slopes import slopes
from coley.errors import Problem
from coley.system import TIME, Event, Expression, Reaction, Rule, State, System

_NOW = 1e-6
"""Units of time (relative to 1 and to time) since a condition was met, within which it counts as met on its way."""
_TINY = 1e-300


def named(observable: str, by: str) -> str:
    """What the derivative of an observable is called."""
    return f"d({observable})/d({by})"


class Course:
    """The sensitivities of one System by one quantity."""

    def __init__(self, system: System, by: str, given: frozenset[str]) -> None:
        self.system, self.by, self.given = system, by, given
        self.symbol = None if by in system.state_names else symengine.Symbol(by)
        self.place = {name: i for i, name in enumerate(system.state_names)}

    # --- what depends on it at all

    @cached_property
    def starts(self) -> dict[str, Expression]:
        """The sensitivity of each state at the start, where that is not 0."""
        if self.symbol is None:
            return {self.by: symengine.Integer(1)}
        set_by_amount = {state for rule, state in self.system.concentrations.items() if rule in self.given}
        own = self.given | set_by_amount
        found = {s.name: self.direct(self.system.inline(s.initial)) for s in self.system.states if s.name not in own}
        return {name: value for name, value in found.items() if value != 0}

    @cached_property
    def reached(self) -> dict[str, Expression]:
        """The states that depend on it, and the symbol of the sensitivity of each."""
        reached = {*self.starts}
        touched = reached | ({self.by} if self.symbol is not None else set())
        while True:
            for name, rate in zip(self.system.state_names, self.system.rates, strict=True):
                if names_in(rate) & touched:
                    reached.add(name)
            for event in self.system.events:
                shifted = bool(names_in(self.system.inline(event.trigger)) & touched)
                for name, value in event.assignments.items():
                    if shifted or names_in(self.system.inline(value)) & touched:
                        reached.add(name)
            if reached <= touched:
                break
            touched |= reached
        return {n: symengine.Symbol(named(n, self.by)) for n in self.system.state_names if n in reached}

    # --- derivatives

    def direct(self, expression: Expression) -> Expression:
        """The partial derivative."""
        return symengine.Integer(0) if self.symbol is None else slopes(expression, [self.symbol])[0]

    def total(self, expression: Expression) -> Expression:
        """The derivative at a time that does not depend on it."""
        moving = {symengine.Symbol(name): s for name, s in self.reached.items()}
        found = [symbol for symbol in moving if symbol in expression.free_symbols]
        parts = [slope * moving[symbol] for symbol, slope in zip(found, slopes(expression, found), strict=True)]
        return symengine.Add(self.direct(expression), *parts)

    def along(self, expression: Expression, rates: Sequence[Expression]) -> Expression:
        """The derivative by time on the way, at ``rates``."""
        place = self.place
        found = [symengine.Symbol(n) for n in self.system.state_names if symengine.Symbol(n) in expression.free_symbols]
        by_time, *by_state = slopes(expression, [TIME, *found])
        return symengine.Add(by_time, *(s * rates[place[str(x)]] for x, s in zip(found, by_state, strict=True)))

    # --- parts of the System

    def states(self) -> list[State]:
        """The sensitivities of the states that depend on it."""
        unit, zero = self.system.units, symengine.Integer(0)
        size = _sizes(self.system)[self.by]
        return [
            State(str(s), f"{unit[x]} per unit of {self.by}", self.starts.get(x, zero), self._scale(x, size))
            for x, s in self.reached.items()
        ]

    def _scale(self, state: str, size: float) -> float:
        return float(np.clip(self.system.states[self.place[state]].scale / size, _TINY, 1 / _TINY))

    def reactions(self) -> list[Reaction]:
        """How they move."""
        moves = [(str(s), self.total(self.system.rates[self.place[x]])) for x, s in self.reached.items()]
        return [Reaction(name, rate, {name: 1}) for name, rate in moves if rate != 0]

    def rules(self, observables: Sequence[str]) -> list[Rule]:
        """The derivatives of observables that are no states that depend on it."""
        system = self.system
        wanted = [name for name in observables if name not in self.reached]
        values = [self.total(system.inline(symengine.Symbol(name))) for name in wanted]
        if self.by in wanted and self.symbol is None:  # a state that nothing moves stands where it began
            values[wanted.index(self.by)] = symengine.Integer(1)
        units = [f"{system.units[name]} per unit of {self.by}" for name in wanted]
        return [Rule(named(n, self.by), u, v) for n, u, v in zip(wanted, units, values, strict=True)]

    # --- moments that depend on it

    def moves(self, g: Expression) -> bool:
        """Whether the moment at which ``g`` is 0 depends on it."""
        return bool(self.total(g) != 0)

    @cached_property
    def moving_thresholds(self) -> tuple[Expression, ...]:
        """What is 0 where rates change, at moments that depend on it."""
        return tuple(g for g in _thresholds(self.system) if self.moves(g))

    @property
    def turning(self) -> frozenset[str]:
        """States on which moments depend."""
        triggers = [
            _difference(part) for e in self.system.events for part in comparisons(self.system.inline(e.trigger))
        ]
        moving = [*self.moving_thresholds, *(g for g in triggers if self.moves(g))]
        return frozenset(name for g in moving for name in names_in(g)) & frozenset(self.system.state_names)

    def shift(self, g: Expression, rates: Sequence[Expression]) -> Expression:
        """How the moment moves with it at which ``g`` comes to 0 at ``rates``; not at all where a jump made it so."""
        pace = self.along(g, rates)
        if pace == 0:
            return symengine.Integer(0)
        near = _NOW * (1 + symengine.Abs(TIME)) * symengine.Abs(pace)
        return symengine.Piecewise((-self.total(g) / pace, symengine.Abs(g) < near), (0, True))

    def jump(self, g: Expression, above: bool) -> dict[str, Expression]:
        """What sensitivities become where ``g`` has come to be above 0, or below."""
        if g not in self.moving_thresholds:
            return {}
        rates = self.system.rates
        before, after = ([_chosen(self.system, f, g, side) for f in rates] for side in (not above, above))
        shift, place = self.shift(g, before), self.place
        changed = [(x, s) for x, s in self.reached.items() if before[place[x]] != after[place[x]]]
        return {str(s): s + (before[place[x]] - after[place[x]]) * shift for x, s in changed}

    def event(self, event: Event) -> Event:
        """What ``event`` does to the sensitivities."""
        system = self.system
        to = {name: system.inline(value) for name, value in event.assignments.items()}
        parts = [_difference(part) for part in comparisons(system.inline(event.trigger))]
        if not any(map(self.moves, parts)):
            assigned = {str(s): self.total(to[x]) for x, s in self.reached.items() if x in to}
            return replace(event, assignments=assigned)
        rates, instead = system.rates, {symengine.Symbol(name): value for name, value in to.items()}
        shift, assigned = self.shift(parts[0], rates), {}
        for x, s in self.reached.items():
            before, after = rates[self.place[x]], rates[self.place[x]].subs(instead)
            if x in to:
                assigned[str(s)] = self.total(to[x]) + (self.along(to[x], rates) - after) * shift
            elif before != after:
                assigned[str(s)] = s + (before - after) * shift
        return replace(event, assignments=assigned)

    def problems(self) -> Iterator[Problem]:
        """What of the System depends on it in a way whose derivative is not known."""
        system, touched = self.system, {*self.reached, self.by if self.symbol is not None else ""}
        where = f"sensitivities, {self.by}"
        for rule, state in system.concentrations.items():
            if rule in self.given and names_in(system.inline(symengine.Symbol(rule))) & ({self.by} - {state}):
                yield Problem(where, f"{rule!r} is given, and what it makes of {state!r} changes with {self.by!r}",
                              f"give {state!r} instead")  # fmt: skip
        for name, rate in zip(system.state_names, system.rates, strict=True):
            for part in roundings(rate):
                if names_in(part) & touched:
                    yield Problem(where, f"the rate of {name!r} changes at steps of {part}, which depends on it")
        for event in system.events:
            whole = system.inline(event.trigger)
            moving = any(self.moves(_difference(part)) for part in comparisons(whole))
            about, delay = f"the event {event.name!r}", system.inline(event.delay)
            if event.factors:
                yield Problem(where, f"{about} assigns what it multiplies by what has changed since")
            elif names_in(delay) & touched or (moving and delay != 0):
                yield Problem(where, f"{about} happens after a delay, at a moment that depends on it")
            elif moving and comparisons(whole) != {whole}:
                yield Problem(where, f"{about} happens where {whole}, at a moment that depends on it", _ONE)
            elif (
                moving
                and event.assignments
                and {_difference(whole), symengine.expand(-_difference(whole))} & {*self.moving_thresholds}
            ):
                yield Problem(where, f"{about} happens where rates change as well, at a moment that depends on it")


_ONE = "a moment of which the derivative is known is that of one comparison, such as A > 5"


def names_in(expression: Expression) -> set[str]:
    return {str(symbol) for symbol in expression.free_symbols}


def _sizes(system: System) -> dict[str, float]:
    """The size of each parameter, and of each state at the start, with the model's own numbers; not 0."""
    values = np.array([[parameter.value for parameter in system.parameters]], dtype=float)
    starts = of_parameters(system, tuple(system.inline(state.initial) for state in system.states), values)[0]
    sizes = dict(zip(system.parameter_names, np.abs(values[0]), strict=True))
    for state, value in zip(system.states, np.abs(starts), strict=True):
        sizes[state.name] = value if np.isfinite(value) and value > 0 else state.scale
    return {name: float(v) if np.isfinite(v) and v > 0 else 1.0 for name, v in sizes.items()}


def _difference(comparison: Expression) -> Expression:
    return symengine.expand(comparison.args[0] - comparison.args[1])


def _thresholds(system: System) -> tuple[Expression, ...]:
    """What is 0 where rates may jump, each once, by whatever comparisons."""
    found: dict[str, Expression] = {}
    for part in sorted({part for rate in system.rates for part in comparisons(rate)}, key=str):
        g = _difference(part)
        if str(symengine.expand(-g)) not in found:
            found[str(g)] = g
    return tuple(found.values())


def _chosen(system: System, rate: Expression, g: Expression, above: bool) -> Expression:
    """``rate`` as it is where ``g`` is above 0, or below."""
    truth: dict[Expression, Expression] = {}
    for part in comparisons(rate):
        if _difference(part) == g:
            truth[part] = symengine.false if above else symengine.true
        elif _difference(part) == symengine.expand(-g):
            truth[part] = symengine.true if above else symengine.false
    return rate.subs(truth) if truth else rate
