"""Draw candidates: who they are, and the parameters of their cancer, immune system and drugs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue.schema import Eligibility, Quantity
from coley.model import Context, Variable
from coley.population.spread import values, varies
from coley.streams import normals, uniforms
from coley.units import to_internal

Floats = NDArray[np.float64]
_ALWAYS = ("V_diagnosis", "TPS", "TMB")
"""What every patient is described by, whether or not it varies: burden at diagnosis and biomarkers."""


def covariates(
    context: Context, eligibility: Eligibility, patients: NDArray[np.int64], *, seed: int, attempt: int
) -> pd.DataFrame:
    """Age, sex, body size, kidney function, performance status and line of each candidate.

    Height and weight depend on sex, not on each other. Body surface after Mosteller, N Engl J Med 317:1098 (1987).
    """

    def draw(name: str) -> Floats:
        return values(_patient_quantity(context, name), normals(seed, name, patients, attempt))

    female = uniforms(seed, "sex", patients, attempt) < _patient_quantity(context, "female").value
    unwell = uniforms(seed, "ecog", patients, attempt) < _patient_quantity(context, "ecog_1").value
    height = np.where(female, draw("height_female"), draw("height_male"))
    weight = np.where(female, draw("weight_female"), draw("weight_male"))
    table = {
        "AGE": draw("age"),
        "SEX": np.where(female, "F", "M"),
        "HEIGHT": height,
        "WEIGHT": weight,
        "BSA": np.sqrt(height * weight / 3600),
        "GFR": draw("gfr"),
        "ECOG": unwell.astype(int),
        "PRETREAT": uniforms(seed, "line", patients, attempt) < eligibility.previously_treated,
        "ATTEMPT": attempt,
    }
    return pd.DataFrame(table, index=pd.Index(patients, name="SUBJID"))


def parameters(
    context: Context, variables: Mapping[str, Variable], people: pd.DataFrame, *, seed: int, attempt: int
) -> pd.DataFrame:
    """Parameters of the model that may differ between patients, and the burden at diagnosis, in internal units.

    Args:
        variables: parameters of the model by name.
        people: from :func:`covariates`.
    """
    burden = Variable(_patient_quantity(context, "V_diagnosis"))
    drawn = {**variables, "V_diagnosis": burden}
    deviates = _deviates(context, drawn, people.index.to_numpy(), seed, attempt)
    factors = context.cancer.previously_treated.factors
    columns: dict[str, Floats] = {}
    for name, variable in drawn.items():
        if name in deviates or name in factors or variable.weight_exponent != 0 or name in _ALWAYS:
            deviate = deviates.get(name, np.zeros(len(people)))
            columns[name] = _column(variable, deviate, people, factors.get(name))
    return pd.DataFrame(columns, index=people.index)


def _deviates(
    context: Context, variables: Mapping[str, Variable], patients: NDArray[np.int64], seed: int, attempt: int
) -> dict[str, Floats]:
    """Standard normal deviates of every quantity that varies, correlated as the cancer says (Gaussian copula)."""
    deviates = {name: normals(seed, name, patients, attempt) for name, v in variables.items() if varies(v.quantity)}
    for correlation in context.cancer.correlations:
        first, second = correlation.between
        if first in deviates and second in deviates:
            rho = 2 * np.sin(np.pi / 6 * correlation.value)  # Pearson's of normals from Spearman's
            deviates[second] = rho * deviates[first] + np.sqrt(1 - rho**2) * deviates[second]
    return deviates


def _column(variable: Variable, deviates: Floats, people: pd.DataFrame, factor: Quantity | None) -> Floats:
    """Values of one parameter: its spread, what earlier treatment changed, and its scaling with body weight."""
    quantity = variable.quantity
    drawn = values(quantity, deviates) * to_internal(quantity.unit)
    if factor is not None:
        drawn = np.where(people["PRETREAT"], _shifted(drawn, quantity, factor.value), drawn)
    if variable.weight_exponent != 0:
        drawn = drawn * (people["WEIGHT"].to_numpy() / variable.reference_weight) ** variable.weight_exponent
    return drawn


def _shifted(drawn: Floats, quantity: Quantity, factor: float) -> Floats:
    """``drawn`` times ``factor``; of a fraction, the odds times ``factor``, so that it stays one."""
    if quantity.logit_sd is None:
        return drawn * factor
    odds = drawn / (1 - drawn) * factor
    return np.asarray(odds / (1 + odds))


def _patient_quantity(context: Context, name: str) -> Quantity:
    patients = context.cancer.patients
    return patients[name] if name in patients else context.physiology.patients[name]
