"""The loop that steps individuals through time in the lanes of a vector, in compiled code and without the GIL.

Each lane has its own time, step, error and doses. A lane whose individual has ended takes the next one, so that no lane
waits for another. Nothing here mixes lanes, and no arithmetic is reordered: what becomes of an individual depends
neither on its lane nor on its neighbours.

The steps are controlled as in RODAS (Hairer and Wanner 1996, section IV.8): predictive, after Gustafsson.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from coley.engine import schedule
from coley.engine.compiler import layout
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


LANE = np.dtype(
    [
        *((name, np.int64) for name in ("who", "code", "event", "segment", "output", "evaluations", "located")),
        *(
            (name, np.float64)
            for name in ("time", "stop", "step", "tried", "until", "share", "last_step", "last_error", "due")
        ),
        *((name, np.bool_) for name in ("rejected", "strange")),
    ],
    align=True,
)
"""Where a lane stands; records, because compiled code counts references to every array that it is handed.

who: row of its individual. code: how that one has ended, if it has. segment, output: the segment it is in, and its next
output. located: shorter steps taken towards an event. time, stop: the present, and the end of the segment. step, tried:
the step that it would take, and the one that it takes. until, share: where that leads, and the part of it that counts.
last_step, last_error: of the last accepted step of this segment,
0 before there is one. due: when its next output is. rejected, strange: whether the last attempt was, and whether
because it led to no number.
"""
Lane = Any


def _digest() -> str:
    """Of all that the compiled driver is made from."""
    digest = hashlib.sha256()
    for path in (__file__, layout.__file__, schedule.__file__):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def _compiled(function: F) -> F:
    """``function`` as machine code, by strict arithmetic, so that the same bits come out everywhere."""
    return cast(F, njit(nogil=True, error_model="numpy")(function))


def _kept(function: F) -> F:
    """The same, kept on disk, next to this file or where the user's caches are.

    numba finds it by the function's name and the date of the file, which is the same for all versions in some packages:
    the digest tells them apart.
    """
    function.__qualname__ = f"{function.__name__}_{_digest()}"
    try:
        return cast(F, njit(nogil=True, error_model="numpy", cache=True)(function))
    except RuntimeError:  # there is nowhere to keep it
        return _compiled(function)


def _calling(context: Any, address: Any, workspace: Any) -> Any:
    """Type and code of a call of the kernel at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        kernel = ir.FunctionType(ir.VoidType(), [pointer]).as_pointer()
        builder.call(builder.inttoptr(arguments[0], kernel), [builder.inttoptr(arguments[1], pointer)])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


_call: Any = intrinsic(_calling)


@_kept
def drive(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    plan: Schedule,
    limits: Limits,
    lanes: NDArray[np.void],
    outcome: Outcome,
) -> None:
    """Follow every individual of ``course`` to its end.

    Args:
        work: the workspace (row × lane) at ``kernels.workspace``, its tolerances filled in.
        dense: coefficients of dense output (row × stage).
        lanes: room for the lanes, of type LANE; what is in it does not matter.
    """
    width = work.shape[1]
    waiting, busy = np.int64(0), 1  # of one type from the start, or all is compiled twice
    for lane in range(width):
        lanes[lane].who, lanes[lane].code = _NOBODY, OK
        work[rows.step, lane] = 1.0
    while busy:
        busy = 0
        for lane in range(width):
            here = lanes[lane]
            if here.code == _GOING and here.time < here.stop:
                _plan_step(work, rows, limits, here, lane)
            if here.code != _GOING or here.time >= here.stop:
                waiting = _settle(kernels, work, rows, course, plan, limits, here, outcome, lane, waiting)
            busy += here.code == _GOING
        _call(kernels.step, kernels.workspace)
        for lane in range(width):
            here = lanes[lane]
            work[rows.accepted, lane] = 0.0
            if here.code == _GOING and _judge(kernels, work, rows, dense, limits, here, lane):
                if here.due < here.until:
                    _write_outputs(work, rows, dense, course, here, outcome, lane)
                _advance(work, rows, dense, limits, here, lane)
        _call(kernels.commit, kernels.workspace)


