"""Definitions in an order in which each uses only those before it."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from coley.sbml.limits import DEEPEST_NESTING, LARGEST_MODEL, RefusalError
from coley.system import Expression

Definitions = Mapping[Expression, Expression]


def ordered(definitions: Definitions) -> list[Expression]:
    """The symbols of ``definitions``, each after those that its expression holds.

    Raises:
        RefusalError: they depend on each other in a circle.
    """
    graph = {
        symbol: sorted(expression.free_symbols & definitions.keys(), key=str)
        for symbol, expression in definitions.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " → ".join(str(symbol) for symbol in reversed(error.args[1]))
        raise RefusalError("circular", f"values depend on each other in a circle: {circle}") from None


def demand_size(definitions: Definitions, order: list[Expression]) -> None:
    """Refuse what would be too large or too deep once all definitions are written out.

    Raises:
        RefusalError: that.
    """
    sizes: dict[Expression, tuple[int, int]] = {}
    for symbol in order:
        sizes[symbol] = _size(definitions[symbol], sizes)
        if sizes[symbol][0] > LARGEST_MODEL:
            raise RefusalError("too-large", f"{symbol} is too large once all that it depends on is written out")


def bounded(expression: Expression) -> Expression:
    """``expression``, which functions that are written out have not made too large or too deep.

    Raises:
        RefusalError: they have.
    """
    if parts(expression) > LARGEST_MODEL:
        raise RefusalError("too-large", "a formula is too large once all functions are written out")
    return expression


def parts(expression: Expression) -> int:
    """Numbers, names and operations of ``expression``."""
    return _size(expression, {})[0]


def _size(expression: Expression, known: dict[Expression, tuple[int, int]]) -> tuple[int, int]:
    """Number of its parts, and levels of its own, with what is known in place of symbols."""
    stack = [expression]
    while stack:
        here = stack[-1]
        missing = [part for part in here.args if part not in known]
        if missing:
            stack += missing
            if len(stack) > LARGEST_MODEL:
                raise RefusalError("too-large", "a formula is too large once all functions are written out")
            continue
        parts = [known[part] for part in here.args]
        depth = 1 + max((0 if part.is_Symbol else known[part][1] for part in here.args), default=0)
        if depth > DEEPEST_NESTING:
            raise RefusalError("too-deep", f"a formula has more than {DEEPEST_NESTING} levels, functions written out")
        if here not in known:
            known[here] = (1 + sum(size for size, _ in parts), depth)
        stack.pop()
    return known[expression]
