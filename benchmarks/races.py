"""Time of a population of an SBML model at the same achieved error, beside libRoadRunner, on one core."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from pathlib import Path

import libsbml
import numpy as np
import pandas as pd
from simulators import CannotSimulateError, roadrunner_follow, roadrunner_model, variables

import coley
from coley.engine import RODAS5P, solve
from coley.system import System

SIZES, FEW = (200, 1000, 10_000), 20
REPEATS = {200: 5, 1000: 3, 10_000: 1}
SPREAD = 0.2
OUTPUTS = 51
TARGET = 1e-5
TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
EXACT = 1e-11
FINE = 1e-4  # absolute tolerance of the peer, relative to the other; coley's is its own
SMALL, LEAST = 1e-6, 1e-10


def race(path: Path, horizon: float) -> dict[str, object]:
    """Milliseconds per individual with both, and their ratios, where both come to the error in question."""
    with tempfile.TemporaryDirectory() as folder:
        promoted = Path(folder) / path.name
        promoted.write_text(with_global_parameters(path), encoding="utf-8")
        names, times = variables(promoted), np.linspace(0, horizon, OUTPUTS)
        system = coley.load_sbml(promoted)
        cohort = population(system, varied(promoted))
        exact = peer_points(promoted, times, names, cohort, (EXACT,))[0][2]
        if np.isnan(exact).all():
            return {"reason": f"libRoadRunner follows none of {FEW} individuals at {EXACT:g}"}
        theirs = [(rms(v, exact), s) for _, s, v in peer_points(promoted, times, names, cohort, TOLERANCES)]
        found = points(system, times, names, cohort)
        ours = {size: [(rms(v, exact), s[size]) for _, s, v in found] for size in SIZES}
    reached = {"error": min(e for e, _ in ours[SIZES[0]]), "peer_error": min(e for e, _ in theirs)}
    if max(reached.values()) > TARGET:
        return reached | {"reason": "no time at the same error: " + ", ".join(f"{e:.0e}" for e in reached.values())}
    peer = seconds_at(TARGET, theirs)
    mine = {size: seconds_at(TARGET, ours[size]) for size in SIZES}
    row: dict[str, object] = {"peer_ms": peer * 1e3, **reached}
    row |= {f"ms_{size}": spent * 1e3 for size, spent in mine.items()}
    return row | {f"ratio_{size}": peer / spent for size, spent in mine.items()}


def seconds_at(error: float, found: list[tuple[float, float]]) -> float:
    """Seconds per individual at an error, between the measured points or at the nearest of them."""
    errors, seconds = np.log(np.array(sorted(point for point in found if np.isfinite(point).all()))).T
    return float(np.exp(np.interp(np.log(error), errors, seconds)))


def with_global_parameters(path: Path) -> str:
    """The model with the parameters of its reactions as its own, so that both programs can change them by name."""
    document = libsbml.readSBMLFromFile(str(path))
    options = libsbml.ConversionProperties()
    options.addOption("promoteLocalParameters", True)
    document.convert(options)
    return str(libsbml.writeSBMLToString(document))


def varied(path: Path) -> set[str]:
    """Constants that may differ: those that no rule or event changes, and that no initial value needs."""
    model = libsbml.readSBMLFromFile(str(path)).getModel()
    assigned = list(model.getListOfInitialAssignments())
    fixed = {a.getSymbol() for a in assigned} | {name for a in assigned for name in _names(a.getMath())}
    for _ in model.getListOfRules():  # an initial value may need a parameter by way of rules
        needed = [rule for rule in model.getListOfRules() if rule.getVariable() in fixed]
        fixed |= {name for rule in needed for name in _names(rule.getMath())}
    fixed |= {rule.getVariable() for rule in model.getListOfRules()}
    fixed |= {a.getVariable() for event in model.getListOfEvents() for a in event.getListOfEventAssignments()}
    return {p.getId() for p in model.getListOfParameters() if p.getValue() not in (0.0,)} - fixed


def _names(node: libsbml.ASTNode | None) -> set[str]:
    if node is None:
        return set()
    below = {name for i in range(node.getNumChildren()) for name in _names(node.getChild(i))}
    return below | ({node.getName()} if node.isName() else set())


def population(system: System, names: set[str]) -> pd.DataFrame:
    """Log-normal with a coefficient of variation of 20 %, by a fixed seed; the first is the model as it stands."""
    generator = np.random.default_rng(1)
    values = {p.name: p.value for p in system.parameters if p.name in names}
    factors = np.exp(generator.normal(0, SPREAD, (SIZES[-1], len(values))))
    factors[0] = 1
    return pd.DataFrame(factors * np.array(list(values.values())), columns=list(values))


def peer_points(
    path: Path, times: np.ndarray, names: list[str], cohort: pd.DataFrame, tolerances: tuple[float, ...]
) -> list[tuple[float, float, np.ndarray]]:
    """Tolerance, seconds per individual, and values (individual × time × name) of the first few, NaN where it fails."""
    found = []
    for rtol in tolerances:
        model = roadrunner_model(path, names, rtol)
        known = model.model.getGlobalParameterIds()
        indices, rows = [known.index(name) for name in cohort.columns], cohort.values[:FEW].tolist()
        with suppress(CannotSimulateError):
            roadrunner_follow(model, times, indices, rows[0])
        values = np.full((len(rows), len(times), len(names)), np.nan)
        spent = []
        for i, row in enumerate(rows):
            begin = time.process_time()
            with suppress(CannotSimulateError):
                values[i] = roadrunner_follow(model, times, indices, row)
                spent.append(time.process_time() - begin)
        found.append((rtol, float(np.mean(spent)) if spent else np.inf, values))
    return found


def points(
    system: System, times: np.ndarray, names: list[str], cohort: pd.DataFrame
) -> list[tuple[float, dict[int, float], np.ndarray]]:
    """The same with coley, timed for populations of each size, of whom it can follow, as the peer is."""
    tried = solve(system, times, parameters=cohort, observables=[], rtol=TOLERANCES[-1], method=RODAS5P)
    able = cohort[tried["status"].to_numpy() == "ok"]
    solve(system, times, parameters=able.iloc[:8], observables=names, rtol=1e-4, method=RODAS5P)  # compiles
    found = []
    for rtol in TOLERANCES:
        spent = {}
        for size in SIZES:
            table = able.iloc[:size]
            least = min(seconds_of(system, times, table, names, rtol) for _ in range(REPEATS[size]))
            spent[size] = least / len(table)
        few = solve(system, times, parameters=cohort.iloc[:FEW], observables=names, rtol=rtol, method=RODAS5P)
        found.append((rtol, spent, np.stack([few[name].values for name in names], axis=2)))
    return found


def seconds_of(system: System, times: np.ndarray, table: pd.DataFrame, names: list[str], rtol: float) -> float:
    """Seconds of the processor for a population."""
    begin = time.process_time()
    solve(system, times, parameters=table, observables=names, rtol=rtol, threads=1, method=RODAS5P)
    return time.process_time() - begin


def rms(values: np.ndarray, exact: np.ndarray) -> float:
    """Root mean square of the deviation over individuals that both follow, relative to the value, a millionth of the
    variable's largest value for that individual, or 1e-10, whichever is largest."""
    both = ~(np.isnan(values) | np.isnan(exact)).any(axis=(1, 2))
    values, exact = values[both], exact[both]
    least = np.maximum(SMALL * np.abs(exact).max(axis=1, keepdims=True), LEAST)
    deviation = (values - exact) / np.maximum(np.abs(exact), least)
    return float(np.sqrt(np.mean(np.square(deviation)))) if both.any() else np.inf
