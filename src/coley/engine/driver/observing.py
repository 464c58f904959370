"""Values of what is to be reported, a vector of output times of one individual after another."""

from __future__ import annotations

import numpy as np

from coley.engine.driver.native import call, kept
from coley.engine.driver.records import Floats, Integers


@kept
def observe(
    kernel: int,
    workspace: int,
    work: Floats,
    used: Integers,
    states: Floats,
    parameters: Floats,
    times: Floats,
    values: Floats,
) -> None:
    """Fill ``values`` (name × individual × time); NaN where the states are.

    Args:
        kernel: address of an :class:`coley.engine.compiler.observer.Observer`.
        workspace: address of ``work`` (row × lane): its arguments, and then its results.
        used: which of states, parameters and time its arguments are.
        states: individual × time × state.
        parameters: individual × parameter.
        times: one row for all individuals, or a row for each.
    """
    people, steps, m = states.shape
    width, last = work.shape[1], m + parameters.shape[1]
    for who in range(people):
        row = who if len(times) > 1 else 0
        for at in range(len(used)):
            if m <= used[at] < last:
                for lane in range(width):
                    work[at, lane] = parameters[who, used[at] - m]
        for first in range(0, steps, width):
            count = min(width, steps - first)
            for at in range(len(used)):
                k = used[at]
                if k < m:
                    for lane in range(count):
                        work[at, lane] = states[who, first + lane, k]
                elif k == last:
                    for lane in range(count):
                        work[at, lane] = times[row, first + lane]
            call(kernel, workspace)
            for name in range(len(values)):
                for lane in range(count):
                    known = not np.isnan(states[who, first + lane, 0])  # all states are numbers, or none
                    values[name, who, first + lane] = work[len(used) + name, lane] if known else np.nan
