"""Natural history: a disease grows from its seeds, against immunity, until it is diagnosed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import symengine
from numpy.typing import NDArray

from coley.disease import Disease
from coley.engine import solve
from coley.system import Event, Parameter, System

LIFETIME = 20 * 365.25
"""Days within which a disease must come to light to count as a cancer of this patient."""
RTOL = 1e-4
_DIAGNOSIS = "diagnosis"


def natural_history(disease: Disease) -> System:
    """The untreated disease, until its burden is what the patient is diagnosed with."""
    untreated = disease.model()
    unit = untreated.units[disease.burden]
    known = Parameter(disease.diagnosis, unit, 1.0)
    grown = Event(_DIAGNOSIS, symengine.Symbol(disease.burden) >= symengine.Symbol(disease.diagnosis), ends=True)
    return dataclasses.replace(untreated, parameters=(*untreated.parameters, known)).with_events(grown)


def grow(
    disease: Disease, history: System, parameters: pd.DataFrame, *, threads: int | None = None
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """States of each candidate at diagnosis, and why a candidate is implausible ("" for those who are not).

    Cumulative hazards start afresh at diagnosis: who is here has survived so far. Of cells that can die out, fewer than
    one are none.

    Args:
        history: from :func:`natural_history`.
        parameters: a row for each candidate; columns that the disease does not know belong to drugs.
    """
    columns = list(history.state_names)
    if parameters.empty:
        return pd.DataFrame(index=parameters.index, columns=columns, dtype=float), np.array([], object)
    known = [name for name in parameters.columns if name in history.parameter_names]
    of_disease = parameters[known].reset_index(drop=True)
    cells = [mortal.state for mortal in disease.mortals()]
    result = solve(
        history, [0.0, LIFETIME],
        parameters=of_disease, observables=[], rtol=RTOL, threads=threads, final_states=True,
    )  # fmt: skip
    states = pd.DataFrame(result["final_states"].to_numpy(), index=parameters.index, columns=columns)
    states[list(disease.clocks)] = 0.0
    states[cells] = states[cells].where(states[cells] >= 1.0, 0.0)
    diagnosed = result["event"].to_numpy() == _DIAGNOSIS
    measurable = disease.measurable(pd.concat([parameters, states], axis=1))
    reasons = np.select(
        [
            result["status"].to_numpy() != "ok",
            diagnosed & measurable,
            diagnosed,
            states[cells].to_numpy().sum(axis=1) < 1.0,
        ],
        [
            "not plausible: the natural history could not be solved",
            "",
            "not eligible: no disease that could be measured",
            "not plausible: immunity eliminated the tumour",
        ],
        "not plausible: no diagnosis within 20 years, the tumour is held or too slow",
    )
    return states, reasons.astype(object)
