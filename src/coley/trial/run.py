"""run(): a trial from its definition to its result."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue import Catalogue, Change, load_catalogue
from coley.disease import Disease, Observable
from coley.errors import ColeyError, Problem, did_you_mean
from coley.modeling import Mechanism
from coley.population import Cohort, Comorbid, counted, recruit
from coley.protocol import Trial
from coley.protocol.calendar import entry_days
from coley.trial.analysis import analyse, tables
from coley.trial.analysis.summary import check_endpoints, in_short, summarise
from coley.trial.arms import Plan, read_arms
from coley.trial.conduct import History, follow
from coley.trial.conduct.trajectories import MOST, join
from coley.trial.describe import describe, manifest, notes
from coley.trial.response import criteria
from coley.trial.result import TrialResult
from coley.trial.settings import RunSettings
from coley.trial.store import Memory, Part, People, Store, sources

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BLOCK = MOST
"""Patients that are followed together: memory holds an arm of them at a time."""


def parts_of(trial: Trial, patients: int) -> int:
    """In how many parts a run is done, each an arm of a block of patients."""
    return len(trial.arms) * ceil(patients / BLOCK)


@dataclass(frozen=True)
class _Study:
    """A trial before it is run: its arms, and what they are made of."""

    trial: Trial
    settings: RunSettings
    disease: Disease
    plans: tuple[Plan, ...]
    comorbid: Comorbid
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, trial: Trial, catalogue: Catalogue, settings: RunSettings) -> _Study:
        """``trial``, read against ``catalogue``."""
        problems = [*check_endpoints(trial), *_check_criteria(trial)]
        if problems:
            raise ColeyError(problems)
        plans = read_arms(trial, catalogue)
        comorbid = Comorbid.of(trial.eligibility, list(catalogue.comorbidities.values()), plans[0].harms)
        return cls(trial, settings, catalogue.disease(trial.cancer), plans, comorbid, catalogue.changes)

    @property
    def blocks(self) -> list[Ints]:
        """Numbers of the patients of each block."""
        everyone = np.arange(self.settings.patients)
        return [everyone[start : start + BLOCK] for start in everyone[::BLOCK]]

    @property
    def criteria(self) -> str:
        """Name of the response criteria."""
        return self.trial.criteria or self.disease.criteria

    @property
    def parts(self) -> list[Mechanism]:
        """Every mechanism of the arms, each once."""
        return list({part.name: part for plan in self.plans for part in plan.parts}.values())

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the result."""
        return manifest(self.trial, self.disease, self.plans, self.comorbid, self.changes, self.settings)

    @property
    def key(self) -> str:
        """What tells this run from others, the code among it: parts of one are no parts of another."""
        care = [rule.model_dump(mode="json") for plan in self.plans for rule in (*plan.harms, *plan.cares)]
        return json.dumps([self.manifest, care, sources(), BLOCK], sort_keys=True, indent=1)

    def cohort(self, block: Ints) -> Cohort:
        """The patients of a block."""
        everyone, settings = self.settings.patients, self.settings
        begin = int(block[0])
        return recruit(
            self.disease,
            self.parts,
            self.trial.eligibility,
            block,
            seed=settings.seed,
            threads=settings.threads,
            progress=lambda stage, done, _: settings.progress(stage, begin + done, everyone),
            comorbid=self.comorbid,
        )

    def follow(self, plan: Plan, cohort: Cohort) -> History:
        """An arm of a block of patients, from the first dose to the last visit."""
        report, blocks = self.settings.progress, len(self.blocks)
        before = int(cohort.covariates.index[0]) // BLOCK

        def progress(stage: str, done: int, total: int) -> None:
            report(stage, before * total + done, blocks * total)

        shown = _shown(plan, self.disease.observables())
        return follow(self.trial, plan, self.disease, cohort, shown, replace(self.settings, progress=progress))


@dataclass(frozen=True)
class _Done:
    """A trial as it went: its patients, and what happened to them in each arm, in short."""

    covariates: pd.DataFrame
    rejected: pd.DataFrame
    entry: Floats
    histories: tuple[History, ...]
    tables: Mapping[str, pd.DataFrame]


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
    return _result(_Study.of(trial, catalogue or load_catalogue(), how))


