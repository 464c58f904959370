"""What delays say: the past of each lane as polynomials over the step that it is about to try."""

from __future__ import annotations

import numpy as np

from coley.engine.compiler.layout import Layout
from coley.engine.delays import COEFFICIENTS
from coley.engine.driver.history import History, visit
from coley.engine.driver.native import call, compiled
from coley.engine.driver.records import GOING, Addresses, Course, Floats, Lane, Lanes, Limits
from coley.engine.driver.steps import resolution

_NODES = (1 + np.cos(np.pi * (np.arange(COEFFICIENTS) + 0.5) / COEFFICIENTS)) / 2
"""Shares of a step, Chebyshev's: none is at an end, where the past may jump."""
_FIT = np.linalg.inv(np.vander(_NODES, increasing=True))
_HIGHEST = 2.0 ** (1 - 2 * (COEFFICIENTS - 1))  # of the last power of a share, how far it is from all lower ones
_SMALL = 1e-3  # of the largest value so far: what is below it need not be relatively accurate


@compiled
def recall(
    kernels: Addresses, work: Floats, rows: Layout, course: Course, limits: Limits, history: History, lanes: Lanes
) -> None:
    """Fit the polynomials of every lane to its past, as it comes back during the step."""
    for group in range(history.lags.shape[1]):
        for node in range(COEFFICIENTS):
            for lane in range(len(lanes)):
                here = lanes[lane]
                if here.code == GOING:
                    time = here.time + _NODES[node] * here.tried - history.lags[here.who, group]
                    visit(work, rows, course, history, here, lane, time, 0.0)
            call(kernels.recall, kernels.workspace)
            for lane in range(len(lanes)):
                if lanes[lane].code == GOING:
                    _take(work, rows, history, lane, group, node)
    for lane in range(len(lanes)):
        if lanes[lane].code == GOING:
            _fit(work, rows, limits, history, lanes[lane], lane)


@compiled
def recall_now(
    kernels: Addresses, work: Floats, rows: Layout, course: Course, history: History, here: Lane, lane: int
) -> None:
    """Let the polynomials of a lane say what holds at the present, after all that jumps there."""
    for group in range(history.lags.shape[1]):
        time = here.time - history.lags[here.who, group]
        visit(work, rows, course, history, here, lane, time, resolution(here.time))
        call(kernels.recall, kernels.workspace)
        _take(work, rows, history, lane, group, 0)
    work[rows.hidden, lane] = here.time
    for d in range(rows.delayed):
        at = rows.hidden + 1 + d * COEFFICIENTS
        work[at, lane] = history.values[lane, d, 0]
        for k in range(1, COEFFICIENTS):
            work[at + k, lane] = 0.0


@compiled
def _take(work: Floats, rows: Layout, history: History, lane: int, group: int, node: int) -> None:
    """Take over what the kernel has found for the delays of one lag."""
    for d in range(rows.delayed):
        if history.group[d] == group:
            history.values[lane, d, node] = work[history.found[lane] + d, lane]


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
