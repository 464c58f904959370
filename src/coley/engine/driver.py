"""The loop that steps individuals through time in the lanes of a vector, in compiled code and without the GIL.

Each lane has its own time, step, error and doses. A lane whose individual has ended takes the next one, so that no lane
waits for another. Nothing here mixes lanes, and no arithmetic is reordered: what becomes of an individual depends
neither on its lane nor on its neighbours.

The steps are controlled as in RODAS (Hairer and Wanner 1996, section IV.8): predictive, after Gustafsson.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from coley.engine.compiler.layout import Layout
from coley.engine.schedule import Schedule

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., Any])

OK, EVENT, STEP_TOO_SMALL, TOO_MANY_EVALUATIONS, CANNOT_START = range(5)
_GOING = -1
_NOBODY = -1
_EPS = float(np.finfo(float).eps)
_SHORTEST_STEP = 32 * _EPS  # relative to the time
_LOCATIONS = 8  # shorter steps towards one event, before interpolation is good enough
_BISECTIONS = 52


class Addresses(NamedTuple):
    """The kernels, and the workspace that they work on."""

    step: int
    commit: int
    probe: int
    workspace: int


class Course(NamedTuple):
    """Individuals, row by row, their doses, and output times."""

    start: Floats
    states: Floats
    parameters: Floats
    times: Floats


class Limits(NamedTuple):
    """Relative tolerance, most evaluations for one individual, and how the error of the method falls with the step."""

    rtol: float
    evaluations: int
    exponent: float


class Outcome(NamedTuple):
    """What the driver writes, row by row; ``strange`` where the last attempt led to something that is no number."""

    states: Floats
    last: Floats
    time: Floats
    code: Integers
    event: Integers
    evaluations: Integers
    strange: NDArray[np.bool_]


class Lanes(NamedTuple):
    """Where each lane stands.

    Attributes:
        who: row of its individual.
        code: how its individual has ended, if it has.
        segment, output: the segment it is in, and its next output.
        time, stop: the present, and the end of the segment.
        step, tried: the step that it would take, and the one that it takes.
        last_step, last_error: of the last accepted step of this segment, 0 before there is one.
        rejected, strange: whether the last attempt was, and whether because it led to no number.
        located: shorter steps taken towards an event.
    """

    who: Integers
    code: Integers
    event: Integers
    segment: Integers
    output: Integers
    evaluations: Integers
    located: Integers
    time: Floats
    stop: Floats
    step: Floats
    tried: Floats
    last_step: Floats
    last_error: Floats
    rejected: NDArray[np.bool_]
    strange: NDArray[np.bool_]


def _compiled(function: F) -> F:
    """``function`` as machine code, kept on disk; by strict arithmetic, so that the same bits come out everywhere."""
    return cast(F, njit(nogil=True, cache=True, error_model="numpy")(function))


@intrinsic  # type: ignore[untyped-decorator]
def _call(context: Any, address: Any, workspace: Any) -> Any:
    """Call the kernel at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        kernel = ir.FunctionType(ir.VoidType(), [pointer]).as_pointer()
        builder.call(builder.inttoptr(arguments[0], kernel), [builder.inttoptr(arguments[1], pointer)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@_compiled
def drive(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    plan: Schedule,
    limits: Limits,
    lanes: Lanes,
    outcome: Outcome,
) -> None:
    """Follow every individual of ``course`` to its end.

    Args:
        work: the workspace (row × lane) at ``kernels.workspace``, its tolerances filled in.
        dense: coefficients of dense output (row × stage).
        lanes: room for the lanes; what is in it does not matter.
    """
    width = work.shape[1]
    waiting = 0
    lanes.who[:] = _NOBODY
    work[rows.step, :] = 1.0
    while True:
        busy = False
        for lane in range(width):
            waiting = _settle(kernels, work, rows, course, plan, limits, lanes, outcome, lane, waiting)
            busy = busy or lanes.who[lane] != _NOBODY
        if not busy:
            return
        _call(kernels.step, kernels.workspace)
        for lane in range(width):
            work[rows.accepted, lane] = 0.0
            if lanes.who[lane] != _NOBODY:
                _judge(kernels, work, rows, dense, course, limits, lanes, outcome, lane)
        _call(kernels.commit, kernels.workspace)


@_compiled
def _settle(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    course: Course,
    plan: Schedule,
    limits: Limits,
    lanes: Lanes,
    outcome: Outcome,
    lane: int,
    waiting: int,
) -> int:
    """Bring a lane to where it can try a step, with the next individual if need be; the first that still waits."""
    while True:
        if lanes.who[lane] == _NOBODY:
            if waiting == len(course.start):
                return waiting
            _board(work, rows, course, plan, lanes, lane, waiting)
            waiting += 1
        if lanes.code[lane] == _GOING and lanes.time[lane] >= lanes.stop[lane]:
            lanes.segment[lane] += 1
            if lanes.segment[lane] == plan.first[lanes.who[lane] + 1]:
                lanes.code[lane] = OK
            else:
                _enter(kernels, work, rows, course, plan, limits, lanes, outcome, lane)
                continue
        if lanes.code[lane] == _GOING:
            _plan_step(work, rows, limits, lanes, lane)
        if lanes.code[lane] == _GOING:
            return waiting
        _leave(work, rows, course, lanes, outcome, lane)


@_compiled
def _board(work: Floats, rows: Layout, course: Course, plan: Schedule, lanes: Lanes, lane: int, who: int) -> None:
    """Take an individual into a lane."""
    for j in range(rows.states):
        work[rows.y + j, lane] = course.states[who, j]
    for j in range(rows.parameter_count):
        work[rows.parameters + j, lane] = course.parameters[who, j]
    lanes.who[lane], lanes.code[lane], lanes.event[lane] = who, _GOING, -1
    lanes.segment[lane] = plan.first[who] - 1
    lanes.output[lane] = np.searchsorted(course.times, course.start[who])
    lanes.evaluations[lane] = 0
    lanes.time[lane] = lanes.stop[lane] = course.start[who]
    lanes.step[lane] = np.inf


@_compiled
def _leave(work: Floats, rows: Layout, course: Course, lanes: Lanes, outcome: Outcome, lane: int) -> None:
    """Write down how an individual has ended, and free its lane."""
    who, final = lanes.who[lane], len(course.times) - 1
    reached = lanes.time[lane] >= course.times[final] and lanes.code[lane] <= EVENT
    for j in range(rows.states):
        y = work[rows.y + j, lane]
        outcome.last[who, j] = y
        if reached:
            outcome.states[who, final, j] = y
    outcome.time[who], outcome.code[who], outcome.event[who] = lanes.time[lane], lanes.code[lane], lanes.event[lane]
    outcome.evaluations[who], outcome.strange[who] = lanes.evaluations[lane], lanes.strange[lane]
    lanes.who[lane] = _NOBODY


@_compiled
def _enter(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    course: Course,
    plan: Schedule,
    limits: Limits,
    lanes: Lanes,
    outcome: Outcome,
    lane: int,
) -> None:
    """Begin a segment: give its doses, write the outputs at its start, and see whether it can be started on."""
    segment = lanes.segment[lane]
    now = plan.start[segment]
    lanes.time[lane], lanes.stop[lane] = now, plan.end[segment]
    lanes.rejected[lane] = lanes.strange[lane] = False
    lanes.last_step[lane], lanes.located[lane] = 0.0, 0
    for j in range(rows.states):
        work[rows.inflow + j, lane] = 0.0
    for k in range(plan.bolus_first[segment], plan.bolus_first[segment + 1]):
        work[rows.y + plan.bolus_state[k], lane] += plan.bolus_amount[k]
    for k in range(plan.inflow_first[segment], plan.inflow_first[segment + 1]):
        work[rows.inflow + plan.inflow_state[k], lane] += plan.inflow_rate[k]
    for j in range(rows.states):
        work[rows.probe + j, lane] = work[rows.y + j, lane]
    while lanes.output[lane] < len(course.times) and course.times[lanes.output[lane]] <= now:
        for j in range(rows.states):
            outcome.states[lanes.who[lane], lanes.output[lane], j] = work[rows.y + j, lane]
        lanes.output[lane] += 1
    work[rows.probe_time, lane] = now
    _call(kernels.probe, kernels.workspace)
    lanes.evaluations[lane] += 1
    lanes.event[lane] = _first_up(work, rows.probe_triggers, rows.events, lane)
    if lanes.event[lane] >= 0:
        lanes.code[lane] = EVENT
        return
    _first_step(work, rows, limits, lanes, lane)


@_compiled
def _first_step(work: Floats, rows: Layout, limits: Limits, lanes: Lanes, lane: int) -> None:
    """A step over which the states change by the part of their size that the tolerance allows for."""
    total = 0.0
    for j in range(rows.states):
        rate = work[rows.probe_rates + j, lane] + work[rows.inflow + j, lane]
        change = rate / (abs(work[rows.y + j, lane]) + work[rows.atol + j, lane] / limits.rtol)
        total += change * change
        if not np.isfinite(rate):
            total = np.nan
    if not np.isfinite(total):
        lanes.code[lane] = CANNOT_START
    elif total > 0:
        speed = np.sqrt(total / rows.states)
        lanes.step[lane] = min(lanes.step[lane], limits.rtol**limits.exponent / speed)
    if lanes.stop[lane] - lanes.time[lane] <= 1e-10 + 8 * _EPS * abs(lanes.stop[lane]):
        lanes.time[lane] = lanes.stop[lane]


@_compiled
def _plan_step(work: Floats, rows: Layout, limits: Limits, lanes: Lanes, lane: int) -> None:
    """Choose the step to try: as long as the error allows, and so that what is left to the stop is not short."""
    now, left, h = lanes.time[lane], lanes.stop[lane] - lanes.time[lane], lanes.step[lane]
    if h <= _SHORTEST_STEP * abs(now) + 1e-200 and h < left:
        lanes.code[lane] = STEP_TOO_SMALL
        return
    if lanes.evaluations[lane] + rows.stage_count > limits.evaluations:
        lanes.code[lane] = TOO_MANY_EVALUATIONS
        return
    if h >= 0.999 * left:
        h = left
    elif h > 0.5 * left:
        h = 0.5 * left
    lanes.tried[lane] = h
    work[rows.step, lane], work[rows.time, lane] = h, now


@_compiled
def _judge(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    limits: Limits,
    lanes: Lanes,
    outcome: Outcome,
    lane: int,
) -> None:
    """Accept or reject the step that was tried, and choose the next."""
    error, h = work[rows.error, lane], lanes.tried[lane]
    lanes.evaluations[lane] += rows.stage_count
    if not error <= 1.0:
        lanes.strange[lane] = not np.isfinite(error)
        shrink = 0.1 if lanes.strange[lane] else max(0.1, 0.9 / error**limits.exponent)
        lanes.step[lane] = h * shrink
        lanes.rejected[lane] = True
        return
    now, share = lanes.time[lane], 1.0
    end = lanes.stop[lane] if h >= lanes.stop[lane] - now else now + h
    lanes.strange[lane] = False
    fired = _first_up(work, rows.end_triggers, rows.events, lane)
    if fired >= 0:
        share = _locate(kernels, work, rows, dense, lanes, lane)
        accurate = 1e-10 + 8 * _EPS * abs(now)
        if lanes.located[lane] < _LOCATIONS and accurate < share * h < h - accurate:
            lanes.located[lane] += 1  # a step that ends there is more accurate than this one is in between
            lanes.step[lane] = share * h
            return
        if share < 1.0:
            end = now + share * h
            fired = _first_up(work, rows.probe_triggers, rows.events, lane)
        lanes.code[lane], lanes.event[lane] = EVENT, fired
    _write_outputs(work, rows, dense, course, lanes, outcome, lane, end)
    if share < 1.0:
        for j in range(rows.states):
            work[rows.end + j, lane] = _between(work, rows, dense, lane, j, share)
    work[rows.accepted, lane] = 1.0
    _next_step(limits, lanes, lane, error)
    lanes.time[lane] = end


@_compiled
def _next_step(limits: Limits, lanes: Lanes, lane: int, error: float) -> None:
    """The step after an accepted one."""
    h = lanes.tried[lane]
    error = max(error, 1e-8)
    shrink = error**limits.exponent / 0.9
    if lanes.last_step[lane] > 0.0:
        trend = (lanes.last_step[lane] / h) * (error * error / lanes.last_error[lane]) ** limits.exponent / 0.9
        shrink = max(shrink, trend)
    following = h / min(6.0, max(0.2, shrink))
    if lanes.rejected[lane]:
        following = min(following, h)
    if h < lanes.step[lane] and shrink <= 1.0:  # cut short by the stop, not by the error
        following = max(following, lanes.step[lane])
    lanes.step[lane] = following
    lanes.last_step[lane], lanes.last_error[lane] = h, max(error, 1e-2)
    lanes.rejected[lane] = False


@_compiled
def _first_up(work: Floats, triggers: int, events: int, lane: int) -> int:
    """The first event whose trigger is up, or -1."""
    for k in range(events):
        if work[triggers + k, lane] >= 0.0:
            return k
    return -1


@_compiled
def _between(work: Floats, rows: Layout, dense: Floats, lane: int, j: int, share: float) -> float:
    """State ``j`` at a share of the step just tried."""
    correction = 0.0
    for row in range(dense.shape[0] - 1, -1, -1):
        part = 0.0
        for stage in range(rows.stage_count):
            part += dense[row, stage] * work[rows.stages + stage * rows.states + j, lane]
        correction = part + share * correction
    y = work[rows.y + j, lane]
    return y * (1 - share) + share * (work[rows.end + j, lane] + (1 - share) * correction)


@_compiled
def _locate(kernels: Addresses, work: Floats, rows: Layout, dense: Floats, lanes: Lanes, lane: int) -> float:
    """The share of the step just tried at which the first trigger comes up; the probe is left there."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        _look(kernels, work, rows, dense, lanes, lane, middle)
        if _first_up(work, rows.probe_triggers, rows.events, lane) >= 0:
            high = middle
        else:
            low = middle
    if high < 1.0:
        _look(kernels, work, rows, dense, lanes, lane, high)
    return high


@_compiled
def _look(
    kernels: Addresses, work: Floats, rows: Layout, dense: Floats, lanes: Lanes, lane: int, share: float
) -> None:
    """Probe a lane at a share of the step just tried."""
    for j in range(rows.states):
        work[rows.probe + j, lane] = _between(work, rows, dense, lane, j, share)
    work[rows.probe_time, lane] = lanes.time[lane] + share * lanes.tried[lane]
    _call(kernels.probe, kernels.workspace)


@_compiled
def _write_outputs(
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    lanes: Lanes,
    outcome: Outcome,
    lane: int,
    end: float,
) -> None:
    """Write the outputs that fall inside the step; one at its end belongs to what comes after."""
    while lanes.output[lane] < len(course.times) and course.times[lanes.output[lane]] < end:
        share = (course.times[lanes.output[lane]] - lanes.time[lane]) / lanes.tried[lane]
        for j in range(rows.states):
            value = _between(work, rows, dense, lane, j, share)
            outcome.states[lanes.who[lane], lanes.output[lane], j] = value
        lanes.output[lane] += 1
