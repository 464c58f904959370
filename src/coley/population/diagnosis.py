"""Natural history: a tumour grows from its first vascularised millimetre, against immunity, until it is diagnosed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import symengine
from numpy.typing import NDArray

from coley.engine import solve
from coley.library import immuno_oncology
from coley.model import Context, assemble
from coley.system import Event, Parameter, System
from coley.units import to_internal

LIFETIME = 40 * 365.25
"""Days within which a tumour must come to light to count as a cancer of this patient."""
RTOL = 1e-4
_DIAGNOSIS = "diagnosis"
_CLOCKS = ("hazard_death", "hazard_lesion")


def natural_history(context: Context) -> System:
    """The untreated disease, until its volume is the patient's ``V_diagnosis``."""
    disease = assemble(context.cancer.name, immuno_oncology(Context(context.cancer, context.physiology)))
    burden = Parameter("V_diagnosis", "mL", 1.0)
    grown = Event(_DIAGNOSIS, symengine.Symbol("V_scan") >= symengine.Symbol("V_diagnosis"), ends=True)
    return dataclasses.replace(disease, parameters=(*disease.parameters, burden)).with_events(grown)


def grow(
    disease: System, context: Context, parameters: pd.DataFrame, *, threads: int | None = None
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """States of each candidate at diagnosis, and why a candidate is implausible ("" for those who are not).

    Cumulative hazards start afresh at diagnosis: who is here has survived so far.

    Args:
        disease: from :func:`natural_history`.
        parameters: a row for each candidate; columns that the disease does not know belong to drugs.
    """
    if parameters.empty:
        return pd.DataFrame(index=parameters.index, columns=list(disease.state_names), dtype=float), np.array(
            [], object
        )
    known = [name for name in parameters.columns if name in disease.parameter_names]
    of_disease = parameters[known].reset_index(drop=True)
    ages = [0.0, LIFETIME]
    result = solve(disease, ages, parameters=of_disease, observables=["C_total"], rtol=RTOL, threads=threads)
    states = pd.DataFrame(result.attrs["final_states"], index=parameters.index, columns=list(disease.state_names))
    states[list(_CLOCKS)] = 0.0
    one = context.quantity("C_one").value * to_internal("cell")
    reasons = np.select(
        [
            result["status"].to_numpy() != "ok",
            result["event"].to_numpy() == _DIAGNOSIS,
            result["C_total"].to_numpy()[:, -1] < one,
        ],
        ["not plausible: the natural history could not be solved", "", "not plausible: immunity eliminated the tumour"],
        "not plausible: no diagnosis within 40 years, the tumour is held or too slow",
    )
    return states, reasons.astype(object)
