"""Holds delay: where all that a line of treatment still gives is withheld, the rest of it comes later."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.trial.conduct.decisions import Standing
from coley.trial.conduct.treatment import Treatment

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Delays:
    """Plans the doses of the lines of an arm, and moves those that holds put off."""

    def __init__(self, lines: int, size: int) -> None:
        self._since = np.full((lines, size), -np.inf)

    def planned(
        self,
        line: int,
        treatment: Treatment,
        now: Standing,
        present: Flags,
        window: tuple[Floats, Floats],
        resume: Floats,
    ) -> pd.DataFrame:
        """Doses of ``line`` in a window; the line's start in ``now`` moves with what is put off.

        Args:
            window: (patients,) its begin and end.
            resume: (patients,) day before which nothing of the line may be given, -inf where something may.
        """
        begin, end = window
        doses = treatment.window(now.on(line, present), np.maximum(begin, self._since[line]), end)
        first = np.full(len(begin), np.inf)
        np.minimum.at(first, doses["ID"].to_numpy(dtype=int), doses["TIME"].to_numpy(dtype=float))
        rows = np.flatnonzero(resume > first)
        if not len(rows):
            return doses
        now.start[rows] += resume[rows] - first[rows]
        self._since[line, rows] = resume[rows]  # what came before is not given again
        return treatment.window(now.on(line, present), np.maximum(begin, self._since[line]), end)
