"""Cohorts: a row per individual, a column per parameter or initial state in which individuals differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from coley.data.table import Source, Table, read_table
from coley.errors import ColeyError, Problem, did_you_mean
from coley.system import System


def read_cohort(source: Source, system: System) -> pd.DataFrame:
    """Read a cohort from CSV or Parquet, for ``coley.solve(parameters=...)`` and :func:`coley.data.simulate`.

    Args:
        source: path of a file, or a DataFrame. Every column is a parameter or a state (its initial value) of the
            system, in the system's units; a column ID, if there is one, names the individuals.
        system: the model.

    Returns:
        A row per individual, with its ID as index; without a column ID individuals are numbered from 0.

    Raises:
        ColeyError: columns that the model does not know, cells that are no numbers, IDs that come twice; all at once,
            with file, line and column.
    """
    table = read_table(source)
    ids = identities(table, "ID") if "ID" in table.columns else pd.RangeIndex(len(table), name="ID")
    names = [name for name in table.columns if name != "ID"]
    problems = list(_problems(table, names, system))
    if problems:
        raise ColeyError(problems)
    return pd.DataFrame({name: table.floats(name) for name in names}, index=ids)


def identities(table: Table, column: str) -> pd.Index:
    """The IDs of a column: whole numbers where all are, else text."""
    text = table.text(column)
    whole = text.str.fullmatch(r"-?\d{1,15}").to_numpy(dtype=bool)
    return pd.Index(text.astype(np.int64) if whole.all() else text, name="ID")


def _problems(table: Table, names: list[str], system: System) -> Iterator[Problem]:
    known = {*system.settable} - system.concentrations.keys()
    if not len(table):
        yield Problem(table.source, "holds no individual", "give a row to each")
    for name in names:
        if name not in known:
            hint = did_you_mean(name, {*known, "ID"})
            yield Problem(f"{table.source}, column {name}", "is no parameter or state of the model", hint)
            continue
        yield from table.strange(name)
        yield from table.faults(table.missing(name), name, "is no value", "every individual needs one")
    if "ID" in table.columns:
        text = table.text("ID")
        yield from table.faults(text == "", "ID", "is no ID")
        yield from table.faults((text != "") & text.duplicated(), "ID", "came before", "a row per individual")
