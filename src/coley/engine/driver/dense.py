"""Between the ends of a step: states, conditions, and outputs."""

from __future__ import annotations

import numpy as np

from coley.engine.compiler.layout import Layout
from coley.engine.delays import COEFFICIENTS
from coley.engine.driver.native import call, compiled, inlined
from coley.engine.driver.records import Addresses, Course, Floats, Lane, Outcome
from coley.engine.memory import Memory

_BISECTIONS = 52


@compiled
def between(work: Floats, rows: Layout, dense: Floats, lane: int, j: int, share: float) -> float:
    """State ``j`` at a share of the step just tried."""
    added = 0.0
    for row in range(dense.shape[0] - 1, -1, -1):
        added = correction(work, rows, dense, lane, j, row) + share * added
    return blend(work[rows.y + j, lane], work[rows.end + j, lane], added, share, work[rows.floor + j, lane])


@inlined
def correction(work: Floats, rows: Layout, dense: Floats, lane: int, j: int, row: int) -> float:
    """What one row of dense output adds to state ``j``."""
    part = 0.0
    for stage in range(rows.stage_count):
        part += dense[row, stage] * work[rows.stages + stage * rows.states + j, lane]
    return part


@inlined
def blend(start: float, end: float, added: float, share: float, floor: float) -> float:
    """A state at a share of a step, from both ends and all that dense output adds."""
    value = start + share * ((end - start) + (1 - share) * added)
    floor = min(start, floor)
    return float(floor if value < floor else value)


@compiled
def delayed(work: Floats, rows: Layout, lane: int, d: int, time: float) -> float:
    """What delay ``d`` says at a time of the step."""
    passed, value = time - work[rows.hidden, lane], 0.0
    for k in range(COEFFICIENTS - 1, -1, -1):
        value = work[rows.hidden + 1 + d * COEFFICIENTS + k, lane] + passed * value
    return value


@compiled
def changed(work: Floats, triggers: int, watching: int, memory: Memory, here: Lane, lane: int) -> bool:
    """Whether any condition, of those that stand from row ``triggers`` on, differs from what it was."""
    for k in range(watching):  # noqa: SIM110 - compiled code has no any()
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
            if changed(work, rows.probe_triggers, rows.watching, memory, here, lane):
                return float(share)
        output += 1
    return 1.0 if changed(work, rows.end_triggers, rows.watching, memory, here, lane) else 0.0


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
        if changed(work, rows.probe_triggers, rows.watching, memory, here, lane):
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
        for d in range(rows.delayed):
            outcome.states[here.who, here.output, rows.states + d] = delayed(work, rows, lane, d, here.due)
        _written(course, here)


@compiled
def write_now(work: Floats, rows: Layout, course: Course, here: Lane, outcome: Outcome, lane: int) -> None:
    """Write the outputs that are due at the present."""
    while here.due <= here.time:
        for j in range(rows.states):
            outcome.states[here.who, here.output, j] = work[rows.y + j, lane]
        for d in range(rows.delayed):
            outcome.states[here.who, here.output, rows.states + d] = delayed(work, rows, lane, d, here.time)
        _written(course, here)


@compiled
def _written(course: Course, here: Lane) -> None:
    here.output += 1
    here.due = course.times[here.row, here.output] if here.output < here.outputs else np.inf
