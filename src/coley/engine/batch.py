"""What passes between a Simulation and a backend: a batch of individuals and error control in, a path of each out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.engine.doses import Doses

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True)
class Control:
    """Error control of one run: ``rtol`` relative, ``atol`` per state, and a budget of evaluations of the rates.

    The budget is that of one individual in one call; CVODE's own bound on steps starts afresh at every output time.
    """

    rtol: float
    atol: Floats
    max_evaluations: int


@dataclass
class Path:
    """What became of one individual.

    Attributes:
        states: output time × state; NaN after a stop.
        last, time: the last state, always finite, and its day.
        status, reason, event: why it stopped; "ok", "" and "" where it did not.
        evaluations: of the rates.
    """

    states: Floats
    last: Floats
    time: float
    status: str = "ok"
    reason: str = ""
    event: str = ""
    evaluations: int = 0

    @property
    def stopped(self) -> bool:
        """Whether it goes no further."""
        return self.status != "ok" or self.event != ""


@dataclass(frozen=True)
class Batch:
    """Individuals to follow to the last of ``times``.

    Attributes:
        individual: their numbers, ascending; a row of each of the next three belongs to each.
        start: day on which each stands.
        states, parameters: individual × state, individual × parameter.
        doses: of these individuals, and maybe of others.
        times: output times.
    """

    individual: Integers
    start: Floats
    states: Floats
    parameters: Floats
    doses: Doses
    times: Floats

    def __len__(self) -> int:
        return len(self.individual)

    def part(self, first: int, last: int) -> Batch:
        """The individuals from row ``first`` up to row ``last``."""
        rows = slice(first, last)
        numbers = self.individual[rows]
        theirs = (self.doses.individual >= numbers[0]) & (self.doses.individual <= numbers[-1])
        return Batch(
            numbers, self.start[rows], self.states[rows], self.parameters[rows], self.doses[theirs], self.times
        )
