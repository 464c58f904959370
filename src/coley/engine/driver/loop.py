"""The loop over all lanes: each has its own individual, time, step, error and doses.

A lane whose individual has ended takes the next one, so that no lane waits for another. Nothing here mixes lanes, and
no arithmetic is reordered: what becomes of an individual depends neither on its lane nor on its neighbours.
"""

from __future__ import annotations

import numpy as np

from coley.engine.compiler.layout import Layout
from coley.engine.driver.dense import delayed, look_halfway, write_inside, write_now
from coley.engine.driver.events import happen
from coley.engine.driver.history import History, crowded, expect, forget, remember
from coley.engine.driver.native import call, compiled, kept
from coley.engine.driver.recall import again, recall, recall_now
from coley.engine.driver.records import (
    EVENT,
    GOING,
    NOBODY,
    NOW,
    OK,
    STOP,
    Addresses,
    Course,
    Events,
    Floats,
    Integers,
    Lane,
    Lanes,
    Limits,
    Outcome,
)
from coley.engine.driver.steps import advance, first_step, judge, meet, plan_step
from coley.engine.memory import Memory
from coley.engine.schedule import Schedule


@kept
def drive(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    plan: Schedule,
    events: Events,
    limits: Limits,
    lanes: Lanes,
    clock: Floats,
    memory: Memory,
    outcome: Outcome,
    queue: Integers,
    history: History | None,
) -> bool:
    """Follow every individual of ``course`` to its end, or until the history has no place for the next step.

    Args:
        work: the workspace (row × lane) at ``kernels.workspace``, its tolerances and floors filled in.
        dense: coefficients of dense output (row × stage).
        lanes: of type LANE; with nobody in them at first.
        clock: the seconds NOW, which another thread keeps; and STOP, which ends all when it is not 0.
        memory: of events, row by row; kept up.
        queue: the first individual that waits for a lane.
        history: of the lanes; None where the system has no delays, which costs nothing then.

    Returns:
        Whether it is done; where it is not, it goes on when called again with a roomier history.
    """
    width = work.shape[1]
    waiting, busy = queue[0], 1
    while busy and clock[STOP] == 0.0:
        busy = 0
        for lane in range(width):
            here = lanes[lane]
            if here.code == GOING and here.time < here.stop and not here.changed:
                if history is not None:
                    expect(history, here, lane)
                plan_step(work, rows, limits, clock, here, lane)
            if here.code != GOING or here.time >= here.stop or here.changed:
                waiting = _settle(
                    kernels,
                    work,
                    rows,
                    dense,
                    course,
                    plan,
                    events,
                    limits,
                    here,
                    clock,
                    memory,
                    outcome,
                    history,
                    lane,
                    waiting,
                )
            busy += here.code == GOING
        if history is not None:
            if crowded(history, lanes):
                queue[0] = waiting
                return False
            recall(kernels, work, rows, dense, course, limits, history, lanes)
        call(kernels.step, kernels.workspace)
        if rows.holding:
            look_halfway(kernels, work, rows, lanes)
        for lane in range(width):
            here = lanes[lane]
            work[rows.accepted, lane] = 0.0
            if history is not None and here.code == GOING and again(work, rows, limits, history, here, lane):
                here.accepted = False
                continue
            here.accepted = here.code == GOING and judge(work, rows, here, lane)
            if rows.watching and here.accepted:
                here.accepted = meet(kernels, work, rows, course, memory, here, lane)
        write_inside(kernels, work, rows, course, lanes, outcome)
        for lane in range(width):
            here = lanes[lane]
            if here.accepted:
                if history is not None:
                    remember(work, rows, dense, history, here, lane)
                advance(kernels, work, rows, limits, here, lane)
        call(kernels.commit, kernels.workspace)
    return True


@compiled
def _settle(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    plan: Schedule,
    events: Events,
    limits: Limits,
    here: Lane,
    clock: Floats,
    memory: Memory,
    outcome: Outcome,
    history: History | None,
    lane: int,
    waiting: np.int64,
) -> np.int64:
    """Bring a lane to where it can try a step, with the next individual if need be; the first that still waits."""
    while True:
        if here.code != GOING:
            if here.who != NOBODY:
                _leave(kernels, work, rows, dense, course, limits, here, outcome, history, lane)
            if waiting == len(course.start):
                return waiting
            _board(work, rows, course, plan, clock, here, lane, waiting)
            waiting = np.int64(waiting + 1)
            if history is not None:
                forget(history, lane)
        if here.changed or here.time >= here.expected:
            _stop_over(kernels, work, rows, dense, course, events, limits, here, memory, outcome, history, lane)
        elif here.time < here.stop:
            if history is not None:
                expect(history, here, lane)
            plan_step(work, rows, limits, clock, here, lane)
            if here.code == GOING:
                return waiting
        else:
            here.segment += 1
            if here.segment == plan.first[here.who + 1]:
                here.code = OK
            else:
                _enter(work, rows, plan, here, lane)
                _stop_over(kernels, work, rows, dense, course, events, limits, here, memory, outcome, history, lane)


