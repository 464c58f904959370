"""A cohort: candidates are drawn, checked for eligibility, grown to diagnosis, and redrawn where that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue.schema import Eligibility
from coley.errors import ColeyError, Problem
from coley.library import immuno_oncology
from coley.model import Context
from coley.population.diagnosis import grow, natural_history
from coley.population.draw import covariates, parameters

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
        covariates: AGE (years), SEX, WEIGHT (kg), HEIGHT (cm), BSA (m²), GFR (mL/min), ECOG, PRETREAT, PDL1 (%), TMB
            (per megabase), and ATTEMPT, the number of candidates that were turned away before this one.
        parameters: parameters of the model and states at diagnosis, a column each, in internal units.
        rejected: REASON and N, of candidates that were not eligible or not plausible.
    """

    covariates: pd.DataFrame
    parameters: pd.DataFrame
    rejected: pd.DataFrame


def recruit(
    context: Context,
    eligibility: Eligibility,
    patients: int,
    *,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Cohort:
    """Draw ``patients`` virtual patients for a trial of the drugs of ``context``.

    Patient k depends on the seed, k, the cancer and the eligibility alone, not on how many others there are nor on the
    drugs (whose own parameters are drawn in addition).

    Raises:
        ColeyError: where hardly any candidate is eligible and plausible.
    """
    report = progress or (lambda stage, done, total: None)
    variables = {name: v for mechanism in immuno_oncology(context) for name, v in mechanism.variables.items()}
    disease = natural_history(context)
    waiting = np.arange(patients)
    accepted: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    rejected: Counter[str] = Counter()
    for attempt in range(MAX_ATTEMPTS):
        report("virtual patients", patients - len(waiting), patients)
        people = covariates(context, eligibility, waiting, seed=seed, attempt=attempt)
        values = parameters(context, variables, people, seed=seed, attempt=attempt)
        people = people.assign(PDL1=100 * values["TPS"], TMB=values["TMB"])
        reasons = _ineligible(people, eligibility)
        fit = np.flatnonzero(reasons == "")
        states, reasons[fit] = grow(disease, context, values.iloc[fit], threads=threads)
        good = reasons == ""
        accepted.append((people[good], pd.concat([values[good], states[good[fit]]], axis=1)))
        rejected.update(reasons[~good].tolist())
        waiting = waiting[~good]
        if not len(waiting) or _hopeless(rejected, patients - len(waiting)):
            break
    if len(waiting):
        raise ColeyError(_too_few(rejected, patients - len(waiting)))
    report("virtual patients", patients, patients)
    return Cohort(
        covariates=pd.concat([people for people, _ in accepted]).sort_index(),
        parameters=pd.concat([values for _, values in accepted]).sort_index(),
        rejected=pd.DataFrame(sorted(rejected.items()), columns=["REASON", "N"]).astype({"REASON": object, "N": int}),
    )


def _ineligible(people: pd.DataFrame, eligibility: Eligibility) -> NDArray[np.object_]:
    """Why each candidate may not enter; "" for those who may."""
    failed = {
        f"not eligible: younger than {eligibility.age_min:g} years": people["AGE"] < eligibility.age_min,
        f"not eligible: PD-L1 below {eligibility.pd_l1_min:g} %": people["PDL1"] < eligibility.pd_l1_min,
        f"not eligible: PD-L1 above {eligibility.pd_l1_max:g} %": people["PDL1"] > eligibility.pd_l1_max,
        f"not eligible: TMB below {eligibility.tmb_min:g} per megabase": people["TMB"] < eligibility.tmb_min,
        f"not eligible: ECOG above {eligibility.ecog_max}": people["ECOG"] > eligibility.ecog_max,
    }
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
