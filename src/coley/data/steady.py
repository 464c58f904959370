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
CYCLES = 16
"""Doses between two looks at whether states repeat."""
LOOKS = 64
"""Looks before the search ends: 1,024 doses."""
_LEAP_RATIOS = (0.1, 0.999)
"""Ratios at which to leap: below it is not worth it, above there may be nothing to leap to."""
_LEAPS = LOOKS // 4
"""Looks after which there are no more leaps, so that they never carry a state that only grows out of sight."""
_NOISE = 0.1
"""A change, in units of the tolerance, that may be nothing but error of the solver."""
ALWAYS = 1e9
"""Units of time for which a constant infusion has always run; longer than any state of a patient remembers."""


@dataclass(frozen=True, eq=False)
class Steady:
    """States just before the doses that ask for them (episode × state); ``reason`` says why there are none, or ""."""

    states: Floats
    reason: list[str]


def steady_states(
    system: System, asked: pd.DataFrame, parameters: pd.DataFrame, initial: Floats, settings: Settings
) -> Steady:
    """Follow the doses that ``asked`` describes (as ``Episodes.steady``), a row of ``parameters`` to each.

    The states after :data:`CYCLES` doses more are compared with those before. The ratio of two such changes tells what
    is left to come, as in a geometric series: the search ends where that is within the tolerances of the solver, and
    leaps ahead by it where it is not (vector Aitken extrapolation: Brezinski C, Redivo Zaglia M, Extrapolation Methods,
    North-Holland 1991, chapter 4). Where it leaps to does not decide what is found, only how soon.
    """
    asked = asked.reset_index(drop=True)
    states, reason = initial.copy(), ["" for _ in range(len(asked))]
    floor = np.array([settings.atol.get(state.name, settings.rtol * state.scale) for state in system.states])
    before = np.full(states.shape, np.nan)
    going = np.arange(len(asked))
    for look in range(LOOKS):
        reached, failed = _round(system, asked.iloc[going], parameters.iloc[going], states[going], settings)
        weights = settings.rtol * np.abs(reached) + floor
        change = reached - states[going]
        ratio = _ratio(change / weights, before[going] / weights)
        done = (failed != "") | _settled(np.abs(change / weights).max(axis=1), ratio)
        for row, why in zip(going[failed != ""], failed[failed != ""], strict=True):
            reason[row] = f"no steady state: {why}"
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
            reason[row] = _unsettled(system.state_names[state], asked.iloc[row])
    return Steady(states, reason)


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
    constant = (asked["rate"] > 0).to_numpy()
    interval = np.where(constant, ALWAYS, asked["II"])
    rounds = np.where(constant, 1, CYCLES)
    end = asked["TIME"].to_numpy(dtype=float)
    frame = asked.assign(
        DUR=np.where(constant, ALWAYS, asked["DUR"]), AMT=np.where(constant, asked["rate"] * ALWAYS, asked["AMT"])
    )
    row = np.repeat(np.arange(len(frame)), rounds)
    k = pd.Series(row).groupby(row).cumcount().to_numpy() + 1
    given = frame[["AMT", "DUR", "CMT"]].iloc[row].assign(ID=row, TIME=end[row] - k * interval[row])
    doses = joined(given, still_running(frame, interval, end - rounds * interval))
    times = np.column_stack([end - rounds * interval, end])
    table = parameters.reset_index(drop=True).assign(**dict(zip(system.state_names, states.T, strict=True)))
    course = follow(system, times, table, doses, system.state_names, settings.tighter())
    reached = np.stack([course[name].to_numpy()[:, -1] for name in system.state_names], axis=1)
    ok = (course["status"].to_numpy() == "ok") & np.isfinite(reached).all(axis=1)
    failed = np.where(ok, "", course["reason"].to_numpy().astype(object))
    failed = np.where(~ok & (failed == ""), "a state is no finite number", failed)
    return np.where(ok[:, None], reached, states), failed


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


def _unsettled(state: str, asked: pd.Series) -> str:
    if asked["rate"] > 0:
        return f"no steady state: {state} still changes after an infusion over {LOOKS * ALWAYS:g} units of time"
    doses = f"{LOOKS * CYCLES} doses every {asked['II']:g}"
    return f"no steady state: {state} still changes after {doses}; give the doses themselves, without SS"
