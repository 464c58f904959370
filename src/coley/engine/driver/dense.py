"""Between the ends of a step: states, conditions, and outputs."""

from __future__ import annotations

import numpy as np

from coley.engine.compiler.layout import Layout
from coley.engine.driver.native import call, compiled
from coley.engine.driver.records import Addresses, Course, Floats, Lane, Outcome
from coley.engine.memory import Memory

_BISECTIONS = 52


@compiled
def between(work: Floats, rows: Layout, dense: Floats, lane: int, j: int, share: float) -> float:
    """State ``j`` at a share of the step just tried."""
    correction = 0.0
    for row in range(dense.shape[0] - 1, -1, -1):
        part = 0.0
        for stage in range(rows.stage_count):
            part += dense[row, stage] * work[rows.stages + stage * rows.states + j, lane]
        correction = part + share * correction
    y = work[rows.y + j, lane]
    value = y + share * ((work[rows.end + j, lane] - y) + (1 - share) * correction)
    floor = min(y, work[rows.floor + j, lane])
    return float(floor if value < floor else value)


@compiled
def changed(work: Floats, triggers: int, events: int, memory: Memory, here: Lane, lane: int) -> bool:
    """Whether any condition, of those that stand from row ``triggers`` on, differs from what it was."""
    for k in range(events):  # noqa: SIM110 - compiled code has no any()
        if (work[triggers + k, lane] > 0.0) != memory.holds[here.who, k]:
            return True
    return False


@compiled
def seen(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    memory: Memory,
    here: Lane,
    lane: int,
) -> float:
    """The share of the step just tried at which a condition is first seen to have changed, at an output or at its end.

    0 where none is.
    """
    output = here.output
    while output < here.outputs and course.times[here.row, output] < here.until:
        share = (course.times[here.row, output] - here.time) / here.tried
        if share > 0.0:
            _look(kernels, work, rows, dense, here, lane, share)
            if changed(work, rows.probe_triggers, rows.events, memory, here, lane):
                return float(share)
        output += 1
    return 1.0 if changed(work, rows.end_triggers, rows.events, memory, here, lane) else 0.0


@compiled
def locate(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    memory: Memory,
    here: Lane,
    lane: int,
    share: float,
) -> float:
    """The share of the step just tried, up to ``share``, at which the first condition changes."""
    low, high = 0.0, share
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        _look(kernels, work, rows, dense, here, lane, middle)
        if changed(work, rows.probe_triggers, rows.events, memory, here, lane):
            high = middle
        else:
            low = middle
    return high


@compiled
def _look(kernels: Addresses, work: Floats, rows: Layout, dense: Floats, here: Lane, lane: int, share: float) -> None:
    """Probe a lane at a share of the step just tried."""
    for j in range(rows.states):
        work[rows.probe + j, lane] = between(work, rows, dense, lane, j, share)
    work[rows.probe_time, lane] = here.time + share * here.tried
    call(kernels.probe, kernels.workspace)


@compiled
def write_inside(
    work: Floats, rows: Layout, dense: Floats, course: Course, here: Lane, outcome: Outcome, lane: int
) -> None:
    """Write the outputs that fall inside the step; one at its end belongs to what comes after."""
    while here.due < here.until:
        share = (here.due - here.time) / here.tried
        for j in range(rows.states):
            outcome.states[here.who, here.output, j] = between(work, rows, dense, lane, j, share)
        _written(course, here)


@compiled
def write_now(work: Floats, rows: Layout, course: Course, here: Lane, outcome: Outcome, lane: int) -> None:
    """Write the outputs that are due at the present."""
    while here.due <= here.time:
        for j in range(rows.states):
            outcome.states[here.who, here.output, j] = work[rows.y + j, lane]
        _written(course, here)


@compiled
def _written(course: Course, here: Lane) -> None:
    here.output += 1
    here.due = course.times[here.row, here.output] if here.output < here.outputs else np.inf
