"""The full block at the end of a matrix: its factors, and the solves with them, in loops over tiles.

What is done to one number is done in the same order as without a block. A tile stays in registers for as long as
something is to be subtracted from it. That is faster than straight-line code, which has to be read from memory as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coley.engine.compiler.ir import Function, Value, constant, table
from coley.engine.compiler.linear import TILE, Elimination

ELIMINATION, SOLUTION = "eliminate_block", "solve_block"
Tile = list[list[Value]]
_RANGE = range(TILE)


def elimination(plan: Elimination, unset: Sequence[int]) -> list[str]:
    """Definitions of the elimination within the block; the places ``unset`` hold nothing yet, and become 0."""
    f = Function(ELIMINATION, ["ptr noalias %lu"], linkage="internal")
    with f.loop(len(unset)) as place:
        f.store(constant(0.0), "%lu", f.entry("@unset", place))
    full, tiles = _Block(f, plan), plan.block // TILE
    with f.loop(tiles) as i:
        row = f.times(i, TILE)
        with f.loop(i) as j:
            column = f.times(j, TILE)
            tile, above = full.reduced(row, column, column), full.tile(column, column)
            for k in _RANGE:
                _eliminate(f, tile, above, k, _RANGE)
            full.keep(tile, row, column)
        tile = full.reduced(row, row, row)
        for k in _RANGE:
            tile[k][k] = f.binary("fdiv", constant(1.0), tile[k][k])
            _eliminate(f, tile, tile, k, range(k + 1, TILE))
        full.keep(tile, row, row)
        with f.loop(tiles, f.plus(i, 1)) as j:
            column = f.times(j, TILE)
            tile, left = full.reduced(row, column, row), full.tile(row, row)
            for k in _RANGE:
                for r in range(k + 1, TILE):
                    minus = f.negative(left[r][k])
                    tile[r] = [f.fma(minus, tile[k][c], tile[r][c]) for c in _RANGE]
            full.keep(tile, row, column)
    f.emit("ret void")
    return [table("@unset", unset), str(f)]


def _eliminate(f: Function, tile: Tile, pivots: Tile, k: int, rows: Sequence[int]) -> None:
    """Make column ``k`` of some rows of a tile vanish; the factors for that take its place."""
    for r in rows:
        tile[r][k] = f.binary("fmul", tile[r][k], pivots[k][k])
        minus = f.negative(tile[r][k])
        for c in range(k + 1, TILE):
            tile[r][c] = f.fma(minus, pivots[k][c], tile[r][c])


def solution(plan: Elimination) -> list[str]:
    """Definitions of the solve within the block."""
    f = Function(SOLUTION, ["ptr noalias readonly %lu", "ptr noalias %b"], linkage="internal")
    full, tiles = _Block(f, plan), plan.block // TILE
    with f.loop(tiles) as i:
        row = f.times(i, TILE)
        values = full.unknowns(row, row, lambda k: k)
        for r in _RANGE:
            for c in range(r):
                values[r] = f.fma(full.load(row, r, row, c), f.negative(values[c]), values[r])
        full.keep_unknowns(values, row)
    with f.loop(tiles) as i:
        row = f.minus(f.times(f.minus(tiles, i), TILE), TILE)
        values = full.unknowns(row, f.times(i, TILE), lambda k: f.minus(plan.block - 1, k))
        for r in reversed(_RANGE):
            for c in range(TILE - 1, r, -1):
                values[r] = f.fma(full.load(row, r, row, c), f.negative(values[c]), values[r])
            values[r] = f.binary("fmul", values[r], full.load(row, r, row, r))
        full.keep_unknowns(values, row)
    f.emit("ret void")
    return [table("@block", plan.order[plan.first :]), str(f)]


class _Block:
    """Access to the block from a function under construction; rows and columns count from its first."""

    def __init__(self, function: Function, plan: Elimination) -> None:
        self._f, self._size = function, plan.block
        self._base = function.address("%lu", plan.places[plan.first, plan.first])

    def _place(self, row: Value, r: int, column: Value, c: int) -> Value:
        f = self._f
        return f.plus(f.plus(f.times(row, self._size), column), r * self._size + c)

    def load(self, row: Value, r: int, column: Value, c: int = 0) -> Value:
        """What stands ``r`` rows below ``row`` and ``c`` columns beyond ``column``."""
        return self._f.load(self._base, self._place(row, r, column, c))

    def tile(self, row: Value, column: Value) -> Tile:
        """The tile that begins there."""
        return [[self.load(row, r, column, c) for c in _RANGE] for r in _RANGE]

    def keep(self, tile: Tile, row: Value, column: Value) -> None:
        """Put a tile where it begins."""
        for r in _RANGE:
            for c in _RANGE:
                self._f.store(tile[r][c], self._base, self._place(row, r, column, c))

    def reduced(self, row: Value, column: Value, count: Value) -> Tile:
        """The tile without what the first ``count`` pivots have to subtract from it."""
        f = self._f
        flat = [value for line in self.tile(row, column) for value in line]
        with f.sums(count, flat) as (k, values, closing):
            above = [self.load(k, 0, column, c) for c in _RANGE]
            for r in _RANGE:
                minus = f.negative(self.load(row, r, k))
                closing += [f.fma(minus, above[c], values[r * TILE + c]) for c in _RANGE]
        return [values[r * TILE : (r + 1) * TILE] for r in _RANGE]

    def unknowns(self, row: Value, count: Value, column: Callable[[Value], Value]) -> list[Value]:
        """Those of a tile's rows, without what ``count`` known ones have to subtract, each in its ``column``."""
        f = self._f
        with f.sums(count, [f.load("%b", state) for state in self._states(row)]) as (k, values, closing):
            known = f.negative(f.load("%b", f.entry("@block", column(k))))
            closing += [f.fma(self.load(row, r, column(k)), known, values[r]) for r in _RANGE]
        return values

    def keep_unknowns(self, values: Sequence[Value], row: Value) -> None:
        """Put them where they belong."""
        for value, state in zip(values, self._states(row), strict=True):
            self._f.store(value, "%b", state)

    def _states(self, row: Value) -> list[Value]:
        return [self._f.entry("@block", self._f.plus(row, r)) for r in _RANGE]
