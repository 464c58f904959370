"""New lesions: one that appears is placed among the sites of the model, and grows, or is rejected, like any other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coley.disease import Disease
from coley.engine import Simulation
from coley.modeling import REST
from coley.trial.conduct.fate import exponentials

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
HAZARD = "hazard_lesion"
SEEN_MM = 5.0
"""Diameter of a new lesion when it is first seen: one slice of a scan (RECIST 1.1, section 4.3.2)."""


class NewLesions:
    """The new lesions of each patient: the next appears when the hazard meets a sum of unit exponentials.

    Attributes:
        elsewhere: (patients,) new lesions so far that no site of their own is left for: they joined the rest.
        held: (patients, sites but the rest) which sites have ever held a lesion.
    """

    def __init__(self, disease: Disease, simulation: Simulation, patients: NDArray[np.int64], *, seed: int) -> None:
        system = simulation.system
        self._patients, self._seed = patients, seed
        self.hazards = (HAZARD,) if HAZARD in system.state_names else ()
        self._mark = exponentials("new lesion 0", patients, seed=seed)
        self._number = np.zeros(len(patients), dtype=int)
        self.elsewhere = np.zeros(len(patients))
        columns = {name: k for k, name in enumerate(system.state_names)}
        cells = [[f"C_{clone.name}_{site}" for clone in disease.cancer.clones] for site in disease.sites]
        placed = REST in disease.sites and all(name in columns for names in cells for name in names)
        self.held = np.ones((len(patients), max(len(disease.sites) - 1, 1)), dtype=np.bool_)
        self._columns = np.array([[columns[name] for name in names] for names in cells]) if placed else None
        if self._columns is not None:
            density = simulation.parameters[:, system.parameter_names.index("rho_cell")]
            self._cells = density * np.pi / 6 * (SEEN_MM / 10) ** 3
            self._taken = self._at_sites(simulation.states).sum(axis=2)[:, :-1] > 0
            self.held = self._taken.copy()

    def appear(self, states: Floats, hazard: Floats, present: Flags) -> Flags:
        """Who has a new lesion by now, where the cumulative hazard is ``hazard``; it is placed in ``states``.

        It takes the first site of its own that was free at the start and holds no cell; else it joins the rest. Its
        clones are mixed as in all lesions together, since it is seeded by these.
        """
        who = present & (hazard >= self._mark)
        rows = np.flatnonzero(who)
        for number in np.unique(self._number[rows] + 1).tolist():
            mine = rows[self._number[rows] + 1 == number]
            self._mark[mine] += exponentials(f"new lesion {number}", self._patients[mine], seed=self._seed)
        self._number[rows] += 1
        if self._columns is None:
            self.elsewhere[rows] += 1
        elif len(rows):
            self._place(states, rows)
        return np.asarray(who)

    def _place(self, states: Floats, rows: NDArray[np.intp]) -> None:
        assert self._columns is not None
        cells = self._at_sites(states)[rows]
        total = cells.sum(axis=1)
        first = np.zeros_like(total)
        first[:, 0] = 1.0
        alive = total.sum(axis=1, keepdims=True)
        mixture = np.where(alive > 0, total / np.where(alive > 0, alive, 1.0), first)
        occupied = np.column_stack([self._taken[rows] | (cells.sum(axis=2)[:, :-1] > 0), np.zeros(len(rows), bool)])
        site = np.argmin(occupied, axis=1)
        states[rows[:, None], self._columns[site]] += mixture * self._cells[rows, None]
        own = site < len(self._columns) - 1
        self.held[rows[own], site[own]] = True
        self.elsewhere[rows[~own]] += 1

    def _at_sites(self, states: Floats) -> Floats:
        """(patients, sites, clones) cells."""
        return np.asarray(states[:, self._columns])
