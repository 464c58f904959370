"""What is decided after a scan that shows progression: go on, treat again, treat otherwise, or stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.trial.arms import Epoch, Line
from coley.trial.conduct.fate import Fate
from coley.trial.conduct.treatment import Treatment

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
REST_BEFORE_NEXT = 21.0
"""Days from progression to the first dose of the next treatment; an assumption."""
NONE = -1


@dataclass
class Standing:
    """Where each patient stands in the sequence of treatments.

    Attributes:
        line: number of the present one, NONE where there is none any more.
        start: its first day.
        followed: whether examinations still tell of the trial treatment.
        extended: whether it goes on beyond a first progression.
    """

    line: Integers
    start: Floats
    followed: Flags
    extended: Flags

    @classmethod
    def at_entry(cls, first: Integers) -> Standing:
        """Everybody on the first day of the line ``first``."""
        n = len(first)
        return cls(first.copy(), np.zeros(n), np.ones(n, bool), np.zeros(n, bool))

    def on(self, line: int, present: Flags) -> Floats:
        """(patients,) first day of ``line`` for those who are on it, NaN for the others."""
        return np.where(present & (self.line == line), self.start, np.nan)


class Sequencing:
    """The lines of an arm, and who goes from one to which.

    Attributes:
        trial: numbers of the lines that are trial treatment.
    """

    def __init__(self, lines: Sequence[Line], treatments: Sequence[Treatment], fate: Fate) -> None:
        self._fate = fate
        self._treatments = treatments
        numbers = {epoch: [k for k, line in enumerate(lines) if line.epoch is epoch] for epoch in Epoch}
        self._again = numbers[Epoch.REINDUCTION]
        self._next = np.array([*numbers[Epoch.SUBSEQUENT], NONE])
        self._trial = np.array(numbers[Epoch.TREATMENT])
        self.trial = np.array(numbers[Epoch.TREATMENT] + numbers[Epoch.REINDUCTION])

    def first(self) -> Integers:
        """(patients,) the line that each begins with."""
        return np.asarray(self._trial[self._fate.option])

    def progressed(self, now: Standing, who: Flags, day: Floats) -> None:
        """Decide for ``who`` has progressed at a scan on ``day``; the scan is the new baseline of all these.

        Who was to be treated beyond progression and still is treated goes on; who had completed a treatment of fixed
        length is given it again where the arm says so; others go on to a next treatment, or to none.
        """
        on_trial = who & np.isin(now.line, self._trial)
        last = np.stack([treatment.last for treatment in self._treatments])[now.line, np.arange(len(day))]
        ended = now.start + np.where(now.line >= 0, last, -np.inf) < day
        goes_on = on_trial & self._fate.beyond & ~now.extended & ~ended
        again = on_trial & ~goes_on & ended & bool(self._again)
        changes = who & ~goes_on & ~again
        now.extended[goes_on] = True
        if self._again:
            self._begin(now, again, np.full(len(day), self._again[0]), day)
        later = np.isin(now.line, self._next[:-1])
        self._begin(now, changes & ~later & (now.line != NONE), self._next[self._fate.next], day)
        now.line[changes & later & (now.start <= day)] = NONE
        now.followed[who & ~goes_on] = False

    @staticmethod
    def _begin(now: Standing, who: Flags, line: Integers, day: Floats) -> None:
        now.line[who] = line[who]
        treated = who & (line >= 0)
        now.start[treated] = day[treated] + REST_BEFORE_NEXT
