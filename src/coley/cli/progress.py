"""Progress of a run on stderr: one bar per stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from coley.cli.forecast import announcement, forecast, is_large
from coley.cli.terminal import Screen
from coley.protocol import Trial

if TYPE_CHECKING:
    from coley.trial import TrialResult

Report = Callable[[str, int, int], None]


def announce(trial: Trial, patients: int, folder: Path, run: Callable[..., TrialResult]) -> None:
    """Say on stderr what a large run will take; nothing of a small one. ``run`` takes the number of ``patients``."""
    if is_large(trial, patients):
        expected = forecast(lambda few: run(patients=few), patients)
        Screen(stderr=True).print(announcement(expected, trial, patients, folder), highlight=False, markup=False)


@contextmanager
def progress_bars(silent: bool = False) -> Iterator[Report]:
    """Bars for the length of the block, if stderr is a terminal; yields what moves them, by (stage, done, total)."""
    screen = Screen(stderr=True)
    tasks: dict[str, TaskID] = {}
    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=screen,
        disable=silent or not screen.is_terminal,
    )

    def report(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)

    with bars:
        yield report
