"""What individuals remember of events while nothing happens: which conditions held last, and what is still due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coley.engine.branches import branches
from coley.engine.derivatives import watched
from coley.system import System

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_ROOM = 8  # places for what is due at once, besides those that each event has
_ROOM_FOR_DELAYS = 120


class Memory(NamedTuple):
    """Memory of events, a row per individual; a solver writes into it.

    Attributes:
        holds: individual × event, whether the condition held when last looked at; then the same of what it is made of,
            and of the branches of rates.
        due: individual × place, the day of what is due; infinite where a place is free.
        event, order: individual × place, which event it is, and how many were triggered before it.
        values: individual × place × assignment, what it assigns, where that was settled when it was triggered.
    """

    holds: NDArray[np.bool_]
    due: Floats
    event: Integers
    order: Integers
    values: Floats

    @classmethod
    def fresh(cls, system: System, individuals: int) -> Memory:
        """The memory of individuals who have yet to start."""
        places = _places(system)
        before = [event.before for event in system.events]
        before += [False] * (len(watched(system)) + len(branches(system)) - len(before))
        most = max((len(event.assignments) for event in system.events), default=0)
        return cls(
            holds=np.tile(np.array(before, dtype=bool), (individuals, 1)),
            due=np.full((individuals, places), np.inf),
            event=np.zeros((individuals, places), dtype=np.int64),
            order=np.zeros((individuals, places), dtype=np.int64),
            values=np.zeros((individuals, places, most)),
        )

    def of(self, rows: NDArray[np.intp] | slice) -> Memory:
        """A copy of the memory of some individuals."""
        copies: list[Any] = [np.array(part[rows], order="C") for part in self]
        return Memory(*copies)

    @classmethod
    def joined(cls, parts: Sequence[Memory]) -> Memory:
        """Those of ``parts``, one after another."""
        whole: list[Any] = [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]
        return cls(*whole)

    def keep(self, rows: NDArray[np.intp], theirs: Memory) -> None:
        """Replace the memory of some individuals."""
        for mine, new in zip(self, theirs, strict=True):
            mine[rows] = new


def _places(system: System) -> int:
    if not system.events:
        return 0
    delayed = any(event.delay != 0 for event in system.events)
    return 4 * len(system.events) + (_ROOM_FOR_DELAYS if delayed else _ROOM)
