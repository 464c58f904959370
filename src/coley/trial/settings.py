"""How a trial is run: what decides its result besides the trial, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from coley.engine.batch import Backend
from coley.errors import ColeyError, Problem

MAX_PATIENTS = 100_000
"""Largest number of virtual patients per arm that one run takes."""
Progress = Callable[[str, int, int], None]


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class RunSettings:
    """How a trial is run.

    Attributes:
        patients: virtual patients per arm; the same patients in every arm.
        seed: of every random number.
        threads: parallel workers, default all cores. The result does not depend on it.
        backend: the solver, default that of the engine.
        progress: called with a stage, steps done and steps in all.
        work: an existing folder for what is finished so far, where the same run goes on; the tables of the result are
            read from there when they are asked for. Default: all is kept in memory. The result does not depend on it.

    Raises:
        ColeyError: numbers that are out of range; all at once.
    """

    patients: int = 1000
    seed: int = 1
    threads: int | None = None
    backend: Backend | None = None
    progress: Progress = _silent
    work: Path | None = None

    def __post_init__(self) -> None:
        problems = []
        if not 1 <= self.patients <= MAX_PATIENTS:
            what = f"{self.patients:,} is out of range"
            problems.append(Problem("patients", what, f"choose 1 to {MAX_PATIENTS:,} per arm"))
        if not 0 <= self.seed < 2**63:
            problems.append(Problem("seed", f"{self.seed} is out of range", "choose a whole number from 0 up"))
        if problems:
            raise ColeyError(problems)