@compiled
def _board(
    work: Floats, rows: Layout, course: Course, plan: Schedule, clock: Floats, here: Lane, lane: int, who: np.int64
) -> None:
    """Take an individual into a lane."""
    for j in range(rows.states):
        work[rows.y + j, lane] = course.states[who, j]
    for j in range(rows.parameter_count):
        work[rows.parameters + j, lane] = course.parameters[who, j]
    here.who, here.code, here.event = who, GOING, -1
    here.row = who if len(course.times) > 1 else 0
    here.outputs = course.outputs[who]
    here.segment = plan.first[who] - 1
    here.output = np.searchsorted(course.times[here.row, : here.outputs], course.start[who])
    here.due = course.times[here.row, here.output] if here.output < here.outputs else np.inf
    here.attempts = here.steps = here.evaluations = here.flips = 0
    here.time = here.stop = here.end = here.halt = here.origin = course.start[who]
    here.step, here.free, here.expected, here.longest = np.inf, 0.0, np.inf, np.inf
    here.passed, here.boarded = 0.0, clock[NOW]
    here.changed, here.passes = False, 0


@compiled
def _leave(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    limits: Limits,
    here: Lane,
    outcome: Outcome,
    history: History | None,
    lane: int,
) -> None:
    """Write down how an individual has ended, and free its lane."""
    who, final = here.who, here.outputs - 1
    reached = here.time >= course.times[here.row, final] and here.code <= EVENT
    if history is not None:
        recall_now(kernels, work, rows, dense, course, limits, history, here, lane)
        for d in range(rows.delayed):
            history.last[who, d] = delayed(work, rows, lane, d, here.time)
            if reached:
                outcome.states[who, final, rows.states + d] = history.last[who, d]
    for j in range(rows.states):
        y = work[rows.y + j, lane]
        outcome.last[who, j] = y
        if reached:
            outcome.states[who, final, j] = y
    outcome.time[who], outcome.code[who], outcome.event[who] = here.time, here.code, here.event
    outcome.attempts[who], outcome.steps[who] = here.attempts, here.steps
    outcome.evaluations[who], outcome.strange[who] = here.evaluations, here.strange
    here.who = NOBODY


@compiled
def _enter(work: Floats, rows: Layout, plan: Schedule, here: Lane, lane: int) -> None:
    """Begin a segment: give its doses."""
    segment = here.segment
    here.flips = 0
    here.time, here.end = plan.start[segment], plan.end[segment]
    for j in range(rows.states):
        work[rows.inflow + j, lane] = 0.0
    for k in range(plan.bolus_first[segment], plan.bolus_first[segment + 1]):
        work[rows.y + plan.bolus_state[k], lane] += plan.bolus_amount[k]
    for k in range(plan.inflow_first[segment], plan.inflow_first[segment + 1]):
        work[rows.inflow + plan.inflow_state[k], lane] += plan.inflow_rate[k]


@compiled
def _stop_over(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    events: Events,
    limits: Limits,
    here: Lane,
    memory: Memory,
    outcome: Outcome,
    history: History | None,
    lane: int,
) -> None:
    """Where something may change at once: let events happen, write outputs, and see whether one can go on."""
    if history is not None:
        here.jump = 0
        if not here.changed:  # else the condition has changed by what the last step recalls
            recall_now(kernels, work, rows, dense, course, limits, history, here, lane)
    here.changed = here.rejected = here.strange = False
    here.last_step, here.located = 0.0, 0
    here.step, here.free = max(here.step, here.free), 0.0
    happen(kernels, work, rows, events, memory, here, lane)
    if history is not None and here.code == GOING:
        recall_now(kernels, work, rows, dense, course, limits, history, here, lane)  # lags may be others now
    write_now(work, rows, course, here, outcome, lane)
    here.origin, here.passed = here.time, 0.0
    if here.code == GOING:
        first_step(work, rows, limits, here, lane)
