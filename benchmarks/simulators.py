"""Time courses of SBML models by libRoadRunner and COPASI, as amounts, for the benchmarks to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import COPASI
import libsbml
import numpy as np
import roadrunner

ABSOLUTE = 1e-14  # below every quantity that is compared; both simulators take one number for all species


class CannotSimulateError(Exception):
    """A simulator that does not load or follow a model, with its own words."""


def variables(path: Path) -> list[str]:
    """Everything in a model that may change with time: species, as amounts, and what rules and events change."""
    model = libsbml.readSBMLFromFile(str(path)).getModel()
    changed = {rule.getVariable() for rule in model.getListOfRules()}
    changed |= {a.getVariable() for event in model.getListOfEvents() for a in event.getListOfEventAssignments()}
    species = [s.getId() for s in model.getListOfSpecies() if not s.getConstant()]
    others = [item.getId() for items in (model.getListOfCompartments(), model.getListOfParameters()) for item in items]
    return species + [name for name in others if name in changed]


def roadrunner_course(path: Path, times: np.ndarray, names: Sequence[str], rtol: float) -> np.ndarray:
    """Time × name."""
    return roadrunner_follow(roadrunner_model(path, names, rtol), times)


def roadrunner_model(path: Path, names: Sequence[str], rtol: float) -> roadrunner.RoadRunner:
    """A model that libRoadRunner has compiled, and that reports ``names``."""
    roadrunner.Logger.disableLogging()
    try:
        model = roadrunner.RoadRunner(str(path))
        model.integrator.relative_tolerance = rtol
        model.integrator.absolute_tolerance = max(ABSOLUTE, rtol * 1e-4)
        model.integrator.maximum_num_steps = 1_000_000
        model.timeCourseSelections = ["time", *names]
    except Exception as error:  # libRoadRunner raises RuntimeError and types of its own
        raise CannotSimulateError(_first_line(error)) from error
    return model


def roadrunner_follow(
    model: roadrunner.RoadRunner, times: np.ndarray, indices: Sequence[int] = (), values: Sequence[float] = ()
) -> np.ndarray:
    """Time × name from the start, with some of the global parameters, by their indices, changed."""
    try:
        model.resetAll()  # reset() would leave what events have set
        if len(indices):
            model.model.setGlobalParameterValues(list(indices), list(values))
        return np.asarray(model.simulate(times[0], times[-1], len(times)))[:, 1:].copy()
    except Exception as error:
        raise CannotSimulateError(_first_line(error)) from error


def copasi_course(path: Path, times: np.ndarray, names: Sequence[str], rtol: float) -> np.ndarray:
    """Time × name; NaN for what COPASI does not report, such as what has no rule of its own there."""
    data = COPASI.CRootContainer.addDatamodel()
    try:
        if not data.importSBML(str(path)):
            raise CannotSimulateError("cannot be imported")
        return _copasi_follow(data, times, names, rtol)
    except COPASI.CCopasiException as error:
        raise CannotSimulateError(_first_line(error)) from error
    finally:
        COPASI.CRootContainer.removeDatamodel(data)


def _copasi_follow(data: COPASI.CDataModel, times: np.ndarray, names: Sequence[str], rtol: float) -> np.ndarray:
    task = data.getTask("Time-Course")
    task.setMethodType(COPASI.CTaskEnum.Method_deterministic)
    problem, method = task.getProblem(), task.getMethod()
    problem.setStepNumber(len(times) - 1)
    problem.setDuration(float(times[-1] - times[0]))
    problem.setTimeSeriesRequested(True)
    data.getModel().setInitialTime(float(times[0]))
    method.getParameter("Relative Tolerance").setDblValue(rtol)
    method.getParameter("Absolute Tolerance").setDblValue(max(ABSOLUTE, rtol * 1e-4))
    method.getParameter("Max Internal Steps").setUIntValue(1_000_000)
    if not task.initializeRaw(COPASI.CCopasiTask.OUTPUT_UI) or not task.processRaw(True):
        raise CannotSimulateError((task.getProcessError() or "cannot be followed").strip().splitlines()[0])
    task.restore()
    return _copasi_table(data, task.getTimeSeries(), names, len(times))


def _copasi_table(data: COPASI.CDataModel, series: COPASI.CTimeSeries, names: Sequence[str], rows: int) -> np.ndarray:
    species = {species.getSBMLId() for species in data.getModel().getMetabolites()}
    amount = data.getModel().getNumber2QuantityFactor()
    table = np.full((rows, len(names)), np.nan)
    columns = {series.getSBMLId(i, data): i for i in range(series.getNumVariables())}
    for j, name in enumerate(names):
        if name in columns:
            factor = amount if name in species else 1.0
            table[:, j] = [series.getData(step, columns[name]) * factor for step in range(series.getRecordedSteps())]
    return table


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
