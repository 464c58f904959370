"""What passes between a Simulation and a backend: individuals and error control in, the paths of these out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coley.engine.doses import Doses
from coley.system import System

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True)
class Control:
    """Error control of one run: ``rtol`` relative, ``atol`` per state, and a budget of evaluations of the rates.

    The budget is that of one individual in one call.
    """

    rtol: float
    atol: Floats
    max_evaluations: int


@dataclass(frozen=True)
class Paths:
    """What became of individuals, a row each.

    Attributes:
        states: individual × output time × state; NaN after a stop.
        last, time: the last state, always finite, and its day.
        status, reason, event: why it stopped; "ok", "" and "" where it did not.
        evaluations: of the rates.
    """

    states: Floats
    last: Floats
    time: Floats
    status: NDArray[np.object_]
    reason: NDArray[np.object_]
    event: NDArray[np.object_]
    evaluations: NDArray[np.int64]

    @classmethod
    def joined(cls, parts: Sequence[Paths]) -> Paths:
        """Those of ``parts``, at least one, one part after another."""
        if len(parts) == 1:
            return parts[0]
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


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

    def parts(self, count: int) -> Iterator[Batch]:
        """The individuals in this many parts of about the same size."""
        cuts = np.linspace(0, len(self), count + 1).astype(int).tolist()
        return (self.part(a, b) for a, b in pairwise(cuts))


class Backend(Protocol):
    """A way to follow individuals of a System.

    What becomes of one individual depends neither on the others nor on ``threads``, bit by bit; a solver that fails is
    a status, never an exception.
    """

    def __call__(self, system: System, batch: Batch, control: Control, threads: int) -> Paths:
        """Follow each individual of ``batch`` to the last of its output times, on up to ``threads`` cores."""
        ...
