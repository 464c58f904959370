"""Steady states of dosing: the cycle of doses is followed until states repeat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.data.engine_call import Settings, follow
from coley.data.episodes import DOSE_COLUMNS
from coley.system import System

Floats = NDArray[np.float64]
CYCLES = 4
"""Doses between two looks at whether states repeat."""
LOOKS = 256
"""Looks before the search ends: 1,024 doses."""
_LEAP_RATIOS = (0.1, 0.999)
"""Ratios at which to leap: below it is not worth it, above there may be nothing to leap to."""
_LEAPS = 16
"""Looks after which there are no more leaps, so that they never carry a state that only grows out of sight."""
_NOISE = 0.1
"""A change, in units of the tolerance, that may be nothing but error of the solver."""
ALWAYS = 1e9
"""Units of time for which a constant infusion has always run; longer than any state of a patient remembers."""


@dataclass(frozen=True, eq=False)
class Steady:
    """States just before the doses that ask for them (episode × state); ``reason`` says why there are none, or ""."""

    states: Floats
    reason: NDArray[np.object_]


def steady_states(
    system: System, asked: pd.DataFrame, parameters: pd.DataFrame, initial: Floats, settings: Settings
) -> Steady:
    """Follow the doses that ``asked`` describes (as ``Episodes.steady``), a row of ``parameters`` to each.

    The states after :data:`CYCLES` doses more are compared with those before. The ratio of two such changes tells what
    is left to come, as in a geometric series: the search ends where that is within the tolerances of the solver, and
    leaps ahead by it where it is not (vector Aitken extrapolation: Brezinski C, Redivo Zaglia M, Extrapolation Methods,
    North-Holland 1991, chapter 4). Where it leaps to does not decide what is found, only how soon.
    """
    asked, parameters = asked.reset_index(drop=True), parameters.reset_index(drop=True)
    states, reason = initial.copy(), np.full(len(asked), "", dtype=object)
    floor = _floor(system, settings)
    before = np.full(states.shape, np.nan)
    going = np.arange(len(asked))
    for look in range(LOOKS):
        reached, failed = _round(system, asked.iloc[going], parameters.iloc[going], states[going], settings)
        weights = settings.rtol * np.abs(reached) + floor
        change = reached - states[going]
        ratio = _ratio(change / weights, before[going] / weights)
        done = (failed != "") | _settled(np.abs(change / weights).max(axis=1), ratio)
        reason[going] = np.where(failed != "", "no steady state: " + failed, "")
        leap = ~done & (ratio > _LEAP_RATIOS[0]) & (ratio < _LEAP_RATIOS[1]) & (look < _LEAPS)
        factor = np.where(leap, ratio / np.where(leap, 1 - ratio, 1), 0)
        ahead = reached + factor[:, None] * change
        states[going] = np.where((reached >= 0) & (ahead < 0), 0, ahead)
        before[going] = np.where(leap[:, None], np.nan, change)
        worst = np.abs(change / weights).argmax(axis=1)[~done]
        going = going[~done]
        if not len(going):
            break
    else:
        for row, state in zip(going, worst, strict=True):
            doses = f"{LOOKS * CYCLES} doses every {asked['II'][row]:g}"
            reason[row] = (
                f"no steady state: {system.state_names[state]} still changes after {doses}; give doses one by one"
            )
    return Steady(states, reason)


def resting_states(
    system: System, start: Floats, parameters: pd.DataFrame, initial: Floats, doses: pd.DataFrame, settings: Settings
) -> Steady:
    """Where states come to rest, from ``initial`` at ``start`` on: they are the same half of :data:`ALWAYS` later."""
    times = start[:, None] + np.array([0, 0.5, 1]) * ALWAYS
    found, failed = _states_at(system, times, parameters, initial, doses, settings)
    middle, end = found[:, 1], found[:, 2]
    change = np.abs(end - middle) / (settings.rtol * np.abs(end) + _floor(system, settings))
    worst = np.nan_to_num(change).argmax(axis=1)
    moves = np.array([f"{system.state_names[state]} still changes after {ALWAYS:g} units of time" for state in worst])
    failed = np.where((failed == "") & (change.max(axis=1) > 1), moves, failed)
    return Steady(end, np.where(failed != "", "no steady state: " + failed, ""))


def _floor(system: System, settings: Settings) -> Floats:
    """The absolute tolerance of every state."""
    return np.array([settings.atol.get(state.name, settings.rtol * state.scale) for state in system.states])


def _ratio(change: Floats, before: Floats) -> Floats:
    """By how much a change is the one before again; NaN where none was before."""
    square = (before * before).sum(axis=1)
    return np.asarray((change * before).sum(axis=1) / np.where(square > 0, square, np.inf))


def _settled(change: Floats, ratio: Floats) -> NDArray[np.bool_]:
    """Whether what is left to come is within tolerance, from the largest change in units of the tolerance."""
    known = np.isfinite(ratio)
    shrinks = known & (np.abs(ratio) < 1)
    left = change * np.abs(ratio) / np.where(shrinks, 1 - np.abs(ratio), 1)
    return known & (change <= 1) & ((shrinks & (left <= 1)) | (change <= _NOISE))


def _round(
    system: System, asked: pd.DataFrame, parameters: pd.DataFrame, states: Floats, settings: Settings
) -> tuple[Floats, NDArray[np.object_]]:
    """States (episode × state) after a round of doses up to the time that asks, and why some did not get there."""
    interval, end = asked["II"].to_numpy(dtype=float), asked["TIME"].to_numpy(dtype=float)
    start = end - CYCLES * interval
    row = np.repeat(np.arange(len(asked)), CYCLES)
    since = np.tile(np.arange(CYCLES), len(asked))
    given = asked[["AMT", "DUR", "CMT"]].iloc[row].assign(ID=row, TIME=start[row] + since * interval[row])
    doses = joined(given, still_running(asked, interval, start))
    course, failed = _states_at(system, np.column_stack([start, end]), parameters, states, doses, settings)
    return np.where((failed == "")[:, None], course[:, 1], states), failed


def _states_at(
    system: System, times: Floats, parameters: pd.DataFrame, states: Floats, doses: pd.DataFrame, settings: Settings
) -> tuple[Floats, NDArray[np.object_]]:
    """States (individual × time × state) from ``states`` on, and why some did not get to the end, or ""."""
    table = parameters.reset_index(drop=True).assign(**dict(zip(system.state_names, states.T, strict=True)))
    course = follow(system, times, table, doses, system.state_names, settings.tighter())
    found = np.stack([course[name].to_numpy() for name in system.state_names], axis=2)
    ok = (course["status"].to_numpy() == "ok") & np.isfinite(found).all(axis=(1, 2))
    reason = course["reason"].to_numpy().astype(object)
    return found, np.where(ok, "", np.where(reason == "", "a state is no finite number", reason))


def still_running(asked: pd.DataFrame, interval: Floats, time: Floats) -> pd.DataFrame:
    """What is left at ``time`` of the infusions, one every ``interval``, that began before it."""
    lasts, amount = asked["DUR"].to_numpy(dtype=float), asked["AMT"].to_numpy(dtype=float)
    before = np.where(lasts > 0, np.ceil(lasts / np.where(interval > 0, interval, np.inf) * (1 - 1e-12)) - 1, 0)
    row = np.repeat(np.arange(len(asked)), np.maximum(before, 0).astype(np.intp))
    k = pd.Series(row).groupby(row).cumcount().to_numpy() + 1
    left = lasts[row] - k * interval[row]
    columns = (row, time[row], amount[row] * left / lasts[row], left, asked["CMT"].to_numpy()[row])
    return pd.DataFrame(dict(zip(DOSE_COLUMNS, columns, strict=True)))


def joined(doses: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Both tables of doses in one."""
    return pd.concat([doses, more], ignore_index=True) if len(more) else doses
