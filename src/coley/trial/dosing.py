"""Doses of a treatment for the patients who are on it, window by window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue.schema import Drug
from coley.library import compartment
from coley.regimen import Administration, Regimen, amounts, expand
from coley.units import convert

Floats = NDArray[np.float64]
_KINDS = {
    "ID": int,
    "TIME": float,
    "AMT": float,
    "DUR": float,
    "CMT": object,
    "DRUG": object,
    "ROUTE": object,
    "LINE": int,
}
_FACTS = ["DUR", "CMT", "DRUG", "ROUTE"]


class Treatment:
    """A regimen made ready for a cohort: when each dose falls, how much each patient gets, and where it goes."""

    def __init__(
        self, regimen: Regimen, drugs: Mapping[str, Drug], people: pd.DataFrame, horizon: float, *, line: int = 0
    ) -> None:
        """Lay out ``regimen`` up to day ``horizon`` for ``people`` (WEIGHT, BSA, GFR); ``line`` labels its doses."""
        doses = [dose for dose in expand(regimen, horizon) if not dose.administration.procedure]
        parts = list(dict.fromkeys(dose.administration for dose in doses))
        weight, bsa, gfr = (people[name].to_numpy(dtype=float) for name in ("WEIGHT", "BSA", "GFR"))
        self._days = np.array([dose.day for dose in doses])
        self._part = np.array([parts.index(dose.administration) for dose in doses], dtype=int)
        self._amounts = np.array([amounts(part, weight=weight, bsa=bsa, gfr=gfr) for part in parts])
        facts = pd.DataFrame([_facts(part, drugs[part.drug]) for part in parts], columns=_FACTS)
        self._facts = {name: facts[name].to_numpy() for name in _FACTS}
        self._line = line

    def window(self, start: Floats, begin: float, end: float) -> pd.DataFrame:
        """Doses in [begin, end) of each patient, whose treatment started on day ``start`` (NaN: not on it).

        Returns:
            ID (row of ``start``), TIME (day), AMT (mg), DUR (day), CMT, DRUG, ROUTE, LINE. A dose of zero is none.
        """
        on = np.flatnonzero(~np.isnan(start))
        if not len(on) or not len(self._days):
            return no_doses()
        first, last = begin - start[on].max() - 1.0, end - start[on].min() + 1.0  # a day more, for rounding
        near = np.flatnonzero((self._days >= first) & (self._days < last))
        time = start[on, None] + self._days[near]
        row, column = np.nonzero((time >= begin) & (time < end))
        patient, part = on[row], self._part[near[column]]
        amount = self._amounts[part, patient]
        planned = {"ID": patient, "TIME": time[row, column], "AMT": amount}
        planned |= {name: values[part] for name, values in self._facts.items()}
        return pd.DataFrame({name: values[amount > 0] for name, values in planned.items()}).assign(LINE=self._line)


def no_doses() -> pd.DataFrame:
    """A dose table without doses."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _KINDS.items()})


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Dose tables one after the other."""
    given = [frame for frame in frames if len(frame)]
    return pd.concat(given, ignore_index=True) if given else no_doses()


def _facts(part: Administration, drug: Drug) -> tuple[float, str, str, str]:
    duration = part.infusion.days if part.infusion is not None else _usual_infusion(drug, part.route)
    return duration, compartment(drug, part.route), drug.name, part.route


def _usual_infusion(drug: Drug, route: str) -> float:
    """Days that an intravenous dose takes where the regimen does not say; other routes are given at once."""
    if route != "iv" or drug.infusion is None:
        return 0.0
    return convert(drug.infusion.value, drug.infusion.unit, "day")
