"""run(): a trial from its definition to its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from coley.catalogue import Catalogue, load_catalogue
from coley.catalogue.schema import Arm, Drug, Trial
from coley.errors import ColeyError, Problem
from coley.library import immuno_oncology, observables
from coley.model import Context, assemble
from coley.population import Cohort, recruit
from coley.regimen import Regimen, read
from coley.trial import tables
from coley.trial.calendar import MONTH, entry_days, visit_days
from coley.trial.course import History, follow
from coley.trial.describe import describe, manifest, notes
from coley.trial.dosing import Treatment
from coley.trial.endpoints import Analysis, analyse, asked, endpoint
from coley.trial.lesions import lesions
from coley.trial.result import TrialResult

MAX_PATIENTS = 100_000
"""Largest number of virtual patients per arm that one run takes."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Plan:
    """One arm, read against the catalogue: its own regimen first, then what may follow it."""

    arm: Arm
    regimens: tuple[Regimen, ...]
    drugs: dict[str, Drug]
    context: Context


@dataclass(frozen=True)
class _Simulated:
    plans: list[_Plan]
    context: Context
    cohort: Cohort
    histories: list[History]


def run(
    trial: Trial, *, patients: int = 1000, seed: int = 1, threads: int | None = None, progress: Progress | None = None
) -> TrialResult:
    """Run a trial on virtual patients.

    Args:
        trial: what to run, from :func:`coley.load_trial`.
        patients: virtual patients per arm; the same patients in every arm.
        seed: of every random number.
        threads: parallel workers, default all cores. The result does not depend on it.
        progress: called with a stage, steps done and steps in all.

    Raises:
        ColeyError: a number that is out of range, a drug or cancer that is not in the catalogue, or an eligibility that
            hardly anyone meets.
    """
    _check(patients, seed)
    report = progress or (lambda stage, done, total: None)
    done = _simulate(trial, load_catalogue(), patients, seed, threads, report)
    return _result(trial, done, patients, seed)


def predict(trial: Trial, catalogue: Catalogue, *, patients: int, seed: int, threads: int | None = None) -> pd.DataFrame:
    """The ``summary`` of a run with another catalogue than the one that ships, for calibration and sensitivity."""
    _check(patients, seed)
    done = _simulate(trial, catalogue, patients, seed, threads, lambda stage, done, total: None)
    return summarise(trial, done.histories, entry_days(trial, patients, seed=seed))


def _simulate(
    trial: Trial, catalogue: Catalogue, patients: int, seed: int, threads: int | None, progress: Progress
) -> _Simulated:
    plans = [_plan(catalogue, trial, arm) for arm in trial.arms]
    everything = {name: drug for plan in plans for name, drug in plan.drugs.items()}
    context = Context(catalogue.cancer(trial.cancer), catalogue.physiology, tuple(everything.values()))
    cohort = recruit(context, trial.eligibility, patients, seed=seed, threads=threads, progress=progress)
    histories = [_follow(trial, plan, cohort, seed=seed, threads=threads, progress=progress) for plan in plans]
    return _Simulated(plans, context, cohort, histories)


def _check(patients: int, seed: int) -> None:
    problems = []
    if not 1 <= patients <= MAX_PATIENTS:
        problems.append(Problem("patients", f"{patients:,} is out of range", f"choose 1 to {MAX_PATIENTS:,} per arm"))
    if not 0 <= seed < 2**63:
        problems.append(Problem("seed", f"{seed} is out of range", "choose a whole number from 0 up"))
    if problems:
        raise ColeyError(problems)


def _plan(catalogue: Catalogue, trial: Trial, arm: Arm) -> _Plan:
    texts = [arm.regimen, *(option.regimen for option in arm.subsequent)]
    regimens = tuple(read(catalogue.regimen_text(text), catalogue.drugs) for text in texts)
    drugs = {name: catalogue.drugs[name] for regimen in regimens for name in regimen.drugs}
    return _Plan(arm, regimens, drugs, Context(catalogue.cancer(trial.cancer), catalogue.physiology, tuple(drugs.values())))