def predict(
    trial: Trial, catalogue: Catalogue, *, patients: int, seed: int, threads: int | None = None
) -> pd.DataFrame:
    """The ``summary`` of a run with ``catalogue`` and nothing else, for calibration and sensitivity."""
    study = _Study.of(trial, catalogue, RunSettings(patients, seed, threads))
    cohorts = [study.cohort(block) for block in study.blocks]
    histories = [History.joined([in_short(study.follow(plan, cohort)) for cohort in cohorts]) for plan in study.plans]
    people = pd.concat([cohort.covariates for cohort in cohorts])
    return summarise(trial, histories, entry_days(trial, patients, seed=seed), people)


def _check_criteria(trial: Trial) -> Iterator[Problem]:
    known = criteria()
    if trial.criteria and trial.criteria not in known:
        what = f"there are no response criteria {trial.criteria!r}"
        yield Problem(f"trial {trial.name}: criteria", what, did_you_mean(trial.criteria, known))


def _shown(plan: Plan, disease: tuple[Observable, ...]) -> tuple[Observable, ...]:
    """What to keep of the courses of an arm: what the disease shows, and what shows each of its drugs."""
    drugs = [drug.kinetics.shown(drug.agent) for drug in plan.drugs.values()]
    return (*disease, *(Observable(*shown, "drug") for shown in drugs if shown.name in plan.system.units))


def _result(study: _Study) -> TrialResult:
    done = _carried_out(study)
    names = [plan.arm.name for plan in study.plans]
    courses = {name: history.trajectories for name, history in zip(names, done.histories, strict=True)}
    trial, patients = study.trial, study.settings.patients
    return TrialResult(
        trial=trial,
        seed=study.settings.seed,
        patients=patients,
        criteria=study.criteria,
        biomarkers=study.disease.cancer.biomarkers,
        tables=done.tables,
        trajectories=join(courses, tables.subjects(trial, np.arange(min(patients, MOST)))),
        rejected=done.rejected,
        summary=summarise(trial, done.histories, done.entry, done.covariates),
        model=describe(study.disease, study.parts),
        manifest=study.manifest,
        notes=notes(trial, study.plans, done.histories, study.changes),
    )


def _carried_out(study: _Study) -> _Done:
    """Follow the blocks of patients one after the other, each in every arm, but for what is there of an earlier run."""
    work = study.settings.work
    store = Memory() if work is None else Store(work, study.key)
    entry = entry_days(study.trial, study.settings.patients, seed=study.settings.seed)
    people = [_block(study, store, block, entry[block]) for block in study.blocks]
    turned_away = Counter[str]()
    for found in people:
        turned_away.update(dict(zip(found.rejected["REASON"], found.rejected["N"].tolist(), strict=True)))
    begins = [int(block[0]) for block in study.blocks]
    return _Done(
        covariates=pd.concat([found.covariates for found in people]),
        rejected=counted(turned_away),
        entry=entry,
        histories=tuple(
            History.joined([store.history(begin, arm, criteria()[study.criteria], plan.harms) for begin in begins])
            for arm, plan in enumerate(study.plans)
        ),
        tables=store.tables([(begin, arm) for arm in range(len(study.plans)) for begin in begins]),
    )


def _block(study: _Study, store: Store | Memory, block: Ints, entry: Floats) -> People:
    """Follow a block of patients in every arm in which it was not followed before."""
    begin = int(block[0])
    missing = [arm for arm in range(len(study.plans)) if not store.has(begin, arm)]
    people = store.people(begin)
    if missing or people is None:
        cohort = study.cohort(block)
        if people is None:
            people = People(cohort.covariates, cohort.rejected)
            store.put_people(begin, people)
        for arm in missing:
            plan = study.plans[arm]
            history = study.follow(plan, cohort)
            store.put(begin, arm, Part(in_short(history), _tables(study, plan, cohort, history, entry)))
    return people


def _tables(study: _Study, plan: Plan, cohort: Cohort, history: History, entry: Floats) -> dict[str, pd.DataFrame]:
    """The tables of an arm of a block, at the end of follow-up."""
    trial, numbers = study.trial, cohort.covariates.index.to_numpy()
    ids = tables.subjects(trial, numbers)[plan.arm.name]
    final = analyse(history, entry, size=plan.arm.n, confirm=trial.confirmed_response)
    return {
        "ADSL": tables.adsl(trial, plan, ids, cohort, history, final, entry),
        "ADEX": tables.adex(plan, ids, history),
        "ADTR": tables.adtr(plan, ids, history),
        "ADRS": tables.adrs(plan, ids, history, final),
        "ADTTE": tables.adtte(plan, ids, final),
        "ADAE": tables.adae(trial, plan, ids, numbers, history),
        "ADCM": tables.adcm(trial, plan, ids, numbers, history),
    }
