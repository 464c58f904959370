"""What happened in one arm: all that its endpoints and tables are made from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.harm import Events
from coley.trial.conduct.safety import Safety
from coley.trial.response import Criteria

Floats = NDArray[np.float64]
NO_DOSES = pd.DataFrame({"ID": [], "TIME": [], "LINE": []})
"""The doses of a history in short."""
ROWS = ("days", "codes", "death", "dropout", "option", "surgery", "viable", "status", "reason")
"""Attributes with a row per patient, but for the findings."""


@dataclass(frozen=True)
class History:
    """What happened in one arm, a row per patient; days count from the first dose, NaN where a thing did not happen.

    Attributes:
        criteria: by which response is judged.
        days: (patients, scans) of the examinations, day 0 the baseline.
        findings: (patients, scans, ...) what the reader whose word counts has read while on trial treatment, by name;
            NaN where nothing was read.
        codes: (patients, scans) overall responses to trial treatment by that reader; NE at baseline and where not read.
        death: (patients,) day of death; what happens after a patient has left the trial is not known.
        dropout: (patients,) day of leaving the trial.
        doses: ID, TIME, AMT, DUR, CMT, DRUG, ROUTE, UNIT as given, and LINE, the number of the arm's line; below 0 for
            what is given for harm.
        option: (patients,) which regimen of the trial treatment was given, 0 where there is one.
        surgery: (patients,) day of the first resection.
        safety: harm of treatment and what was given for it.
        viable: (patients,) largest share of viable tumour in the beds of the lesions resected then, %.
        status, reason: (patients,) "ok", or why this patient's simulation failed; a fault after the patient was lost is
            none.
        trajectories: (individual × time), NaN after death or dropout; of the first patients.
    """

    criteria: Criteria
    days: Floats
    findings: Mapping[str, Floats]
    codes: NDArray[np.int8]
    death: Floats
    dropout: Floats
    doses: pd.DataFrame
    option: NDArray[np.int64]
    surgery: Floats
    viable: Floats
    safety: Safety
    status: NDArray[np.str_]
    reason: NDArray[np.str_]
    trajectories: xr.Dataset

    @property
    def patients(self) -> int:
        """Number of patients, whatever became of them."""
        return len(self.death)

    @property
    def lost(self) -> Floats:
        """(patients,) day of death or of leaving the trial, whichever came first."""
        return np.asarray(np.fmin(self.death, self.dropout))

    @property
    def line(self) -> NDArray[np.int64]:
        """(patients,) number of the last line that a dose was given of, -1 for none."""
        last = self.doses.groupby("ID")["LINE"].max().reindex(np.arange(self.patients), fill_value=-1)
        return last.to_numpy(dtype=np.int64)

    def last_dose(self, lines: NDArray[np.int64]) -> Floats:
        """(patients,) day of the last dose of ``lines``."""
        last = self.doses[self.doses["LINE"].isin(lines)].groupby("ID")["TIME"].max()
        return last.reindex(np.arange(self.patients)).to_numpy(dtype=float)

    def in_short(self, whole: Collection[str] = ()) -> History:
        """Without doses and medicines, and of findings but those of the ``whole`` names only what came at baseline.

        This is what endpoints need; of many patients the rest is large.
        """
        findings = {name: values if name in whole else values[:, :1] for name, values in self.findings.items()}
        return replace(self, findings=findings, doses=NO_DOSES, safety=replace(self.safety, prescriptions=()))

    @classmethod
    def joined(cls, parts: Sequence[History]) -> History:
        """One arm from histories in short of its patients, in their order."""
        first = parts[0]
        rows: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ROWS}
        findings = {name: np.concatenate([part.findings[name] for part in parts]) for name in first.findings}
        events = Events.joined(part.safety.events for part in parts)
        courses = [part.trajectories for part in parts if part.trajectories.sizes["individual"]]
        rows["trajectories"] = (
            xr.concat(courses, dim="individual", combine_attrs="override") if courses[1:] else courses[0]
        )
        until = np.concatenate([part.safety.until for part in parts])
        return replace(first, findings=findings, safety=replace(first.safety, events=events, until=until), **rows)
