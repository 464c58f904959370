"""Times at which a model changes at once because a condition on time says so.

A step over such a time would have to be found short by its error, and may miss a change and its reverse altogether;
steps that end just before it and begin just after it lose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.engine.functions import compiled
from coley.system import TIME, Expression, System

Floats = NDArray[np.float64]
_RELATIONS = ("StrictLessThan", "LessThan", "Equality", "Unequality")


def switch_times(system: System, parameters: Floats) -> Floats:
    """Individual × switch: days at which a condition changes, and the closest numbers before and after; maybe NaN."""
    found = _switches(system)
    if not found or not len(parameters):
        return np.zeros((len(parameters), 0))
    arguments = [symengine.Symbol(name) for name in system.parameter_names] or [TIME]
    given = parameters if parameters.shape[1] else np.zeros((len(parameters), 1))
    days = np.asarray(compiled(arguments, found)(given), dtype=float).reshape(len(parameters), len(found))
    return np.concatenate([np.nextafter(days, -np.inf), days, np.nextafter(days, np.inf)], axis=1)


@lru_cache(maxsize=64)
def _switches(system: System) -> tuple[Expression, ...]:
    """The times, as expressions of parameters."""
    names = {symengine.Symbol(name) for name in system.parameter_names}
    parts = [*(event.trigger for event in system.events), *(delay.expression for delay in system.delays)]
    expressions = [*system.rates, *map(system.inline, parts)]
    found: dict[str, Expression] = {}
    for relation in (relation for expression in expressions for relation in _relations(expression)):
        difference = symengine.expand(relation.args[0] - relation.args[1])
        slope = difference.diff(TIME)
        when = -difference.subs({TIME: 0}) / slope if slope != 0 else symengine.nan
        if slope != 0 and TIME not in slope.free_symbols and when.free_symbols <= names:
            found[str(when)] = when
    return tuple(found[text] for text in sorted(found))


def _relations(expression: Expression) -> Iterator[Expression]:
    """The comparisons in an expression that name time, of numbers with numbers."""
    if TIME not in expression.free_symbols:
        return
    if type(expression).__name__ in _RELATIONS and not any(part.is_Boolean for part in expression.args):
        yield expression
    else:
        for part in expression.args:
            yield from _relations(part)
