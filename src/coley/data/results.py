"""Courses in a folder: written part by part as Parquet, and what figures and tables need of them, read from there.

Files:

* ``trajectories.parquet``: a row per individual and time: ID, TIME, DV where observations were given, and a column per
  observable, whose unit and meaning stand in the metadata of its field. Empty after an individual's end.
* ``individuals.parquet``: a row per individual: ID, ``status``, ``reason``, ``event``, ``end_time``, ``steps``,
  ``rejections``, ``evaluations``, ``jacobians``, and its own parameters and initial states, with ``_`` behind the name
  of one that is named as a column before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from coley.data.simulation import Course
from coley.system import Parameter, Rule, State, System

Floats = NDArray[np.float64]
TRAJECTORIES, INDIVIDUALS = "trajectories.parquet", "individuals.parquet"
COLUMNS = frozenset(("ID", "TIME", "DV"))
"""Columns of trajectories that are no observables."""
_OUTCOMES = ("status", "reason", "event", "end_time", "steps", "rejections", "evaluations", "jacobians")
QUANTILES = (0.05, 0.5, 0.95)
_MOST_VALUES = 2**25
"""Values of which quantiles are found at a time: 256 MiB."""


@dataclass(frozen=True, eq=False)
class Results:
    """What was written.

    Attributes:
        folder: where.
        individuals: how many there are.
        failures: a row per status other than "ok": ``status``, ``count``, and ID and reason of the first.
        ended: how many an event ended.
    """

    folder: Path
    individuals: int
    failures: pd.DataFrame
    ended: int


def write_results(
    parts: Iterable[Course], system: System, names: Sequence[str], table: pd.DataFrame, dv: bool, folder: Path
) -> Results:
    """Write both tables into ``folder``.

    Args:
        parts: courses of individuals, one part after the other.
        system: the model; says units and meanings.
        names: the observables.
        table: the parameters of all individuals, with their IDs as index.
        dv: whether to keep what was observed.
    """
    table = table.rename(columns={name: f"{name}_" for name in (*_OUTCOMES, "ID") if name in table.columns})
    schemas = _schemas(system, names, table, dv)
    outcomes, ended, count = [], 0, 0
    with (
        pq.ParquetWriter(folder / TRAJECTORIES, schemas[0], compression="zstd") as courses,
        pq.ParquetWriter(folder / INDIVIDUALS, schemas[1], compression="zstd") as people,
    ):
        for part in parts:
            rows = part.rows if "DV" in part.rows or not dv else part.rows.assign(DV=np.nan)
            _append(courses, rows, schemas[0])
            known = part.individuals.join(table)
            _append(people, known.rename_axis("ID").reset_index(), schemas[1])
            outcomes.append(part.individuals.loc[part.individuals["status"] != "ok", ["status", "reason"]])
            ended += int((part.individuals["event"] != "").sum())
            count += len(part.individuals)
    return Results(folder, count, _failures(outcomes), ended)


def quantiles(results: Results, name: str, times: Floats) -> pd.DataFrame:
    """TIME, ``lower``, ``median`` and ``upper`` (5, 50 and 95 %) of those who got there, and ``count``, how many."""
    at_once = max(1, _MOST_VALUES // max(results.individuals, 1))
    return pd.concat([_quantiles(results, name, times[i : i + at_once]) for i in range(0, len(times), at_once)])


def first_courses(results: Results, names: Sequence[str], most: int) -> pd.DataFrame:
    """ID, TIME and observables of the first ``most`` individuals."""
    with pq.ParquetFile(results.folder / TRAJECTORIES) as file:
        if not file.num_row_groups:
            return pd.DataFrame(columns=["ID", "TIME", *names])
        rows = file.read_row_group(0, columns=["ID", "TIME", *names]).to_pandas()
    first: pd.DataFrame = rows[rows["ID"].isin(rows["ID"].unique()[:most])]
    return first


def last_values(results: Results, names: Sequence[str]) -> pd.DataFrame:
    """A row per individual: its last TIME, and observables then; NaN where it did not get there."""
    last = [
        rows.drop_duplicates("ID", keep="last").drop(columns="ID") for rows in _row_groups(results, ["TIME", *names])
    ]
    return pd.concat(last, ignore_index=True) if last else pd.DataFrame(columns=["TIME", *names], dtype=float)


def _quantiles(results: Results, name: str, times: Floats) -> pd.DataFrame:
    values: list[list[Floats]] = [[] for _ in times]
    for rows in _row_groups(results, ["TIME", name]):
        place = pd.Index(times).get_indexer(pd.Index(rows["TIME"]))
        rows = rows.assign(place=place)[place >= 0].drop_duplicates(["ID", "TIME"], keep="last").dropna()
        for k, found in rows.groupby("place")[name]:
            values[int(str(k))].append(found.to_numpy(dtype=float))
    together = [np.concatenate(found) if found else np.zeros(0) for found in values]
    ranked = np.array([np.quantile(v, QUANTILES) if len(v) else np.full(len(QUANTILES), np.nan) for v in together])
    columns = dict(zip(("lower", "median", "upper"), ranked.T, strict=True))
    return pd.DataFrame({"TIME": times, **columns, "count": [len(v) for v in together]})


def _row_groups(results: Results, names: Sequence[str]) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(results.folder / TRAJECTORIES) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=["ID", *names]).to_pandas()


def _append(writer: pq.ParquetWriter, rows: pd.DataFrame, schema: pa.Schema) -> None:
    table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
    if len(table):
        writer.write_table(table.replace_schema_metadata(None), row_group_size=len(table))


def _schemas(system: System, names: Sequence[str], table: pd.DataFrame, dv: bool) -> tuple[pa.Schema, pa.Schema]:
    identity = pa.field("ID", pa.int64() if pd.api.types.is_integer_dtype(table.index) else pa.string())
    named: Sequence[State | Parameter | Rule] = (*system.states, *system.parameters, *system.rules)
    meanings = {item.name: item.meaning for item in named}

    def number(name: str, unit: str) -> pa.Field:
        return pa.field(name, pa.float64(), metadata={"unit": unit, "meaning": meanings.get(name, "")})

    time = [number(name, system.time_unit) for name in ("TIME", "end_time")]
    observed = [pa.field("DV", pa.float64())] if dv else []
    courses = pa.schema([identity, time[0], *observed, *(number(name, system.units[name]) for name in names)])
    texts = [pa.field(name, pa.string()) for name in ("status", "reason", "event")]
    counts = [pa.field(name, pa.int64()) for name in ("steps", "rejections", "evaluations", "jacobians")]
    own = [number(str(name), system.units.get(str(name), "")) for name in table.columns]
    return courses, pa.schema([identity, *texts, time[1], *counts, *own])


def _failures(outcomes: Sequence[pd.DataFrame]) -> pd.DataFrame:
    columns = ["status", "count", "ID", "reason"]
    failed = pd.concat(outcomes).rename_axis("ID").reset_index() if outcomes else pd.DataFrame(columns=columns)
    counts = failed["status"].value_counts()
    first = failed.drop_duplicates("status")
    return first.assign(count=first["status"].map(counts)).reset_index(drop=True)[columns]
