"""Fast reactions, which are at equilibrium at all times.

Their rates stay 0, so the derivatives of these by time are 0. That gives the extents per day at which fast reactions
have to follow the slow ones: with states ``x``, slow flow ``f``, stoichiometry ``N`` and fast rates ``v``, the extents
``w`` solve ``v_x N w = -(v_x f + v_t)``. Where the rates are not 0, at the start or because something else has changed,
an event moves the states along ``N`` to where they are. A reaction whose rate no extent can change stands still. A
factor of a rate that the reactions have no influence on decides nothing while it moves, so that it is left out of the
derivatives: with it, they would have no value where it goes through 0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

import symengine

from coley.errors import ColeyError, Problem
from coley.sbml.roots import NoClosedFormError, roots
from coley.system import TIME, Event, Expression, Reaction, System

_DRIFT = 1e-6  # relative distance from the equilibrium that is left to stand
_NEVER = symengine.false
_NOWHERE = 1e300  # extent at which there is no equilibrium


def equilibrate(system: System, fast: Collection[str]) -> System:
    """``system`` with the reactions named in ``fast`` at equilibrium.

    An irreversible one is at equilibrium when what it consumes is gone. Of several equilibria it is the one that the
    reaction, left to itself, comes to first.

    Raises:
        ColeyError: an equilibrium that has no closed form, or that depends on delayed values.
    """
    groups = _coupled([reaction for reaction in system.reactions if reaction.name in fast], system)
    slow = replace(system, reactions=tuple(r for r in system.reactions if r.name not in fast)).rates
    flow = dict(zip(map(symengine.Symbol, system.state_names), slow, strict=True))
    following: dict[str, Reaction] = {}
    events: list[Event] = []
    for group in groups:
        problem = _Group(group, system)
        following |= {r.name: replace(r, rate=w) for r, w in zip(group, problem.following(flow), strict=True)}
        events.append(problem.jump())
    reactions = tuple(following.get(reaction.name, reaction) for reaction in system.reactions)
    return replace(system, reactions=reactions, events=(*system.events, *events))


class _Group:
    """Fast reactions that share states, and so have one equilibrium."""

    def __init__(self, reactions: Sequence[Reaction], system: System) -> None:
        self._names = [reaction.name for reaction in reactions]
        self._where = f"model {system.name}, fast reaction {', '.join(self._names)}"
        self._moves = [_moves(reaction, system) for reaction in reactions]
        self._states = sorted({state for moves in self._moves for state in moves}, key=str)
        self._rates = [system.inline(reaction.rate) for reaction in reactions]
        self._far = _DRIFT * sum(symengine.Abs(state) for state in self._states)
        if {symengine.Symbol(delay.name) for delay in system.delays} & _symbols(self._rates):
            raise ColeyError(Problem(self._where, "depends on delayed values", "such a reaction cannot be fast"))

    def following(self, flow: Mapping[Expression, Expression]) -> list[Expression]:
        """Extents per day that keep the rates at 0 while the slow reactions move the states by ``flow``."""
        parts = [self._split(rate) for rate in self._rates]
        rates = [rate for rate, _ in parts]
        drift = [_along(rate, flow) + rate.diff(TIME) for rate in rates]
        off = reduce(symengine.Or, [symengine.Eq(factor, 0) for _, factor in parts if not _passes_by(factor)], _NEVER)
        found = self._solve(rates, drift)
        return [symengine.Piecewise((0, off), (w, True)) for w in found] if off != _NEVER else found

    def _split(self, rate: Expression) -> tuple[Expression, Expression]:
        """A rate without the factors that these reactions have no influence on, and those."""
        factors = rate.args if rate.is_Mul else (rate,)
        idle = [factor for factor in factors if not _symbols([factor]) & {*self._states}]
        rest = [factor for factor in factors if factor not in idle]
        return symengine.Mul(*rest), symengine.Mul(*idle)

    def jump(self) -> Event:
        """What moves the states to the equilibrium."""
        extents = self._extents()
        after: dict[Expression, Expression] = {state: state for state in self._states}
        for moves, extent in zip(self._moves, extents, strict=True):
            for state, coefficient in moves.items():
                after[state] += coefficient * extent
        far = self._far
        return Event(
            name=f"equilibrium of {', '.join(self._names)}",
            trigger=reduce(symengine.Or, [symengine.Or(extent > far, extent < -far) for extent in extents]),
            assignments={str(state): value for state, value in after.items()},
            values_at_trigger=False,
        )

    def _extents(self) -> list[Expression]:
        """How far each reaction has to go to come to the equilibrium."""
        steps = [symengine.Dummy(name) for name in self._names]
        there = {state: state for state in self._states}
        for moves, step in zip(self._moves, steps, strict=True):
            for state, coefficient in moves.items():
                there[state] += coefficient * step
        ahead = [rate.subs(there) for rate in self._rates]
        if len(ahead) == 1:
            return [self._first(ahead[0], self._rates[0], steps[0])]
        if any(_symbols([rate.diff(a).expand()]) & set(steps) for rate in ahead for a in steps):
            raise ColeyError(Problem(self._where, "are coupled and not linear", "their equilibrium has no closed form"))
        return self._solve(self._rates, self._rates)

    def _first(self, ahead: Expression, rate: Expression, step: Expression) -> Expression:
        """The first extent in the direction of ``rate`` at which the rate, ``ahead`` as a function of it, is 0."""
        for piecewise in _pieces(ahead):
            return self._first_of_pieces(ahead, rate, step, piecewise)
        try:
            found = roots(ahead, step)
        except NoClosedFormError as reason:
            what = f"has an equilibrium without closed form: its rate {reason}"
            raise ColeyError(Problem(self._where, what)) from None
        # Rounding may put the equilibrium where the states already are a little behind them.
        forward = [symengine.Piecewise((root, root > -self._far), (_NOWHERE, True)) for root in found]
        backward = [symengine.Piecewise((root, root < self._far), (-_NOWHERE, True)) for root in found]
        first = symengine.Min(_NOWHERE, *forward), symengine.Max(-_NOWHERE, *backward)
        return symengine.Piecewise(
            (first[0], symengine.And(rate > 0, first[0] < _NOWHERE)),
            (first[1], symengine.And(rate < 0, first[1] > -_NOWHERE)),
            (0, True),
        )

    def _first_of_pieces(
        self, ahead: Expression, rate: Expression, step: Expression, piecewise: Expression
    ) -> Expression:
        """The same where the rate holds a choice, on which the reaction itself must have no influence."""
        values, conditions = piecewise.args[::2], piecewise.args[1::2]
        if step in _symbols(conditions):
            what = "has an equilibrium without closed form: its rate has conditions that it changes itself"
            raise ColeyError(Problem(self._where, what))
        now = piecewise.subs({step: 0})
        chosen = [
            (self._first(ahead.subs({piecewise: v}), rate.subs({now: v.subs({step: 0})}), step), condition)
            for v, condition in zip(values, conditions, strict=True)
        ]
        return symengine.Piecewise(*chosen)

    def _solve(self, rates: Sequence[Expression], values: Sequence[Expression]) -> list[Expression]:
        """Extents (per day) that make up for ``values`` of ``rates`` (changing per day); 0 where nothing can."""
        n = len(rates)
        matrix = symengine.DenseMatrix([[_along(rate, moves) for moves in self._moves] for rate in rates])
        determinant = matrix.det()
        if determinant == 0:
            return [symengine.Integer(0)] * n
        numerators = [_replaced(matrix, column, values).det() for column in range(n)]
        return [symengine.Piecewise((-a / determinant, symengine.Ne(determinant, 0)), (0, True)) for a in numerators]


def _passes_by(factor: Expression) -> bool:
    """Whether a factor is 0 for no more than a moment, as far as can be seen: it is a number, or moves smoothly."""
    return bool(factor.is_Number) or (TIME in _symbols([factor]) and next(_pieces(factor), None) is None)


def _replaced(matrix: Expression, column: int, values: Sequence[Expression]) -> Expression:
    """``matrix`` with another column, as in Cramer's rule."""
    n = len(values)
    return symengine.DenseMatrix([[values[i] if j == column else matrix[i, j] for j in range(n)] for i in range(n)])


