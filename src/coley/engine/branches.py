"""Comparisons that choose between rates: over a step each holds or does not hold, as it did at the start of it.

A step over a jump of a rate would have to be found short by its error, and where rates are large none is short enough.
So kernels ask a hidden parameter instead of the comparison; the driver watches the comparison, ends a step where it
changes, and changes the parameter there. Comparisons of time alone need none of that where :mod:`coley.engine.switches`
knows when they change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import symengine

from coley.engine.delays import present
from coley.engine.switches import foreseen
from coley.system import Expression, Parameter, System

_HELD = " held "
_KINDS = ("StrictLessThan", "LessThan")


@lru_cache(maxsize=64)
def branches(system: System) -> tuple[Expression, ...]:
    """The comparisons, in states, parameters and time; those of delayed values are left to the error of a step."""
    past = {symengine.Symbol(delay.name) for delay in system.delays}
    found = {str(part): part for rate in system.rates for part in comparisons(rate) if not part.free_symbols & past}
    return tuple(found[text] for text in sorted(found) if not foreseen(system, found[text]))


def comparisons(expression: Expression) -> set[Expression]:
    """Those in an expression of what is less than what."""
    if type(expression).__name__ in _KINDS:
        return {expression}
    found: set[Expression] = set()
    seen: set[Expression] = set()  # rates of large models say the same thing in many places
    todo = [expression]
    while todo:
        for part in todo.pop().args:
            if type(part).__name__ in _KINDS:
                found.add(part)
            elif part.args and part not in seen:
                seen.add(part)
                todo.append(part)
    return found


@lru_cache(maxsize=64)
def held(system: System) -> System:
    """``system`` as kernels meet it: without delays, and with a hidden parameter for each branch, which come last.

    A parameter of 1 says that the comparison holds, 0 that it does not, and 1/2 to see for oneself.
    """
    plain, found = present(system), branches(system)
    if not found:
        return plain
    hidden = [Parameter(f"{_HELD}{k}", "", 0.5) for k in range(len(found))]
    said = [symengine.Symbol(parameter.name) for parameter in hidden]
    instead = {part: _or_see(symbol, part) for symbol, part in zip(said, found, strict=True)}
    reactions = tuple(
        replace(
            reaction,
            rate=_instead(plain.inline(reaction.rate), instead),
            stoichiometry={k: _instead(plain.inline(v), instead) for k, v in reaction.stoichiometry.items()},
        )
        for reaction in plain.reactions
    )
    return replace(plain, parameters=(*plain.parameters, *hidden), reactions=reactions)


def _or_see(said: Expression, part: Expression) -> Expression:
    return symengine.Or(said > 0.75, symengine.And(said > 0.25, part))


def _instead(expression: Expression, instead: Mapping[Expression, Expression]) -> Expression:
    if expression in instead:
        return instead[expression]
    if not expression.args:
        return expression
    parts = [_instead(part, instead) for part in expression.args]
    if parts == list(expression.args):
        return expression
    if type(expression).__name__ == "Piecewise":
        return symengine.Piecewise(*zip(parts[::2], parts[1::2], strict=True))
    return type(expression)(*parts)
