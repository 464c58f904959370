"""One arm at a data cut: who counts, their best responses, and their times to events."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from coley.protocol.calendar import MONTH
from coley.trial.analysis.statistics import UNKNOWN, Estimate, proportion
from coley.trial.analysis.times import KINDS, Known, Times
from coley.trial.conduct.history import History

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Analysis:
    """One arm, or a stratum of it, as known at a data cut. Patients whose simulation failed do not count.

    Attributes:
        responses: (patients,) best overall response by the criteria of the arm; NE for those who do not count.
        size: number of patients of the published arm, for which intervals are given.
    """

    known: Known
    responses: NDArray[np.int8]
    size: int
    _times: dict[str, Times] = field(default_factory=dict)

    @property
    def counted(self) -> Flags:
        """(patients,) who counts."""
        return self.known.counted

    @property
    def widen(self) -> float:
        """Factor on the half-width of an interval, from the patients here to those of the published arm."""
        return sqrt(max(int(self.counted.sum()), 1) / self.size)

    def times(self, name: str) -> Times:
        """The times called ``name``, a key of :data:`coley.trial.analysis.times.KINDS`."""
        if name not in self._times:
            self._times[name] = KINDS[name](self.known)
        return self._times[name]

    def share(self, flags: Flags, among: Flags | None = None) -> Estimate:
        """Share of patients, in percent, for whom ``flags`` hold.

        The interval is Clopper and Pearson's of the nearest number among as many as the published arm would have had.

        Args:
            among: (patients,) of whom; default of all who count.
        """
        of = self.counted if among is None else self.counted & among
        n = int(of.sum())
        if n == 0:
            return UNKNOWN
        found = np.count_nonzero(flags & of) / n
        size = max(round(self.size * n / int(self.counted.sum())), 1)
        at_size = proportion(round(found * size), size)
        return Estimate(100 * found, 100 * at_size.lower, 100 * at_size.upper)


def analyse(
    history: History,
    entry: Floats,
    *,
    size: int | None,
    confirm: bool,
    cutoff: float = inf,
    among: Flags | None = None,
) -> Analysis:
    """One arm as known ``cutoff`` months after the first patient was enrolled.

    Args:
        entry: (patients,) day of enrolment, counted from the first patient in.
        size: number of patients for which intervals are given, default those who count.
        confirm: whether the protocol requires confirmed responses.
        among: (patients,) who belongs to the stratum, default all.
    """
    counted = (history.status == "ok") & (entry < cutoff * MONTH)
    if among is not None:
        counted &= among
    cut = np.minimum(history.days[:, -1], cutoff * MONTH - entry)
    until = np.fmin(cut, history.dropout)
    codes = np.where(history.days <= until[:, None], history.codes, np.int8(0))
    known = Known(history, codes, cut, counted, confirm)
    responses = history.criteria.best(known.before_surgery, history.days, confirm=confirm)
    responses[~counted] = 0
    return Analysis(known, responses, size or max(int(counted.sum()), 1))