def _moves(reaction: Reaction, system: System) -> dict[Expression, Expression]:
    return {symengine.Symbol(name): system.inline(factor) for name, factor in reaction.stoichiometry.items()}


def _along(rate: Expression, flow: Mapping[Expression, Expression]) -> Expression:
    """Change of ``rate`` per day as the states move by ``flow``."""
    return sum((rate.diff(state) * speed for state, speed in flow.items()), symengine.Integer(0))


def _symbols(expressions: Collection[Expression]) -> set[Expression]:
    return {symbol for expression in expressions for symbol in expression.free_symbols}


def _pieces(expression: Expression) -> Iterator[Expression]:
    """The piecewise parts of ``expression``, outermost first."""
    if type(expression).__name__ == "Piecewise":
        yield expression
    for part in expression.args:
        yield from _pieces(part)


def _coupled(reactions: Sequence[Reaction], system: System) -> list[list[Reaction]]:
    """The reactions in groups, of which none moves what the rate of another depends on."""
    groups: list[list[Reaction]] = []
    for reaction in reactions:
        joined = [group for group in groups if any(_touch(reaction, other, system) for other in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*(member for group in joined for member in group), reaction])
    return groups


def _touch(a: Reaction, b: Reaction, system: System) -> bool:
    """Whether either changes the rate of the other."""
    rates = [system.inline(reaction.rate).free_symbols for reaction in (a, b)]
    return bool(_moves(a, system).keys() & rates[1] or _moves(b, system).keys() & rates[0])
