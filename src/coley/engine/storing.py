"""Results that are too large for memory: written part by part, read as they are used."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import xarray as xr

_TEXTS = ("status", "reason", "event")


def stored(folder: Path, parts: Iterable[xr.Dataset]) -> xr.Dataset:
    """The parts as one Dataset, along ``individual``, in a folder that is there whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        first = 0
        for part in parts:
            _append(beside, part, first)
            first += part.sizes["individual"]
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    result: xr.Dataset = xr.open_zarr(folder, chunks=None, consolidated=False)
    return result


def _append(folder: Path, part: xr.Dataset, first: int) -> None:
    part = part.assign_coords(individual=part["individual"] + first).drop_attrs(deep=False)
    part = part.assign({name: part[name].astype(object) for name in _TEXTS})  # of any length
    if first:
        part.to_zarr(folder, append_dim="individual", consolidated=False)
    else:
        part.to_zarr(folder, mode="w", consolidated=False)
