"""Courses over time: kept as the simulation passes, cut where a patient was lost, and joined over arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from coley.library import Observable
from coley.units import convert, internal_unit

Floats = NDArray[np.float64]


class Recorder:
    """Keeps observables of an arm at given days, in single precision."""

    def __init__(self, shown: Sequence[Observable], days: Floats, patients: int) -> None:
        self.names = [observable.name for observable in shown]
        self._shown, self._days = shown, days
        self._kept = {name: np.full((patients, len(days)), np.nan, dtype=np.float32) for name in self.names}

    def due(self, begin: float, end: float) -> Floats:
        """Days to keep from ``begin`` to ``end``, both included."""
        return self._days[(self._days >= begin) & (self._days <= end)]

    def record(self, path: xr.Dataset, present: NDArray[np.bool_]) -> None:
        """Keep what is due of a stretch, of those who are ``present``; on its first day it replaces the last one."""
        times = path["time"].to_numpy()
        wanted = np.isin(times, self._days)
        rows, columns = np.ix_(np.flatnonzero(present), np.searchsorted(self._days, times[wanted]))
        for name in self.names:
            self._kept[name][rows, columns] = path[name].to_numpy()[present][:, wanted]

    def dataset(self, lost: Floats) -> xr.Dataset:
        """What was kept (individual × time), in the units that people read; NaN after day ``lost`` (NaN for never)."""
        late = self._days > np.where(np.isnan(lost), np.inf, lost)[:, None]
        data = {}
        for observable in self._shown:
            factor = np.float32(convert(1.0, str(internal_unit(observable.unit)), observable.unit))
            values = np.where(late, np.float32(np.nan), self._kept[observable.name] * factor)
            attributes = {"units": observable.unit, "long_name": observable.title, "group": observable.group}
            data[observable.name] = (("individual", "time"), values, attributes)
        return xr.Dataset(data, coords={"time": ("time", self._days, {"units": "day"})})


def join(arms: Mapping[str, xr.Dataset], subjects: Mapping[str, NDArray[np.str_]]) -> xr.Dataset:
    """All arms, by name, as one dataset with their ``subjects``; a drug that an arm does not have is 0 there."""
    attributes = {name: values.attrs for arm in arms.values() for name, values in arm.data_vars.items()}
    parts = []
    for arm, kept in arms.items():
        present = kept[next(iter(kept.data_vars))]
        filled = {name: kept[name] if name in kept else present * np.float32(0) for name in attributes}
        ids = subjects[arm]
        coordinates = {"USUBJID": ("individual", ids), "ARM": ("individual", np.full(len(ids), arm))}
        parts.append(xr.Dataset(filled).assign_coords(coordinates))
    joined = xr.concat(parts, dim="individual", combine_attrs="drop_conflicts")
    for name, known in attributes.items():
        joined[name].attrs = known
    return joined
