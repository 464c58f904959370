"""Steady states of models without doses: where each individual comes to rest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coley.data.engine_call import Settings
from coley.data.episodes import DOSE_COLUMNS
from coley.data.steady import resting_states
from coley.engine import Simulation
from coley.engine.batch import Budget
from coley.system import System


def steady_state(
    system: System,
    parameters: pd.DataFrame | None = None,
    *,
    rtol: float = 1e-6,
    atol: Mapping[str, float] | None = None,
    budget: Budget | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """Where individuals come to rest from their initial states, without doses.

    They are followed for a billion units of time, and have come to rest if they are the same after half of it. Of
    several steady states it is the one that they come to; one that is not stable is none to come to. The states that
    are found, as columns of parameters, begin another simulation there.

    Args:
        system: the model.
        parameters: a row per individual; default one with the model's own numbers.
        rtol, atol, budget, threads: as in :func:`coley.solve`.

    Returns:
        A row per individual, with its ID as index: a column per state, in its unit; ``status`` ("ok" or
        "no_steady_state") and ``reason``. States are NaN where there is none.

    Raises:
        ColeyError: what :func:`coley.solve` refuses.
    """
    table = pd.DataFrame(index=pd.RangeIndex(1, name="ID")) if parameters is None else parameters
    settings = Settings(rtol, dict(atol or {}), threads, None, budget)
    own = table.reset_index(drop=True)
    nothing = pd.DataFrame(columns=DOSE_COLUMNS)
    initial = Simulation(system, own).states[:, : len(system.states)]
    found = resting_states(system, np.zeros(len(own)), own, initial, nothing, settings)
    settled = found.reason == ""
    states = np.where(settled[:, None], found.states, np.nan)
    result = pd.DataFrame(states, index=table.index, columns=list(system.state_names))
    return result.assign(status=np.where(settled, "ok", "no_steady_state"), reason=found.reason)
