"""Times at which a model changes at once because time itself says so: by a comparison, or by rounding.

A step over such a time would have to be found short by its error, and may miss a change and its reverse altogether;
steps that end just before it and begin just after it lose nothing. Known beforehand are comparisons that are linear in
time, roundings of what is linear in time, and comparisons made of those and of sines and cosines: between the times at
which these jump or turn they are looked at, and a change is bisected.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.engine.functions import compiled, of_parameters
from coley.errors import Problem
from coley.system import TIME, Expression, System

Floats = NDArray[np.float64]
_RELATIONS = ("StrictLessThan", "LessThan", "Equality", "Unequality")
_ROUNDINGS = ("floor", "ceiling")
_WAVES = ("sin", "cos", "tan")
_QUARTER = np.pi / 2
_LOOKS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])  # shares of the time between two jumps or turns
_BISECTIONS = 64
_BLUR = 8 * float(np.finfo(float).eps)  # relative to a time: how well the argument of a rounding is known


class _Switches(NamedTuple):
    """What changes by time, in expressions of parameters.

    Attributes:
        moments: times at which comparisons that are linear in time change.
        pace, phase: of each argument, linear in time, of a rounding or wave: it jumps or turns at whole numbers.
        sharp: whether that is a jump.
        compared: the comparisons made of these, as the difference of their sides, in parameters and time.
    """

    moments: tuple[Expression, ...]
    pace: tuple[Expression, ...]
    phase: tuple[Expression, ...]
    sharp: tuple[bool, ...]
    compared: tuple[Expression, ...]


def switch_times(system: System, parameters: Floats, start: Floats, end: Floats, most: int) -> Floats:
    """Individual × switch: the days at which something changes, and what is just before and after each; maybe NaN.

    Args:
        parameters: individual × parameter.
        start, end: of each individual; what changes regularly does so without end.
        most: of these, the number that is looked for. An individual cannot go through more in so many steps.
    """
    found, people = _switches(system), len(parameters)
    if not people or not (found.moments or found.pace):
        return np.zeros((people, 0))
    days = of_parameters(system, found.moments, parameters)
    parts = [np.nextafter(days, -np.inf), days, np.nextafter(days, np.inf)]
    if found.pace:
        jumps, turns = _regular(system, found, parameters, start, end, most)
        parts += _around(jumps)
        lines = np.where(np.isfinite(days), days, np.nan)
        grid = np.sort(np.concatenate([jumps, turns, lines], axis=1), axis=1)
        for difference in found.compared:
            parts += _around(_crossings(system, difference, parameters, grid))
    return np.concatenate(parts, axis=1)


def _around(days: Floats) -> list[Floats]:
    blur = _BLUR * np.abs(days)
    return [days - blur, days, days + blur]


def foreseen(system: System, relation: Expression) -> bool:
    """Whether :func:`switch_times` knows when a comparison changes."""
    difference, names = relation.args[0] - relation.args[1], _names(system)
    if not difference.free_symbols <= names | {TIME}:
        return False
    if _linear(difference, names) is not None or TIME not in difference.free_symbols:
        return True
    waves = _regular_parts(difference)
    return bool(waves) and all(_linear(part.args[0], names) is not None for part in waves)


@lru_cache(maxsize=64)
def unforeseen(system: System) -> tuple[Problem, ...]:
    """Regular comparisons of time of which it cannot be known when they change, so that changes may be missed."""
    hint = "make what is rounded linear in time, or ask for more output times"
    return tuple(
        Problem(f"model {system.name}", f"changes where {relation}, and may do so within a step, unseen", hint)
        for relation in _all_relations(system)
        if any(TIME in part.args[0].free_symbols for part in _regular_parts(relation))
        and relation.free_symbols <= _names(system) | {TIME}
        and not foreseen(system, relation)
    )


def _names(system: System) -> set[Expression]:
    return {symengine.Symbol(name) for name in system.parameter_names}


@lru_cache(maxsize=64)
def _expressions(system: System) -> tuple[Expression, ...]:
    """Those that decide how the system moves."""
    parts = [*(event.trigger for event in system.events), *(delay.expression for delay in system.delays)]
    return (*system.rates, *map(system.inline, parts))


@lru_cache(maxsize=64)
def _all_relations(system: System) -> tuple[Expression, ...]:
    found = {str(relation): relation for e in _expressions(system) for relation in _relations(e)}
    return tuple(found[text] for text in sorted(found))


@lru_cache(maxsize=64)
def _switches(system: System) -> _Switches:
    names, moments, regular, compared = _names(system), {}, {}, {}
    for relation in _all_relations(system):
        difference = relation.args[0] - relation.args[1]
        line = _linear(difference, names)
        if line is not None:
            moments[str(relation)] = -line[1] / line[0]
        elif foreseen(system, relation):
            compared[str(difference)] = difference
            for part in _regular_parts(difference):
                regular[str(part)] = part
    for expression in _expressions(system):
        for part in _regular_parts(expression):
            if type(part).__name__ in _ROUNDINGS and _linear(part.args[0], names) is not None:
                regular[str(part)] = part
    parts = [regular[text] for text in sorted(regular)]
    sharp = [type(part).__name__ in _ROUNDINGS for part in parts]
    arguments = [part.args[0] / (1 if jump else _QUARTER) for part, jump in zip(parts, sharp, strict=True)]
    lines = [_linear(argument, names) for argument in arguments]
    known = [line for line in lines if line is not None]
    return _Switches(
        tuple(dict.fromkeys(moments[text] for text in sorted(moments))),
        tuple(pace for pace, _ in known),
        tuple(phase for _, phase in known),
        tuple(sharp),
        tuple(compared[text] for text in sorted(compared)),
    )


def _linear(expression: Expression, names: set[Expression]) -> tuple[Expression, Expression] | None:
    """Slope by time and value at 0, of what is linear in time with coefficients of parameters."""
    expression = symengine.expand(expression)
    if TIME not in expression.free_symbols or _regular_parts(expression) or _relations_in(expression):
        return None
    slope = expression.diff(TIME)
    start = expression.subs({TIME: 0})
    if slope == 0 or TIME in slope.free_symbols or not (slope.free_symbols | start.free_symbols) <= names:
        return None
    return slope, start


def _relations_in(expression: Expression) -> bool:
    return next(_relations(expression), None) is not None


def _regular_parts(expression: Expression) -> list[Expression]:
    """Roundings and waves of time in an expression."""
    if TIME not in expression.free_symbols:
        return []
    mine = [expression] if type(expression).__name__ in (*_ROUNDINGS, *_WAVES) else []
    return mine + [part for argument in expression.args for part in _regular_parts(argument)]


def _relations(expression: Expression) -> Iterator[Expression]:
    """The comparisons in an expression that name time, of numbers with numbers."""
    if TIME not in expression.free_symbols:
        return
    if type(expression).__name__ in _RELATIONS and not any(part.is_Boolean for part in expression.args):
        yield expression
    for part in expression.args:
        yield from _relations(part)


def _regular(
    system: System, found: _Switches, parameters: Floats, start: Floats, end: Floats, most: int
) -> tuple[Floats, Floats]:
    """Times at which something jumps, and at which it turns, from just before the start until just after the end."""
    pace, phase = (of_parameters(system, part, parameters) for part in (found.pace, found.phase))
    ends = np.stack([pace * start[:, None] + phase, pace * end[:, None] + phase])
    low, high = np.floor(ends.min(axis=0)), np.ceil(ends.max(axis=0))
    usable = np.isfinite(low) & np.isfinite(high) & (pace != 0)
    counts = np.where(usable, np.minimum(np.where(usable, high - low, 0) + 1, most), 0).astype(np.intp)
    jumps, turns = [np.zeros((len(parameters), 0))], [np.zeros((len(parameters), 0))]
    for column, sharp in enumerate(found.sharp):
        steps = np.arange(counts[:, column].max(initial=0))
        number = low[:, column, None] + steps
        with np.errstate(all="ignore"):
            days = (number - phase[:, column, None]) / pace[:, column, None]
        (jumps if sharp else turns).append(np.where(steps < counts[:, column, None], days, np.nan))
    return np.concatenate(jumps, axis=1), np.concatenate(turns, axis=1)


@lru_cache(maxsize=128)
def _of_time(system: System, difference: Expression) -> Any:
    return compiled([*(symengine.Symbol(name) for name in system.parameter_names), TIME], [difference])


def _crossings(system: System, difference: Expression, parameters: Floats, grid: Floats) -> Floats:
    """The times, between those of ``grid`` (individual × time, ascending, NaN at the end), at which a sign changes."""
    function = _of_time(system, difference)

    def below(rows: NDArray[np.intp], time: Floats) -> NDArray[np.bool_]:
        point = np.concatenate([parameters[rows], time[:, None]], axis=1)
        return np.asarray(np.asarray(function(point), dtype=float).reshape(-1) < 0)

    low, high = grid[:, :-1], grid[:, 1:]
    blur = _BLUR * np.maximum(np.abs(low), np.abs(high))
    low, high = low + blur, high - blur
    rows, columns = np.nonzero(high > low)
    crossed = np.full((len(parameters), (len(_LOOKS) - 1) * grid.shape[1]), np.nan)
    looks = low[rows, columns, None] + _LOOKS * (high - low)[rows, columns, None]
    looks[:, -1] = high[rows, columns]
    signs = below(np.repeat(rows, len(_LOOKS)), looks.reshape(-1)).reshape(looks.shape)
    for k in range(len(_LOOKS) - 1):
        changes = np.flatnonzero(signs[:, k] != signs[:, k + 1])
        left, right, who = looks[changes, k], looks[changes, k + 1], rows[changes]
        for _ in range(_BISECTIONS if len(changes) else 0):
            middle = 0.5 * (left + right)
            same = below(who, middle) == signs[changes, k]
            left, right = np.where(same, middle, left), np.where(same, right, middle)
        crossed[who, columns[changes] * (len(_LOOKS) - 1) + k] = right
    return crossed
