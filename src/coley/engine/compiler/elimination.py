"""Elimination and the solves with its factors, as straight-line code but for the full block at the end."""

from __future__ import annotations

from collections.abc import Iterable

from coley.engine.compiler import block
from coley.engine.compiler.ir import Value, constant
from coley.engine.compiler.linear import Elimination
from coley.engine.compiler.pieces import Pieces


def eliminate(pieces: Pieces, plan: Elimination, present: set[tuple[int, int]]) -> list[str]:
    """Turn the matrix, of which some entries are ``present``, into its factors, row by row, with inverse pivots.

    Returns:
        Definitions that the code needs.
    """
    places = plan.places
    for i, row in enumerate(plan.rows):
        pieces.cut()
        f = pieces.function
        for k in (k for k in row if k < min(i, plan.first)):
            factor = f.binary("fmul", pieces.load("%lu", places[i, k]), pieces.load("%lu", places[k, k]))
            pieces.store(factor, "%lu", places[i, k])
            minus = f.negative(factor)
            for j in (j for j in plan.rows[k] if j > k):
                change, place = pieces.load("%lu", places[k, j]), places[i, j]
                if (i, j) in present:
                    value = f.fma(minus, change, pieces.load("%lu", place))
                else:
                    value = f.binary("fmul", minus, change)
                    present.add((i, j))
                pieces.store(value, "%lu", place)
        if i < plan.first:
            pivot = f.binary("fdiv", constant(1.0), pieces.load("%lu", places[i, i]))
            pieces.store(pivot, "%lu", places[i, i])
    if not plan.block:
        return []
    pieces.invoke(block.ELIMINATION, "%lu")
    return block.elimination(plan, [places[entry] for entry in places if entry not in present])


def solve(plan: Elimination) -> tuple[Pieces, list[str]]:
    """Replace a right-hand side by the solution; the code, and definitions that it needs."""
    pieces = Pieces("solve", ["ptr noalias readonly %lu", "ptr noalias %b"], ["%lu", "%b"])
    places, order, first = plan.places, plan.order, plan.first

    def reduced(i: int, columns: Iterable[int]) -> Value:
        pieces.cut()
        value = pieces.load("%b", order[i])
        for j in columns:
            factor = pieces.function.negative(pieces.load("%lu", places[i, j]))
            value = pieces.function.fma(factor, pieces.load("%b", order[j]), value)
        return value

    for i, row in enumerate(plan.rows):
        pieces.store(reduced(i, (j for j in row if j < min(i, first))), "%b", order[i])
    if plan.block:
        pieces.invoke(block.SOLUTION, "%lu", "%b")
    for i, row in reversed(list(enumerate(plan.rows[:first]))):
        value = reduced(i, (j for j in reversed(row) if j > i))
        pieces.store(pieces.function.binary("fmul", value, pieces.load("%lu", places[i, i])), "%b", order[i])
    pieces.end()
    return pieces, block.solution(plan) if plan.block else []