@_compiled
def _settle(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    course: Course,
    plan: Schedule,
    limits: Limits,
    here: Lane,
    outcome: Outcome,
    lane: int,
    waiting: np.int64,
) -> np.int64:
    """Bring a lane to where it can try a step, with the next individual if need be; the first that still waits."""
    while True:
        if here.code != _GOING:
            if here.who != _NOBODY:
                _leave(work, rows, course, here, outcome, lane)
            if waiting == len(course.start):
                return waiting
            _board(work, rows, course, plan, here, lane, waiting)
            waiting = np.int64(waiting + 1)
        if here.time < here.stop:
            _plan_step(work, rows, limits, here, lane)
            if here.code == _GOING:
                return waiting
        else:
            here.segment += 1
            if here.segment == plan.first[here.who + 1]:
                here.code = OK
            else:
                _enter(kernels, work, rows, course, plan, limits, here, outcome, lane)


@_compiled
def _board(work: Floats, rows: Layout, course: Course, plan: Schedule, here: Lane, lane: int, who: np.int64) -> None:
    """Take an individual into a lane."""
    for j in range(rows.states):
        work[rows.y + j, lane] = course.states[who, j]
    for j in range(rows.parameter_count):
        work[rows.parameters + j, lane] = course.parameters[who, j]
    here.who, here.code, here.event = who, _GOING, -1
    here.segment = plan.first[who] - 1
    here.output = np.searchsorted(course.times, course.start[who])
    here.due = course.times[here.output]
    here.evaluations = 0
    here.time = here.stop = course.start[who]
    here.step = np.inf


@_compiled
def _leave(work: Floats, rows: Layout, course: Course, here: Lane, outcome: Outcome, lane: int) -> None:
    """Write down how an individual has ended, and free its lane."""
    who, final = here.who, len(course.times) - 1
    reached = here.time >= course.times[final] and here.code <= EVENT
    for j in range(rows.states):
        y = work[rows.y + j, lane]
        outcome.last[who, j] = y
        if reached:
            outcome.states[who, final, j] = y
    outcome.time[who], outcome.code[who], outcome.event[who] = here.time, here.code, here.event
    outcome.evaluations[who], outcome.strange[who] = here.evaluations, here.strange
    here.who = _NOBODY


@_compiled
def _enter(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    course: Course,
    plan: Schedule,
    limits: Limits,
    here: Lane,
    outcome: Outcome,
    lane: int,
) -> None:
    """Begin a segment: give its doses, write the outputs at its start, and see whether it can be started on."""
    segment = here.segment
    now = plan.start[segment]
    here.time, here.stop = now, plan.end[segment]
    here.rejected = here.strange = False
    here.last_step, here.located = 0.0, 0
    for j in range(rows.states):
        work[rows.inflow + j, lane] = 0.0
    for k in range(plan.bolus_first[segment], plan.bolus_first[segment + 1]):
        work[rows.y + plan.bolus_state[k], lane] += plan.bolus_amount[k]
    for k in range(plan.inflow_first[segment], plan.inflow_first[segment + 1]):
        work[rows.inflow + plan.inflow_state[k], lane] += plan.inflow_rate[k]
    for j in range(rows.states):
        work[rows.probe + j, lane] = work[rows.y + j, lane]
    while here.due <= now:
        for j in range(rows.states):
            outcome.states[here.who, here.output, j] = work[rows.y + j, lane]
        here.output += 1
        here.due = course.times[here.output] if here.output < len(course.times) else np.inf
    work[rows.probe_time, lane] = now
    _call(kernels.probe, kernels.workspace)
    here.evaluations += 1
    here.event = _first_up(work, rows.probe_triggers, rows.events, lane)
    if here.event >= 0:
        here.code = EVENT
        return
    _first_step(work, rows, limits, here, lane)


@_compiled
def _first_step(work: Floats, rows: Layout, limits: Limits, here: Lane, lane: int) -> None:
    """A step over which the states change by the part of their size that the tolerance allows for."""
    total = 0.0
    for j in range(rows.states):
        rate = work[rows.probe_rates + j, lane] + work[rows.inflow + j, lane]
        change = rate / (abs(work[rows.y + j, lane]) + work[rows.atol + j, lane] / limits.rtol)
        total += change * change
        if not np.isfinite(rate):
            total = np.nan
    if not np.isfinite(total):
        here.code = CANNOT_START
    elif total > 0:
        speed = np.sqrt(total / rows.states)
        here.step = min(here.step, 3 * limits.rtol**limits.exponent / speed)
    if here.stop - here.time <= _resolution(here.stop):
        here.time = here.stop


@_compiled
def _plan_step(work: Floats, rows: Layout, limits: Limits, here: Lane, lane: int) -> None:
    """Choose the step to try: as long as the error allows, and so that what is left to the stop is not short."""
    now, left, h = here.time, here.stop - here.time, here.step
    if h <= _SHORTEST_STEP * abs(now) + 1e-200 and h < left:
        here.code = STEP_TOO_SMALL
        return
    if here.evaluations + rows.stage_count > limits.evaluations:
        here.code = TOO_MANY_EVALUATIONS
        return
    if h >= 0.999 * left:
        h = left
    elif h > 0.5 * left:
        h = 0.5 * left
    here.tried = h
    work[rows.step, lane], work[rows.time, lane] = h, now


