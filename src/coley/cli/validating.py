"""``coley validate``: published trials beside the model, and beside what copying or a regression would have said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coley.cli.commands import EXIT_CODES, PURPOSE, RESULTS, app, console
from coley.cli.shared import Folders

if TYPE_CHECKING:
    from coley.catalogue import Catalogue
    from coley.protocol import Trial


@app.command(epilog=EXIT_CODES)
def validate(
    trial: Annotated[list[str] | None, typer.Argument(help="Trials by name or path (default: all that ship).")] = None,
    *,
    arms: Annotated[
        list[Path] | None, typer.Option(help="A TOML file of own trials as a test set: one trial, or [[trials]].")
    ] = None,
    catalogue: Folders = None,
    patients: Annotated[int, typer.Option(help="Virtual patients per arm and draw.")] = 50,
    draws: Annotated[int, typer.Option(help="Draws from the posterior of the calibration.")] = 8,
    seed: Annotated[int, typer.Option(help="Seed: the same seed gives the same bytes.")] = 1,
    workers: Annotated[int | None, typer.Option(help="Processes (default: all processors).")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the page and tables; what was simulated is kept there.")] = (
        RESULTS / "validation"
    ),
    report: Annotated[Path | None, typer.Option(help="Markdown file that shows every arm; replaced.")] = None,
) -> None:
    """Compare published trials with what is simulated, fitted or predicted.

    Writes a page and tables: errors, coverage of the intervals, and the two yardsticks beside them. A validation that
    was interrupted goes on where it was.
    """
    from coley.catalogue import load_catalogue
    from coley.cli.progress import progress_bars
    from coley.cli.tabling import printed
    from coley.validation import Settings, write_validation
    from coley.validation import validate as carry_out
    from coley.validation.scores import scores
    from coley.validation.write import score_table

    known = load_catalogue(*(catalogue or ()))
    wanted = _trials(trial or [], arms or [], known)
    settings = Settings(out, patients, draws, seed, workers or os.cpu_count() or 1)
    with progress_bars() as bars:
        found = carry_out(wanted, known, settings, report=bars)
    files = write_validation(found, out)
    screen = console()
    screen.print(printed(score_table(scores(found.figures))))
    for name, reasons in found.failed.items():
        screen.print(f"{name} could not be simulated: {'; '.join(reasons)}", markup=False, highlight=False)
    if report is not None:
        from coley.validation.report import write_report

        write_report(found, settings, report)
    screen.print(f"Page: {files[0]}", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)


def _trials(names: list[str], files: list[Path], known: Catalogue) -> list[Trial]:
    from coley.catalogue import load_trial, load_trials
    from coley.errors import ColeyError, Problem

    found: list[Trial] = []
    problems: list[Problem] = []
    for name in names:
        try:
            found.append(load_trial(name, known))
        except ColeyError as error:
            problems += error.problems
    for file in files:
        try:
            found += load_trials(file, known)
        except ColeyError as error:
            problems += error.problems
    if problems:
        raise ColeyError(problems)
    return found if names or files else list(known.trials.values())
