"""What delays say: the past of each lane as polynomials over the step that it is about to try.

A lag that changes may be shorter than the step, so that the past of its end is the step itself, or depend on states
that are not known yet. Such a step is gone through again, with what it has found, until that moves no more (as in
Shampine and Thompson, Applied Numerical Mathematics 37:441, 2001); where it goes on moving, the step was too long.
"""

from __future__ import annotations

import numpy as np

from coley.engine.compiler.layout import LEAST_ERROR, Layout
from coley.engine.delays import COEFFICIENTS
from coley.engine.driver.history import History, imagine, visit
from coley.engine.driver.native import call, compiled
from coley.engine.driver.records import GOING, Addresses, Course, Floats, Lane, Lanes, Limits
from coley.engine.driver.steps import resolution

_NODES = (1 + np.cos(np.pi * (np.arange(COEFFICIENTS) + 0.5) / COEFFICIENTS)) / 2
"""Shares of a step, Chebyshev's: none is at an end, where the past may jump."""
_FIT = np.linalg.inv(np.vander(_NODES, increasing=True))
_HIGHEST = 2.0 ** (1 - 2 * (COEFFICIENTS - 1))  # of the last power of a share, how far it is from all lower ones
_SMALL = 1e-3  # of the largest value so far: what is below it need not be relatively accurate


_SETTLED = 0.1  # of the tolerance
_PASSES = 8  # through one step
_UNSETTLED = 10.0  # error of a step that does not settle, relative to the tolerance


@compiled
def recall(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    limits: Limits,
    history: History,
    lanes: Lanes,
) -> None:
    """Fit the polynomials of every lane to its past, as it comes back during the step."""
    history.moved[:] = 0.0
    for group in range(history.lags.shape[1]):
        for node in range(COEFFICIENTS):
            changing = False
            for lane in range(len(lanes)):
                here = lanes[lane]
                if here.code == GOING and np.isinf(history.lags[here.who, group]):
                    imagine(work, rows, dense, history, here, lane, here.time + _NODES[node] * here.tried)
                    changing = True
            if changing:
                call(kernels.recall, kernels.workspace)
            for lane in range(len(lanes)):
                here = lanes[lane]
                if here.code == GOING:
                    history.lag[lane] = _lag(work, rows, history, here, lane, group)
                    time = here.time + _NODES[node] * here.tried - history.lag[lane]
                    visit(work, rows, dense, course, history, here, lane, time, 0.0)
            call(kernels.recall, kernels.workspace)
            for lane in range(len(lanes)):
                if lanes[lane].code == GOING:
                    _take(work, rows, limits, history, lanes[lane], lane, group, node)
    for lane in range(len(lanes)):
        if lanes[lane].code == GOING:
            _fit(work, rows, limits, history, lanes[lane], lane)


@compiled
def recall_now(
    kernels: Addresses,
    work: Floats,
    rows: Layout,
    dense: Floats,
    course: Course,
    limits: Limits,
    history: History,
    here: Lane,
    lane: int,
) -> None:
    """Let the polynomials of a lane say what holds at the present, after all that jumps there."""
    here.passes = 0
    for group in range(history.lags.shape[1]):
        if np.isinf(history.lags[here.who, group]):
            imagine(work, rows, dense, history, here, lane, here.time)
            call(kernels.recall, kernels.workspace)
        history.lag[lane] = _lag(work, rows, history, here, lane, group)
        time = here.time - history.lag[lane]
        visit(work, rows, dense, course, history, here, lane, time, resolution(here.time))
        call(kernels.recall, kernels.workspace)
        _take(work, rows, limits, history, here, lane, group, 0)
    work[rows.hidden, lane] = here.time
    for d in range(rows.delayed):
        at = rows.hidden + 1 + d * COEFFICIENTS
        work[at, lane] = history.values[lane, d, 0]
        for k in range(1, COEFFICIENTS):
            work[at + k, lane] = 0.0


@compiled
def again(work: Floats, rows: Layout, limits: Limits, history: History, here: Lane, lane: int) -> bool:
    """Whether the step just tried is to be gone through again. If it is not, its error is that of the past as well."""
    changing = False
    for group in range(history.lags.shape[1]):
        changing |= np.isinf(history.lags[here.who, group])
    guessed = changing and here.passes == 0
    if not guessed and history.misfit[lane] > work[rows.error, lane]:
        _fail(work, rows, limits, lane, history.misfit[lane])
    error = work[rows.error, lane]
    done = not changing or not np.isfinite(error) or (here.passes > 0 and error > 1.0)
    if done or (here.passes > 0 and history.moved[lane] <= _SETTLED):
        here.passes = 0
        return False
    if here.passes == _PASSES:
        _fail(work, rows, limits, lane, _UNSETTLED)
        here.passes = 0
        return False
    here.passes += 1
    here.evaluations += rows.stage_count
    return True


@compiled
def _fail(work: Floats, rows: Layout, limits: Limits, lane: int, error: float) -> None:
    """Give the step just tried another error."""
    work[rows.error, lane] = error
    work[rows.power, lane] = max(error, LEAST_ERROR) ** limits.exponent


@compiled
def _lag(work: Floats, rows: Layout, history: History, here: Lane, lane: int, group: int) -> float:
    """A lag, as the kernel has just found it where it changes; NaN where there is none."""
    lag = history.lags[here.who, group]
    if np.isinf(lag):
        for d in range(rows.delayed):
            if history.group[d] == group:
                lag = work[rows.past + 2 * rows.delayed + d, lane]
    return lag if lag >= 0.0 else np.nan


@compiled
def _take(
    work: Floats, rows: Layout, limits: Limits, history: History, here: Lane, lane: int, group: int, node: int
) -> None:
    """Take over what the kernel has found for the delays of one lag, and note how far it has moved."""
    for d in range(rows.delayed):
        if history.group[d] == group:
            value = work[history.found[lane] + d, lane]
            if np.isnan(history.lag[lane]):
                value = np.nan
            moved = abs(value - history.values[lane, d, node])
            allowed = limits.rtol * max(abs(value), _SMALL * history.largest[lane, d])
            if here.passes > 0 and moved > allowed * history.moved[lane]:
                history.moved[lane] = moved / allowed
            history.values[lane, d, node] = value


@compiled
def _fit(work: Floats, rows: Layout, limits: Limits, history: History, here: Lane, lane: int) -> None:
    """Fit the polynomials of one lane. They misfit by what the highest power adds to the others."""
    work[rows.hidden, lane] = here.time
    history.misfit[lane] = 0.0
    for d in range(rows.delayed):
        top, power, last = 0.0, 1.0, 0.0
        for node in range(COEFFICIENTS):
            top = max(top, abs(history.values[lane, d, node]))
        for k in range(COEFFICIENTS):
            last = 0.0
            for node in range(COEFFICIENTS):
                last += _FIT[k, node] * history.values[lane, d, node]
            work[rows.hidden + 1 + d * COEFFICIENTS + k, lane] = last / power
            power *= here.tried
        history.largest[lane, d] = max(top, history.largest[lane, d])
        allowed = limits.rtol * max(top, _SMALL * history.largest[lane, d])
        misfit = _HIGHEST * abs(last)
        if misfit > allowed * history.misfit[lane]:
            history.misfit[lane] = misfit / allowed
