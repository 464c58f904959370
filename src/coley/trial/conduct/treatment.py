"""Doses of a treatment for the patients who are on it, window by window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.pharmacology import Drug
from coley.regimen import UNITS, Administration, Regimen, amounts, expand
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
    "UNIT": object,
    "LINE": int,
}
_FACTS = ["DUR", "CMT", "DRUG", "ROUTE", "UNIT"]
CARE = -1
"""The LINE of what is given for harm."""


class Treatment:
    """A regimen made ready for a cohort: when each dose falls, how much each patient gets, and where it goes.

    Attributes:
        drugs: names of what is given.
        last: day of the last dose that falls before the horizon, counted from the start; -inf where nothing is given.
    """

    def __init__(
        self,
        regimen: Regimen | None,
        drugs: Mapping[str, Drug],
        people: pd.DataFrame,
        horizon: float,
        *,
        line: int = 0,
    ) -> None:
        """Lay out ``regimen`` (None: nothing is given) up to day ``horizon``.

        The first dose falls on day 0: what a regimen gives on days before its day 1 moves the rest to later.

        Args:
            people: WEIGHT (kg), BSA (m²) and GFR (mL/min) of each patient.
            line: labels the doses.
        """
        doses = expand(regimen, horizon) if regimen is not None else ()
        parts = list(dict.fromkeys(dose.administration for dose in doses))
        weight, bsa, gfr = (people[name].to_numpy(dtype=float) for name in ("WEIGHT", "BSA", "GFR"))
        days = np.array([dose.day for dose in doses])
        self._days = days - min(days.min(initial=0.0), 0.0)
        self._part = np.array([parts.index(dose.administration) for dose in doses], dtype=int)
        self._amounts = np.array([amounts(part, weight=weight, bsa=bsa, gfr=gfr) for part in parts])
        facts = pd.DataFrame([_facts(part, drugs[part.drug]) for part in parts], columns=_FACTS)
        self._facts = {name: facts[name].to_numpy() for name in _FACTS}
        self._line = line
        self.drugs = regimen.drugs if regimen is not None else ()
        self.last = float(self._days.max(initial=-np.inf))

    def window(self, start: Floats, begin: Floats, end: Floats) -> pd.DataFrame:
        """Doses in [begin, end) of each patient, whose treatment started on day ``start`` (NaN: not on it).

        Returns:
            ID (row of ``start``), TIME (day), AMT (in UNIT), DUR (day), CMT, DRUG, ROUTE, UNIT, LINE. A dose of zero
            is none.
        """
        on = np.flatnonzero(~np.isnan(start))
        if not len(on) or not len(self._days):
            return no_doses()
        first, last = (begin[on] - start[on]).min() - 1.0, (end[on] - start[on]).max() + 1.0  # a day more, for rounding
        near = np.flatnonzero((self._days >= first) & (self._days < last))
        time = start[on, None] + self._days[near]
        row, column = np.nonzero((time >= begin[on, None]) & (time < end[on, None]))
        patient, part = on[row], self._part[near[column]]
        amount = self._amounts[part, patient] if len(part) else np.zeros(0)
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


def _facts(part: Administration, drug: Drug) -> tuple[float, str, str, str, str]:
    duration = part.infusion.days if part.infusion is not None else _usual_infusion(drug, part.route)
    kind = UNITS[part.unit].kind
    unit = "mg" if kind in ("mass", "AUC") else kind
    return duration, drug.entry(part.route), drug.name, part.route, unit


def _usual_infusion(drug: Drug, route: str) -> float:
    """Days that an intravenous dose takes where the regimen does not say; other routes are given at once."""
    if route != "iv" or drug.infusion is None:
        return 0.0
    return convert(drug.infusion.value, drug.infusion.unit, "day")
