"""calibrate(): a plan carried out, with its results in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from coley.calibration.evaluate import Evaluator, Predictor, Report, simulate
from coley.calibration.figures import figures
from coley.calibration.fit import Fitted, Objective, fit
from coley.calibration.plan import CalibrationPlan
from coley.calibration.results import write_results
from coley.calibration.space import Space
from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem

EVALUATIONS = "evaluations"


@dataclass(frozen=True)
class Settings:
    """How a calibration is run.

    Attributes:
        patients, seeds: virtual patients per arm and seed, and the seeds; the same patients in every evaluation.
        rounds: of the search, at most.
        workers: processes. The result does not depend on it.
        resume: whether ``folder`` may hold outcomes already; those that apply are used.
    """

    folder: Path
    patients: int = 200
    seeds: tuple[int, ...] = (1, 2)
    rounds: int = 6
    workers: int = 1
    resume: bool = False

    def __post_init__(self) -> None:
        problems = [
            Problem(name, f"{value} is out of range", f"choose {least} or more")
            for name, value, least in (
                ("patients", self.patients, 10),
                ("rounds", self.rounds, 0),
                ("workers", self.workers, 1),
            )
            if value < least
        ]
        if not self.seeds or min(self.seeds) < 0 or len(set(self.seeds)) < len(self.seeds):
            problems.append(Problem("seeds", "must be different whole numbers from 0 up, at least one", "such as 1,2"))
        if self.folder.exists() and (not self.folder.is_dir() or (not self.resume and any(self.folder.iterdir()))):
            hint = "name another folder, or go on in it with --resume"
            problems.append(Problem(str(self.folder), "is there already", hint))
        if problems:
            raise ColeyError(problems)


@contextmanager
def objective(
    plan: CalibrationPlan,
    catalogue: Catalogue,
    settings: Settings,
    *,
    predictor: Predictor = simulate,
    report: Report = lambda stage, done, total: None,
) -> Iterator[Objective]:
    """What a fit minimises, for the length of the block, whose end ends the processes."""
    simulated = catalogue if plan.harm else replace(catalogue, harms={}, care={})
    evaluator = Evaluator(
        simulated,
        settings.folder / EVALUATIONS,
        patients=settings.patients,
        seeds=settings.seeds,
        workers=settings.workers,
        predictor=predictor,
        report=report,
    )
    found = figures(plan, catalogue, settings.patients * len(settings.seeds))
    with evaluator:
        yield Objective(Space(plan.parameters, catalogue), found, evaluator, plan.method)


def calibrate(wanted: Objective, settings: Settings) -> Fitted:
    """Fit, and write values, figures, parameters and covariance into the folder.

    Raises:
        ColeyError: where the catalogue's values cannot be simulated.
    """
    fitted = fit(wanted, settings.rounds)
    write_results(wanted, fitted, settings.folder)
    return fitted


def seeds_of(text: str) -> Sequence[int]:
    """The seeds in a text such as ``1,2``.

    Raises:
        ColeyError: where it is no such list.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise ColeyError(Problem("seeds", f"{text!r} is no list of whole numbers", "write them like 1,2"))
    return [int(part) for part in parts]
