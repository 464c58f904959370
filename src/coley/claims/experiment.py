"""Claims carried out: each arm is run once, whatever the number of claims that share it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coley.catalogue import Catalogue
from coley.claims.measures import measure
from coley.claims.rules import Outcome, judge
from coley.errors import ColeyError
from coley.protocol import SCANS, Arm, Claim, ClaimArm, Eligibility, Order, PriorLine, Rule, Trial, least_age
from coley.trial import RunSettings, TrialResult, run
from coley.trial.settings import Progress


@dataclass(frozen=True)
class Settings:
    """How claims are run.

    Attributes:
        patients: virtual patients of each arm, in place of those that claims say.
        seed: of every random number; arms of the same cancer and eligibility have the same patients.
        threads: parallel workers, default all cores. The result does not depend on it.
        work: an existing folder for the arms that are finished, where the same claims go on. Default: all is kept in
            memory.
    """

    patients: int | None = None
    seed: int = 1
    threads: int | None = None
    work: Path | None = None


@dataclass(frozen=True)
class Found:
    """What a claim's experiment gave.

    Attributes:
        outcomes: of each rule; fewer where it could not be run.
        problems: why it could not be run; empty where it was.
    """

    claim: Claim
    patients: int
    outcomes: tuple[Outcome, ...]
    problems: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """``pass``, ``fail`` or ``not run``."""
        if self.problems:
            return "not run"
        return "pass" if all(outcome.passed for outcome in self.outcomes) else "fail"


def experiments(
    claims: Sequence[Claim], catalogue: Catalogue, settings: Settings, *, progress: Progress | None = None
) -> Iterator[Found]:
    """Carry out ``claims`` one after the other; what an arm gave is kept for claims that share it.

    Raises:
        ColeyError: numbers of ``settings`` that are out of range.
    """
    kept: dict[str, TrialResult] = {}
    report = progress or (lambda stage, done, total: None)
    for claim in claims:
        patients = settings.patients or claim.patients
        how = RunSettings(patients, settings.seed, settings.threads)
        try:
            results: dict[str, TrialResult] = {}
            for done, arm in enumerate(claim.arms):
                report(f"{claim.id}, arms", done, len(claim.arms))
                results[arm.name] = _result(arm, catalogue, how, settings.work, kept)
            report(f"{claim.id}, arms", len(claim.arms), len(claim.arms))
            outcomes = tuple(_outcome(rule, claim, results, settings.seed) for rule in claim.rules)
        except ColeyError as error:
            yield Found(claim, patients, (), tuple(map(str, error.problems)))
        else:
            yield Found(claim, patients, outcomes)


def trial_of(arm: ClaimArm, catalogue: Catalogue) -> Trial:
    """The arm as a trial of its own.

    Raises:
        ColeyError: where the catalogue does not have its cancer.
    """
    cancer = catalogue.cancer(arm.cancer)
    prior = tuple(PriorLine(given=given) for given in arm.prior)
    return Trial(
        name="claim",
        title=arm.name,
        summary="An arm of a claim.",
        cancer=cancer.name,
        eligibility=Eligibility(
            prior=prior, requires=arm.requires, biomarkers=arm.biomarkers, age_min=least_age(cancer)
        ),
        follow_up_months=arm.months,
        visits=SCANS,
        stop_for_harm=arm.care,
        arms=(Arm(name=arm.name, regimen=arm.regimen),),
    )


def _result(
    arm: ClaimArm, catalogue: Catalogue, how: RunSettings, work: Path | None, kept: dict[str, TrialResult]
) -> TrialResult:
    key = f"{how.patients} {arm.model_dump_json(exclude={'name'})}"
    if key not in kept:
        if work is not None:
            own = work / hashlib.sha256(key.encode()).hexdigest()[:16]
            own.mkdir(exist_ok=True)
            how = replace(how, work=own)
        trial = trial_of(arm, catalogue)
        kept[key] = run(trial, catalogue=catalogue.with_values(arm.set, cancer=trial.cancer), settings=how)
    return kept[key]


def _outcome(rule: Rule, claim: Claim, results: dict[str, TrialResult], seed: int) -> Outcome:
    names = tuple(claim.published) if isinstance(rule, Order) else rule.arms
    samples = {name: measure(rule.measure, results[name]) for name in names}
    return judge(rule, samples, claim.published, seed=seed)
