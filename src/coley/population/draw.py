"""Draw candidates: who they are, and the parameters of their cancer, immune system and drugs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue.schema import Eligibility, Quantity
from coley.model import Context, Variable
from coley.population.spread import values, varies
from coley.population.streams import normals, uniforms
from coley.units import to_internal

Floats = NDArray[np.float64]


def covariates(
    context: Context, eligibility: Eligibility, patients: NDArray[np.int64], *, seed: int, attempt: int
) -> pd.DataFrame:
    """Age, sex, body size, kidney function, performance status and line of each candidate.

    Body surface after Mosteller, N Engl J Med 317:1098 (1987).
    """

    def draw(name: str) -> Floats:
        return values(_patient_quantity(context, name), normals(seed, name, patients, attempt))

    female = uniforms(seed, "sex", patients, attempt) < _patient_quantity(context, "female").value
    by_sex = {name: np.where(female, draw(f"{name}_female"), draw(f"{name}_male")) for name in ("height", "weight")}
    unwell = uniforms(seed, "ecog", patients, attempt) < _patient_quantity(context, "ecog_1").value
    table = {
        "AGE": draw("age"),
        "SEX": np.where(female, "F", "M"),
        "HEIGHT": by_sex["height"],
        "WEIGHT": by_sex["weight"],
        "BSA": np.sqrt(by_sex["height"] * by_sex["weight"] / 3600),
        "GFR": draw("gfr"),
        "ECOG": unwell.astype(int),
        "PRETREAT": uniforms(seed, "line", patients, attempt) < eligibility.previously_treated,
        "ATTEMPT": attempt,
    }
    return pd.DataFrame(table, index=pd.Index(patients, name="SUBJID"))


def parameters(
    context: Context, variables: Mapping[str, Variable], people: pd.DataFrame, *, seed: int, attempt: int
) -> pd.DataFrame:
    """Parameters of the model that differ from the median patient's, and the burden at diagnosis, in internal units."""
    quantities = {name: variable.quantity for name, variable in variables.items()}
    quantities["V_diagnosis"] = _patient_quantity(context, "V_diagnosis")
    patients = people.index.to_numpy()
    deviates = {name: normals(seed, name, patients, attempt) for name, quantity in quantities.items() if varies(quantity)}
    _correlate(context, deviates)
    factors = context.cancer.previously_treated.factors
    columns: dict[str, Floats] = {}
    for name, quantity in quantities.items():
        variable = variables.get(name)
        scaled = variable is not None and variable.weight_exponent != 0
        if name not in deviates and name not in factors and not scaled:
            continue
        drawn = values(quantity, deviates.get(name, np.zeros(len(people)))) * to_internal(quantity.unit)
        if name in factors:
            drawn = np.where(people["PRETREAT"], _shifted(drawn, quantity, factors[name].value), drawn)
        if variable is not None and scaled:
            drawn = drawn * (people["WEIGHT"].to_numpy() / variable.reference_weight) ** variable.weight_exponent
        columns[name] = drawn
    return pd.DataFrame(columns, index=people.index)


def _shifted(drawn: Floats, quantity: Quantity, factor: float) -> Floats:
    """``drawn`` times ``factor``; of a fraction, the odds times ``factor``, so that it stays one."""
    if quantity.logit_sd is None:
        return drawn * factor
    odds = drawn / (1 - drawn) * factor
    return odds / (1 + odds)


def _correlate(context: Context, deviates: dict[str, Floats]) -> None:
    """Give pairs their correlation (Gaussian copula): the second of a pair follows the first."""
    for correlation in context.cancer.correlations:
        first, second = correlation.between
        if first in deviates and second in deviates:
            rho = 2 * np.sin(np.pi / 6 * correlation.value)  # Pearson's of normals from Spearman's
            deviates[second] = rho * deviates[first] + np.sqrt(1 - rho**2) * deviates[second]


def _patient_quantity(context: Context, name: str) -> Quantity:
    patients = context.cancer.patients
    return patients[name] if name in patients else context.physiology.patients[name]
