"""What happened in one arm: all that its endpoints and tables are made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """What happened in one arm, a row per patient; days count from the first dose, NaN where a thing did not happen.

    Attributes:
        days: (visits,) scan days, day 0 the baseline.
        diameters: (patients, visits, lesions) in mm as read while on trial treatment; NaN where not read.
        codes: (patients, visits) overall responses to trial treatment; NE at baseline and where not read.
        nadir: (patients, visits) smallest sum before each scan, mm.
        death: (patients,) day of death; what happens after a patient has left the trial is not known.
        dropout: (patients,) day of leaving the trial.
        doses: ID, TIME, AMT, DUR, CMT, DRUG, ROUTE as given, and LINE: 0 is the trial treatment, k the arm's k-th
            subsequent one.
        status, reason: (patients,) "ok", or why this patient's simulation failed; a fault after the patient was lost is
            none.
        trajectories: (individual × time), NaN after death or dropout.
    """

    days: Floats
    diameters: Floats
    codes: NDArray[np.int8]
    nadir: Floats
    death: Floats
    dropout: Floats
    doses: pd.DataFrame
    status: NDArray[np.str_]
    reason: NDArray[np.str_]
    trajectories: xr.Dataset

    @property
    def patients(self) -> int:
        """Number of patients, whatever became of them."""
        return len(self.death)

    @property
    def stopped(self) -> Floats:
        """(patients,) day of the last dose of trial treatment; NaN for none."""
        last = self.doses[self.doses["LINE"] == 0].groupby("ID")["TIME"].max()
        return last.reindex(np.arange(self.patients)).to_numpy(dtype=float)

    @property
    def next_treatment(self) -> NDArray[np.int64]:
        """(patients,) index into the arm's subsequent treatments of the one received; -1 where none was."""
        line = self.doses.groupby("ID")["LINE"].max().reindex(np.arange(self.patients), fill_value=0)
        return line.to_numpy(dtype=np.int64) - 1
