"""Between the ends of a step: states, conditions, and outputs."""

from __future__ import annotations

import numpy as np

from coley.engine.compiler.layout import Layout
from coley.engine.delays import COEFFICIENTS
from coley.engine.driver.native import call, compiled, inlined
from coley.engine.driver.records import Addresses, Course, Floats, Lane, Lanes, Outcome
from coley.engine.memory import Memory

_BISECTIONS = 52


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
def share_at(here: Lane, time: float) -> float:
    """The share of the step just tried at which a time stands; times of a step may be closer than times can tell."""
    return float(min(max((time - here.origin - here.passed) / here.tried, 0.0), 1.0))


@compiled
def look_halfway(kernels: Addresses, work: Floats, rows: Layout, lanes: Lanes) -> None:
    """Note what holds halfway through the step of every lane: stages do not see a branch that changes and returns."""
    for lane in range(len(lanes)):
        work[rows.share, lane] = 0.5
        work[rows.probe_time, lane] = lanes[lane].time + 0.5 * lanes[lane].tried
    call(kernels.dense, kernels.workspace)
    call(kernels.probe, kernels.workspace)
    for k in range(rows.watching):
        for lane in range(len(lanes)):
            work[rows.middle_triggers + k, lane] = work[rows.probe_triggers + k, lane]


@compiled
def seen(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    course: Course,
    memory: Memory,
    here: Lane,
    lane: int,
) -> float:
    """The share of the step just tried at which a condition is first seen to have changed; 0 where none is.

    It is looked at at outputs, at the end, and halfway where rates have branches.
    """
    last = 1.0 if changed(work, rows.end_triggers, rows.watching, memory, here, lane) else 0.0
    if rows.holding and changed(work, rows.middle_triggers, rows.watching, memory, here, lane):
        last = 0.5
    output = here.output
    while output < here.outputs and course.times[here.row, output] < here.until:
        share = share_at(here, course.times[here.row, output])
        if 0.0 < last <= share:
            break
        if share > 0.0:
            _look(kernels, work, rows, here, lane, share)
            if changed(work, rows.probe_triggers, rows.watching, memory, here, lane):
                return float(share)
        output += 1
    return float(last)


@compiled
def locate(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    memory: Memory,
    here: Lane,
    lane: int,
    share: float,
) -> float:
    """The share of the step just tried, up to ``share``, at which the first condition changes."""
    low, high = 0.0, share
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        _look(kernels, work, rows, here, lane, middle)
        if changed(work, rows.probe_triggers, rows.watching, memory, here, lane):
            high = middle
        else:
            low = middle
    return high


@compiled
def _look(kernels: Addresses, work: Floats, rows: Layout, here: Lane, lane: int, share: float) -> None:
    """Probe a lane at a share of the step just tried."""
    work[rows.share, lane] = share
    call(kernels.dense, kernels.workspace)
    work[rows.probe_time, lane] = here.time + share * here.tried
    call(kernels.probe, kernels.workspace)


@compiled
def cut_short(kernels: Addresses, work: Floats, rows: Layout, here: Lane, lane: int) -> None:
    """Let the step just tried end where only a share of it counts."""
    work[rows.share, lane] = here.share
    call(kernels.dense, kernels.workspace)
    for j in range(rows.states):
        work[rows.end + j, lane] = work[rows.probe + j, lane]


@compiled
def write_inside(
    kernels: Addresses, work: Floats, rows: Layout, course: Course, lanes: Lanes, outcome: Outcome
) -> None:
    """Write the outputs that fall inside the accepted steps; one at the end of its step belongs to what comes after."""
    left = True
    while left:
        left = False
        for lane in range(len(lanes)):
            here = lanes[lane]
            if here.accepted and here.due < here.until:
                work[rows.share, lane] = share_at(here, here.due)
                left = True
        if left:
            call(kernels.dense, kernels.workspace)
        for lane in range(len(lanes)):
            here = lanes[lane]
            if here.accepted and here.due < here.until:
                for j in range(rows.states):
                    outcome.states[here.who, here.output, j] = work[rows.probe + j, lane]
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
