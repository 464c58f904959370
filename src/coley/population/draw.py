"""Draw candidates: who they are, and the parameters of their cancer, immune system and drugs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.disease import Disease
from coley.facts import CovariateEffect, Quantity, normal_correlations
from coley.modeling import Variable
from coley.population.comorbidities import NOBODY, Comorbid
from coley.population.variability import values, varies
from coley.protocol import Eligibility
from coley.streams import normals, uniforms
from coley.units import convert, internal_unit, to_internal

Floats = NDArray[np.float64]
PRIOR_SEPARATOR = " + "
_FRACTIONS = ("beta", "logitnormal")
"""Distributions between 0 and 1."""


def covariates(
    disease: Disease, eligibility: Eligibility, patients: NDArray[np.int64], *, seed: int, attempt: int
) -> pd.DataFrame:
    """Age, sex, body size, kidney function, performance status and earlier treatment of each candidate.

    Height and weight depend on sex, not on each other. Body surface after Mosteller, N Engl J Med 317:1098 (1987).
    """
    facts = disease.patients

    def draw(name: str) -> Floats:
        return values(facts[name], normals(seed, name, patients, attempt))

    female = uniforms(seed, "sex", patients, attempt) < facts["female"].value
    unwell = uniforms(seed, "ecog", patients, attempt) < facts["ecog_1"].value
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
        "PRIOR": _prior(eligibility, patients, seed, attempt),
        "ATTEMPT": attempt,
    }
    return pd.DataFrame(table, index=pd.Index(patients, name="SUBJID"))


def _prior(eligibility: Eligibility, patients: NDArray[np.int64], seed: int, attempt: int) -> list[str]:
    """What each candidate had before, each line by its own chance."""
    given = [
        np.where(uniforms(seed, f"prior {line.given}", patients, attempt) < line.fraction, line.given, "")
        for line in eligibility.prior
    ]
    return [PRIOR_SEPARATOR.join(filter(None, had)) for had in zip(*given, strict=True)] or [""] * len(patients)


def parameters(
    disease: Disease,
    variables: Mapping[str, Variable],
    people: pd.DataFrame,
    *,
    seed: int,
    attempt: int,
    comorbid: Comorbid = NOBODY,
) -> pd.DataFrame:
    """Parameters of the model that may differ between patients, and the burden at diagnosis, in internal units.

    Args:
        variables: parameters of the model by name.
        people: from :func:`covariates`.
    """
    patients = people.index.to_numpy()
    drawn = {
        **variables,
        disease.diagnosis: Variable(disease.patients[disease.diagnosis], disease.diagnosis),
        **_only_measured(disease, variables),
    }
    factors = _factors(disease, people, comorbid)
    always = {disease.diagnosis, *(marker.parameter for marker in disease.cancer.biomarkers)}
    deviates = _deviates(disease, drawn, patients, seed, attempt)
    columns: dict[str, Floats] = {}
    for name, variable in drawn.items():
        changed = variable.base in factors or variable.weight_exponent != 0 or variable.base in always
        if changed or varies(variable.quantity):
            z = _deviate(name, variable, deviates, patients, seed, attempt)
            columns[name] = _column(variable, z, people, factors.get(variable.base))
    for name, share in disease.start(patients, seed=seed, attempt=attempt).items():
        columns[name] = columns.get(name, np.full(len(people), _internal(drawn[name].quantity))) * share
    return pd.DataFrame(columns, index=people.index)


def biomarkers(disease: Disease, parameters: pd.DataFrame) -> dict[str, Floats]:
    """Biomarkers of each patient by name, in their own units: of the first lesion where lesions differ."""
    found = {}
    for marker in disease.cancer.biomarkers:
        name = marker.parameter if marker.parameter in parameters else f"{marker.parameter}_{disease.sites[0]}"
        factor = convert(1.0, f"{internal_unit(marker.unit):~}", marker.unit)
        found[marker.name] = parameters[name].to_numpy() * factor
    return found


def _only_measured(disease: Disease, variables: Mapping[str, Variable]) -> dict[str, Variable]:
    """Quantities that a biomarker shows and no mechanism reads."""
    read = {variable.base for variable in variables.values()}
    known = {**disease.context.quantities, **disease.patients, **disease.cancer.measured}
    shown = (marker.parameter for marker in disease.cancer.biomarkers)
    return {name: Variable(known[name], name) for name in shown if name not in read and name in known}


def _deviates(
    disease: Disease, variables: Mapping[str, Variable], patients: NDArray[np.int64], seed: int, attempt: int
) -> dict[str, Floats]:
    """Standard normal deviates of every quantity that varies, correlated as the cancer says (Gaussian copula)."""
    bases = {variable.base: variable.quantity for variable in variables.values()}
    deviates = {name: normals(seed, name, patients, attempt) for name, quantity in bases.items() if varies(quantity)}
    both = [pair for pair in disease.cancer.correlations if all(name in deviates for name in pair.between)]
    names, matrix = normal_correlations(both)
    if names:
        independent = [deviates[name] for name in names]
        # row by row and in order: a product of matrices adds up otherwise for other numbers of patients
        mixed = [sum(a * x for a, x in zip(row, independent, strict=True)) for row in np.linalg.cholesky(matrix)]
        deviates.update(zip(names, mixed, strict=True))
    return deviates


def _deviate(
    name: str, variable: Variable, deviates: Mapping[str, Floats], patients: NDArray[np.int64], seed: int, attempt: int
) -> Floats:
    """Deviate of one parameter: the patient's, and of what differs between lesions the lesion's own as well."""
    shared = deviates.get(variable.base, np.zeros(len(patients)))
    within = variable.quantity.within
    if not variable.site or not within:
        return shared
    return np.asarray(np.sqrt(1 - within) * shared + np.sqrt(within) * normals(seed, name, patients, attempt))


def _factors(disease: Disease, people: pd.DataFrame, comorbid: Comorbid) -> dict[str, Floats]:
    """Factors on parameters by what patients had before or have besides, and by their covariates; on the odds, for a
    fraction."""
    factors: dict[str, Floats] = {}
    had = people["PRIOR"].str.split(PRIOR_SEPARATOR, regex=False)
    for given, prior in disease.cancer.prior.items():
        mine = np.array([given in lines for lines in had])
        for name, quantity in prior.factors.items():
            factors[name] = factors.get(name, np.ones(len(people))) * np.where(mine, quantity.value, 1.0)
    for effect in disease.cancer.covariate_effects:
        factors[effect.parameter] = factors.get(effect.parameter, np.ones(len(people))) * _effect(effect, people)
    for name, factor in comorbid.factors(people):
        factors[name] = factors.get(name, np.ones(len(people))) * factor
    return factors


def _effect(effect: CovariateEffect, people: pd.DataFrame) -> Floats:
    return np.asarray(effect.factor ** (people[effect.covariate].to_numpy(dtype=float) - effect.reference))


def _column(variable: Variable, deviates: Floats, people: pd.DataFrame, factor: Floats | None) -> Floats:
    """Values of one parameter: its variability, what changes it, and its scaling with body weight."""
    quantity = variable.quantity
    drawn = values(quantity, deviates) * to_internal(quantity.unit)
    if factor is not None:
        drawn = _shifted(drawn, quantity, factor)
    if variable.weight_exponent != 0:
        drawn = drawn * (people["WEIGHT"].to_numpy() / variable.reference_weight) ** variable.weight_exponent
    return drawn


def _shifted(drawn: Floats, quantity: Quantity, factor: Floats) -> Floats:
    """``drawn`` times ``factor``; of a fraction, the odds times ``factor``, so that it stays one."""
    if quantity.logit_sd is None and not quantity.distribution.startswith(_FRACTIONS):
        return drawn * factor
    odds = drawn / (1 - drawn) * factor
    return np.asarray(odds / (1 + odds))


def _internal(quantity: Quantity) -> float:
    return quantity.value * to_internal(quantity.unit)
