"""Courses of many individuals, some at a time, so that what is held does not grow with how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.data.engine_call import Progress
from coley.data.records import Records
from coley.data.simulation import Course, individuals, simulate
from coley.engine.batch import Budget
from coley.errors import ColeyError, Problem
from coley.system import System

Floats = NDArray[np.float64]
_MOST_NUMBERS = 2**21
"""Numbers in the rows of a part: 16 MiB."""


def simulate_in_parts(
    system: System,
    records: Records | None = None,
    *,
    times: Sequence[float] | Floats | None = None,
    parameters: pd.DataFrame | None = None,
    observables: Sequence[str],
    rtol: float = 1e-6,
    atol: Mapping[str, float] | None = None,
    budget: Budget | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Course]:
    """What :func:`coley.data.simulate` gives, part by part in the order of ``parameters``; the arguments are its own.

    Raises:
        ColeyError: as there, before the first part.
    """
    table, records = put_together(records, parameters)
    size = _size(system, records, times, observables)
    for first in range(0, len(table), size):
        part = table.iloc[first : first + size]
        mine = of_these(records, part.index)
        if times is None and mine is not None and mine is not records and not (mine.rows["EVID"] == 0).any():
            continue  # nobody of these is observed
        yield simulate(
            system,
            mine,
            times=times,
            parameters=part,
            observables=observables,
            rtol=rtol,
            atol=atol,
            budget=budget,
            threads=threads,
            progress=progress,
        )


def put_together(records: Records | None, parameters: pd.DataFrame | None) -> tuple[pd.DataFrame, Records | None]:
    """All that is an individual's own, in one table, and the records without it.

    Raises:
        ColeyError: records and parameters that do not fit each other.
    """
    problems: list[Problem] = []
    table = individuals(records, parameters, problems)
    if problems:
        raise ColeyError(problems)
    if records is None:
        return table, None
    return table, replace(records, parameters=records.parameters[[]])


def _size(
    system: System, records: Records | None, times: Sequence[float] | Floats | None, observables: Sequence[str]
) -> int:
    """Individuals in a part."""
    rows = len(times) if times is not None else 0
    if records is not None and len(records.rows):
        rows += int(records.rows.groupby("who").size().max())
    return max(1, _MOST_NUMBERS // (max(rows, 1) * (len(system.states) + len(observables) + 2)))


def of_these(records: Records | None, ids: pd.Index) -> Records | None:
    """The records of some individuals, if they have any; what they say of parameters is known already."""
    if records is None or records.everyone:
        return records
    position = ids.get_indexer(records.parameters.index)
    mine = records.parameters.index[position >= 0]
    who = position[records.rows["who"].to_numpy()]
    kept = records.rows.assign(who=mine.get_indexer(ids[who]))[who >= 0].reset_index(drop=True)
    return replace(records, rows=kept, parameters=pd.DataFrame(index=mine))
