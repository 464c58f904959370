"""AMICI behind the call of a backend. Needs ``pip install amici`` (built from source: a compiler, BLAS and HDF5).

AMICI makes C++ of the SBML that coley writes, which takes minutes; CVODES with KLU and the analytic Jacobian steps. It
has one absolute tolerance for all states. For a dose it stops: each stretch between doses is a simulation of its own.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import amici
import amici.sim.sundials as sundials
import numpy as np
from amici.importers.sbml import SbmlImporter
from roadrunner_peer import with_inflows

from coley.engine.batch import Batch, Control
from coley.engine.doses import Doses, resolution, segments
from coley.sbml import save_sbml
from coley.sbml.outline import outline
from coley.system import System


class Peer:
    """One model in AMICI."""

    def __init__(self, system: System, dosed: tuple[int, ...]) -> None:
        told = with_inflows(system, dosed)
        folder = Path(tempfile.mkdtemp())
        save_sbml(told, folder / "model.xml")
        importer = SbmlImporter(str(folder / "model.xml"))
        importer.sbml2amici("peer", str(folder / "peer"), generate_sensitivity_code=False)
        self.model = amici.import_model_module("peer", str(folder / "peer")).get_model()
        self.solver = self.model.create_solver()
        self.solver.set_linear_solver(sundials.LinearSolver.KLU)
        self.solver.set_max_steps(1_000_000)
        names, ids = outline(told).names, list(self.model.get_state_ids())
        states = [names[name] for name in system.state_names]
        self.to_model = [states.index(name) for name in ids]
        self.to_system = [ids.index(name) for name in states]
        parameters = list(self.model.get_free_parameter_ids())
        self.constants = [parameters.index(names[name]) for name in system.parameter_names]
        self.inflows = [parameters.index(names[f"inflow_{system.state_names[i]}"]) for i in dosed]
        self.dosed = list(dosed)
        self.solver_seconds = 0.0

    def follow(self, batch: Batch, control: Control) -> np.ndarray:
        """Individual × time × state."""
        self.solver.set_relative_tolerance(control.rtol)
        self.solver.set_absolute_tolerance(float(control.atol.min()))
        self.solver_seconds = 0.0
        doses = batch.doses.of(batch.individual)
        rows = zip(batch.start.tolist(), batch.states, batch.parameters, doses, strict=True)
        return np.array([self.course(*row, batch.times[0]) for row in rows])

    def course(
        self, start: float, state: np.ndarray, parameters: np.ndarray, doses: Doses, times: np.ndarray
    ) -> np.ndarray:
        """Time × state of one individual, from dose to dose."""
        values = np.zeros(len(self.constants) + len(self.inflows))
        values[self.constants] = parameters
        found = np.full((len(times), len(state)), np.nan)
        for segment in segments(start, float(times[-1]), doses, len(state)):
            if segment.bolus is not None:
                state = state + segment.bolus
            values[self.inflows] = 0.0 if segment.infusion is None else segment.infusion[self.dosed]
            first, last = np.searchsorted(times, (segment.start, segment.end)).tolist()
            if first < last and times[first] == segment.start:
                found[first] = state
                first += 1
            if segment.end - segment.start > resolution(segment.end):
                got = self.stretch(segment.start, [*times[first:last].tolist(), segment.end], state, values)
                found[first:last], state = got[:-1], got[-1]
        found[-1] = state
        return found

    def stretch(self, start: float, times: list[float], state: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Time × state without a dose."""
        self.model.set_t0(start)
        self.model.set_timepoints(times)
        self.model.set_free_parameters(values)
        self.model.set_initial_state(state[self.to_model])
        result = sundials.run_simulation(self.model, self.solver)
        if result.status != 0:
            raise RuntimeError(f"AMICI stopped with status {result.status}")
        self.solver_seconds += result.cpu_time / 1e3
        return np.asarray(result.x)[:, self.to_system]


@cache
def peer(system: System, dosed: tuple[int, ...]) -> Peer:
    """The model, compiled once."""
    return Peer(system, dosed)


def follow(system: System, batch: Batch, control: Control) -> tuple[np.ndarray, float]:
    """Individual × time × state, and the seconds that AMICI's solver says it took, without its Python."""
    there = peer(system, tuple(np.unique(batch.doses.state).tolist()))
    return there.follow(batch, control), there.solver_seconds
