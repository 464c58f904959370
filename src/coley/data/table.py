"""A table as people bring it, CSV or Parquet, of which every cell knows its place for messages."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.errors import ColeyError, Problem

Source = str | Path | pd.DataFrame
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MISSING = ("", ".", "NA", "NaN", "nan", "N/A")
"""Cells that hold nothing."""
_DELIMITERS = ",;\t"


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of cells. Comments are gone; ``numbers`` says which line of the source each row stood in.

    Attributes:
        source: what the table is called in messages, the name of its file.
        counted: what ``numbers`` counts: lines of a text, or rows of a table that has no lines.
        columns: cells by column, in order: numbers where the source had numbers, else text, "" where missing.
    """

    source: str
    counted: str
    numbers: NDArray[np.int64]
    columns: Mapping[str, pd.Series]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Flags) -> Table:
        """The rows where ``rows`` holds."""
        columns = {name: cells[rows].reset_index(drop=True) for name, cells in self.columns.items()}
        return Table(self.source, self.counted, self.numbers[rows], columns)

    def missing(self, column: str) -> Flags:
        """Whether the cells of a column hold nothing."""
        cells = self.columns[column]
        return np.asarray(cells.isna() if pd.api.types.is_numeric_dtype(cells) else cells == "")

    def text(self, column: str) -> pd.Series:
        """The cells of a column as text, "" where missing; whole numbers without a decimal point."""
        cells = self.columns[column]
        if pd.api.types.is_float_dtype(cells):
            whole = cells.notna() & (cells == np.floor(cells)) & (np.abs(cells) < 2**53)
            integers = cells.where(whole, 0).astype(np.int64).astype(str)
            return cells.astype(str).mask(whole, integers).mask(cells.isna(), "")
        return cells.astype(str) if pd.api.types.is_numeric_dtype(cells) else cells

    def floats(self, column: str) -> Floats:
        """The cells of a column as numbers, NaN where missing; those that :meth:`strange` points at are NaN too."""
        cells = self.columns[column]
        values = np.asarray(pd.to_numeric(cells, errors="coerce").astype(float), dtype=float)
        return np.where(np.isfinite(values), values, np.nan)

    def strange(self, column: str) -> Iterator[Problem]:
        """The cells of a column that hold something other than a finite number."""
        bad = np.isnan(self.floats(column)) & ~self.missing(column)
        if not bad.any():
            return
        decimal = self.text(column).str.fullmatch(r"-?\d+,\d+").to_numpy(dtype=bool)
        yield from self.faults(bad & decimal, column, "is not a number", "write a decimal point")
        yield from self.faults(bad & ~decimal, column, "is not a finite number")

    def faults(self, bad: Flags | pd.Series, column: str, what: str, hint: str = "") -> Iterator[Problem]:
        """One problem for the rows where ``bad`` holds, with their lines; ``what`` follows the first one's cell."""
        rows = np.flatnonzero(bad)
        if len(rows):
            cell = self[np.arange(len(self)) == rows[0]].text(column).iloc[0] if column in self.columns else ""
            yield Problem(self.place(rows, column), f"{clipped(cell) if cell else 'a missing cell'} {what}", hint)

    def place(self, rows: NDArray[np.intp], column: str) -> str:
        """Where ``rows`` of a column stand."""
        named = ", ".join(str(self.numbers[row]) for row in rows[:3])
        more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
        return f"{self.source}, {self.counted}{'s' * (len(rows) > 1)} {named}{more}, column {column}"


def clipped(text: str, limit: int = 40) -> str:
    """``text`` between quotes, short enough for a message."""
    return repr(text if len(text) <= limit else f"{text[:limit]}...")


def read_table(source: Source) -> Table:
    """Read CSV or Parquet, or take a DataFrame.

    CSV is UTF-8 text with a heading line; cells stand between commas, semicolons or tabs, whichever the heading has
    most of. Lines that begin with ``#``, and rows that hold C in a column C, are comments. Missing is an empty cell,
    ``.``, ``NA`` or ``NaN``.

    Raises:
        ColeyError: what cannot be read as a table; all at once.
    """
    if isinstance(source, pd.DataFrame):
        return _uncommented(_framed(source, "table"))
    path = Path(source)
    try:
        with path.open("rb") as file:
            parquet = file.read(4) == b"PAR1"
        return _uncommented(_parquet(path) if parquet else _csv(path))
    except OSError as error:
        raise ColeyError(Problem(path.name, f"cannot be read: {error.strerror or error}")) from error


