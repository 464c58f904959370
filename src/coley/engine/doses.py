"""Doses as the solver meets them: stretches of time, each with what is given at its start and what flows in during it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.errors import ColeyError, Problem, did_you_mean

Floats = NDArray[np.float64]
COLUMNS = ("ID", "TIME", "AMT", "DUR", "CMT")


@dataclass(frozen=True)
class Segment:
    """A stretch between two dose times: ``bolus`` is added to the states at its start, ``infusion`` (per day) during it."""

    start: float
    end: float
    bolus: Floats
    infusion: Floats | None
    last: bool


def segments(start: float, end: float, doses: Floats, states: int) -> Iterator[Segment]:
    """The stretches of [start, end]; a dose exactly at ``end`` belongs to what comes after."""
    doses = doses[(doses[:, 0] < end) & (doses[:, 0] + doses[:, 2] >= start)]
    finish = doses[:, 0] + doses[:, 2]
    cuts = np.unique(np.concatenate([[start, end], doses[:, 0], finish]))
    cuts = cuts[(cuts >= start) & (cuts <= end)]
    for left, right in zip(cuts[:-1], cuts[1:], strict=True):
        bolus = np.zeros(states)
        given = doses[(doses[:, 0] == left) & (doses[:, 2] == 0)]
        np.add.at(bolus, given[:, 3].astype(int), given[:, 1])
        flowing = doses[(doses[:, 2] > 0) & (doses[:, 0] <= left) & (finish >= right)]
        infusion = None
        if len(flowing):
            infusion = np.zeros(states)
            np.add.at(infusion, flowing[:, 3].astype(int), flowing[:, 1] / flowing[:, 2])
        yield Segment(float(left), float(right), bolus, infusion, last=bool(right == end))


def by_individual(table: pd.DataFrame | None, individuals: int, states: Mapping[str, int]) -> list[Floats]:
    """Dose rows (time, amount, duration, index of state) of each individual, in order of time.

    Raises:
        ColeyError: columns missing, a state or individual that is not there, amounts or times that are not finite and
            not negative; all at once.
    """
    if table is None or table.empty:
        return [np.zeros((0, 4))] * individuals
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise ColeyError(Problem("doses", f"columns {', '.join(missing)} are missing", f"needed: {', '.join(COLUMNS)}"))
    problems = [
        Problem("doses, CMT", f"no state {name!r}", did_you_mean(str(name), states))
        for name in pd.unique(table["CMT"])
        if name not in states
    ]
    ids = table["ID"].to_numpy()
    if ((ids < 0) | (ids >= individuals)).any():
        problems.append(Problem("doses, ID", f"individuals are numbered 0 to {individuals - 1}"))
    for name in ("TIME", "AMT", "DUR"):
        values = table[name].to_numpy(dtype=float)
        if not np.isfinite(values).all() or (name != "TIME" and (values < 0).any()):
            problems.append(Problem(f"doses, {name}", "has values that are not finite or are negative"))
    if problems:
        raise ColeyError(problems)
    rows = np.column_stack(
        [table["TIME"], table["AMT"], table["DUR"], table["CMT"].map(dict(states)).to_numpy(dtype=float)]
    ).astype(float)
    order = np.lexsort((rows[:, 0], ids))
    split = np.searchsorted(ids[order], np.arange(1, individuals))
    return list(np.split(rows[order], split))
