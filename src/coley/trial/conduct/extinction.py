"""Extinction by chance: whether the last cells of a kind die out, as a linear birth-death process has it.

Kendall, Ann Math Stat 1948;19:1-15, doi 10.1214/aoms/1177730285: of the descendants of one cell that divides at the
rate b and dies at the rate d, none is left after the time t with probability d (1 - e^(-gt)) / (b - d e^(-gt)), where
g = b - d.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coley.disease import Mortal
from coley.engine import Simulation
from coley.streams import uniforms

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FEW = 1e4
"""Numbers of cells from here up do not die out by chance within a window."""
_CERTAIN = 40.0  # exp(-40) is less than one in 10^17


def surviving_line(birth: Floats, net: Floats, time: Floats) -> Floats:
    """Probability that one cell has descendants after ``time`` (days): (b - d) / (b - d e^(-gt)), all forms of it.

    Args:
        birth: rate of division, 1/day.
        net: rate of division less rate of death, 1/day. Where it exceeds ``birth``, cells have come from elsewhere,
            and none is taken to have died.
    """
    death = np.maximum(birth - net, 0.0)
    gain = birth - death
    shrunk = np.exp(-np.abs(gain) * time)  # never overflows
    rest = np.where(gain > 0, birth - death * shrunk, death - birth * shrunk)
    found = np.abs(gain) * np.where(gain > 0, 1.0, shrunk) / np.where(rest > 0, rest, 1.0)
    balanced = 1.0 / (1.0 + birth * time)  # the limit, where the formula is 0 / 0
    return np.asarray(np.clip(np.where(np.abs(gain) * time < 1e-7, balanced, found), 0.0, 1.0))


def extinct(begin: Floats, end: Floats, birth: Floats, time: Floats) -> Floats:
    """Probability that a population of cells has died out.

    The number of cells at the start is taken as Poisson with mean ``begin``: what is known of it is a mean. Where there
    were none, those at the end have come from elsewhere, and their number is Poisson.

    Args:
        begin, end: cells at both ends of the window, as the mean of the process has it.
        birth: rate of division of a cell, 1/day.
        time: length of the window, days.
    """
    there = (begin > 0) & (end > 0) & (time > 0)
    net = np.log(np.where(there, end, 1.0) / np.where(there, begin, 1.0)) / np.where(there, time, 1.0)
    lines = np.where(there, begin * surviving_line(birth, net, time), end)
    return np.where(end > 0, np.exp(-lines), 1.0)


class Extinction:
    """Decides at the end of each window which of the mortal cells of each patient have died out."""

    def __init__(
        self, mortals: Sequence[Mortal], simulation: Simulation, patients: NDArray[np.int64], *, seed: int
    ) -> None:
        system = simulation.system
        known = [mortal for mortal in mortals if mortal.state in system.state_names]
        self._names = [mortal.state for mortal in known]
        self._columns = [system.state_names.index(name) for name in self._names]
        of = {name: simulation.parameters[:, k] for k, name in enumerate(system.parameter_names)}
        self._birth = [sum((of[name] for name in mortal.division), np.zeros(len(patients))) for mortal in known]
        self._patients, self._seed = patients, seed

    def cells(self, states: Floats) -> Floats:
        """(patients, kinds) numbers of the mortal cells among ``states``."""
        return states[:, self._columns]

    def settle(self, states: Floats, before: Floats, time: Floats, present: Flags, window: int) -> None:
        """Set cells that have died out to 0 in ``states``, and others so that the mean stays what it is.

        Args:
            before: ``cells`` at the start of the window.
            time: (patients,) length of the window, days.
            window: its number.
        """
        for k, (name, column) in enumerate(zip(self._names, self._columns, strict=True)):
            rows = np.flatnonzero(present & (states[:, column] > 0) & (states[:, column] < FEW))
            if not len(rows):
                continue
            end = states[rows, column]
            gone = extinct(before[rows, k], end, self._birth[k][rows], time[rows])
            open_ = gone > np.exp(-_CERTAIN)
            rows, end, gone = rows[open_], end[open_], gone[open_]
            draw = uniforms(self._seed, f"extinction {name} {window}", self._patients[rows])
            with np.errstate(divide="ignore"):
                states[rows, column] = np.where(draw < gone, 0.0, end / (1.0 - gone))
