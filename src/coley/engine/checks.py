"""What can be wrong with the input of a simulation, each fault as a Problem."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from coley.engine.batch import Budget
from coley.engine.given import contradictions, unknown
from coley.errors import ColeyError, Problem, did_you_mean
from coley.system import System

Floats = NDArray[np.float64]
Parameters = pd.DataFrame | pd.Series | Mapping[str, Any]
"""Individuals, as :func:`coley.engine.simulation.solve` takes them."""


def individuals_of(given: Parameters | None) -> pd.DataFrame:
    """The table of individuals that is meant: a row for each, one where nothing is given.

    Raises:
        ColeyError: something that is no table.
    """
    if given is None:
        return pd.DataFrame(index=[0])
    hint = "a table with a row for each individual, or a mapping from names to numbers"
    if isinstance(given, pd.Series):
        given = given.to_frame().T.infer_objects().rename(index={None: 0})
    elif isinstance(given, Mapping):
        columns = {name: np.asarray(values) for name, values in given.items()}
        lengths = {name: column.shape for name, column in columns.items() if column.ndim}
        if len(set(lengths.values())) > 1 or any(len(shape) > 1 for shape in lengths.values()):
            shapes = ", ".join(f"{name} {shape}" for name, shape in lengths.items())
            raise ColeyError(Problem("parameters", f"hold columns of shapes {shapes}", hint))
        rows = next(iter(lengths.values()), (1,))
        given = pd.DataFrame({name: np.broadcast_to(column, rows) for name, column in columns.items()})
        given = given if len(given.columns) else pd.DataFrame(index=[0])
    if not isinstance(given, pd.DataFrame):
        raise ColeyError(Problem("parameters", f"are a {type(given).__name__}", hint))
    if given.index.nlevels > 1:
        raise ColeyError(Problem("parameters", f"have an index of {given.index.nlevels} levels", "needed: one"))
    return given


def time_problems(times: ArrayLike, individuals: int, since: Floats | float = -np.inf) -> Iterator[Problem]:
    """Output times must be finite, strictly ascending and not before ``since``, which may differ by individual."""
    try:
        grid = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        yield Problem("times", "must be numbers", "ascending; for each individual as many, filled up with NaN")
        return
    if grid.ndim > 2 or (grid.ndim == 2 and len(grid) != individuals):
        yield Problem("times", f"have shape {grid.shape}", f"one row for all, or {individuals} rows, one for each")
        return
    rows = np.atleast_2d(grid)
    if not rows.size:
        yield Problem("times", "must be finite and strictly ascending, at least one")
        return
    known = np.isfinite(rows)
    ended = np.isnan(rows) & (grid.ndim == 2)
    steps = np.where(known[:, 1:] & known[:, :-1], rows[:, 1:] - rows[:, :-1], 1.0)
    resumed = (known[:, 1:] > known[:, :-1]).any(axis=1)
    bad = (steps <= 0).any(axis=1) | ~known[:, 0] | ~(known | ended).all(axis=1) | resumed
    early = rows[:, 0] < since
    if bad.any():
        what = "must be finite and strictly ascending, at least one"
        yield Problem(_row(grid, bad), what, "NaN only after the last of an individual" if grid.ndim == 2 else "")
    elif early.any():
        present = float(np.broadcast_to(np.asarray(since, dtype=float), len(rows))[early][0])
        yield Problem(_row(grid, early), f"start at {rows[early][0, 0]:.10g}, before the present {present:.10g}")


def _row(grid: Floats, bad: NDArray[np.bool_]) -> str:
    return "times" if grid.ndim == 1 else f"times, individual {np.flatnonzero(bad)[0]}"


def budget_problems(budget: Budget | None) -> Iterator[Problem]:
    """What an individual may take must be something."""
    if budget is not None and budget.steps < 1:
        yield Problem("budget", f"{budget.steps} steps are out of range", "a whole number from 1 up")
    if budget is not None and not budget.seconds > 0:
        yield Problem("budget", f"{budget.seconds:g} seconds are out of range", "a number above 0")


def setting_problems(
    system: System, rtol: float, atol: Mapping[str, float] | None, threads: int | None
) -> Iterator[Problem]:
    """Tolerances and number of threads."""
    if not 1e-13 <= rtol <= 0.1:
        yield Problem("rtol", f"{rtol:g} is out of range", "choose 1e-13 to 0.1")
    for name, value in (atol or {}).items():
        if name not in system.state_names:
            yield Problem("atol", f"no state {name!r} in the model", did_you_mean(name, system.state_names))
        elif not (math.isfinite(value) and value > 0):
            yield Problem(f"atol, {name}", f"{value:g} is no tolerance", "a finite number above 0")
    if threads is not None and threads < 1:
        yield Problem("threads", f"{threads} is out of range", "a whole number from 1 up, or None for all cores")


def parameter_problems(system: System, table: pd.DataFrame) -> Iterator[Problem]:
    """Columns must be what individuals may have of their own, each once, of numbers.

    A number that is not finite is no problem of the table: it fails its individual alone.
    """
    yield from contradictions(system, [str(name) for name in table.columns])
    for name in table.columns[table.columns.duplicated()].unique():
        yield Problem("parameters", f"column {name!r} is there twice")
    settable, kinds = frozenset(system.settable), table.dtypes.tolist()
    numbers = {kind for kind in set(kinds) if pd.api.types.is_numeric_dtype(kind)}
    strange = {name for name, kind in zip(table.columns, kinds, strict=True) if kind not in numbers}
    for name in dict.fromkeys(table.columns):
        if name not in settable:
            yield from unknown(system, str(name))
        elif name in strange:
            yield Problem("parameters", f"column {name!r} holds something other than numbers")


def columns_of(table: pd.DataFrame) -> dict[str, Floats]:
    """The numbers of a table in which :func:`parameter_problems` found nothing, by column; NaN where one is missing."""
    numbers = table.to_numpy(dtype=float, na_value=np.nan)
    return {str(name): numbers[:, k] for k, name in enumerate(table.columns)}


OWN = ("time", "individual", "observation", "state", "status", "reason", "event", "end_time", "steps", "rejections",
       "evaluations", "jacobians", "final_states")  # fmt: skip
"""Names that a result has for itself."""


def observable_problems(system: System, names: Sequence[str] | None) -> Iterator[Problem]:
    """Observables must be states, parameters, rules or delays, by names that a result has not for itself, or time."""
    for name in names or ():
        if name != "time" and name not in system.units:
            yield Problem("observables", f"no {name!r} in the model", did_you_mean(name, system.units))
    wanted = [*system.state_names, *(rule.name for rule in system.rules)] if names is None else names
    for name in sorted({*wanted} & {*OWN} - {"time"}):
        hint = "rename it in the model, or leave it out of the observables"
        yield Problem("observables", f"{name!r} is a name of the result's own", hint)