@_compiled
def _judge(
    kernels: Addresses, work: Floats, rows: Layout, dense: Floats, limits: Limits, here: Lane, lane: int
) -> bool:
    """Whether the step that was tried is accepted, and to where. If it is not, a shorter one is next."""
    error, h = work[rows.error, lane], here.tried
    here.evaluations += rows.stage_count
    if not error <= 1.0:
        here.strange = not np.isfinite(error)
        here.step = h * (0.1 if here.strange else max(0.1, 0.9 / error**limits.exponent))
        here.rejected = True
        return False
    here.strange, here.share = False, 1.0
    here.until = here.stop if h >= here.stop - here.time else here.time + h
    fired = _first_up(work, rows.end_triggers, rows.events, lane)
    if fired >= 0:
        share = _locate(kernels, work, rows, dense, here, lane)
        accurate = _resolution(here.time)
        if here.located < _LOCATIONS and accurate < share * h < h - accurate:
            here.located += 1  # a step that ends there is more accurate than this one is in between
            here.step = share * h
            return False
        if share < 1.0:
            here.share, here.until = share, here.time + share * h
            fired = _first_up(work, rows.probe_triggers, rows.events, lane)
        here.code, here.event = EVENT, fired
    return True


@_compiled
def _advance(work: Floats, rows: Layout, dense: Floats, limits: Limits, here: Lane, lane: int) -> None:
    """Move on to the end of an accepted step, or to the event in it, and choose the next step."""
    if here.share < 1.0:
        for j in range(rows.states):
            work[rows.end + j, lane] = _between(work, rows, dense, lane, j, here.share)
    work[rows.accepted, lane] = 1.0
    _next_step(limits, here, work[rows.error, lane])
    here.time = here.until


@_compiled
def _next_step(limits: Limits, here: Lane, error: float) -> None:
    """The step after an accepted one."""
    h = here.tried
    error = max(error, 1e-8)
    shrink = error**limits.exponent / 0.9
    if here.last_step > 0.0:
        trend = (here.last_step / h) * (error * error / here.last_error) ** limits.exponent / 0.9
        shrink = max(shrink, trend)
    following = h / min(6.0, max(0.2, shrink))
    if here.rejected:
        following = min(following, h)
    if h < here.step and shrink <= 1.0:  # cut short by the stop, not by the error
        following = max(following, here.step)
    here.step = following
    here.last_step, here.last_error = h, max(error, 1e-2)
    here.rejected = False


@_compiled
def _resolution(time: float) -> float:
    """As :func:`coley.engine.doses.resolution`."""
    return 1e-10 + 8 * _EPS * abs(time)


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
    return float(y * (1 - share) + share * (work[rows.end + j, lane] + (1 - share) * correction))


@_compiled
def _locate(kernels: Addresses, work: Floats, rows: Layout, dense: Floats, here: Lane, lane: int) -> float:
    """The share of the step just tried at which the first trigger comes up; the probe is left there."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        _look(kernels, work, rows, dense, here, lane, middle)
        if _first_up(work, rows.probe_triggers, rows.events, lane) >= 0:
            high = middle
        else:
            low = middle
    if high < 1.0:
        _look(kernels, work, rows, dense, here, lane, high)
    return high


@_compiled
def _look(kernels: Addresses, work: Floats, rows: Layout, dense: Floats, here: Lane, lane: int, share: float) -> None:
    """Probe a lane at a share of the step just tried."""
    for j in range(rows.states):
        work[rows.probe + j, lane] = _between(work, rows, dense, lane, j, share)
    work[rows.probe_time, lane] = here.time + share * here.tried
    _call(kernels.probe, kernels.workspace)


@_compiled
def _write_outputs(
    work: Floats, rows: Layout, dense: Floats, course: Course, here: Lane, outcome: Outcome, lane: int
) -> None:
    """Write the outputs that fall inside the step; one at its end belongs to what comes after."""
    while here.due < here.until:
        share = (here.due - here.time) / here.tried
        for j in range(rows.states):
            outcome.states[here.who, here.output, j] = _between(work, rows, dense, lane, j, share)
        here.output += 1
        here.due = course.times[here.output] if here.output < len(course.times) else np.inf
