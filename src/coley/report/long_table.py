"""Trajectories as a table of one row per patient and time, and back: nothing is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import xarray as xr

_BOTH = ("USUBJID", "ARM")
_REST = b"coley"
"""Key of the table's metadata for what its rows cannot say."""
_NUMBER = b"PARQUET:field_id"
"""Metadata of a field that the file format adds."""
_TIME = {"units": "day", "long_name": "time since first dose"}


def long_table(trajectories: xr.Dataset) -> pa.Table:
    """``trajectories`` (individual × time) as one row per individual and time, without rows where nothing is known.

    The metadata of the table hold, as JSON, all times and the individuals without any row.
    """
    ordered = trajectories.transpose("individual", "time")
    patients, times = ordered.sizes["individual"], ordered.sizes["time"]
    known = np.zeros((patients, times), dtype=bool)
    for values in ordered.data_vars.values():
        known |= values.notnull().to_numpy()
    rows = np.flatnonzero(known.ravel())
    owner = (rows // max(times, 1)).astype(np.int32)
    columns: list[pa.Array] = [_labels(ordered[name].to_numpy(), owner) for name in _BOTH]
    fields = [pa.field(name, column.type) for name, column in zip(_BOTH, columns, strict=True)]
    columns.append(pa.array(ordered["time"].to_numpy().astype(float)[rows % max(times, 1)]))
    fields.append(pa.field("TIME", pa.float64(), metadata=_TIME))
    for name, values in ordered.data_vars.items():
        columns.append(pa.array(values.to_numpy().ravel()[rows]))
        attrs = {str(key): str(value) for key, value in values.attrs.items()}
        fields.append(pa.field(str(name), columns[-1].type, metadata=attrs))
    absent = np.flatnonzero(~known.any(axis=1))
    rest = json.dumps(_rest(ordered, absent), sort_keys=True, ensure_ascii=False)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata={_REST: rest.encode()}))


def _labels(labels: np.ndarray[Any, Any], owner: np.ndarray[Any, Any]) -> pa.DictionaryArray:
    """The label of each row's owner, each distinct label stored once."""
    distinct, codes = np.unique(labels.astype(str), return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)[owner]), pa.array(distinct.tolist()))


def _rest(ordered: xr.Dataset, absent: np.ndarray[Any, Any]) -> dict[str, Any]:
    who = [ordered[name].to_numpy().astype(str) for name in _BOTH]
    return {
        "attributes": dict(ordered.attrs),
        "time_attributes": dict(ordered["time"].attrs),
        "times": ordered["time"].to_numpy().astype(float).tolist(),
        "absent": [[int(i), *(str(labels[i]) for labels in who)] for i in absent],
    }


def trajectories_of(table: pa.Table) -> xr.Dataset:
    """The trajectories that :func:`long_table` made ``table`` of.

    Raises:
        KeyError, ValueError: where it is another table.
    """
    rest = json.loads(table.schema.metadata[_REST])
    times = np.array(rest["times"], dtype=float)
    (ids, id_labels), (arms, arm_labels) = (_coded(table[name]) for name in _BOTH)
    changes = (ids[1:] != ids[:-1]) | (arms[1:] != arms[:-1])
    begins = np.flatnonzero(np.concatenate([np.full(min(len(ids), 1), True), changes]))
    absent = {position: who for position, *who in rest["absent"]}
    present = iter([[id_labels[ids[k]], arm_labels[arms[k]]] for k in begins])
    everyone = [absent[i] if i in absent else next(present) for i in range(len(begins) + len(absent))]
    place = np.array([i for i in range(len(everyone)) if i not in absent], dtype=int)
    row = np.repeat(place, np.diff([*begins, len(ids)]))
    column = np.searchsorted(times, table["TIME"].to_numpy())
    data = {}
    for field in table.schema:
        if field.name in (*_BOTH, "TIME"):
            continue
        values = table[field.name].to_numpy()
        grid = np.full((len(everyone), len(times)), np.nan if values.dtype.kind == "f" else 0, dtype=values.dtype)
        grid[row, column] = values
        attrs = {key.decode(): value.decode() for key, value in (field.metadata or {}).items() if key != _NUMBER}
        data[field.name] = (("individual", "time"), grid, attrs)
    coords = {
        "time": ("time", times, rest["time_attributes"]),
        **{name: ("individual", np.array([who[k] for who in everyone], dtype=str)) for k, name in enumerate(_BOTH)},
    }
    return xr.Dataset(data, coords=coords, attrs=rest["attributes"])


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, Any], list[str]]:
    """A column of labels as the number of each row's label, and the labels."""
    whole = column.unify_dictionaries().combine_chunks()
    return whole.indices.to_numpy(), whole.dictionary.to_pylist()
