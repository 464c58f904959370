"""How long a large run will take, and how big it will be, said before it begins: a small one is measured first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from coley.protocol import Trial
from coley.trial.conduct.trajectories import MOST

if TYPE_CHECKING:
    from coley.trial import TrialResult

LARGE = 20_000
"""Courses of five years, or with forty visits, from which a run is announced: about a minute's work."""
_MEASURED = 200
"""Patients of each arm of the run that is measured."""
_PROCESS, _COURSE = 0.8e9, 8e3
"""Bytes of memory of a run whatever the number of patients, and of each course: patients are followed in blocks, and
only what is known of each patient for endpoints and figures is in memory at once. As measured on trials of a year."""
_PACKED = 0.2
"""Size of the tables on disk while a report is written, the blocks' and the report's, by that in memory; at most."""
_MONTHS, _VISITS, _WEEKS_OF_A_MONTH = 60.0, 40, 4.35

Run = Callable[[int], "TrialResult"]
"""Runs the trial on so many patients."""


@dataclass(frozen=True)
class Forecast:
    """What a run will take: seconds, bytes of memory, and bytes on disk at most."""

    seconds: float
    memory: float
    disk: float


def is_large(trial: Trial, patients: int) -> bool:
    """Whether a run is worth an announcement."""
    visits = len(trial.visits.scans) + trial.follow_up_months * _WEEKS_OF_A_MONTH / trial.visits.every
    each = max(trial.follow_up_months / _MONTHS, visits / _VISITS)
    return patients * len(trial.arms) * each > LARGE


def forecast(run: Run, patients: int) -> Forecast:
    """What a run on ``patients`` will take, by that of a few of them; the first, which compiles, does not count."""
    run(1)
    begun = perf_counter()
    result = run(_MEASURED)
    times = patients / _MEASURED
    seconds = times * (perf_counter() - begun)
    courses = float(result.trajectories.nbytes) * min(patients, MOST) / _MEASURED
    tables = times * float(sum(table.memory_usage().sum() for table in result.tables.values()))
    memory = _PROCESS + _COURSE * patients * len(result.trial.arms) + courses
    return Forecast(seconds, memory, courses + _PACKED * tables)


def announcement(expected: Forecast, trial: Trial, patients: int, folder: Path) -> str:
    """The forecast in a sentence; with what this machine has, where that is less."""
    arms = len(trial.arms)
    whom = f"{patients:,} patients in {'one arm' if arms == 1 else f'each of {arms} arms'}"
    size = f"{_bytes(expected.memory)} of memory and up to {_bytes(expected.disk)} on disk"
    text = f"{whom}: this takes about {_duration(expected.seconds)}, {size}."
    nearest = next(place for place in folder.resolve().parents if place.exists())
    has = {"memory": (expected.memory, _memory()), "free disk": (expected.disk, shutil.disk_usage(nearest).free)}
    short = [f"{_bytes(there)} of {what}" for what, (needed, there) in has.items() if needed > there]
    return f"{text} This machine has {' and '.join(short)}: choose fewer --patients." if short else text


def _memory() -> float:
    """Bytes of memory of this machine; endless where the system does not tell."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def _bytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{max(count / 1e6, 1):.0f} MB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
