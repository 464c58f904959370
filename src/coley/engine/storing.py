"""Results that are too large for memory: written part by part, read as they are used."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import xarray as xr


def stored(folder: Path, parts: Iterable[xr.Dataset]) -> xr.Dataset:
    """The parts as one Dataset, along ``individual``, in a folder that is there whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for number, part in enumerate(parts):
            _append(beside, part, number == 0)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    result: xr.Dataset = xr.open_zarr(folder, chunks=None, consolidated=False)
    return result


def _append(folder: Path, part: xr.Dataset, first: bool) -> None:
    texts = [name for name in part.variables if part[name].dtype.kind in "OU"]
    part = part.assign_coords({name: part[name].astype(object) for name in texts if name in part.coords})
    part = part.assign({name: part[name].astype(object) for name in texts if name in part.data_vars})  # of any length
    if first:
        whole = {name: {"chunks": part[name].shape} for name in part.variables if part[name].size}
        part.to_zarr(folder, mode="w", consolidated=False, encoding=whole)  # a file for each variable and part
    else:
        part.to_zarr(folder, append_dim="individual", consolidated=False)
