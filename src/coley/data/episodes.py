"""Courses cut into episodes: what follows a reset or a steady state depends on nothing before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.data.changing import changes, everywhere, values_at_start
from coley.data.record_items import DOSE, OBSERVATION, RESET, RESET_AND_DOSE
from coley.engine.doses import resolution

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
DOSE_COLUMNS = ["ID", "TIME", "AMT", "DUR", "CMT"]
_APART = 4
"""Resolutions of time between an observation and a dose that follows it at the same time."""


@dataclass(frozen=True, eq=False)
class Episodes:
    """Stretches of individuals' courses that the engine follows as individuals of their own.

    Attributes:
        who: the individual of each episode, by position.
        times: (episode × observation) start and output times, ascending, NaN behind the last.
        doses: as the engine takes them; ID is the episode. Those of parameters that change are among them.
        began: with what values of these each episode begins, as :func:`coley.data.changing.values_at_start`.
        steady: for each episode that begins in a steady state, its dose record: index is the episode, columns TIME,
            AMT, DUR, CMT, II and ``rate``.
        observed: a row per observation: ``episode``, ``position`` in its ``times``, and ``who``, TIME and DV.
    """

    who: Integers
    times: Floats
    doses: pd.DataFrame
    began: pd.DataFrame
    steady: pd.DataFrame
    observed: pd.DataFrame


def on_grid(rows: pd.DataFrame, individuals: int, times: Sequence[float] | Floats) -> pd.DataFrame:
    """The records ``rows`` with an observation of every individual at each of ``times``, after all that happens then.

    An individual whose records begin later begins at the first of ``times``.
    """
    grid = np.asarray(times, dtype=float)
    added = pd.DataFrame({"who": np.repeat(np.arange(individuals), len(grid)), "TIME": np.tile(grid, individuals)})
    added = added.assign(EVID=OBSERVATION, AMT=0.0, DUR=0.0, CMT="", II=0.0, ADDL=0.0, SS=0.0)
    added = added.assign(DV=np.nan, rate=0.0, modelled="", paced=False, lag=0.0)
    joined = pd.concat([rows, added], ignore_index=True) if len(rows) else added
    order = np.lexsort((np.arange(len(joined)), joined["TIME"], joined["who"]))
    return everywhere(joined.iloc[order].reset_index(drop=True))


def episodes(rows: pd.DataFrame, changing: Sequence[str] = ()) -> Episodes:
    """Cut the records of all individuals, in order of individual and course, into episodes.

    Args:
        changing: parameters that change.
    """
    rows = rows.reset_index(drop=True)
    fresh = rows["who"].ne(rows["who"].shift())
    begins = fresh | rows["EVID"].isin((RESET, RESET_AND_DOSE)) | rows["SS"].eq(1)
    rows = rows.assign(episode=begins.cumsum().to_numpy() - 1)
    rows["at"] = _moments(rows)
    start = rows.groupby("episode")["TIME"].first().to_numpy()
    observed = rows[rows["EVID"] == OBSERVATION]
    end = np.full(len(start), -np.inf)
    np.maximum.at(end, observed["episode"].to_numpy(), observed["at"].to_numpy())
    doses = _expanded(rows, end)
    if changing:
        doses = pd.concat([doses, changes(rows, end, changing)], ignore_index=True)
    times, position = _output_times(observed, start, end, doses)
    steady = rows[rows["SS"] == 1].set_index("episode")[["TIME", "AMT", "DUR", "CMT", "II", "rate"]]
    shown = observed[["episode", "who", "TIME", "DV"]].assign(position=position)
    began = values_at_start(rows, begins.to_numpy(), changing)
    return Episodes(rows["who"][begins].to_numpy(dtype=np.intp), times, doses, began, steady, shown)


def _moments(rows: pd.DataFrame) -> Floats:
    """When each record happens: at its TIME, or a hair later where it follows a dose that follows an observation.

    So an observation sees what stands before it in the table, and nothing that stands after it.
    """
    dose = rows["EVID"].isin((DOSE, RESET_AND_DOSE))
    seen = rows["EVID"].eq(OBSERVATION)
    together = (rows["episode"].ne(rows["episode"].shift()) | rows["TIME"].ne(rows["TIME"].shift())).cumsum()
    last = rows["EVID"].where(dose | seen).groupby(together).ffill()
    before = last.groupby(together).shift()
    turns = dose & before.eq(OBSERVATION)
    level = turns.groupby(together).cumsum().to_numpy()
    time = rows["TIME"].to_numpy()
    return np.asarray(time + level * _APART * resolution(time))


def _expanded(rows: pd.DataFrame, end: Floats) -> pd.DataFrame:
    """The doses of all episodes, those of ADDL written out up to the last observation."""
    given = rows[rows["EVID"].isin((DOSE, RESET_AND_DOSE)) & (rows["AMT"] > 0)]
    episode, time = given["episode"].to_numpy(), given["TIME"].to_numpy()
    interval, more = given["II"].to_numpy(), given["ADDL"].to_numpy()
    lag = given["lag"].to_numpy(dtype=float)
    room = np.maximum(end[episode] - time - lag, 0)
    reached = np.floor(room / np.where(interval > 0, interval, np.inf) + 1e-9)
    count = np.minimum(more, reached).astype(np.intp) + 1
    count[time + lag > end[episode]] = 0
    source = np.repeat(np.arange(len(given)), count)
    repeat = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
    out = given.iloc[source]
    moment = np.where(repeat == 0, out["at"], out["TIME"] + repeat * out["II"]) + lag[source]
    return pd.DataFrame(
        {"ID": out["episode"], "TIME": moment, "AMT": out["AMT"], "DUR": out["DUR"], "CMT": out["CMT"]},
        columns=DOSE_COLUMNS,
    ).reset_index(drop=True)


def _output_times(
    observed: pd.DataFrame, start: Floats, end: Floats, doses: pd.DataFrame
) -> tuple[Floats, NDArray[np.int64]]:
    """Times (episode × observation), and where each observation stands among those of its episode.

    Where a dose falls on the last observation one more time follows: to the engine a dose at the end comes too late.
    """
    of = doses["ID"].to_numpy(dtype=np.intp)
    late = np.unique(of[np.abs(doses["TIME"].to_numpy() - end[of]) <= resolution(end[of])])
    points = pd.DataFrame(
        {
            "episode": np.concatenate([np.arange(len(start)), observed["episode"], late]),
            "at": np.concatenate([start, observed["at"], end[late] + _APART * resolution(end[late])]),
        }
    )
    points = points.drop_duplicates().sort_values(["episode", "at"])
    points["position"] = points.groupby("episode").cumcount()
    times = np.full((len(start), int(points["position"].max()) + 1), np.nan)
    times[points["episode"], points["position"]] = points["at"]
    place = observed[["episode", "at"]].merge(points, on=["episode", "at"], how="left")["position"]
    return times, place.to_numpy()
