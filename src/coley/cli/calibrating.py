"""``coley calibrate``: free parameters of the catalogue fitted to published trials, by a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coley.cli.commands import EXIT_CODES, PURPOSE, app, console

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

MOST_MISSES = 12


@app.command(epilog=EXIT_CODES)
def calibrate(
    *,
    out: Annotated[Path, typer.Option(help="Folder of the results; every outcome is kept in it.")],
    plan: Annotated[str, typer.Option(help="A plan that ships, or the path of a TOML file.")] = "solid",
    patients: Annotated[int, typer.Option(help="Virtual patients per arm and seed.")] = 200,
    seeds: Annotated[str, typer.Option(help="Seeds, each with virtual patients of its own.")] = "1,2",
    rounds: Annotated[int, typer.Option(help="Rounds of the search, at most.")] = 6,
    workers: Annotated[int, typer.Option(help="Processes; the result does not depend on it.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on in the folder, with what is there.")] = False,
    leave_out: Annotated[
        str | None,
        typer.Option(help="Predict this trial, 'each', or each of the 'cancers', from a fit without its figures."),
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Markdown file that shows every trial; replaced.")] = None,
) -> None:
    """Fit the free parameters of a plan to published trials.

    Writes values, figures, parameters with their posterior, and rounds. The catalogue stays as it is: see
    'python -m coley.calibration.write'.
    """
    from coley.calibration import Settings, objective, read_plan, seeds_of
    from coley.calibration import calibrate as carry_out
    from coley.calibration.leave_out import groups_of
    from coley.calibration.leave_out import leave_out as predict_left
    from coley.catalogue import load_catalogue
    from coley.cli.progress import progress_bars

    catalogue = load_catalogue()
    wanted = read_plan(plan, catalogue)
    left = groups_of(leave_out, wanted, catalogue)
    settings = Settings(out, patients, tuple(seeds_of(seeds)), rounds, workers, resume)
    screen = console()
    with progress_bars() as bars, objective(wanted, catalogue, settings, report=bars) as problem:
        fitted = carry_out(problem, settings)
        if left:
            predict_left(problem, fitted, left, catalogue, out)
    _print(screen, out)
    if report is not None:
        from coley.calibration.report import write_report

        write_report(wanted, catalogue, out, report)
        screen.print(f"Report: {report}", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)


def _print(screen: Console, folder: Path) -> None:
    import pandas as pd

    tables = ("rounds", "residuals", "parameters")
    rounds, figures, parameters = (pd.read_csv(folder / f"{name}.csv") for name in tables)
    for number, row in enumerate(rounds.itertuples(), 1):
        screen.print(f"round {number}: loss {row.loss:.1f} to {row.reached:.1f}" + ("" if row.moved else ", not taken"))
    fitted = figures[figures["fitted"]]
    size = (fitted["standardised"] ** 2).mean() ** 0.5
    screen.print(f"{len(fitted)} fitted figures, root mean square of standardised misfits {size:.2f}")
    _print_table(
        screen,
        "Parameters",
        parameters[["name", "start", "value", "lower", "upper", "contraction", "at_bound"]].fillna(""),
    )
    worst = fitted.reindex(fitted["standardised"].abs().sort_values(ascending=False).index)[:MOST_MISSES]
    columns = ["trial", "arm", "endpoint", "published", "simulated", "standardised"]
    _print_table(screen, "Largest misfits", worst[columns])
    screen.print(f"Results: {folder}", highlight=False, markup=False, soft_wrap=True)


def _print_table(screen: Console, title: str, table: pd.DataFrame) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    for column in table.columns:
        shown.add_column(column, justify="left" if table[column].dtype == object else "right")
    for row in table.itertuples(index=False):
        shown.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
    screen.print(shown)