def _parquet(path: Path) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        frame = pyarrow.parquet.read_table(path).to_pandas(ignore_metadata=True)
    except (pyarrow.ArrowException, NotImplementedError) as error:
        raise ColeyError(Problem(path.name, f"is no Parquet table: {str(error).splitlines()[0][:200]}")) from error
    return _framed(frame, path.name)


def _framed(frame: pd.DataFrame, name: str) -> Table:
    problems = list(_heading_problems(list(map(str, frame.columns)), name, ""))
    if problems:
        raise ColeyError(problems)
    cells = {str(column): _cells(frame[column].reset_index(drop=True)) for column in frame.columns}
    return Table(name, "row", np.arange(1, len(frame) + 1), cells)


def _cells(cells: pd.Series) -> pd.Series:
    """The cells of a column as a Table holds them."""
    if pd.api.types.is_bool_dtype(cells):
        return cells.astype(int)
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype(float) if cells.isna().any() else cells
    text = cells.astype(str).str.strip().mask(cells.isna(), "")
    return text.mask(text.isin(MISSING), "")


def _csv(path: Path) -> Table:
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in _rows(file):
                rows.append(row)
                lines.append(number)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ColeyError(Problem(path.name, f"is no CSV text: {error}", "UTF-8 text or Parquet is needed")) from error
    if not rows:
        raise ColeyError(Problem(path.name, "is empty", "the first line names the columns"))
    heading = [name.strip() for name in rows.pop(0)]
    problems = [*_heading_problems(heading, path.name, f", line {lines[0]}")]
    for number, row in zip(lines[1:], rows, strict=True):
        if len(row) != len(heading):
            what = f"has {len(row)} cells where the heading has {len(heading)}"
            problems.append(Problem(f"{path.name}, line {number}", what))
    if problems:
        raise ColeyError(_few(problems, path.name))
    cells = zip(*rows, strict=True) if rows else [()] * len(heading)
    columns = {name: _cells(pd.Series(column, dtype=object)) for name, column in zip(heading, cells, strict=True)}
    return Table(path.name, "line", np.array(lines[1:], dtype=np.int64), columns)


def _rows(file: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV text that hold something, each with the number of the line where it begins."""
    begun = [0]

    def lines() -> Iterator[str]:
        for number, line in enumerate(file, start=1):
            begun.append(number)
            if not line.startswith("#"):
                yield line

    source = lines()
    first = next((line for line in source if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    yield from ((begun[-1], row) for row in csv.reader([first], delimiter=delimiter) if row)
    for row in csv.reader(source, delimiter=delimiter):
        if any(cell.strip() for cell in row):
            yield begun[-1], row


def _heading_problems(heading: list[str], name: str, line: str) -> Iterator[Problem]:
    for column, n in Counter(heading).items():
        if not column:
            places = ", ".join(str(i + 1) for i, other in enumerate(heading) if not other)
            yield Problem(f"{name}{line}", f"column {places} has no name")
        elif n > 1:
            yield Problem(f"{name}{line}", f"column {clipped(column)} is there {n} times")


def _few(problems: list[Problem], name: str, limit: int = 20) -> list[Problem]:
    if len(problems) <= limit:
        return problems
    return [*problems[:limit], Problem(name, f"and {len(problems) - limit} more lines like these")]


def _uncommented(table: Table) -> Table:
    marks = next((name for name in table.columns if name.upper() == "C"), None)
    if marks is None:
        return table
    text = table.text(marks).str.upper()
    if not text.isin(["", "C"]).all():
        return table
    kept = table[(text == "").to_numpy()]
    rest = {name: cells for name, cells in kept.columns.items() if name != marks}
    return Table(kept.source, kept.counted, kept.numbers, rest)
