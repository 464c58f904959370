"""What can be wrong with the input of a simulation, each fault as a Problem."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from coley.errors import Problem, did_you_mean
from coley.system import System


def time_problems(times: ArrayLike, since: float = -np.inf) -> Iterator[Problem]:
    """Output times must be finite, strictly ascending and not before ``since``."""
    try:
        grid = np.atleast_1d(np.asarray(times, dtype=float))
    except (TypeError, ValueError):
        yield Problem("times", "must be numbers", "days, ascending")
        return
    if grid.ndim != 1 or not len(grid) or not np.isfinite(grid).all() or (np.diff(grid) <= 0).any():
        yield Problem("times", "must be finite and strictly ascending, at least one", "days")
    elif grid[0] < since:
        yield Problem("times", f"start at day {grid[0]:.10g}, before the present day {since:.10g}")


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
    """Columns must be parameters or states, each once, of numbers.

    A number that is not finite is no problem of the table: it fails its individual alone.
    """
    known = {*system.parameter_names, *system.state_names}
    for name in table.columns[table.columns.duplicated()].unique():
        yield Problem("parameters", f"column {name!r} is there twice")
    for name in table.columns.unique():
        if name not in known:
            yield Problem("parameters", f"no {name!r} in the model", did_you_mean(str(name), known))
        elif not all(pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes[table.columns == name]):
            yield Problem("parameters", f"column {name!r} holds something other than numbers")


def observable_problems(system: System, names: Sequence[str] | None) -> Iterator[Problem]:
    """Observables must be states, parameters or rules."""
    for name in names or ():
        if name not in system.units:
            yield Problem("observables", f"no {name!r} in the model", did_you_mean(name, system.units))
