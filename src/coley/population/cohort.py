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
from coley.model import Context, Variable, assemble
from coley.population.diagnosis import grow
from coley.population.draw import covariates, parameters

MAX_ATTEMPTS = 200
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Cohort:
    """Virtual patients at diagnosis; row k is patient k, whatever the arm.

    Attributes:
        covariates: AGE (years), SEX, WEIGHT (kg), HEIGHT (cm), BSA (m²), GFR (mL/min), ECOG, PRETREAT, PDL1 (%), TMB (per
            megabase), and the attempt at which the patient was accepted.
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

    Patient k depends on the seed, k, the cancer and the eligibility alone, not on how many others there are.

    Raises:
        ColeyError: where hardly any candidate is eligible and plausible.
    """
    mechanisms = immuno_oncology(context)
    variables = {name: v for mechanism in mechanisms for name, v in mechanism.variables.items()}
    disease = assemble(context.cancer.name, immuno_oncology(Context(context.cancer, context.physiology)))
    waiting = np.arange(patients)
    accepted: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    rejected: Counter[str] = Counter()
    for attempt in range(MAX_ATTEMPTS):
        if progress is not None:
            progress("virtual patients", patients - len(waiting), patients)
        if not len(waiting):
            break
        people, values, reasons = _candidates(context, variables, eligibility, waiting, seed, attempt)
        fit = np.flatnonzero(reasons == "")
        states, found = grow(disease, context, people.iloc[fit], values.iloc[fit], threads=threads)
        reasons[fit] = found
        rejected.update(reasons[reasons != ""].tolist())
        good = reasons[fit] == ""
        kept = fit[good]
        accepted.append((people.iloc[kept], pd.concat([values.iloc[kept], states[good]], axis=1)))
        waiting = waiting[reasons != ""]
    if len(waiting):
        raise ColeyError(_hopeless(rejected, patients - len(waiting)))
    return Cohort(
        covariates=pd.concat([people for people, _ in accepted]).sort_index(),
        parameters=pd.concat([values for _, values in accepted]).sort_index(),
        rejected=pd.DataFrame(sorted(rejected.items()), columns=["REASON", "N"]),
    )


def _candidates(
    context: Context, variables: dict[str, Variable], eligibility: Eligibility, waiting: NDArray[np.int64], seed: int, attempt: int
) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.object_]]:
    people = covariates(context, eligibility, waiting, seed=seed, attempt=attempt)
    values = parameters(context, variables, people, seed=seed, attempt=attempt)
    people["PDL1"], people["TMB"] = 100 * values["TPS"], values["TMB"]
    reasons = np.full(len(waiting), "", dtype=object)
    for failed, reason in (
        (people["AGE"] < eligibility.age_min, f"not eligible: younger than {eligibility.age_min:g} years"),
        (people["PDL1"] < eligibility.pd_l1_min, f"not eligible: PD-L1 below {eligibility.pd_l1_min:g} %"),
        (people["PDL1"] > eligibility.pd_l1_max, f"not eligible: PD-L1 above {eligibility.pd_l1_max:g} %"),
        (people["TMB"] < eligibility.tmb_min, f"not eligible: TMB below {eligibility.tmb_min:g} per megabase"),
        (people["ECOG"] > eligibility.ecog_max, f"not eligible: ECOG above {eligibility.ecog_max}"),
    ):
        reasons[failed.to_numpy() & (reasons == "")] = reason
    return people, values, reasons


def _hopeless(rejected: Counter[str], found: int) -> Problem:
    reason, count = rejected.most_common(1)[0]
    return Problem(
        "eligibility",
        f"only {found} patients found in {MAX_ATTEMPTS} attempts for each",
        f"most candidates were turned away as '{reason}' ({count:,} times)",
    )
