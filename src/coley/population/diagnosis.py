"""Natural history: a tumour grows from its first vascularised millimetre, against immunity, until it is diagnosed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import symengine
from numpy.typing import NDArray

from coley.engine import solve
from coley.model import Context
from coley.system import Event, Parameter, System
from coley.units import to_internal

LIFETIME = 40 * 365.25
"""Days within which a tumour must come to light to count as a cancer of this patient."""
RTOL = 1e-4
_CLOCKS = ("hazard_death", "hazard_lesion")


def grow(
    disease: System, context: Context, people: pd.DataFrame, parameters: pd.DataFrame, *, threads: int | None = None
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """States of each candidate at diagnosis, and why a candidate is implausible ("" for those who are not).

    Cumulative hazards start afresh at diagnosis: who is here has survived so far.
    """
    if not len(people):
        return pd.DataFrame(index=people.index, columns=list(disease.state_names), dtype=float), np.array([], dtype=object)
    burden = Parameter("V_diagnosis", "mL", 1.0)
    watched = System(
        disease.name, disease.states, (*disease.parameters, burden), disease.rules, disease.reactions
    ).with_events(Event("diagnosis", symengine.Symbol("V_tumour") / symengine.Symbol("V_diagnosis") - 1))
    known = [name for name in parameters.columns if name in watched.parameter_names]
    result = solve(
        watched, [0.0, LIFETIME], parameters=parameters[known].reset_index(drop=True), observables=[], rtol=RTOL, threads=threads
    )
    states = pd.DataFrame(result.attrs["final_states"], index=people.index, columns=list(disease.state_names))
    states[[name for name in _CLOCKS if name in states]] = 0.0
    living = states[[name for name in states if name in ("C_visible", "C_hidden", "C_tolerant")]].sum(axis=1)
    one = context.quantity("C_one").value * to_internal("cell")
    reasons = np.select(
        [
            result["status"].to_numpy() != "ok",
            result["event"].to_numpy() == "diagnosis",
            living.to_numpy() < one,
        ],
        ["not plausible: the natural history could not be solved", "", "not plausible: immunity eliminated the tumour"],
        "not plausible: no cancer within 40 years",
    ).astype(object)
    return states, reasons
