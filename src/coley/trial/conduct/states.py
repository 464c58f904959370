"""States of patients on which their regimen ends or depends: when each has been true for long enough."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from coley.regimen import State
from coley.trial.conduct.treatment import Treatment
from coley.trial.response import Criteria

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NEGATIVE = 1e-5
"""Share of diseased cells below which a sample is MRD-negative (IMWG: Kumar et al., Lancet Oncol 2016;17:e328)."""
_RESIDUAL = "mrd"


class Responses:
    """Follows the responses of the patients of an arm, as the investigator judges them, for one treatment."""

    def __init__(self, treatment: Treatment, criteria: Criteria, size: int) -> None:
        self._treatment, self._criteria = treatment, criteria
        self._since = {state: np.full(size, np.nan) for state in treatment.states}
        self._met = {state: np.zeros(size, dtype=np.bool_) for state in treatment.states}

    def see(self, codes: NDArray[np.int8], findings: Mapping[str, Floats], start: Floats, day: Floats) -> None:
        """Take note of a scan, and tell the treatment of patients who have reached a state that it asks for.

        Args:
            codes: (patients,) responses at the scan; NE keeps what was.
            findings: (patients,) what was read, by name.
            start: (patients,) first day of the treatment, NaN for those who are not on it.
            day: (patients,) of the scan.
        """
        on = ~np.isnan(start) & (start <= day)
        for state, since in self._since.items():
            shown, known = self._shown(state, codes, findings)
            since[on & known & ~shown] = np.nan
            since[:] = np.where(on & shown & np.isnan(since), day, since)
            held = state.held.days if state.held is not None else 0.0
            now = on & shown & (day - since >= held) & ~self._met[state]
            self._met[state] |= now
            for row in np.flatnonzero(now).tolist():
                self._treatment.meet(row, state, float(day[row] - start[row]))

    def _shown(self, state: State, codes: NDArray[np.int8], findings: Mapping[str, Floats]) -> tuple[Flags, Flags]:
        """(patients,) whether the state is shown, and whether it can be told."""
        criteria = self._criteria
        levels = {"CR": criteria.complete, "PR": criteria.responders}
        if state.name in levels or state.name in criteria.Code.__members__:
            level = levels.get(state.name) or criteria.Code[state.name]
            return codes >= level, codes > 0
        share = findings.get(_RESIDUAL) if state.name == "MRD-negative" else None
        if share is None:
            return np.zeros(len(codes), dtype=np.bool_), np.zeros(len(codes), dtype=np.bool_)
        return share < NEGATIVE, ~np.isnan(share)
