"""Resections: when they are made, what is taken out, and what the pathologist finds of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.disease import Disease
from coley.system import System
from coley.trial.response.pathological import viable_share

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
RESECTION = "resection"
"""The procedure's name in the regimen language."""
UNSEEN = 0.1
"""Viable tumour, in % of the bed, below which sections of the bed show none; an assumption."""


class Surgery:
    """The resections of an arm.

    Attributes:
        day: (patients,) of the first one, NaN where none was made.
        viable: (patients,) largest share of viable tumour in the beds resected then, in %; NaN where none was made.
        removed: (patients, sites) what has been resected.
        watched: rules and states that the pathologist needs to know.
    """

    def __init__(self, disease: Disease, system: System, size: int) -> None:
        self._sites = disease.sites
        self.day, self.viable = np.full(size, np.nan), np.full(size, np.nan)
        self.removed = np.zeros((size, len(self._sites)), dtype=np.bool_)
        parts = tuple(f"{name}_{site}" for site in self._sites for name in ("C_total", "C_dead", "V_fibrosis"))
        self.watched = parts if all(name in system.units for name in parts) else ()
        names = system.parameter_names
        at_rest = [parameter.value for parameter in system.parameters]
        self._density = at_rest[names.index("rho_cell")] if "rho_cell" in names else 1.0

    def days(self, doses: pd.DataFrame) -> Floats:
        """(patients, 1) day of the resection among ``doses``, of which each patient has one in a window at most."""
        found = np.full((len(self.day), 1), np.nan)
        done = doses[doses["DRUG"] == RESECTION]
        rows = done["ID"].to_numpy(dtype=int)
        found[rows, 0] = done["TIME"].to_numpy(dtype=float)
        for row, state in zip(rows, done["CMT"], strict=True):
            site = state.rpartition("_")[2]
            self.removed[row] |= np.array([name == site or site not in self._sites for name in self._sites])
        return found

    def settle(self, operations: Floats, times: Floats, path: xr.Dataset, lost: Floats) -> Flags:
        """Who was operated on in the window, and what the pathologist found.

        Args:
            operations: from ``days``, of which each day is among ``times`` (patients, times) of ``path``.
            lost: (patients,) day on which a patient was lost before the end of the window, NaN for nobody.
        """
        day = operations[:, 0]
        who = ~np.isnan(day) & ~(lost <= day)
        rows = np.flatnonzero(who & np.isnan(self.day))
        self.day[rows] = day[rows]
        if self.watched and len(rows):
            at = (times[rows] == day[rows, None]).argmax(axis=1)
            alive, dead, cleared = (
                np.stack([path[f"{name}_{site}"].to_numpy()[rows, at] for site in self._sites], axis=1)
                for name in ("C_total", "C_dead", "V_fibrosis")
            )
            share = viable_share(alive / self._density, dead / self._density, cleared)
            share = np.where(self.removed[rows] & ~np.isnan(share), share, 0.0).max(axis=1)
            self.viable[rows] = np.where(share < UNSEEN, 0.0, share)
        return np.asarray(who)
