"""Events at one moment: which are triggered, and what those that are due do, one after another.

After SBML Level 3 Version 2, section 4.11: an event is triggered when its condition becomes true, and is due after its
delay; of those due at once the one of highest priority goes first, and what it changes may trigger others, or call off
those that do not persist.
"""

from __future__ import annotations

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
from coley.engine.memory import Memory

_ENDLESS = 10_000  # events at one moment


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
        if not rows.events:
            break
        call(kernels.react, kernels.workspace)
        _notice(work, rows, events, memory, here, lane)
        if here.code != GOING:
            return
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
    here.stop = min(here.end, here.expected)


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
    """The place of what goes first of all that is due now, or -1."""
    who, best, highest = here.who, -1, -np.inf
    for place in range(memory.due.shape[1]):
        if memory.due[who, place] <= here.time:
            k = memory.event[who, place]
            priority = work[rows.priorities + k, lane] if events.prioritised[k] else -np.inf
            earlier = best >= 0 and priority == highest and memory.order[who, place] < memory.order[who, best]
            if best < 0 or priority > highest or earlier:
                best, highest = place, priority
    return best


@compiled
def _carry_out(work: Floats, rows: Layout, events: Events, memory: Memory, here: Lane, lane: int, place: int) -> None:
    """Do what is due at a place, and free it."""
    who = here.who
    k = memory.event[who, place]
    memory.due[who, place] = np.inf
    for a in range(events.first[k + 1] - events.first[k]):
        at = events.first[k] + a
        value = memory.values[who, place, a] if events.at_trigger[k] else work[rows.values + at, lane]
        if not np.isfinite(value):
            here.code = CANNOT_START
        work[rows.y + events.target[at], lane] = value
    if events.ends[k] and here.code == GOING:
        here.code, here.event = EVENT, k
