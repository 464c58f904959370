"""Sparse elimination planned ahead: the order of pivots, and the entries that elimination fills.

Elimination fills what is left of the matrix, the more the later. Where that is worth it, the last rows and columns are
kept as a full block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

TILE = 4  # rows and columns of the full block that are worked on at a time
STRAIGHT = 6000  # updates of entries that may stand outside the block: a second of compiling
WASTE = 2  # updates in the block for each that is needed


@dataclass(frozen=True)
class Elimination:
    """LU factors of a matrix whose pivots stand on the diagonal, in a fixed order.

    Attributes:
        order: which row and column is eliminated first, second, ...
        rows: for each row in that order, its columns in that order, ascending: factors L below, U from the diagonal on.
        block: how many rows and columns at the end are kept as a full block, a multiple of ``TILE``.
    """

    order: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    block: int

    @property
    def first(self) -> int:
        """The first row and column of the block."""
        return len(self.order) - self.block

    @cached_property
    def places(self) -> dict[tuple[int, int], int]:
        """Where each entry of the factors is stored: row by row, and the block last of all, also row by row."""
        entries = [(i, j) for i, row in enumerate(self.rows) for j in row]
        entries.sort(key=lambda entry: min(entry) >= self.first)  # keeps the order otherwise
        return {entry: k for k, entry in enumerate(entries)}

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
    left, order, kept, updates = set(range(size)), list[int](), list[tuple[set[int], set[int]]](), list[int]()
    while left:
        pivot = min(left, key=lambda k: ((len(rows[k]) - 1) * (len(columns[k]) - 1), k))
        left.remove(pivot)
        order.append(pivot)
        kept.append((set(rows[pivot]), set(columns[pivot])))
        across, down = rows[pivot] - {pivot}, columns[pivot] - {pivot}
        updates.append(len(across) * len(down))
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
    block = _block(updates)
    for i in range(size - block, size):
        factors[i] |= set(range(size - block, size))
    return Elimination(tuple(order), tuple(tuple(sorted(row)) for row in factors), block)


def _block(updates: Sequence[int]) -> int:
    """The size of the smallest full block that leaves not too many of the ``updates`` by each pivot outside it.

    A block has more updates than are needed, but does them two to three times as fast as code without loops does.
    """
    size, block = len(updates), 0
    while sum(updates[: size - block]) > STRAIGHT and _work(block + TILE) <= WASTE * sum(updates):
        block += TILE
    return block if block <= size else 0


def _work(block: int) -> int:
    """Updates of entries within a full block."""
    return block**3 // 3
