"""What passes between a Simulation and a backend: individuals and error control in, the paths of these out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from coley.engine.doses import Doses
from coley.engine.memory import Memory
from coley.engine.tableau import Method
from coley.system import System

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Budget:
    """What one individual may take in one call before it counts as failed.

    Attributes:
        steps: attempted steps.
        seconds: of the clock. A result that depends on it depends on the machine and on what else that does.
    """

    steps: int = 100_000
    seconds: float = np.inf


@dataclass(frozen=True)
class Control:
    """Error control of one run: ``rtol`` relative, ``atol`` per state; budget; and method, None for the usual one."""

    rtol: float
    atol: Floats
    budget: Budget = Budget()
    method: Method | None = None


@dataclass(frozen=True)
class Paths:
    """What became of individuals, a row each.

    Attributes:
        states: individual × output time × state, and then delay; NaN after a stop, and where there is no output time.
        last, time: the last state, always finite, and its day.
        status, reason, event: why it stopped; "ok", "" and "" where it did not.
        steps, rejections, evaluations, jacobians: steps accepted and not, evaluations of the rates and of their
            derivatives; -1 where the solver does not tell.
        memory: of events.
    """

    states: Floats
    last: Floats
    time: Floats
    status: NDArray[np.object_]
    reason: NDArray[np.object_]
    event: NDArray[np.object_]
    steps: Counts
    rejections: Counts
    evaluations: Counts
    jacobians: Counts
    memory: Memory

    @classmethod
    def joined(cls, parts: Sequence[Paths]) -> Paths:
        """Those of ``parts``, at least one, one part after another."""
        if len(parts) == 1:
            return parts[0]
        plain = [f.name for f in fields(cls) if f.name != "memory"]
        joined: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in plain}
        return cls(**joined, memory=Memory.joined([part.memory for part in parts]))


@dataclass(frozen=True)
class Batch:
    """Individuals to follow to their last output times.

    Attributes:
        individual: their numbers, ascending; a row of each of the next four belongs to each.
        start: day on which each stands.
        states, parameters: individual × state, individual × parameter.
        memory: of events, up to now.
        doses: of these individuals, and maybe of others.
        times: output times, ascending: one row for all, or a row for each, filled up with NaN.
    """

    individual: Integers
    start: Floats
    states: Floats
    parameters: Floats
    memory: Memory
    doses: Doses
    times: Floats

    def __len__(self) -> int:
        return len(self.individual)

    @property
    def outputs(self) -> Integers:
        """Number of output times of each individual."""
        counts = np.isfinite(self.times).sum(axis=1)
        return np.broadcast_to(counts, len(self)).astype(np.intp)

    @property
    def end(self) -> Floats:
        """The last output time of each individual."""
        last = np.fmax.reduce(self.times, axis=1)
        return np.broadcast_to(last, len(self)).astype(np.float64)

    def part(self, first: int, last: int) -> Batch:
        """The individuals from row ``first`` up to row ``last``."""
        rows = slice(first, last)
        numbers = self.individual[rows]
        theirs = (self.doses.individual >= numbers[0]) & (self.doses.individual <= numbers[-1])
        return Batch(
            numbers,
            self.start[rows],
            self.states[rows],
            self.parameters[rows],
            self.memory.of(rows),
            self.doses[theirs],
            self.times if len(self.times) == 1 else self.times[rows],
        )

    def parts(self, count: int) -> Iterator[Batch]:
        """The individuals in this many parts of about the same size."""
        cuts = np.linspace(0, len(self), count + 1).astype(int).tolist()
        return (self.part(a, b) for a, b in pairwise(cuts))


class Backend(Protocol):
    """A way to follow individuals of a System.

    What becomes of one individual depends neither on the others nor on ``threads``, bit by bit; a solver that fails is
    a status, never an exception. Statuses: "ok", "step_too_small", "too_many_steps", "nonfinite" (rates or values that
    are no finite numbers), "timeout", "too_many_events" (events that set each other off without end); a Simulation adds
    "impossible" (an initial value below 0 of what cannot be).
    """

    def __call__(self, system: System, batch: Batch, control: Control, threads: int) -> Paths:
        """Follow each individual of ``batch`` to the last of its output times, on up to ``threads`` cores."""
        ...
