"""run(): a trial from its definition to its result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue import Catalogue, load_catalogue
from coley.catalogue.schema import Trial
from coley.errors import ColeyError, Problem
from coley.library import observables
from coley.model import Context
from coley.population import Cohort, Progress, recruit
from coley.trial import tables
from coley.trial.arms import Plan, read_arms
from coley.trial.calendar import MONTH, entry_days, visit_days
from coley.trial.course import follow
from coley.trial.describe import describe, manifest, notes
from coley.trial.dosing import Treatment
from coley.trial.endpoints import Analysis, analyse, asked, endpoint
from coley.trial.history import History
from coley.trial.lesions import Lesions, lesions
from coley.trial.result import TrialResult
from coley.trial.trajectories import join

MAX_PATIENTS = 100_000
"""Largest number of virtual patients per arm that one run takes."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Simulated:
    """A trial as it went: its arms, everything they are made of, the patients, and what happened to them."""

    plans: tuple[Plan, ...]
    context: Context
    cohort: Cohort
    entry: Floats
    histories: tuple[History, ...]


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
    done = _simulate(trial, load_catalogue(), patients, seed, threads, progress or _silent)
    return _result(trial, done, patients, seed)


def predict(
    trial: Trial, catalogue: Catalogue, *, patients: int, seed: int, threads: int | None = None
) -> pd.DataFrame:
    """The ``summary`` of a run with another catalogue than the one that ships, for calibration and sensitivity."""
    done = _simulate(trial, catalogue, patients, seed, threads, _silent)
    return summarise(trial, done.histories, done.entry)


def summarise(trial: Trial, histories: tuple[History, ...], entry: Floats) -> pd.DataFrame:
    """Predicted beside published, an arm and endpoint a row; each published figure at its own data cut."""
    arms = {arm.name: (arm, history) for arm, history in zip(trial.arms, histories, strict=True)}

    @cache
    def analysis(name: str, cutoff: float) -> Analysis:
        arm, history = arms[name]
        return analyse(history, entry, size=arm.n or len(entry), confirm=trial.confirmed_response, cutoff=cutoff)

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


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def _simulate(
    trial: Trial, catalogue: Catalogue, patients: int, seed: int, threads: int | None, progress: Progress
) -> _Simulated:
    _check(patients, seed)
    plans = read_arms(trial, catalogue)
    drugs = {name: drug for plan in plans for name, drug in plan.drugs.items()}
    context = Context(catalogue.cancer(trial.cancer), catalogue.physiology, tuple(drugs.values()))
    cohort = recruit(context, trial.eligibility, patients, seed=seed, threads=threads, progress=progress)
    facts = {**context.physiology.patients, **context.cancer.patients}
    scans = lesions(facts, range(patients), len(visit_days(trial)), seed=seed)
    histories = tuple(_follow(trial, plan, cohort, scans, seed, threads, progress) for plan in plans)
    return _Simulated(plans, context, cohort, entry_days(trial, patients, seed=seed), histories)


def _check(patients: int, seed: int) -> None:
    problems = []
    if not 1 <= patients <= MAX_PATIENTS:
        problems.append(Problem("patients", f"{patients:,} is out of range", f"choose 1 to {MAX_PATIENTS:,} per arm"))
    if not 0 <= seed < 2**63:
        problems.append(Problem("seed", f"{seed} is out of range", "choose a whole number from 0 up"))
    if problems:
        raise ColeyError(problems)


def _follow(
    trial: Trial, plan: Plan, cohort: Cohort, scans: Lesions, seed: int, threads: int | None, progress: Progress
) -> History:
    horizon = trial.follow_up_months * MONTH
    treatments = [
        Treatment(regimen, plan.drugs, cohort.covariates, horizon, line=line)
        for line, regimen in enumerate(plan.regimens)
    ]
    return follow(
        trial,
        plan.arm,
        plan.system,
        treatments,
        cohort,
        scans,
        observables(tuple(plan.drugs.values())),
        seed=seed,
        threads=threads,
        progress=lambda done, total: progress(plan.arm.name, done, total),
    )


def _result(trial: Trial, done: _Simulated, patients: int, seed: int) -> TrialResult:
    names = [plan.arm.name for plan in done.plans]
    courses = {name: history.trajectories for name, history in zip(names, done.histories, strict=True)}
    return TrialResult(
        trial=trial,
        seed=seed,
        patients=patients,
        tables=_tables(trial, done, patients),
        trajectories=join(courses, tables.subjects(trial, patients)),
        rejected=done.cohort.rejected,
        summary=summarise(trial, done.histories, done.entry),
        model=describe(done.context),
        manifest=manifest(trial, done.context, {plan.arm.name: plan.system for plan in done.plans}, patients, seed),
        notes=notes(trial, done.histories),
    )


def _tables(trial: Trial, done: _Simulated, patients: int) -> dict[str, pd.DataFrame]:
    """ADSL, ADEX, ADTR, ADRS and ADTTE of all arms, at the end of follow-up."""
    ids = tables.subjects(trial, patients)
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in ("ADSL", "ADEX", "ADTR", "ADRS", "ADTTE")}
    for arm, history in zip(trial.arms, done.histories, strict=True):
        own = ids[arm.name]
        final = analyse(history, done.entry, size=arm.n or patients, confirm=trial.confirmed_response)
        parts["ADSL"].append(tables.adsl(trial, arm, own, done.cohort, history, final, done.entry))
        parts["ADEX"].append(tables.adex(arm, own, history))
        parts["ADTR"].append(tables.adtr(arm, own, history))
        parts["ADRS"].append(tables.adrs(arm, own, history, final))
        parts["ADTTE"].append(tables.adtte(arm, own, final))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