def _follow(trial: Trial, plan: _Plan, cohort: Cohort, *, seed: int, threads: int | None, progress: Progress) -> History:
    horizon = trial.follow_up_months * MONTH
    treatments = tuple(Treatment(regimen, plan.drugs, cohort.covariates, horizon) for regimen in plan.regimens)
    system = assemble(f"{trial.name}, {plan.arm.name}", immuno_oncology(plan.context))
    facts = {**plan.context.physiology.patients, **plan.context.cancer.patients}
    scans = lesions(facts, len(cohort.covariates), len(visit_days(trial)), seed=seed)
    return follow(
        trial,
        plan.arm,
        system,
        treatments,
        cohort,
        scans,
        observables(tuple(plan.drugs.values())),
        seed=seed,
        threads=threads,
        progress=lambda done, total: progress(plan.arm.name, done, total),
    )


def _result(trial: Trial, done: _Simulated, patients: int, seed: int) -> TrialResult:
    plans, context, cohort, histories = done.plans, done.context, done.cohort, done.histories
    entry = entry_days(trial, patients, seed=seed)
    final = [
        analyse(history, entry, size=plan.arm.n or patients, confirm=trial.confirmed_response)
        for plan, history in zip(plans, histories, strict=True)
    ]
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in ("ADSL", "ADEX", "ADTR", "ADRS", "ADTTE")}
    for plan, history, analysis in zip(plans, histories, final, strict=True):
        parts["ADSL"].append(tables.adsl(trial, plan.arm, cohort, history, analysis, entry))
        parts["ADEX"].append(tables.adex(trial, plan.arm, history))
        parts["ADTR"].append(tables.adtr(trial, plan.arm, history))
        parts["ADRS"].append(tables.adrs(trial, plan.arm, history, analysis))
        parts["ADTTE"].append(tables.adtte(trial, plan.arm, history, analysis))
    systems = {plan.arm.name: assemble(plan.arm.name, immuno_oncology(plan.context)) for plan in plans}
    return TrialResult(
        trial=trial,
        seed=seed,
        patients=patients,
        tables={name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()},
        trajectories=_trajectories(trial, plans, histories),
        rejected=cohort.rejected,
        summary=summarise(trial, histories, entry),
        model=describe(context),
        manifest=manifest(trial, context, systems, patients, seed),
        notes=notes(trial, histories),
    )


def summarise(trial: Trial, histories: list[History], entry: np.ndarray) -> pd.DataFrame:
    """Predicted beside published, an arm and endpoint a row; each published figure at its own data cut."""
    by_name = {arm.name: history for arm, history in zip(trial.arms, histories, strict=True)}
    sizes = {arm.name: arm.n or len(entry) for arm in trial.arms}

    def analysis(name: str, cutoff: float) -> Analysis:
        return analyse(by_name[name], entry, size=sizes[name], confirm=trial.confirmed_response, cutoff=cutoff)

    rows = []
    for arm in trial.arms:
        for name, fact in asked(arm.published):
            cutoff = fact.cutoff if fact is not None else np.inf
            versus = analysis(fact.versus, cutoff) if fact is not None and fact.versus else None
            got = endpoint(name, analysis(arm.name, cutoff), versus)
            known = (fact.value, fact.lower, fact.upper) if fact is not None else (None, None, None)
            rows.append((arm.name, name, got.value, got.lower, got.upper, *known))
    columns = ["arm", "endpoint", "predicted", "lower", "upper", "published", "published_lower", "published_upper"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float))


def _trajectories(trial: Trial, plans: list[_Plan], histories: list[History]) -> xr.Dataset:
    """All arms as one dataset; a drug that an arm does not have is 0 there."""
    names = list(dict.fromkeys(name for history in histories for name in history.trajectories.data_vars))
    sets = []
    for plan, history in zip(plans, histories, strict=True):
        ids = tables.subjects(trial, plan.arm, len(history.death))
        present = history.trajectories["V_tumour"]
        filled = {n: history.trajectories[n] if n in history.trajectories else present * np.float32(0) for n in names}
        coords = {"USUBJID": ("individual", ids), "ARM": ("individual", np.full(len(ids), plan.arm.name))}
        sets.append(xr.Dataset(filled).assign_coords(coords))
    joined = xr.concat(sets, dim="individual", combine_attrs="drop_conflicts")
    for name in names:
        joined[name].attrs = next(h.trajectories[name].attrs for h in histories if name in h.trajectories)
    return joined
