"""What the driver works on: records of numbers and arrays that compiled code can read."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

OK, EVENT, STEP_TOO_SMALL, TOO_MANY_STEPS, CANNOT_START, TIMEOUT, TOO_MANY_EVENTS, STRANGE_DELAY = range(8)
GOING = -1
NOBODY = -1
NOW, STOP = range(2)
EPS = float(np.finfo(float).eps)


class Addresses(NamedTuple):
    """The kernels, and the workspace that they work on."""

    step: int
    commit: int
    probe: int
    react: int
    recall: int
    dense: int
    workspace: int


class Course(NamedTuple):
    """Individuals, row by row, their parameters, output times (a row for all or for each), and the number of these."""

    start: Floats
    states: Floats
    parameters: Floats
    times: Floats
    outputs: Integers


class Limits(NamedTuple):
    """Relative tolerance, the budget of an individual, how a step's length goes with its error, and least that counts.

    A step may be as long as the error to the ``exponent`` allows; ``small`` is that of an error too small to matter.
    """

    rtol: float
    steps: int
    seconds: float
    exponent: float
    small: float


class Events(NamedTuple):
    """Per event its flags, as in System, and its first assignment, with their number at the end; what they move."""

    persistent: Flags
    at_trigger: Flags
    ends: Flags
    prioritised: Flags
    first: Integers
    target: Integers


class Outcome(NamedTuple):
    """What the driver writes, row by row; ``strange`` where the last attempt led to something that is no number.

    ``states`` holds those, and then delays.
    """

    states: Floats
    last: Floats
    time: Floats
    code: Integers
    event: Integers
    attempts: Integers
    steps: Integers
    evaluations: Integers
    strange: Flags


_WHOLE = ("who", "code", "event", "segment", "output", "outputs", "row", "attempts", "steps", "evaluations", "located",
          "jump", "flips", "passes")  # fmt: skip
_REAL = ("time", "stop", "end", "step", "tried", "until", "share", "last_step", "last_power", "due", "free",
         "expected", "boarded", "halt", "longest", "origin", "passed", "ahead")  # fmt: skip
LANE = np.dtype(
    [
        *((name, np.int64) for name in _WHOLE),
        *((name, np.float64) for name in _REAL),
        *((name, np.bool_) for name in ("accepted", "rejected", "strange", "changed")),
    ],
    align=True,
)
"""Where a lane stands; records, because compiled code counts references to every array that it is handed.

who: row of its individual; row: where its output times are, outputs: how many. code: how it has ended, if it has.
segment, output: the segment it is in, and its next output. located: shorter steps taken towards an event. time, stop,
end: the present, where it stops next, and the end of the segment. step, tried: the step that it would take, and the
one that it takes; free: what it would take if no event were near. until, share: where that leads, and the part of it
that counts. last_step, last_power: of the last accepted step since the last stop, and of its error by the exponent.
due: when its next output is. expected: when the next event is due. boarded: by the clock. accepted, rejected,
strange: whether the last attempt was, and whether because it led to no number. changed: whether a condition of an
event has changed at the present. halt: where the next step ends at the latest, longest: how long it may be. jump: the
derivative that jumps at the present. origin: the last stop; passed: the time since then, which tells moments apart that
``time`` cannot late in a course; ahead: what it is at ``until``. flips: changes of
branches since the last that took time. passes: how often the step has been gone through, where its past is its own.
"""
Lane = Any
Lanes = NDArray[np.void]
