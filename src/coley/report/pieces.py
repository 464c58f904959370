"""A table that comes in pieces as one Parquet file: the same bytes however it is cut, one group of rows in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_ROWS = 2**17
"""Rows of a group."""


def write_pieces(pieces: Iterable[pd.DataFrame], path: Path) -> None:
    """Write the rows of all ``pieces``, which have the same columns; empty ones lend their types to none."""
    groups = _groups(pieces)
    first = next(groups)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for group in groups:
            writer.write_table(group.cast(first.schema))


def _groups(pieces: Iterable[pd.DataFrame]) -> Iterator[pa.Table]:
    """Tables of :data:`_ROWS` rows, the last of the rest; one without rows where there are none."""
    waiting: list[pd.DataFrame] = []
    empty: pd.DataFrame | None = None
    for piece in pieces:
        empty = piece if empty is None else empty
        waiting += [piece] if len(piece) else []
        while sum(map(len, waiting)) >= _ROWS:
            whole = pd.concat(waiting, ignore_index=True)
            yield _table(whole[:_ROWS])
            waiting = [whole[_ROWS:]]
    rest = pd.concat(waiting, ignore_index=True) if waiting else empty
    if rest is not None and (len(rest) or not waiting):
        yield _table(rest)


def _table(frame: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for place, field in enumerate(table.schema):
        if pa.types.is_null(field.type):  # nothing is said in these rows, but may be in others
            table = table.set_column(place, field.with_type(pa.string()), table[place].cast(pa.string()))
    return table
