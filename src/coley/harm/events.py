"""Events: whom a harm befalls, when, and how badly, from cumulative hazards.

Events of one harm recur: each comes when the hazard that the patient has gone through since the last one exceeds a unit
exponential deviate of its own. While an event lasts, the patient is not at risk of another of the same harm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from coley.harm.schema import Harm
from coley.streams import Patients, uniforms

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Events:
    """Events as arrays of one length, one element each. Days count as time in the model does.

    Attributes:
        patient: number of the patient.
        harm: index among the harms.
        number: how many events of this harm the patient has had before.
        grade: the highest grade.
        onset: day on which it begins.
        resolution: day on which it has resolved; inf where it never does; NaN before care, and where it is fatal.
        death: day of death from it; NaN where it is not fatal.
        treated: day on which treatment of the event begins; NaN for none.
        treated_until: day on which that treatment, with its taper, ends; NaN for none.
        second_line: day on which the second line begins; NaN for none.
        action: what is done with a drug on account of it, the strongest: "none", "reduce", "hold", "stop"; "" with no
            drug.
        related: whether the patient had been given a drug that is known to cause such events.
    """

    patient: Ints
    harm: Ints
    number: Ints
    grade: Ints
    onset: Floats
    resolution: Floats
    death: Floats
    treated: Floats
    treated_until: Floats
    second_line: Floats
    action: NDArray[np.str_]
    related: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.patient)

    @classmethod
    def begun(cls, patient: Ints, harm: Ints, number: Ints, grade: Ints, onset: Floats) -> Events:
        """Events of which no more is known yet."""
        nan, none, no = (np.full(len(patient), value) for value in (np.nan, "", False))
        none = none.astype("<U6")
        return cls(patient, harm, number, grade, onset, nan, nan, nan, nan, nan, none, no)

    @classmethod
    def joined(cls, parts: Iterable[Events]) -> Events:
        """The events of all ``parts``, in the order of patients and days of onset."""
        none = np.zeros(0, dtype=np.int64)
        found = [cls.begun(none, none, none, none, np.zeros(0)), *parts]
        whole = cls(*(np.concatenate([getattr(part, field.name) for part in found]) for field in fields(cls)))
        return whole.take(np.lexsort((whole.harm, whole.onset, whole.patient)))

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Events:
        """Those that ``which`` selects: a mask or indices."""
        return Events(*(getattr(self, field.name)[which] for field in fields(self)))


@dataclass(frozen=True)
class Risk:
    """Where the patients of an arm stand with each harm; arrays (harms × patients).

    Attributes:
        number: events so far.
        spent: cumulative hazard gone through at risk since the last of them.
        wait: what this must come to for the next; NaN where it is not drawn yet.
        free: day from which the patient is at risk (again).
    """

    number: Ints
    spent: Floats
    wait: Floats
    free: Floats

    @classmethod
    def start(cls, harms: int, patients: int) -> Risk:
        """Nobody has had an event, everybody is at risk."""
        shape = (harms, patients)
        none = np.full(shape, np.nan)
        return cls(np.zeros(shape, dtype=np.int64), np.zeros(shape), none, np.full(shape, -np.inf))

    def during(self, events: Events, patients: Patients) -> Risk:
        """No risk of a harm while it lasts: until the ``events``, their course settled, have resolved."""
        row = {patient: k for k, patient in enumerate(patients)}
        free = self.free.copy()
        where = [row[patient] for patient in events.patient]
        free[events.harm, where] = np.where(np.isnan(events.death), events.resolution, np.inf)
        return replace(self, free=free)


def occur(
    harms: Sequence[Harm], times: Floats, hazards: Floats, risk: Risk, patients: Patients, *, seed: int
) -> tuple[Events, Risk]:
    """The events that begin in a window of time, and where the patients stand after it.

    A patient has at most one event of a harm in a window.

    Args:
        times: days of the window of each patient (patients × points), ascending, filled up with NaN.
        hazards: cumulative hazards at these times (harms × patients × points); linear in between. NaN for a patient who
            is not followed.
        risk: where the patients stand at the window's begin.
        patients: their numbers, in the order of the rows.
        seed: of every random number.
    """
    numbers = np.asarray(patients, dtype=np.int64)
    number, spent, wait, found = risk.number, risk.spent.copy(), risk.wait.copy(), []
    everyone, last = np.arange(len(times)), (~np.isnan(times)).sum(axis=1) - 1
    begin, end = times[:, 0], times[everyone, last]
    final, since = hazards[:, everyone, last], hazards[:, :, 0].copy()
    late, new = risk.free > begin, np.isnan(wait)
    for index in np.flatnonzero(late.any(axis=1)).tolist():
        rows = np.flatnonzero(late[index])
        since[index, rows] = _value(times[rows], hazards[index, rows], np.minimum(risk.free[index, rows], end[rows]))
    for index in np.flatnonzero(new.any(axis=1)).tolist():
        wait[index, new[index]] = _thresholds(harms[index], number[index, new[index]], numbers[new[index]], seed)
    mark = since + wait - spent
    struck = final > mark
    spent += np.nan_to_num(final - since)
    for index in np.flatnonzero(struck.any(axis=1)).tolist():
        rows = np.flatnonzero(struck[index])
        day = _crossing(times[rows], hazards[index, rows], mark[index, rows])
        grade = _grades(harms[index], number[index, rows], numbers[rows], seed)
        which = np.full(len(rows), index, dtype=np.int64)
        found.append(Events.begun(numbers[rows], which, number[index, rows], grade, day))
    spent[struck], wait[struck] = 0.0, np.nan
    return Events.joined(found), replace(risk, number=number + struck, spent=spent, wait=wait)


def _value(times: Floats, values: Floats, days: Floats) -> Floats:
    """``values`` (patients × points) at one of the ``days`` within the ``times`` of each patient, linear in between."""
    rows, last = np.arange(len(times)), (~np.isnan(times)).sum(axis=1) - 1
    low = (times <= days[:, None]).sum(axis=1) - 1
    high = np.minimum(low + 1, last)
    span = times[rows, high] - times[rows, low]
    share = np.divide(days - times[rows, low], span, out=np.zeros(len(rows)), where=span > 0)
    return np.asarray(values[rows, low] + share * (values[rows, high] - values[rows, low]))


def _crossing(times: Floats, values: Floats, marks: Floats) -> Floats:
    """The day on which rising ``values`` of each patient meet their mark, which all of them do."""
    rows, after = np.arange(len(values)), (values > marks[:, None]).argmax(axis=1)
    before = np.maximum(after - 1, 0)
    low, high = values[rows, before], values[rows, after]
    share = np.divide(marks - low, high - low, out=np.zeros(len(rows)), where=high > low)
    return np.asarray(times[rows, before] + share * (times[rows, after] - times[rows, before]))


def drawn(harm: Harm, purpose: str, number: Ints, patients: Ints, seed: int) -> Floats:
    """One uniform deviate for each event, keyed by harm, purpose, number of the event and patient."""
    values = np.empty(len(patients))
    for nth in np.unique(number):
        these = number == nth
        values[these] = uniforms(seed, f"harm {harm.name} {purpose}", patients[these], attempt=int(nth))
    return values


def _thresholds(harm: Harm, number: Ints, patients: Ints, seed: int) -> Floats:
    return np.asarray(-np.log1p(-drawn(harm, "onset", number, patients, seed)))


def _grades(harm: Harm, number: Ints, patients: Ints, seed: int) -> Ints:
    levels = np.array([row.grade for row in harm.grades])
    upper = np.cumsum([row.share.value for row in harm.grades])
    place = np.searchsorted(upper, drawn(harm, "grade", number, patients, seed), side="right")
    return np.asarray(levels[np.minimum(place, len(levels) - 1)], dtype=np.int64)
