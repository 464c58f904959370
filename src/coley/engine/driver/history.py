"""The past of the individuals in the lanes: their steps, for as long as a delay may ask for them.

What jumps comes back after every lag, each time one derivative further up; steps end there for as long as that matters
to the order of a method (Bellen and Zennaro, Numerical Methods for Delay Differential Equations, 2003, chapter 2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from coley.engine.compiler.layout import Layout
from coley.engine.delays import COEFFICIENTS
from coley.engine.driver.dense import blend, correction
from coley.engine.driver.native import compiled
from coley.engine.driver.records import GOING, Course, Floats, Integers, Lane, Lanes
from coley.engine.driver.steps import resolution

BEGIN, END, TRIED, JUMP, POLYNOMIALS = range(5)
_SMOOTH = 5  # the derivative from which on a jump does not matter
_ROOM = 64  # steps of a lane, to begin with


class History(NamedTuple):
    """What is known of the past, and of the delays.

    Attributes:
        lags: individual × different lag; infinite where it changes on the way.
        group: per delay, which lag it has.
        uses: the states that delays are made of.
        oldest, total: per lane, the oldest step that is kept, and the number of all steps.
        mark: lane × lag, the oldest step whose jump may be yet to come back.
        steps: lane × place × number: when it began and ended, its length as it was tried, and the derivative that
            jumped at its beginning; the polynomials of the delays; of each state in ``uses`` both ends and what dense
            output adds. Step k is at place k modulo the number of places.
        values: lane × delay × node, the past to which a polynomial is fitted.
        lag: per lane, that of the moment.
        moved: per lane, how far these values have moved since the step was last gone through, relative to tolerance.
        found: per lane, the row of the workspace where that comes from.
        largest: lane × delay, of all these values up to now.
        misfit: per lane, of the polynomials, relative to the tolerance.
        last: individual × delay, the values when it left.
    """

    lags: Floats
    group: Integers
    uses: Integers
    oldest: Integers
    total: Integers
    mark: Integers
    steps: Floats
    values: Floats
    lag: Floats
    moved: Floats
    found: Integers
    largest: Floats
    misfit: Floats
    last: Floats

    @classmethod
    def fresh(cls, lags: Floats, group: Integers, uses: Integers, width: int, dense: Floats) -> History:
        """The history of lanes in which nobody is yet."""
        delays = len(group)
        length = POLYNOMIALS + COEFFICIENTS * delays + len(uses) * (2 + len(dense))
        return cls(
            lags=np.ascontiguousarray(lags),
            group=group,
            uses=uses,
            oldest=np.zeros(width, np.int64),
            total=np.zeros(width, np.int64),
            mark=np.zeros((width, lags.shape[1]), np.int64),
            steps=np.zeros((width, _ROOM, length)),
            values=np.zeros((width, delays, COEFFICIENTS)),
            lag=np.zeros(width),
            moved=np.zeros(width),
            found=np.zeros(width, np.int64),
            largest=np.zeros((width, delays)),
            misfit=np.zeros(width),
            last=np.zeros((len(lags), delays)),
        )

    def roomier(self) -> History:
        """The same, with twice as many places."""
        width, room, length = self.steps.shape
        steps = np.zeros((width, 2 * room, length))
        for lane in range(width):
            kept = np.arange(self.oldest[lane], self.total[lane])
            steps[lane, kept % (2 * room)] = self.steps[lane, kept % room]
        return self._replace(steps=steps)


@compiled
def forget(history: History, lane: int) -> None:
    """Make a lane ready for its next individual."""
    history.oldest[lane] = history.total[lane] = 0
    history.mark[lane, :] = 0
    history.largest[lane, :] = 0.0


@compiled
def crowded(history: History, lanes: Lanes) -> bool:
    """Whether a lane that needs all its steps has no place for the next."""
    room = history.steps.shape[1]
    for lane in range(len(lanes)):
        here = lanes[lane]
        if here.code == GOING and history.total[lane] - history.oldest[lane] == room:
            longest = 0.0
            for lag in history.lags[here.who]:
                longest = max(longest, lag)
            if history.steps[lane, history.oldest[lane] % room, END] > here.time - longest:
                return True
    return False


@compiled
def expect(history: History, here: Lane, lane: int) -> None:
    """See how far the next step may go: no further than the past is known, and to where a jump comes back."""
    room, reached = history.steps.shape[1], here.time + resolution(here.time)
    soonest = here.stop - resolution(here.stop)
    here.halt, here.longest = here.stop, np.inf
    for group in range(history.lags.shape[1]):
        lag = history.lags[here.who, group]
        here.longest = min(here.longest, lag)
        k = max(history.mark[lane, group], history.oldest[lane])
        while k < history.total[lane]:
            step = history.steps[lane, k % room]
            if step[JUMP] < _SMOOTH:
                if step[BEGIN] + lag > reached:
                    break
                here.jump = min(here.jump, np.int64(step[JUMP]) + 1)
            k += 1
        history.mark[lane, group] = k
        if k < history.total[lane]:
            back = history.steps[lane, k % room, BEGIN] + lag
            if back < soonest:
                here.halt = soonest = back


@compiled
def remember(work: Floats, rows: Layout, dense: Floats, history: History, here: Lane, lane: int) -> None:
    """Keep an accepted step, before the lane moves on."""
    room, k = history.steps.shape[1], history.total[lane]
    if k - history.oldest[lane] == room:
        history.oldest[lane] += 1
    history.total[lane] = k + 1
    step = history.steps[lane, k % room]
    step[BEGIN], step[END], step[TRIED], step[JUMP] = here.time, here.until, here.tried, here.jump
    here.jump = _SMOOTH
    at = POLYNOMIALS
    for c in range(COEFFICIENTS * rows.delayed):
        step[at + c] = work[rows.hidden + 1 + c, lane]
    at += COEFFICIENTS * rows.delayed
    for j in history.uses:
        step[at], step[at + 1] = work[rows.y + j, lane], work[rows.end + j, lane]
        for row in range(dense.shape[0]):
            step[at + 2 + row] = correction(work, rows, dense, lane, j, row)
        at += 2 + dense.shape[0]


@compiled
def imagine(work: Floats, rows: Layout, dense: Floats, history: History, here: Lane, lane: int, time: float) -> None:
    """Lay out for the kernel how an individual is at ``time``, in the step that was tried last if it is tried again."""
    work[rows.probe_time, lane] = time
    share = min((time - here.time) / here.tried, 1.0) if here.passes > 0 else 0.0
    for j in history.uses:
        added = 0.0
        for row in range(dense.shape[0] - 1, -1, -1):
            added = correction(work, rows, dense, lane, j, row) + share * added
        start = work[rows.y + j, lane]
        moved = blend(start, work[rows.end + j, lane], added, share, work[rows.floor + j, lane])
        work[rows.probe + j, lane] = moved if share > 0.0 else start
    history.found[lane] = rows.past


@compiled
def visit(
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    history: History,
    here: Lane,
    lane: int,
    time: float,
    ahead: float,
) -> None:
    """Lay out for the kernel how an individual was at ``time``; at the beginning of a step where that is ``ahead``."""
    if time >= here.time:
        imagine(work, rows, dense, history, here, lane, time)
        return
    who = here.who
    work[rows.probe_time, lane] = time
    if history.total[lane] == 0 or time + ahead < course.start[who]:
        for j in history.uses:
            work[rows.probe + j, lane] = course.states[who, j]
        history.found[lane] = rows.past + rows.delayed
        return
    history.found[lane] = rows.past
    step = history.steps[lane, _last(history, lane, time + ahead) % history.steps.shape[1]]
    time = min(max(time, step[BEGIN]), step[END])
    share = min((time - step[BEGIN]) / step[TRIED], 1.0)
    work[rows.probe_time, lane] = time
    work[rows.hidden, lane] = step[BEGIN]
    at = POLYNOMIALS
    for c in range(COEFFICIENTS * rows.delayed):
        work[rows.hidden + 1 + c, lane] = step[at + c]
    at += COEFFICIENTS * rows.delayed
    if not len(history.uses):
        return
    more = (len(step) - at) // len(history.uses)
    for j in history.uses:
        added = 0.0
        for row in range(more - 1, 1, -1):
            added = step[at + row] + share * added
        work[rows.probe + j, lane] = blend(step[at], step[at + 1], added, share, work[rows.floor + j, lane])
        at += more


@compiled
def _last(history: History, lane: int, time: float) -> int:
    """The last step that began at ``time`` or before, or the oldest."""
    room, low, high = history.steps.shape[1], history.oldest[lane], history.total[lane]
    while high - low > 1:
        middle = (low + high) // 2
        if history.steps[lane, middle % room, BEGIN] <= time:
            low = middle
        else:
            high = middle
    return int(low)
