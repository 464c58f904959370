"""A cohort: candidates are drawn, checked for eligibility, grown to diagnosis, and redrawn where that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.disease import Disease
from coley.errors import ColeyError, Problem, did_you_mean
from coley.modeling import Mechanism
from coley.population.comorbidities import NOBODY, Comorbid
from coley.population.diagnosis import grow, natural_history
from coley.population.draw import biomarkers, covariates, parameters
from coley.protocol import Eligibility

Progress = Callable[[str, int, int], None]
MAX_ATTEMPTS = 3000
"""Candidates drawn for one patient, at most."""
_ENOUGH = 1000
_FEWEST = 0.002
"""Of ``_ENOUGH`` candidates or more this share must have been accepted, or there is no use in going on."""


@dataclass(frozen=True)
class Cohort:
    """Virtual patients at diagnosis; row k is patient k, whatever the arm.

    Attributes:
        covariates: AGE (years), SEX, WEIGHT (kg), HEIGHT (cm), BSA (m²), GFR (mL/min), ECOG, PRIOR (what was given
            before), each biomarker of the cancer in its unit, and ATTEMPT, the number of candidates that were turned
            away before this one.
        parameters: parameters of the model and states at diagnosis, a column each, in internal units.
        rejected: REASON and N, of candidates that were not eligible or not plausible.
    """

    covariates: pd.DataFrame
    parameters: pd.DataFrame
    rejected: pd.DataFrame


def recruit(
    disease: Disease,
    parts: Sequence[Mechanism],
    eligibility: Eligibility,
    patients: int | NDArray[np.int64],
    *,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
    comorbid: Comorbid = NOBODY,
) -> Cohort:
    """Draw virtual patients for a trial: the first so many, or those of these numbers, ascending.

    Patient k depends on the seed, k, the cancer and the eligibility alone, not on how many others there are nor on the
    drugs (whose own parameters are drawn in addition).

    Args:
        parts: every mechanism of the arms' models: of the disease, of drugs and of harms.
        comorbid: what patients have besides the cancer, by default nothing.

    Raises:
        ColeyError: a biomarker that the cancer does not have; or where hardly any candidate is eligible and plausible.
    """
    _known(disease, eligibility, comorbid)
    report = progress or (lambda stage, done, total: None)
    variables = {name: variable for part in parts for name, variable in part.variables.items()}
    history = natural_history(disease)
    waiting = numbers = np.arange(patients) if isinstance(patients, int) else patients
    accepted: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    rejected: Counter[str] = Counter()
    for attempt in range(MAX_ATTEMPTS):
        report("virtual patients", len(numbers) - len(waiting), len(numbers))
        people = covariates(disease, eligibility, waiting, seed=seed, attempt=attempt)
        people = people.assign(**comorbid.covariates(waiting, seed=seed, attempt=attempt))
        values = parameters(disease, variables, people, seed=seed, attempt=attempt, comorbid=comorbid)
        people = people.assign(**biomarkers(disease, values))
        reasons = _ineligible(people, eligibility)
        fit = np.flatnonzero(reasons == "")
        states, reasons[fit] = grow(disease, history, values.iloc[fit], threads=threads)
        good = reasons == ""
        accepted.append((people[good], pd.concat([values[good], states[good[fit]]], axis=1)))
        rejected.update(reasons[~good].tolist())
        waiting = waiting[~good]
        if not len(waiting) or _hopeless(rejected, len(numbers) - len(waiting)):
            break
    if len(waiting):
        raise ColeyError(_too_few(rejected, len(numbers) - len(waiting)))
    report("virtual patients", len(numbers), len(numbers))
    return Cohort(
        covariates=pd.concat([people for people, _ in accepted]).sort_index(),
        parameters=disease.arranged(pd.concat([values for _, values in accepted]).sort_index()),
        rejected=counted(rejected),
    )


def counted(reasons: Counter[str]) -> pd.DataFrame:
    """REASON and N of candidates that were turned away."""
    return pd.DataFrame(sorted(reasons.items()), columns=["REASON", "N"]).astype({"REASON": object, "N": int})


def _known(disease: Disease, eligibility: Eligibility, comorbid: Comorbid) -> None:
    names = [marker.name for marker in disease.cancer.biomarkers] + comorbid.measures
    problems = [
        Problem(f"eligibility: biomarkers.{name}", f"{disease.cancer.title} has none", did_you_mean(name, names))
        for name in eligibility.biomarkers
        if name not in names
    ]
    given = [
        Problem(
            f"eligibility: prior {line.given!r}",
            f"{disease.cancer.title} does not say what it changes",
            did_you_mean(line.given, disease.cancer.prior),
        )
        for line in eligibility.prior
        if line.given not in disease.cancer.prior
    ]
    if problems or given:
        raise ColeyError([*problems, *given])


def _ineligible(people: pd.DataFrame, eligibility: Eligibility) -> NDArray[np.object_]:
    """Why each candidate may not enter; "" for those who may."""
    failed = {
        f"not eligible: younger than {eligibility.age_min:g} years": people["AGE"] < eligibility.age_min,
        f"not eligible: older than {eligibility.age_max:g} years": people["AGE"] > eligibility.age_max,
        f"not eligible: ECOG above {eligibility.ecog_max}": people["ECOG"] > eligibility.ecog_max,
    }
    for name, bounds in eligibility.biomarkers.items():
        if bounds.min is not None:
            failed[f"not eligible: {name} below {bounds.min:g}"] = people[name] < bounds.min
        if bounds.max is not None:
            failed[f"not eligible: {name} above {bounds.max:g}"] = people[name] > bounds.max
    return np.select([flags.to_numpy() for flags in failed.values()], list(failed), "").astype(object)


def _hopeless(rejected: Counter[str], found: int) -> bool:
    tried = found + rejected.total()
    return tried >= _ENOUGH and found < _FEWEST * tried


def _too_few(rejected: Counter[str], found: int) -> Problem:
    reason, count = rejected.most_common(1)[0]
    return Problem(
        "eligibility",
        f"only {found:,} of {found + rejected.total():,} candidates are eligible and plausible",
        f"{count:,} were turned away as '{reason}'; widen the eligibility",
    )
