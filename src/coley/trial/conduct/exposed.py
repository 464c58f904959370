"""Harms that come at a rate while drugs are given: their hazards, from the doses of each window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.harm import Harm, time_given
from coley.pharmacology import Drug
from coley.units import convert

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Exposed:
    """Adds the rates of exposure to the hazards that the model has."""

    def __init__(self, harms: Sequence[Harm], drugs: Sequence[Drug], patients: NDArray[np.int64], *, seed: int) -> None:
        """Of ``patients``, by their numbers, who may be given ``drugs``."""
        self._harms, self._size = tuple(harms), len(patients)
        self._rates: list[dict[str, float]] = []
        self._susceptible: list[Floats] = []
        self._lasting: list[float] = []
        self._background = [convert(harm.background.value, harm.background.unit, "1/day") for harm in harms]
        for harm in harms:
            exposure = harm.exposure
            if exposure is None:
                self._rates.append({})
                self._susceptible.append(np.ones(0))
                self._lasting.append(0.0)
                continue
            rates = {drug.name: exposure.rate(drug.classes) for drug in drugs}
            self._rates.append({name: rate for name, rate in rates.items() if rate > 0})
            self._susceptible.append(exposure.susceptibilities(harm.name, patients, seed=seed))
            self._lasting.append(convert(exposure.lasting.value, exposure.lasting.unit, "day"))
        self._until: dict[tuple[str, float], Floats] = {}

    def hazards(self, times: Floats, modelled: Floats, doses: pd.DataFrame) -> Floats:
        """(harms, patients, points) cumulative hazards at the ``times`` of a window; only what they gain in it counts.

        Args:
            modelled: (some harms, patients, points) those of the harms that the model has, in their order.
            doses: that were given in the window.
        """
        found = np.zeros((len(self._harms), *times.shape))
        given = self._given(times, doses)
        states = iter(modelled)
        for index, harm in enumerate(self._harms):
            if harm.modelled:
                found[index] = next(states)
            else:
                found[index] = self._background[index] * (times - times[:, :1])
            for name, rate in self._rates[index].items():
                if (name, self._lasting[index]) in given:
                    found[index] += rate * self._susceptible[index][:, None] * given[name, self._lasting[index]]
        return found

    def _given(self, times: Floats, doses: pd.DataFrame) -> dict[tuple[str, float], Floats]:
        """Days on which each drug counts as given, by its name and how long a dose counts; of those given at all."""
        wanted = {(name, self._lasting[k]) for k, rates in enumerate(self._rates) for name in rates}
        drug, rows, time = doses["DRUG"].to_numpy(), doses["ID"].to_numpy(int), doses["TIME"].to_numpy(float)
        which = {name: np.flatnonzero(drug == name) for name, _ in wanted}
        days = {name: _days_of(rows[mine], time[mine], self._size) for name, mine in which.items()}
        found: dict[tuple[str, float], Floats] = {}
        for name, lasting in sorted(wanted):
            until = self._until.get((name, lasting), np.full(self._size, -np.inf))
            if len(which[name]) or (until > times[:, 0]).any():
                found[name, lasting], self._until[name, lasting] = time_given(times, days[name], until, lasting)
        return found


def _days_of(rows: Ints, time: Floats, size: int) -> Floats:
    """(patients, most doses) days of the doses of each patient, ascending, filled up with NaN."""
    order = np.lexsort((time, rows))
    rows, time = rows[order], time[order]
    count = np.bincount(rows, minlength=size)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    days = np.full((size, int(count.max(initial=0))), np.nan)
    days[rows, place] = time
    return days
