"""How well a PEtab problem's model fits its measurements: simulations, residuals, chi² and log-likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import symengine
from numpy.typing import NDArray

from coley.data.engine_call import Settings
from coley.data.petab.courses import values_at_measurements
from coley.data.petab.problem import Observable, PetabProblem
from coley.errors import ColeyError, Problem, did_you_mean
from coley.system import TIME, Expression

Floats = NDArray[np.float64]
_ATOL = 1e-12


@dataclass(frozen=True, eq=False)
class Fit:
    """What :func:`evaluate` gives.

    Attributes:
        llh: logarithm of the likelihood of all measurements; NaN where an experiment could not be simulated.
        chi2: sum of the squared residuals.
        simulations: the measurement table with a column ``simulation`` in place of ``measurement``, as PEtab has it.
        residuals: per measurement, measured less simulated on the scale on which noise adds, divided by the noise.
        failed: why experiments could not be simulated, by name.
    """

    llh: float
    chi2: float
    simulations: pd.DataFrame
    residuals: NDArray[np.float64]
    failed: Mapping[str, str]


def evaluate(
    problem: PetabProblem,
    parameters: Mapping[str, float] | None = None,
    *,
    rtol: float = 1e-8,
    atol: Mapping[str, float] | None = None,
    threads: int | None = None,
) -> Fit:
    """Simulate a problem's experiments and compare them with its measurements.

    Args:
        problem: what :func:`load` gives.
        parameters: values on linear scale, in place of nominal ones.
        rtol, threads: as in :func:`coley.solve`.
        atol: absolute tolerance by state, by default ``rtol`` times its scale but at most 1e-12: in models of others
            nothing tells how small a state may be and still matter to what is observed.

    Raises:
        ColeyError: parameters that the problem does not have.
    """
    strange = sorted(set(parameters or {}) - set(problem.parameters))
    if strange:
        raise ColeyError(
            [
                Problem("parameters", f"no {name!r} in the problem", did_you_mean(name, problem.parameters))
                for name in strange
            ]
        )
    given = {**problem.parameters, **(parameters or {})}
    floor = {state.name: min(_ATOL, rtol * state.scale) for state in problem.system.states}
    settings = Settings(rtol, floor | dict(atol or {}), threads)
    formulas = {symengine.Symbol(name): observable.formula for name, observable in problem.observables.items()}
    noises = {name: observable.noise.subs(formulas) for name, observable in problem.observables.items()}
    wanted = _symbols(problem, noises)
    values, failed = values_at_measurements(problem, given, wanted, settings)
    known = values.assign(
        **{name: value for name, value in given.items() if name not in values},
        **{str(TIME): problem.measurements["time"]},
    )
    simulated, sigma = np.full(len(known), np.nan), np.full(len(known), np.nan)
    for name, rows in problem.measurements.groupby("observable").groups.items():
        observable = problem.observables[str(name)]
        columns = known.loc[rows].assign(**_overrides(problem, observable, rows, given))
        simulated[rows], sigma[rows] = _computed([observable.formula, noises[str(name)]], columns).T
    return _compared(problem, simulated, sigma, failed)


def _symbols(problem: PetabProblem, noises: Mapping[str, Expression]) -> list[str]:
    """Names of the system that formulas use."""
    formulas = [*noises.values(), *(observable.formula for observable in problem.observables.values())]
    used = {str(symbol) for formula in formulas for symbol in symengine.sympify(formula).free_symbols}
    return sorted(used & set(problem.system.units))


def _overrides(
    problem: PetabProblem, observable: Observable, rows: pd.Index, given: Mapping[str, float]
) -> dict[str, Floats]:
    """What measurements put in for the placeholders of their observable.

    Raises:
        ColeyError: too few or too many, or something that is no value.
    """
    columns: dict[str, Floats] = {}
    constants = {symengine.Symbol(name): value for name, value in given.items()}
    for kind, names in enumerate(observable.placeholders):
        values = [overrides[kind] for overrides in problem.measurements.loc[rows, "overrides"]]
        where = f"{problem.name}, measurements of {observable.name}"
        if any(len(row) != len(names) for row in values):
            word = ("observableParameters", "noiseParameters")[kind]
            raise ColeyError(Problem(where, f"need {len(names)} {word} each"))
        for i, name in enumerate(names):
            numbers = [symengine.sympify(row[i]).subs(constants) for row in values]
            unknown = sorted({str(symbol) for number in numbers for symbol in number.free_symbols})
            if unknown:
                raise ColeyError(
                    Problem(where, f"put in {unknown[0]!r}, which has no value", did_you_mean(unknown[0], given))
                )
            columns[name] = np.array([float(number) for number in numbers])
    return columns


def _computed(expressions: Sequence[Expression], columns: pd.DataFrame) -> Floats:
    """Values (row × expression) of expressions in the names of ``columns``."""
    function = symengine.Lambdify([symengine.Symbol(name) for name in columns], list(expressions), backend="llvm")
    return np.asarray(function(columns.to_numpy(dtype=float))).reshape(len(columns), len(expressions))


def _compared(problem: PetabProblem, simulated: Floats, sigma: Floats, failed: Mapping[str, str]) -> Fit:
    """The densities are those of PEtab's documentation: noise adds to the value or its logarithm."""
    measured = problem.measurements["measurement"].to_numpy(dtype=float)
    base = problem.measurements["observable"].map(lambda name: problem.observables[name].base).to_numpy(dtype=float)
    laplace = (
        problem.measurements["observable"].map(lambda name: problem.observables[name].laplace).to_numpy(dtype=bool)
    )
    log = base > 0
    unit = np.log(np.where(log, base, np.e))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = [np.where(log, np.log(np.where(log, value, 1)) / unit, value) for value in (measured, simulated)]
        residuals = (scaled[0] - scaled[1]) / sigma
        density = np.where(
            laplace, -np.log(2 * sigma) - np.abs(residuals), -0.5 * (np.log(2 * np.pi * sigma**2) + residuals**2)
        )
        density -= np.where(log, np.log(np.where(log, measured * unit, 1)), 0)
    table = problem.table.drop(columns="measurement").assign(simulation=simulated)
    return Fit(float(density.sum()), float((residuals**2).sum()), table, residuals, failed)
