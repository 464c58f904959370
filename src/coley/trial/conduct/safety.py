"""Harm of treatment and its care, as the trial goes: events of each window, drugs withheld, medicines, deaths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.harm import Care, Events, Harm, Prescription, Risk, decide, occur, resolve
from coley.pharmacology import Drug
from coley.regimen import parse
from coley.trial.conduct.exposed import Exposed
from coley.trial.conduct.treatment import Columns, Treatment, steady, table

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FOR_HARM = -1
"""The LINE of what is given for harm."""
_LONGEST = 3653.0  # days of treatment of an event, at most


@dataclass(frozen=True)
class Safety:
    """What became of the safety of an arm: harms, their events, and what was given for them.

    Attributes:
        until: (patients,) day until which events count as those of trial treatment.
    """

    harms: tuple[Harm, ...]
    events: Events
    prescriptions: tuple[Prescription, ...]
    until: Floats


class Ward:
    """Watches over the patients of an arm: who is harmed, what is withheld, what is given.

    Attributes:
        hazards: states of the model that add up the hazards of the harms.
        watches: whether there is any harm to watch for.
        death: (patients,) day of death from an event, NaN for none.
    """

    def __init__(
        self,
        harms: Sequence[Harm],
        cares: Sequence[Care],
        drugs: Sequence[Drug],
        people: pd.DataFrame,
        patients: NDArray[np.int64],
        *,
        seed: int,
    ) -> None:
        """Watch ``patients``, by their numbers; ``people`` are their covariates, ``cares`` the rules followed."""
        self._harms, self._cares, self._drugs = tuple(harms), cares, list(drugs)
        self._people, self._patients, self._seed = people, patients, seed
        self._row = {int(number): row for row, number in enumerate(patients)}
        self.hazards = tuple(harm.hazard for harm in harms if harm.modelled)
        self.watches = bool(self._harms)
        self.death = np.full(len(patients), np.nan)
        self._first = np.full((len(patients), len(self._drugs)), np.inf)
        self._withheld = np.full((len(patients), len(self._drugs)), -np.inf)
        self._share = np.ones((len(patients), len(self._drugs)))  # of the planned dose
        self._exposed = Exposed(self._harms, self._drugs, patients, seed=seed)
        self._risk = Risk.start(len(harms), len(patients))
        self._events: list[Events] = []
        self._prescriptions: list[Prescription] = []
        self._treatments: dict[str, Treatment] = {}
        self._column = {drug.name: k for k, drug in enumerate(self._drugs)}

    def allowed(self, doses: pd.DataFrame) -> pd.DataFrame:
        """The planned ``doses`` but for those of drugs that are withheld then, reduced; these are taken as given."""
        if not self._harms or doses.empty:
            return doses
        rows, time = doses["ID"].to_numpy(dtype=int), doses["TIME"].to_numpy(dtype=float)
        column = doses["DRUG"].map(self._column).to_numpy(dtype=int)
        left: Flags = time >= self._withheld[rows, column]
        np.minimum.at(self._first, (rows[left], column[left]), time[left])
        share = self._share[rows[left], column[left]]
        kept = doses[left]
        return kept if (share == 1).all() else kept.assign(AMT=kept["AMT"] * share)

    def resumption(self, names: Sequence[str]) -> Floats:
        """(patients,) day until which all of the drugs ``names`` but those stopped are held; -inf where one is not."""
        if not self._harms or not names or any(name not in self._column for name in names):
            return np.full(len(self._patients), -np.inf)
        until = self._withheld[:, [self._column[name] for name in names]]
        going = until < np.inf
        first = np.where(going, until, np.inf).min(axis=1)
        last = np.where(going, until, -np.inf).max(axis=1)
        return np.asarray(np.where(np.isfinite(first), last, -np.inf))

    def settle(self, times: Floats, hazards: Floats, doses: pd.DataFrame, present: Flags, lost: Floats) -> pd.DataFrame:
        """The events of a window, and the care of them.

        Args:
            times: (patients, points) days of the window, filled up with NaN.
            hazards: (harms, patients, points) cumulative hazards at these, of the harms that the model has.
            doses: that were given in the window.
            present: who was followed.
            lost: (patients,) day on which a patient was lost within the window, NaN for those who were not.

        Returns:
            doses of what is to be given for them from the end of the window on.
        """
        every = self._exposed.hazards(times, hazards, doses)
        known = np.where(present[:, None], every, np.nan)
        found, self._risk = occur(self._harms, times, known, self._risk, self._patients, seed=self._seed)
        rows = np.array([self._row[int(number)] for number in found.patient], dtype=int)
        there = ~(found.onset > lost[rows]) if len(rows) else np.zeros(0, bool)
        found, rows = found.take(there), rows[there]
        given = self._first[rows] <= found.onset[:, None]
        orders = decide(found, self._harms, self._cares, self._drugs, given)
        course = resolve(found, self._harms, orders, seed=self._seed)
        self._risk = self._risk.during(course.events, self._patients)
        np.maximum.at(self._withheld, rows, course.withheld)
        np.multiply.at(self._share, rows, course.reduce)
        spent = self._share[rows] < course.least * (1 - 1e-9)  # no smaller dose is left
        np.maximum.at(self._withheld, rows, np.where(spent, np.inf, -np.inf))
        self.death[rows] = np.fmin(self.death[rows], course.events.death)
        action = np.where(spent.any(axis=1), "stop", course.events.action)
        self._events.append(replace(course.events, action=action))
        self._prescriptions += course.prescriptions
        end = np.nanmax(times, axis=1)
        for_harm = [list(self._doses(prescription, end)) for prescription in course.prescriptions]
        size = [sum(len(piece["ID"]) for piece in pieces) for pieces in for_harm]
        return steady(table(chain.from_iterable(for_harm)), np.repeat(np.arange(len(size)), size))

    def _doses(self, prescription: Prescription, now: Floats) -> Iterator[Columns]:
        """All that a prescription gives to the patients of it from day ``now`` on."""
        start = np.full(len(self._patients), np.nan)
        start[[self._row[int(number)] for number in prescription.patients]] = prescription.starts
        text = prescription.regimen
        if text not in self._treatments:
            drugs = {drug.name: drug for drug in self._drugs}
            self._treatments[text] = Treatment(parse(text), drugs, self._people, _LONGEST, line=FOR_HARM)
        return self._treatments[text].columns(start, now, np.full(len(now), np.inf))

    def record(self, until: Floats) -> Safety:
        """All that happened; ``until`` is the day until which events count as those of trial treatment."""
        return Safety(self._harms, Events.joined(self._events), tuple(self._prescriptions), until)
