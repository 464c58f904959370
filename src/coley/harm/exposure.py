"""Exposure: harm of which no more is known than how often it comes while a class of drugs is given.

It is a rate, and no mechanism: it starts with the first dose of a drug, ends so long after the last one, and does not
heed concentrations. A patient's susceptibility, which all classes share, is log-normal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from coley.facts import Entry, Quantity, Text, like
from coley.streams import normals
from coley.units import convert

Floats = NDArray[np.float64]


class Rate(Entry):
    """The rate of events while a drug of one of the classes is given, in a patient of median susceptibility."""

    classes: Annotated[tuple[Text, ...], Field(min_length=1)]
    rate: Annotated[Quantity, like("1/day")]


class Exposure(Entry):
    """Rates of events under treatment, by class of drug; of a drug that is of several, the highest counts.

    Attributes:
        susceptibility: of a patient, a factor on the rates.
        lasting: how long after a dose a drug counts as given.
        rates: by class; those of different drugs add up.
    """

    susceptibility: Annotated[Quantity, like("", zero=True)]
    lasting: Annotated[Quantity, like("day")]
    rates: Annotated[tuple[Rate, ...], Field(min_length=1)]

    def rate(self, classes: Sequence[str]) -> float:
        """Events per day that a drug of these ``classes`` adds; 0 where it is of none that is listed."""
        found = [row.rate for row in self.rates if set(row.classes) & set(classes)]
        return max((convert(rate.value, rate.unit, "1/day") for rate in found), default=0.0)

    def susceptibilities(self, harm: str, patients: NDArray[np.int64], *, seed: int) -> Floats:
        """(patients,) the susceptibility of each, drawn for the harm of that name."""
        sigma = np.sqrt(np.log1p((self.susceptibility.cv or 0.0) ** 2))
        return np.asarray(self.susceptibility.value * np.exp(sigma * normals(seed, f"harm {harm} exposure", patients)))


def time_given(times: Floats, doses: Floats, until: Floats, lasting: float) -> tuple[Floats, Floats]:
    """Days of a window on which a drug counts as given, up to each of the ``times``.

    Args:
        times: (patients, points) days of the window, ascending, filled up with NaN.
        doses: (patients, any number) days of doses in the window, ascending, filled up with NaN.
        until: (patients,) day until which doses of earlier windows count, -inf for none.
        lasting: how long a dose counts.

    Returns:
        (patients, points) these days; (patients,) the day until which doses so far count.
    """
    begin = times[:, :1]
    given = np.clip(np.minimum(times, until[:, None]) - begin, 0.0, None)
    for column in range(doses.shape[1]):
        dose = doses[:, column]
        there = ~np.isnan(dose)
        start = np.where(there, np.maximum(dose, until), np.inf)
        end = np.where(there, dose + lasting, -np.inf)
        given += np.clip(np.minimum(times, end[:, None]) - start[:, None], 0.0, None)
        until = np.maximum(until, end)
    return given, until
