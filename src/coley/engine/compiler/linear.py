"""Sparse elimination planned ahead: the order of pivots, and the entries that elimination fills."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Elimination:
    """LU factors of a matrix whose pivots stand on the diagonal, in a fixed order.

    Attributes:
        order: which row and column is eliminated first, second, ...
        rows: for each row in that order, its columns in that order, ascending: factors L below, U from the diagonal on.
    """

    order: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]

    @cached_property
    def places(self) -> dict[tuple[int, int], int]:
        """Where each entry of the factors is stored, row by row."""
        return {entry: k for k, entry in enumerate((i, j) for i, row in enumerate(self.rows) for j in row)}

    @cached_property
    def position(self) -> dict[int, int]:
        """When each row and column is eliminated."""
        return {k: i for i, k in enumerate(self.order)}


def plan(size: int, pattern: Iterable[tuple[int, int]]) -> Elimination:
    """The elimination of a matrix with entries at ``pattern`` and on the diagonal.

    The order is Markowitz's (Management Science 3:255, 1957) on diagonal pivots: next comes the pivot that updates the
    fewest entries, the first of several.
    """
    rows: list[set[int]] = [{i} for i in range(size)]
    columns: list[set[int]] = [{i} for i in range(size)]
    for i, j in pattern:
        rows[i].add(j)
        columns[j].add(i)
    left, order, kept = set(range(size)), [], []
    while left:
        pivot = min(left, key=lambda k: ((len(rows[k]) - 1) * (len(columns[k]) - 1), k))
        left.remove(pivot)
        order.append(pivot)
        kept.append((set(rows[pivot]), set(columns[pivot])))
        across, down = rows[pivot] - {pivot}, columns[pivot] - {pivot}
        for i in down:
            rows[i].discard(pivot)
            rows[i] |= across
        for j in across:
            columns[j].discard(pivot)
            columns[j] |= down
    position = {k: i for i, k in enumerate(order)}
    factors: list[set[int]] = [set() for _ in range(size)]
    for i, (across, down) in enumerate(kept):
        factors[i] |= {position[j] for j in across}
        for k in down:
            factors[position[k]].add(i)
    return Elimination(tuple(order), tuple(tuple(sorted(row)) for row in factors))
