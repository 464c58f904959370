"""Whether results hang on the solver's tolerance: a few individuals are followed again with a tenth of the error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.data.parts import of_these, put_together
from coley.data.record_items import OBSERVATION
from coley.data.records import Records
from coley.data.simulation import simulate
from coley.engine.batch import Budget
from coley.errors import Problem
from coley.system import System

Floats = NDArray[np.float64]
LOOKED_AT = 4
"""Individuals that are followed again."""
ALLOWED = 100
"""By how many relative tolerances, of its largest value, a course may move: errors of steps add up."""


def tolerance_problems(
    system: System,
    records: Records | None = None,
    *,
    times: Sequence[float] | Floats | None = None,
    parameters: pd.DataFrame | None = None,
    observables: Sequence[str],
    rtol: float = 1e-6,
    atol: Mapping[str, float] | None = None,
    budget: Budget | None = None,
    threads: int | None = None,
) -> list[Problem]:
    """The observables whose course is another when errors are held ten times as small, among the first individuals.

    Then the course is not known, although every step was accurate: it is chaotic, or hangs on a threshold that it
    touches. The arguments are those of :func:`coley.data.simulate`.

    Raises:
        ColeyError: as there.
    """
    table, records = put_together(records, parameters)
    table = table.iloc[:LOOKED_AT]
    mine = of_these(records, table.index)
    if times is None and mine is not None and not (mine.rows["EVID"] == OBSERVATION).any():
        return []
    finer = max(rtol / 10, 1e-12)
    tighter = {name: value / 10 for name, value in (atol or {}).items()}
    usual, close = (
        simulate(system, mine, times=times, parameters=table, observables=observables, rtol=r, atol=a, budget=budget,
                 threads=threads)
        for r, a in ((rtol, dict(atol or {})), (finer, tighter))
    )  # fmt: skip
    return [*_differences(usual.rows, close.rows, observables, ALLOWED * rtol)]


def _differences(usual: pd.DataFrame, close: pd.DataFrame, names: Sequence[str], allowed: float) -> Iterator[Problem]:
    hint = "hold errors smaller (rtol) until it stays; one that never does is chaotic, or hangs on a threshold"
    for name in names:
        moved = (usual[name] - close[name]).abs().groupby(usual["ID"], sort=False).max()
        size = close[name].abs().groupby(close["ID"], sort=False).max()
        share = (moved / size.where(size > 0)).dropna()
        if len(share) and share.max() > allowed:
            who, by = share.idxmax(), share.max()
            what = f"moves by {by:.2g} of its largest value with the solver's tolerance"
            yield Problem(f"{name}, ID {who}", what, hint)
