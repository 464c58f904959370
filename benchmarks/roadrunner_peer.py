"""libRoadRunner behind the call of a backend, as somebody who wants it fast would use it.

The model reaches it as SBML that coley writes. It is compiled once, with its optimising compiler, and individuals go
through it one after another. Its own CVODE (BDF, difference quotients for the Jacobian) steps, with coley's absolute
tolerance for each species. For a dose it stops: amounts are added, or the rate of an infusion is set.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import roadrunner
import symengine

from coley.engine.batch import Batch, Control
from coley.engine.doses import Doses, resolution, segments
from coley.sbml import save_sbml
from coley.sbml.outline import outline
from coley.system import Parameter, Reaction, System

Config = roadrunner.Config


def with_inflows(system: System, dosed: tuple[int, ...]) -> System:
    """The system with a constant inflow, of 0 so far, into the states that are given by infusion."""
    names = [system.state_names[i] for i in dosed]
    inflows = tuple(Parameter(f"inflow_{name}", "", 0.0) for name in names)
    reactions = tuple(Reaction(f"infusion_{name}", symengine.Symbol(f"inflow_{name}"), {name: 1}) for name in names)
    return replace(system, parameters=system.parameters + inflows, reactions=system.reactions + reactions)


class Peer:
    """One model in libRoadRunner."""

    def __init__(self, system: System, dosed: tuple[int, ...]) -> None:
        self.system, self.dosed = system, dosed
        told = with_inflows(system, dosed)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.xml"
            save_sbml(told, path)
            self.runner = roadrunner.RoadRunner(str(path))
        model, names = self.runner.model, outline(told).names
        species, others = model.getFloatingSpeciesIds(), model.getGlobalParameterIds()
        self.states = [names[name] for name in system.state_names]
        at = {name: i for i, name in enumerate(self.states)}
        self.amounts = [(i, at[name]) for i, name in enumerate(species)]
        self.rated = [(i, at[name]) for i, name in enumerate(others) if name in at]
        self.constants = [others.index(names[name]) for name in system.parameter_names]
        self.inflows = [others.index(names[f"inflow_{system.state_names[i]}"]) for i in dosed]
        self.runner.timeCourseSelections = self.states

    def tolerate(self, control: Control) -> None:
        """Set error control; the vector of tolerances stands in the order of the state vector.

        ``setIndividualTolerance`` would put those of quantities with rate rules last, where the state vector of
        libRoadRunner 2.10 has them first, and errors grow thirtyfold.
        """
        model, integrator = self.runner.model, self.runner.integrator
        tolerance = dict(zip(self.states, control.atol.tolist(), strict=True))
        integrator.setValue("stiff", True)
        integrator.setValue("variable_step_size", False)
        integrator.setValue("maximum_num_steps", 1_000_000)
        integrator.setValue("relative_tolerance", control.rtol)
        order = [model.getStateVectorId(i) for i in range(len(self.states))]
        integrator.setValue("absolute_tolerance", [tolerance[name] for name in order])

    def put(self, state: np.ndarray) -> None:
        """Set all states."""
        model = self.runner.model
        model.setFloatingSpeciesAmounts([i for i, _ in self.amounts], state[[j for _, j in self.amounts]])
        if self.rated:
            model.setGlobalParameterValues([i for i, _ in self.rated], state[[j for _, j in self.rated]])

    def follow(self, batch: Batch) -> np.ndarray:
        """Individual × time × state."""
        doses = batch.doses.of(batch.individual)
        rows = zip(batch.start.tolist(), batch.states, batch.parameters, doses, strict=True)
        return np.array([self.course(*row, batch.times[0]) for row in rows])

    def course(
        self, start: float, state: np.ndarray, parameters: np.ndarray, doses: Doses, times: np.ndarray
    ) -> np.ndarray:
        """Time × state of one individual, from dose to dose."""
        runner, model = self.runner, self.runner.model
        runner.reset()
        model.setGlobalParameterValues(self.constants, parameters)
        found = np.full((len(times), len(state)), np.nan)
        for segment in segments(start, float(times[-1]), doses, len(state)):
            if segment.bolus is not None:
                state = state + segment.bolus
            self.put(state)
            flow = np.zeros(len(state)) if segment.infusion is None else segment.infusion
            if self.inflows:
                model.setGlobalParameterValues(self.inflows, flow[list(self.dosed)])
            first, last = np.searchsorted(times, (segment.start, segment.end)).tolist()
            if first < last and times[first] == segment.start:
                found[first] = state
                first += 1
            if segment.end - segment.start > resolution(segment.end):
                got = runner.simulate(times=[segment.start, *times[first:last].tolist(), segment.end])
                found[first:last] = got[1:-1]
                state = np.array(got[-1])
        found[-1] = state
        return found


@cache
def peer(system: System, dosed: tuple[int, ...]) -> Peer:
    """The model, compiled once, with all that its compiler can do."""
    roadrunner.Logger.disableLogging()
    Config.setValue(Config.LLVM_BACKEND, Config.LLJIT)
    Config.setValue(Config.LLJIT_OPTIMIZATION_LEVEL, Config.AGGRESSIVE)
    Config.setValue(Config.PYTHON_ENABLE_NAMED_MATRIX, False)
    return Peer(system, dosed)


def follow(system: System, batch: Batch, control: Control) -> np.ndarray:
    """Individual × time × state, by libRoadRunner."""
    there = peer(system, tuple(np.unique(batch.doses.state).tolist()))
    there.tolerate(control)
    return there.follow(batch)
