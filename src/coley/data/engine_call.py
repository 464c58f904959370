"""Episodes on the engine: the one place where tables meet it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.engine import solve
from coley.system import System

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """Tolerances and threads, as in :func:`coley.solve`."""

    rtol: float = 1e-6
    atol: Mapping[str, float] = field(default_factory=dict)
    threads: int | None = None

    def tighter(self) -> Settings:
        """A tenth of the tolerances."""
        atol = {name: value / 10 for name, value in self.atol.items()}
        return replace(self, rtol=max(self.rtol / 10, 1e-12), atol=atol)


def follow(
    system: System,
    times: Floats,
    parameters: pd.DataFrame,
    doses: pd.DataFrame,
    observables: Sequence[str] | None,
    settings: Settings,
) -> xr.Dataset:
    """Solve for every row of ``times``, which is NaN behind its last time."""
    # TEMPORARY until the engine takes times by individual
    parts = []
    for i in range(len(times)):
        d = doses[doses["ID"] == i].assign(ID=0)
        row = times[i][np.isfinite(times[i])]
        one = solve(
            system,
            row,
            parameters=parameters.iloc[[i]].reset_index(drop=True),
            doses=d,
            observables=observables,
            rtol=settings.rtol,
            atol=dict(settings.atol) or None,
            threads=1,
        )
        one = one.drop_vars("time").rename(time="observation").pad(observation=(0, times.shape[1] - len(row)))
        one.attrs = {}
        parts.append(one)
    return xr.concat(parts, "individual")
