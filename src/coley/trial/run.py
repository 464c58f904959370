"""run(): a trial from its definition to its result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue import Catalogue, Change, load_catalogue
from coley.disease import Disease, Observable
from coley.errors import ColeyError, Problem, did_you_mean
from coley.modeling import Mechanism
from coley.population import Cohort, recruit
from coley.protocol import Trial
from coley.protocol.calendar import entry_days
from coley.trial.analysis import analyse, tables
from coley.trial.analysis.summary import check_endpoints, summarise
from coley.trial.arms import Plan, read_arms
from coley.trial.conduct import History, follow
from coley.trial.conduct.trajectories import join
from coley.trial.describe import describe, manifest, notes
from coley.trial.response import criteria
from coley.trial.result import TrialResult
from coley.trial.settings import RunSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Simulated:
    """A trial as it went: its arms, what they are made of, the patients, and what happened to them."""

    disease: Disease
    plans: tuple[Plan, ...]
    cohort: Cohort
    entry: Floats
    histories: tuple[History, ...]
    changes: tuple[Change, ...]


def run(
    trial: Trial,
    *,
    patients: int | None = None,
    seed: int | None = None,
    catalogue: Catalogue | None = None,
    settings: RunSettings | None = None,
) -> TrialResult:
    """Run a trial on virtual patients.

    Args:
        trial: what to run, from :func:`coley.load_trial`.
        patients, seed: in place of those of ``settings``.
        catalogue: where its drugs and cancer are, default the shipped one.
        settings: how to run it, by default as :class:`RunSettings` has it: 1,000 patients per arm, seed 1, all cores.

    Raises:
        ColeyError: a number that is out of range, a drug, cancer or endpoint that there is not, or an eligibility that
            hardly anyone meets.
    """
    how = settings or RunSettings()
    how = replace(
        how,
        patients=how.patients if patients is None else patients,
        seed=how.seed if seed is None else seed,
    )
    return _result(trial, _simulate(trial, catalogue or load_catalogue(), how), how)


def predict(
    trial: Trial, catalogue: Catalogue, *, patients: int, seed: int, threads: int | None = None
) -> pd.DataFrame:
    """The ``summary`` of a run with ``catalogue`` and nothing else, for calibration and sensitivity."""
    done = _simulate(trial, catalogue, RunSettings(patients, seed, threads))
    return summarise(trial, done.histories, done.entry, done.cohort.covariates)


def _simulate(trial: Trial, catalogue: Catalogue, settings: RunSettings) -> _Simulated:
    problems = [*check_endpoints(trial), *_check_criteria(trial)]
    if problems:
        raise ColeyError(problems)
    plans = read_arms(trial, catalogue)
    disease = catalogue.disease(trial.cancer)
    cohort = recruit(
        disease,
        _parts(disease, plans),
        trial.eligibility,
        settings.patients,
        seed=settings.seed,
        threads=settings.threads,
        progress=settings.progress,
    )
    shown = disease.observables()
    histories = tuple(follow(trial, plan, disease, cohort, _shown(plan, shown), settings) for plan in plans)
    entry = entry_days(trial, settings.patients, seed=settings.seed)
    return _Simulated(disease, plans, cohort, entry, histories, catalogue.changes)


def _check_criteria(trial: Trial) -> Iterator[Problem]:
    known = criteria()
    if trial.criteria and trial.criteria not in known:
        what = f"there are no response criteria {trial.criteria!r}"
        yield Problem(f"trial {trial.name}: criteria", what, did_you_mean(trial.criteria, known))


def _parts(disease: Disease, plans: tuple[Plan, ...]) -> list[Mechanism]:
    """Every mechanism of the arms, each once."""
    return list({part.name: part for plan in plans for part in plan.parts}.values())


def _shown(plan: Plan, disease: tuple[Observable, ...]) -> tuple[Observable, ...]:
    """What to keep of the courses of an arm: what the disease shows, and what shows each of its drugs."""
    drugs = [drug.kinetics.shown(drug.agent) for drug in plan.drugs.values()]
    return (*disease, *(Observable(*shown, "drug") for shown in drugs if shown.name in plan.system.units))


def _result(trial: Trial, done: _Simulated, settings: RunSettings) -> TrialResult:
    names = [plan.arm.name for plan in done.plans]
    courses = {name: history.trajectories for name, history in zip(names, done.histories, strict=True)}
    return TrialResult(
        trial=trial,
        seed=settings.seed,
        patients=settings.patients,
        criteria=trial.criteria or done.disease.criteria,
        biomarkers=done.disease.cancer.biomarkers,
        tables=_tables(trial, done, settings.patients),
        trajectories=join(courses, tables.subjects(trial, settings.patients)),
        rejected=done.cohort.rejected,
        summary=summarise(trial, done.histories, done.entry, done.cohort.covariates),
        model=describe(done.disease, _parts(done.disease, done.plans)),
        manifest=manifest(trial, done.disease, done.plans, done.changes, settings),
        notes=notes(trial, done.plans, done.histories, done.changes),
    )


def _tables(trial: Trial, done: _Simulated, patients: int) -> dict[str, pd.DataFrame]:
    """The tables of all arms, at the end of follow-up."""
    ids = tables.subjects(trial, patients)
    names = ("ADSL", "ADEX", "ADTR", "ADRS", "ADTTE", "ADAE", "ADCM")
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in names}
    for plan, history in zip(done.plans, done.histories, strict=True):
        own = ids[plan.arm.name]
        final = analyse(history, done.entry, size=plan.arm.n, confirm=trial.confirmed_response)
        parts["ADSL"].append(tables.adsl(trial, plan, own, done.cohort, history, final, done.entry))
        parts["ADEX"].append(tables.adex(plan, own, history))
        parts["ADTR"].append(tables.adtr(plan, own, history))
        parts["ADRS"].append(tables.adrs(plan, own, history, final))
        parts["ADTTE"].append(tables.adtte(plan, own, final))
        parts["ADAE"].append(tables.adae(trial, plan, own, history))
        parts["ADCM"].append(tables.adcm(trial, plan, own, history))
    return {name: _stacked(frames) for name, frames in parts.items()}


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables of all arms one after the other; empty ones would lend their types to the others."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
