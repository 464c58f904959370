"""Episodes on the engine: the one place where tables meet it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.engine import solve
from coley.engine.batch import Budget
from coley.system import System

Floats = NDArray[np.float64]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Settings:
    """Tolerances, threads, progress and budget, as in :func:`coley.solve`."""

    rtol: float = 1e-6
    atol: Mapping[str, float] = field(default_factory=dict)
    threads: int | None = None
    progress: Progress | None = None
    budget: Budget | None = None

    def tighter(self) -> Settings:
        """A tenth of the tolerances, for work that goes before what is asked for."""
        atol = {name: value / 10 for name, value in self.atol.items()}
        return replace(self, rtol=max(self.rtol / 10, 1e-12), atol=atol, progress=None)


def follow(
    system: System,
    times: Floats,
    parameters: pd.DataFrame,
    doses: pd.DataFrame,
    observables: Sequence[str] | None,
    settings: Settings,
) -> xr.Dataset:
    """Solve for every row of ``times``, which is NaN behind its last time."""
    return solve(
        system,
        times,
        parameters=parameters,
        doses=doses,
        observables=observables,
        rtol=settings.rtol,
        atol=settings.atol,
        budget=settings.budget,
        threads=settings.threads,
        progress=settings.progress,
    )
