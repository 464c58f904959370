"""Events at one moment: which are triggered, and what those that are due do, one after another.

After SBML Level 3 Version 2, section 4.11: an event is triggered when its condition becomes true, and is due after its
delay; of those due at once the one of highest priority goes first, and what it changes may trigger others, or call off
those that do not persist.
"""

from __future__ import annotations

import math

import numpy as np

from coley.engine.compiler.layout import Layout
from coley.engine.driver.native import call, compiled
from coley.engine.driver.records import (
    CANNOT_START,
    EVENT,
    GOING,
    STRANGE_DELAY,
    TOO_MANY_EVENTS,
    Addresses,
    Events,
    Floats,
    Lane,
)
from coley.engine.driver.steps import resolution
from coley.engine.memory import Memory

_ENDLESS = 10_000  # events at one moment
_FLIPS = 16  # changes of branches at one moment


@compiled
def happen(
    kernels: Addresses, work: Floats, rows: Layout, events: Events, memory: Memory, here: Lane, lane: int
) -> None:
    """Let all happen that is due now. The probe is left at the present state."""
    for _ in range(_ENDLESS):
        for j in range(rows.states):
            work[rows.probe + j, lane] = work[rows.y + j, lane]
        work[rows.probe_time, lane] = here.time
        call(kernels.probe, kernels.workspace)
        here.evaluations += 1
        if not rows.watching:
            break
        if rows.events:
            call(kernels.react, kernels.workspace)
        _notice(work, rows, events, memory, here, lane)
        if here.code != GOING:
            return
        if _branch(work, rows, memory, here, lane):
            continue  # rates are others now
        place = _next(work, rows, events, memory, here, lane)
        if place < 0:
            break
        _carry_out(work, rows, events, memory, here, lane, place)
        if here.code != GOING:
            return
    else:
        here.code = TOO_MANY_EVENTS
    here.expected = np.inf
    for place in range(memory.due.shape[1]):
        here.expected = min(here.expected, memory.due[here.who, place])
    here.stop = here.halt = min(here.end, here.expected)


@compiled
def _notice(work: Floats, rows: Layout, events: Events, memory: Memory, here: Lane, lane: int) -> None:
    """Note which conditions hold; trigger the events whose condition has become true."""
    who = here.who
    for k in range(rows.events):
        holds = work[rows.probe_triggers + k, lane] > 0.0
        if memory.holds[who, k] and not holds and not events.persistent[k]:
            for place in range(memory.due.shape[1]):
                if memory.event[who, place] == k:
                    memory.due[who, place] = np.inf
        elif holds and not memory.holds[who, k]:
            _trigger(work, rows, events, memory, here, lane, k)
        memory.holds[who, k] = holds
    for k in range(rows.events, rows.watching):
        memory.holds[who, k] = work[rows.probe_triggers + k, lane] > 0.0


@compiled
def _branch(work: Floats, rows: Layout, memory: Memory, here: Lane, lane: int) -> bool:
    """Take the branches of the rates that now hold; whether any has changed.

    Where they change to and fro at one moment, a course runs along a jump: then the error of a step has to do.
    """
    changes = False
    for k in range(rows.holding):
        holds = memory.holds[here.who, rows.watching - rows.holding + k]
        says = 0.5 if here.flips > _FLIPS else 1.0 if holds else 0.0
        if work[rows.held + k, lane] != says:
            work[rows.held + k, lane] = says
            changes = True
    if changes and here.flips <= _FLIPS:
        here.flips = here.flips + 1 if here.passed <= 4 * resolution(here.time) else 0
    return changes


@compiled
def _trigger(work: Floats, rows: Layout, events: Events, memory: Memory, here: Lane, lane: int, k: int) -> None:
    """Make event ``k`` due after its delay."""
    who, delay = here.who, work[rows.delays + k, lane]
    if not delay >= 0.0:
        here.code, here.event = STRANGE_DELAY, k
        return
    free, latest = -1, np.int64(0)
    for place in range(memory.due.shape[1]):
        if np.isinf(memory.due[who, place]):
            free = place
        else:
            latest = max(latest, memory.order[who, place])
    if free < 0:
        here.code = TOO_MANY_EVENTS
        return
    memory.due[who, free] = here.time + delay
    memory.event[who, free], memory.order[who, free] = k, latest + 1
    for a in range(events.first[k + 1] - events.first[k]):
        memory.values[who, free, a] = work[rows.values + events.first[k] + a, lane]


@compiled
def _next(work: Floats, rows: Layout, events: Events, memory: Memory, here: Lane, lane: int) -> int:
    """The place of what goes first of all that is due now, or -1. Between equal priorities lots are drawn."""
    who, best, highest, lowest = here.who, -1, -np.inf, np.uint64(0)
    for place in range(memory.due.shape[1]):
        if memory.due[who, place] <= here.time:
            k, order = memory.event[who, place], np.uint64(memory.order[who, place])
            priority = work[rows.priorities + k, lane] if events.prioritised[k] else -np.inf
            lot = _lot(here.time, order) if events.prioritised[k] else order
            if best < 0 or priority > highest or (priority == highest and lot < lowest):
                best, highest, lowest = place, priority, lot
    return best


@compiled
def _lot(time: float, order: np.uint64) -> np.uint64:
    """A number that looks random, and is the same for the same moment (Steele, Lea and Flood 2014: SplitMix64)."""
    mantissa, exponent = math.frexp(time)
    z = np.uint64(np.int64(mantissa * 2.0**53)) + np.uint64(exponent + 2048) * np.uint64(0x9E3779B97F4A7C15)
    z += order * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def _carry_out(work: Floats, rows: Layout, events: Events, memory: Memory, here: Lane, lane: int, place: int) -> None:
    """Do what is due at a place, and free it."""
    who = here.who
    k = memory.event[who, place]
    memory.due[who, place] = np.inf
    for a in range(events.first[k + 1] - events.first[k]):
        at = events.first[k] + a
        value = memory.values[who, place, a] if events.at_trigger[k] else work[rows.values + at, lane]
        value *= work[rows.multipliers + at, lane]
        if not np.isfinite(value):
            here.code = CANNOT_START
        work[rows.y + events.target[at], lane] = value
    if events.ends[k] and here.code == GOING:
        here.code, here.event = EVENT, k
