"""Steps of a lane: how long the first is, the next, and one that failed.

They are controlled as in RODAS (Hairer and Wanner 1996, section IV.8): predictive, after Gustafsson.
"""

from __future__ import annotations

import numpy as np

from coley.engine.compiler.layout import Layout
from coley.engine.driver.dense import cut_short, locate, seen
from coley.engine.driver.native import compiled, inlined
from coley.engine.driver.records import (
    CANNOT_START,
    EPS,
    NOW,
    STEP_TOO_SMALL,
    TIMEOUT,
    TOO_MANY_STEPS,
    Addresses,
    Course,
    Floats,
    Lane,
    Limits,
)
from coley.engine.memory import Memory

_SHORTEST_STEP = 32 * EPS  # relative to the time since the last stop, which a fast transient begins at
_PAST_JUMPS = 64
_LOCATIONS = 8  # shorter steps towards one event, before interpolation is good enough


@compiled
def resolution(time: float) -> float:
    """As :func:`coley.engine.doses.resolution`."""
    return 1e-10 + 8 * EPS * abs(time)


@compiled
def first_step(work: Floats, rows: Layout, limits: Limits, here: Lane, lane: int) -> None:
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
        if rows.delayed:  # a jump that comes back now may come later by the resolution: all nodes are to be past it
            here.step = max(here.step, _PAST_JUMPS * resolution(here.time))
    if here.time < here.stop <= here.time + resolution(here.stop):
        here.time = here.stop
        here.changed = rows.watching > 0


@inlined
def remaining(here: Lane) -> float:
    """Time to where the next step ends at the latest."""
    return float(here.halt - here.origin - here.passed)


@inlined
def plan_step(work: Floats, rows: Layout, limits: Limits, clock: Floats, here: Lane, lane: int) -> None:
    """Choose the step to try: as long as the error allows, and so that what is left to the stop is not short."""
    left, h = remaining(here), min(here.step, here.longest)
    since = abs(here.time) if rows.delayed else here.passed  # what is delayed is found by its time
    if h <= _SHORTEST_STEP * since + 1e-200 and h < left:
        here.code = STEP_TOO_SMALL
        return
    if here.attempts >= limits.steps:
        here.code = TOO_MANY_STEPS
        return
    if clock[NOW] - here.boarded > limits.seconds:
        here.code = TIMEOUT
        return
    if h >= 0.999 * left:
        h = left
    elif h > 0.5 * left:
        h = 0.5 * left
    here.tried = h
    work[rows.step, lane], work[rows.time, lane] = h, here.time


@inlined
def judge(work: Floats, rows: Layout, here: Lane, lane: int) -> bool:
    """Whether the step that was tried is accurate enough. If it is not, a shorter one is next."""
    error, h = work[rows.error, lane], here.tried
    here.evaluations += rows.stage_count
    here.attempts += 1
    if not error <= 1.0:
        here.strange = not np.isfinite(error)
        here.step = h * (0.1 if here.strange else max(0.1, 0.9 / work[rows.power, lane]))
        here.rejected = True
        return False
    here.strange, here.share = False, 1.0
    here.ahead = here.passed + h
    here.until = here.halt if h >= remaining(here) else here.origin + here.ahead
    here.steps += 1
    return True


@compiled
def meet(kernels: Addresses, work: Floats, rows: Layout, course: Course, memory: Memory, here: Lane, lane: int) -> bool:
    """Whether an accurate step is accepted: one in which a condition changes may be tried again, to end there."""
    share, h = seen(kernels, work, rows, course, memory, here, lane), here.tried
    if share == 0.0:
        return True
    here.free = max(here.free, here.step)
    share = locate(kernels, work, rows, memory, here, lane, share)
    accurate = resolution(here.time)
    if here.located < _LOCATIONS and accurate < share * h < h - accurate:
        here.located += 1  # a step that ends there is more accurate than this one is in between
        here.step = share * h
        here.steps -= 1
        return False
    if share < 1.0:
        here.share, here.ahead = share, here.passed + share * h
        here.until = here.origin + here.ahead
    here.changed = True
    return True


@inlined
def advance(kernels: Addresses, work: Floats, rows: Layout, limits: Limits, here: Lane, lane: int) -> None:
    """Move on to the end of an accepted step, or to the event in it, and choose the next step."""
    if here.share < 1.0:
        cut_short(kernels, work, rows, here, lane)
    work[rows.accepted, lane] = 1.0
    _next_step(limits, here, work[rows.power, lane])
    here.time, here.passed = here.until, here.ahead


@inlined
def _next_step(limits: Limits, here: Lane, power: float) -> None:
    """The step after an accepted one."""
    h = here.tried
    shrink = power / 0.9
    if here.last_step > 0.0:
        trend = (here.last_step / h) * power * power / here.last_power / 0.9
        shrink = max(shrink, trend)
    following = h / min(6.0, max(0.2, shrink))
    if here.rejected:
        following = min(following, h)
    if h < here.step and shrink <= 1.0:  # cut short by the stop, not by the error
        following = max(following, here.step)
    here.step = following
    here.last_step, here.last_power = h, max(power, limits.small)
    here.rejected = False
