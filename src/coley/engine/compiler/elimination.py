"""Elimination and the solves with its factors, as code."""

from __future__ import annotations

from collections.abc import Iterable

from coley.engine.compiler.ir import Value, constant
from coley.engine.compiler.linear import Elimination
from coley.engine.compiler.pieces import Pieces


def eliminate(pieces: Pieces, elimination: Elimination, present: set[tuple[int, int]]) -> None:
    """Turn the matrix, of which some entries are ``present``, into its factors, row by row, with inverse pivots."""
    places = elimination.places
    for i, row in enumerate(elimination.rows):
        pieces.cut()
        f = pieces.function
        for k in (k for k in row if k < i):
            factor = f.binary("fmul", pieces.load("%lu", places[i, k]), pieces.load("%lu", places[k, k]))
            pieces.store(factor, "%lu", places[i, k])
            minus = f.negative(factor)
            for j in (j for j in elimination.rows[k] if j > k):
                change, place = pieces.load("%lu", places[k, j]), places[i, j]
                if (i, j) in present:
                    value = f.fma(minus, change, pieces.load("%lu", place))
                else:
                    value = f.binary("fmul", minus, change)
                    present.add((i, j))
                pieces.store(value, "%lu", place)
        pivot = f.binary("fdiv", constant(1.0), pieces.load("%lu", places[i, i]))
        pieces.store(pivot, "%lu", places[i, i])


def solve(elimination: Elimination) -> Pieces:
    """Replace a right-hand side by the solution."""
    pieces = Pieces("solve", ["ptr noalias readonly %lu", "ptr noalias %b"], ["%lu", "%b"])
    places, order = elimination.places, elimination.order

    def reduced(i: int, columns: Iterable[int]) -> Value:
        pieces.cut()
        value = pieces.load("%b", order[i])
        for j in columns:
            factor = pieces.function.negative(pieces.load("%lu", places[i, j]))
            value = pieces.function.fma(factor, pieces.load("%b", order[j]), value)
        return value

    for i, row in enumerate(elimination.rows):
        pieces.store(reduced(i, (j for j in row if j < i)), "%b", order[i])
    for i, row in reversed(list(enumerate(elimination.rows))):
        value = reduced(i, (j for j in reversed(row) if j > i))
        pieces.store(pieces.function.binary("fmul", value, pieces.load("%lu", places[i, i])), "%b", order[i])
    pieces.end()
    return pieces
