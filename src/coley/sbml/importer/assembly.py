"""From a Model to a System."""

from __future__ import annotations

import math
from collections.abc import Iterator

import symengine

from coley.errors import ColeyError
from coley.sbml.fast import equilibrate
from coley.sbml.importer.beginning import Beginning, magnitudes
from coley.sbml.importer.functions import choice
from coley.sbml.importer.happenings import event
from coley.sbml.importer.model import Model
from coley.sbml.importer.motion import Motion
from coley.sbml.importer.numbers import CONSTANTS, put_in
from coley.sbml.importer.ordering import Definitions, demand_size, ordered
from coley.sbml.importer.roles import Roles, by_symbol, roles, unit_of
from coley.sbml.limits import RefusalError, Refused
from coley.system import TIME, Delay, Expression, Parameter, Rule, State, System


def assemble(model: Model, file: str) -> System:
    """The System that ``model`` is.

    Raises:
        ColeyError: what is refused.
    """
    try:
        system = _System(roles(model)).system()
    except RefusalError as refusal:
        raise ColeyError(refusal.at(file)) from None
    except ColeyError as error:  # numbers that only came about when constants were put together
        raise ColeyError(_placed(error, file, "infinite")) from None
    fast = {reaction.name for reaction in model.reactions if reaction.fast}
    try:
        return equilibrate(system, fast) if fast else system
    except ColeyError as error:
        raise ColeyError(_placed(error, file, "fast")) from None


def _placed(error: ColeyError, file: str, code: str) -> list[Refused]:
    return [Refused(f"{file}, {problem.where}", problem.what, problem.hint, code) for problem in error.problems]


class _System:
    def __init__(self, known: Roles) -> None:
        self._roles = known
        self._model = known.model
        self._quantities = by_symbol(self._model.quantities)
        self._definitions = self._define()
        self._motion = Motion(known, self._definitions)
        for symbol, of in self._model.slopes.items():
            self._definitions[symbol] = self._motion.rate(of)
        self._order = ordered(self._definitions)
        demand_size(self._definitions, self._order)
        self._beginning = Beginning(known, self._definitions)

    def system(self) -> System:
        reactions = self._motion.reactions()
        events = tuple(event(occasion, self._roles) for occasion in self._model.events)
        return System(
            name=self._model.name,
            states=tuple(self._states()),
            parameters=tuple(self._parameters()),
            rules=tuple(self._rules()),
            reactions=reactions,
            events=events,
            delays=tuple(self._delays()),
            time_unit=self._model.time_unit,
        )

    def _define(self) -> dict[Expression, Expression]:
        """Whatever is neither state nor constant: rules, the other of amount and concentration, rates of reactions."""
        definitions = {self._model.quantities[name].symbol: v for name, v in self._model.assignments.items()}
        definitions |= dict(self._roles.derived(species) for species in self._model.species)
        return definitions | {symengine.Symbol(r.name): r.rate for r in self._model.reactions}

    def _parameters(self) -> Iterator[Parameter]:
        used = self._used()
        for symbol, value in self._beginning.parameters.items():
            quantity = self._quantities[symbol]
            yield Parameter(str(symbol), unit_of(quantity, symbol), value, quantity.meaning)
        yield from (Parameter(str(symbol), "", value) for symbol, value in CONSTANTS.items() if symbol in used)

    def _used(self) -> set[Expression]:
        """Symbols in any expression."""
        expressions = [*self._definitions.values(), *self._beginning.constants.values()]
        expressions += [self._beginning.values[symengine.Symbol(name)] for name in self._roles.moved]
        for occasion in self._model.events:
            expressions += [occasion.trigger, occasion.delay, *occasion.assignments.values()]
            expressions += [] if occasion.priority is None else [occasion.priority]
        for reaction in self._motion.reactions():
            expressions += [reaction.rate, *reaction.stoichiometry.values()]
        expressions += [part for pair in self._model.past.values() for part in pair]
        return {symbol for expression in expressions for symbol in expression.free_symbols}

    def _rules(self) -> Iterator[Rule]:
        every: Definitions = {**self._beginning.constants, **self._definitions}
        meanings = {symengine.Symbol(r.name): r for r in self._model.reactions}
        for symbol in ordered(every):
            if symbol in self._quantities:
                quantity = self._quantities[symbol]
                yield Rule(str(symbol), unit_of(quantity, symbol), every[symbol], quantity.meaning)
            elif symbol in meanings:
                yield Rule(str(symbol), meanings[symbol].unit, every[symbol], meanings[symbol].meaning)
            else:
                yield Rule(str(symbol), "", every[symbol])

    def _states(self) -> Iterator[State]:
        names = [name for name in self._model.quantities if name in self._roles.moved]
        starts = {name: self._beginning.values[symengine.Symbol(name)] for name in names}
        numbers = self._numbers()
        values = {name: _float(put_in(start, numbers)) for name, start in starts.items()}
        scales = magnitudes(values, self._feeds())
        for name in names:
            quantity = self._model.quantities[name]
            yield State(name, quantity.unit, starts[name], scales[name], quantity.meaning)

    def _numbers(self) -> dict[Expression, Expression]:
        """Constants as numbers."""
        numbers: dict[Expression, Expression] = {s: symengine.RealDouble(v) for s, v in CONSTANTS.items()}
        numbers |= {s: symengine.RealDouble(v) for s, v in self._beginning.parameters.items()}
        every: Definitions = {**self._beginning.constants, **self._definitions}
        for symbol in ordered(every):
            numbers[symbol] = put_in(every[symbol], numbers)
        return numbers

    def _constants(self) -> set[Expression]:
        return {*self._beginning.parameters, *self._beginning.constants}

    def _delays(self) -> Iterator[Delay]:
        for symbol, (expression, lag) in self._model.past.items():
            if not lag.free_symbols <= self._constants() and self._delayed(lag) | self._delayed(expression):
                raise RefusalError("lag", f"{symbol} is of delayed values, by a lag that changes", "keep the lag")
            before = self._beginning.before(expression)
            stands = not self._model.slopes and TIME not in before.free_symbols
            yield Delay(str(symbol), "", expression if stands else _since_start(expression, before), lag)

    def _delayed(self, expression: Expression) -> set[Expression]:
        """Delays on which an expression depends."""
        found, waiting = set(), {*expression.free_symbols}
        while waiting:
            symbol = waiting.pop()
            if symbol not in found:
                found.add(symbol)
                waiting |= self._definitions[symbol].free_symbols if symbol in self._definitions else set()
        return found & self._model.past.keys()

    def _feeds(self) -> dict[str, set[str]]:
        feeds: dict[str, set[str]] = {}
        for reaction in self._model.reactions:
            moved = {name for name, _ in reaction.changes if name in self._roles.moved}
            for name in moved:
                feeds.setdefault(name, set()).update(moved - {name})
        return feeds


def _since_start(expression: Expression, before: Expression) -> Expression:
    return choice([(before, symengine.Lt(TIME, 0))], expression)


def _float(value: Expression) -> float:
    """A finite number; 0 where there is none."""
    try:
        found = float(value)
    except (RuntimeError, TypeError, ValueError):
        return 0.0
    return found if math.isfinite(found) else 0.0
