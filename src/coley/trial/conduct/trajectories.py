"""Courses over time: kept as the simulation passes, cut where a patient was lost, and joined over arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from coley.disease import Observable
from coley.units import convert, internal_unit

Floats = NDArray[np.float64]
MOST = 2000
"""Patients of an arm whose courses are kept, the first ones: enough for every figure."""


class Recorder:
    """Keeps observables of an arm at given days, in single precision, of those of its ``patients`` (numbers, ascending)
    who are among the first :data:`MOST`."""

    def __init__(self, shown: Sequence[Observable], days: Floats, patients: NDArray[np.int64]) -> None:
        self.names = [observable.name for observable in shown]
        self._shown, self._days, self._size = shown, days, int((patients < MOST).sum())
        self._kept = {name: np.full((self._size, len(days)), np.nan, dtype=np.float32) for name in self.names}

    def grid(self, begin: Floats, end: Floats, more: Floats) -> Floats:
        """(patients, times) each patient's ``begin``, the days to keep up to ``end``, and ``end``; filled up with NaN.

        Args:
            more: (patients, any number) of further days within, NaN for none.
        """
        due = self._days[(self._days > begin.min()) & (self._days < end.max())]
        inside = (due > begin[:, None]) & (due < end[:, None])
        times = np.sort(np.column_stack([begin, np.where(inside, due, np.nan), more, end]), axis=1)
        times[:, 1:][times[:, 1:] == times[:, :-1]] = np.nan  # a further day that is one of the others
        times = np.sort(times, axis=1)
        return times[:, : int((~np.isnan(times)).sum(axis=1).max(initial=0))]

    def record(self, times: Floats, path: xr.Dataset, present: NDArray[np.bool_]) -> None:
        """Keep what is due of a window, of those who are ``present``; on its first day it replaces the last one."""
        times = times[: self._size]
        column = np.minimum(np.searchsorted(self._days, times), len(self._days) - 1)
        wanted = (self._days[column] == times) & present[: self._size, None]
        rows = np.nonzero(wanted)[0]
        for name in self.names:
            self._kept[name][rows, column[wanted]] = path.variables[name].to_numpy()[: self._size][wanted]

    def dataset(self, lost: Floats) -> xr.Dataset:
        """What was kept (individual × time), in the units that people read; NaN after day ``lost`` (NaN for never)."""
        until = lost[: self._size]
        late = self._days > np.where(np.isnan(until), np.inf, until)[:, None]
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
        ids = subjects[arm][: kept.sizes["individual"]]
        coordinates = {"USUBJID": ("individual", ids), "ARM": ("individual", np.full(len(ids), arm))}
        parts.append(xr.Dataset(filled).assign_coords(coordinates))
    joined = xr.concat(parts, dim="individual", combine_attrs="drop_conflicts")
    for name, known in attributes.items():
        joined[name].attrs = known
    return joined
