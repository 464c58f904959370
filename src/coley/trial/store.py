"""A run in parts, kept in a folder: memory holds one part at a time, and the same run goes on where it was ended.

A part is one arm of one block of patients. It is written whole or not at all. What is there of another run, of other
inputs, another seed or another version of the package, is cleared.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import xarray as xr

from coley.harm import Events, Harm
from coley.trial.conduct.history import NO_DOSES, ROWS, History
from coley.trial.conduct.safety import Safety
from coley.trial.response import Criteria

_KEY, _NEW = "key", "new"
_SMALL = 2**28
"""Bytes of a table that is kept in memory once it was read."""
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Part:
    """One arm of a block of patients: what its endpoints are made from, and its tables."""

    history: History
    tables: Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class People:
    """Who is in a block of patients: their covariates, and candidates that were turned away (REASON, N)."""

    covariates: pd.DataFrame
    rejected: pd.DataFrame


class Store:
    """Parts of one run in ``folder``, which exists; ``key`` tells this run from any other."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        with suppress(OSError):
            if (folder / _KEY).read_text(encoding="utf-8") == key:
                return
        for place in folder.iterdir():
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        (folder / _KEY).write_text(key, encoding="utf-8")

    def place(self, block: int, arm: int) -> Path:
        """Where a part is, once it is there."""
        return self._folder / f"{block:08d}-{arm}"

    def has(self, block: int, arm: int) -> bool:
        """Whether a part is there."""
        return self.place(block, arm).is_dir()

    def put(self, block: int, arm: int, part: Part) -> None:
        """Keep a part."""
        with _whole(self.place(block, arm)) as new:
            np.savez(new / "history.npz", allow_pickle=False, **_arrays(part.history))
            for name, table in part.tables.items():
                table.to_parquet(new / f"{name}.parquet", index=False, compression="zstd")

    def history(self, block: int, arm: int, criteria: Criteria, harms: tuple[Harm, ...]) -> History:
        """What the endpoints of a part are made from."""
        with np.load(self.place(block, arm) / "history.npz", allow_pickle=False) as arrays:
            return _history(dict(arrays), criteria, harms)

    def put_people(self, block: int, people: People) -> None:
        """Keep who is in a block."""
        with _whole(self._folder / f"{block:08d}") as new:
            people.covariates.to_parquet(new / "covariates.parquet")
            people.rejected.to_parquet(new / "rejected.parquet", index=False)

    def people(self, block: int) -> People | None:
        """Who is in a block; None where that is not there."""
        place = self._folder / f"{block:08d}"
        if not place.is_dir():
            return None
        return People(*(_read(place / f"{name}.parquet") for name in ("covariates", "rejected")))

    def tables(self, parts: Sequence[tuple[int, int]]) -> Stored:
        """The tables of all ``parts``, in this order."""
        return Stored([self.place(*part) for part in parts])


class Memory:
    """Parts of one run, in memory."""

    def __init__(self) -> None:
        self._parts: dict[tuple[int, int], Part] = {}

    def has(self, block: int, arm: int) -> bool:
        """Whether a part is there."""
        return (block, arm) in self._parts

    def put(self, block: int, arm: int, part: Part) -> None:
        """Keep a part."""
        self._parts[block, arm] = part

    def history(self, block: int, arm: int, criteria: Criteria, harms: tuple[Harm, ...]) -> History:
        """What the endpoints of a part are made from."""
        return self._parts[block, arm].history

    def put_people(self, block: int, people: People) -> None:
        """They are asked for once."""

    def people(self, block: int) -> People | None:
        """Nobody is known before."""
        return None

    def tables(self, parts: Sequence[tuple[int, int]]) -> Mapping[str, pd.DataFrame]:
        """The tables of all ``parts``, in this order."""
        found = [self._parts[part].tables for part in parts]
        return {name: stacked([tables[name] for tables in found]) for name in found[0]}


class Stored(Mapping[str, pd.DataFrame]):
    """Tables whose pieces lie in folders, one after the other; read when they are asked for."""

    def __init__(self, places: Sequence[Path]) -> None:
        self._places = tuple(places)
        self._names = tuple(sorted(path.stem for path in places[0].glob("*.parquet")))
        self._kept: dict[str, pd.DataFrame] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._kept:
            table = stacked(list(self.pieces(name)))
            if table.memory_usage().sum() > _SMALL:
                return table
            self._kept[name] = table
        return self._kept[name]

    def pieces(self, name: str) -> Iterator[pd.DataFrame]:
        """The pieces of a table, in order, with the columns of all."""
        paths = [place / f"{name}.parquet" for place in self._places]
        filled = [path for path in paths if pq.read_metadata(path).num_rows] or paths[:1]
        columns = list(dict.fromkeys(column for path in filled for column in pq.read_schema(path).names))
        for path in paths:
            yield _read(path).reindex(columns=columns)


def _read(path: Path) -> pd.DataFrame:
    """A table; ``pandas.read_parquet`` would load a library for data sets too, which takes more memory than a table."""
    frame: pd.DataFrame = pq.ParquetFile(path).read(use_threads=False).to_pandas()
    return frame


def pieces(tables: Mapping[str, pd.DataFrame], name: str) -> Iterator[pd.DataFrame]:
    """A table in pieces as it lies in memory or in folders, at least one; the whole is never in memory for this."""
    if isinstance(tables, Stored):
        yield from tables.pieces(name)
    else:
        yield tables[name]


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables one after the other; empty ones would lend their types to the others."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


@cache
def sources() -> str:
    """SHA-256 of all code of the package: what another version has begun is not gone on with."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class _whole:  # noqa: N801  # a context manager, as a function would be
    """A new folder to write into, which is put in place when the block ends without a fault."""

    def __init__(self, place: Path) -> None:
        self._place, self._new = place, place.parent / _NEW

    def __enter__(self) -> Path:
        shutil.rmtree(self._new, ignore_errors=True)
        self._new.mkdir()
        return self._new

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            os.rename(self._new, self._place)
        else:
            shutil.rmtree(self._new, ignore_errors=True)


def _arrays(history: History) -> dict[str, np.ndarray]:
    found = {name: np.asarray(getattr(history, name)) for name in ROWS}
    found |= {f"finding {name}": values for name, values in history.findings.items()}
    found |= {f"event {field.name}": getattr(history.safety.events, field.name) for field in fields(Events)}
    found["until"] = history.safety.until
    courses = history.trajectories
    found |= {f"course {name}": values.to_numpy() for name, values in courses.data_vars.items()}
    about = {str(name): dict(values.attrs) for name, values in {**courses.coords, **courses.data_vars}.items()}
    return found | {"time": courses["time"].to_numpy(), "attributes": np.array(json.dumps(about))}


def _history(arrays: Mapping[str, np.ndarray], criteria: Criteria, harms: tuple[Harm, ...]) -> History:
    def of(kind: str) -> dict[str, np.ndarray]:
        return {name.removeprefix(f"{kind} "): v for name, v in arrays.items() if name.startswith(f"{kind} ")}

    about = json.loads(str(arrays["attributes"]))
    courses = {name: (("individual", "time"), values, about[name]) for name, values in of("course").items()}
    return History(
        criteria=criteria,
        findings=of("finding"),
        doses=NO_DOSES,
        safety=Safety(harms, Events(**of("event")), (), arrays["until"]),
        trajectories=xr.Dataset(courses, coords={"time": ("time", arrays["time"], about["time"])}),
        **{name: arrays[name] for name in ROWS},
    )
