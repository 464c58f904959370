"""Doses of a treatment for the patients who are on it, window by window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue.schema import Drug
from coley.library import compartment
from coley.regimen import Regimen, amounts, expand
from coley.units import convert

NO_DOSES = pd.DataFrame({"ID": [0], "TIME": [0.0], "AMT": [0.0], "DUR": [0.0], "CMT": [""], "DRUG": [""], "ROUTE": [""]}).iloc[:0]


class Treatment:
    """A regimen made ready for a cohort: when each dose falls, how much each patient gets, and where it goes."""

    def __init__(self, regimen: Regimen, drugs: Mapping[str, Drug], people: pd.DataFrame, horizon: float) -> None:
        doses = expand(regimen, horizon)
        self._days = np.array([dose.day for dose in doses])
        parts = list(dict.fromkeys(dose.administration for dose in doses))
        self._part = np.array([parts.index(dose.administration) for dose in doses], dtype=int)
        sizes = {"weight": people["WEIGHT"], "bsa": people["BSA"], "gfr": people["GFR"]}
        sizes = {name: column.to_numpy(dtype=float) for name, column in sizes.items()}
        self._amounts = [amounts(part, **sizes) for part in parts]
        self._facts = []
        for part in parts:
            drug = drugs[part.drug]
            duration = part.infusion.days if part.infusion is not None else _usual_infusion(drug, part.route)
            self._facts.append((duration, compartment(drug, part.route), drug.name, part.route))

    def window(self, start: NDArray[np.float64], begin: float, end: float) -> pd.DataFrame:
        """Doses in [begin, end) of each patient, whose treatment started on day ``start`` (NaN: not on it).

        Returns:
            ID, TIME (day), AMT (mg), DUR (day), CMT, DRUG, ROUTE.
        """
        frames = []
        for day, k in zip(self._days, self._part, strict=True):
            time = start + day
            rows = np.flatnonzero((time >= begin) & (time < end) & (self._amounts[k] > 0))
            if len(rows):
                duration, state, drug, route = self._facts[k]
                frames.append(
                    pd.DataFrame(
                        {"ID": rows, "TIME": time[rows], "AMT": self._amounts[k][rows], "DUR": duration, "CMT": state}
                    ).assign(DRUG=drug, ROUTE=route)
                )
        return joined(frames)


def joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Dose tables one after the other."""
    given = [frame for frame in frames if len(frame)]
    return pd.concat(given, ignore_index=True) if given else NO_DOSES.copy()


def _usual_infusion(drug: Drug, route: str) -> float:
    """Days that an intravenous dose takes where the regimen does not say; other routes are given at once."""
    if route != "iv" or drug.infusion is None:
        return 0.0
    return convert(drug.infusion.value, drug.infusion.unit, "day")
