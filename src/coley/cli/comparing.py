"""``coley compare``: two regimens given to the same virtual patients."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from coley.cli.commands import EXIT_CODES, RESULTS, app, console
from coley.cli.shared import AsJson, Changes, Folders, Plot, Seed, Threads
from coley.errors import ColeyError, Problem

if TYPE_CHECKING:
    from coley.catalogue import Catalogue
    from coley.cli.options import Own
    from coley.protocol import Trial
    from coley.report.contrast import Contrast
    from coley.trial import TrialResult

_CAPTION = (
    "Difference: second less first; of a hazard ratio, second over first. [95 % interval of the simulation, of the "
    "same people in both arms; of a hazard ratio, that of Cox's model]."
)
_LARGEST = 100_000
_OPTIONS = {"--arm": "regimen", "--biomarker": "--where"}
"""What the options of an own trial are called here."""


@app.command(epilog=EXIT_CODES)
def compare(
    first: Annotated[str, typer.Argument(help="A regimen, such as 'pembrolizumab 200 mg iv q3w'.")],
    second: Annotated[str, typer.Argument(help="Another, which is compared with the first.")],
    *,
    cancer: Annotated[str, typer.Option(help="The cancer (see 'coley cancers').")],
    where: Annotated[
        list[str] | None, typer.Option(help="A bound of who may enter, such as 'PDL1 >= 50'; may be given again.")
    ] = None,
    prior: Annotated[list[str] | None, typer.Option(help="What all patients had before, such as chemotherapy.")] = None,
    months: Annotated[float, typer.Option(help="Follow-up in months.")] = 36.0,
    n: Annotated[int, typer.Option("--n", help="Patients per arm of the real trial whose power is asked for.")] = 300,
    patients: Annotated[int, typer.Option(help="Virtual patients, the same in both arms.")] = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    plot: Plot = None,
    catalogue: Folders = None,
    change: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Compare two regimens on the same virtual patients: differences with intervals, and the power to see them.

    Nothing is written but the figure that --plot names. What was interrupted goes on where it was.
    """
    from coley.catalogue import load_catalogue
    from coley.cli.figure_file import check_svg, write_figure
    from coley.cli.keeping import kept_parts
    from coley.cli.options import Own
    from coley.cli.progress import progress_bars
    from coley.trial import RunSettings, run
    from coley.trial.run import parts_of

    check_svg(plot)
    if n < 2:
        raise ColeyError(Problem("--n", f"{n} is too few", "an arm of a trial needs at least 2 patients"))
    known = load_catalogue(*(catalogue or ()))
    own = Own(cancer, (first, second), months, tuple(prior or ()), tuple(where or ()))
    trial = _trial(own, known, patients=patients, seed=seed, threads=threads)
    known = known.with_values(change or (), cancer=trial.cancer)

    from coley.report.contrast import contrast_figure, contrasts

    with kept_parts(plot or RESULTS / "compare", parts_of(trial, patients)) as work:
        with progress_bars(as_json) as progress:
            settings = RunSettings(patients, seed, threads, progress=progress, work=work)
            result = run(trial, catalogue=known, settings=settings)
        found = contrasts(result, n)
        if plot is not None:
            write_figure(plot, contrast_figure(result, found, n), f"{first} and {second} in the same patients")
    if as_json:
        typer.echo(_json(result, found, n))
        return
    screen = console()
    screen.print(_table(result, found, n))
    for note in result.notes:
        screen.print(note, highlight=False)
    if plot is not None:
        screen.print(f"Figure: {plot}", highlight=False, markup=False, soft_wrap=True)


def _trial(own: Own, known: Catalogue, *, patients: int, seed: int, threads: int | None) -> Trial:
    """The trial of both regimens; problems are said in the words of this command."""
    from coley.cli.options import trial_from

    try:
        trial = trial_from(None, own, known, patients=patients, seed=seed, threads=threads)
    except ColeyError as error:
        raise ColeyError(replace(problem, where=_renamed(problem.where)) for problem in error.problems) from None
    return trial.model_copy(update={"title": f"Two regimens in {trial.cancer}, compared on the same virtual patients"})


def _renamed(where: str) -> str:
    option, space, rest = where.partition(" ")
    return f"{_OPTIONS.get(option, option)}{space}{rest}"


def _json(result: TrialResult, found: tuple[Contrast, ...], n: int) -> str:
    """Both regimens and every difference; what is not known, or infinite, is null."""
    rows = [
        {
            name: None if isinstance(value, float) and not isfinite(value) else value
            for name, value in asdict(row).items()
        }
        for row in found
    ]
    arms = [arm.regimen for arm in result.trial.arms]
    about = {"first": arms[0], "second": arms[1], "cancer": result.trial.cancer, "patients": result.patients}
    about |= {"seed": result.seed, "n": n, "notes": list(result.notes)}
    return json.dumps({**about, "differences": rows}, indent=2, allow_nan=False)


def _table(result: TrialResult, found: tuple[Contrast, ...], n: int) -> Table:
    title = Text(f"{result.trial.title}: {result.patients:,} in each arm")
    caption = Text(f"first: {result.trial.arms[0].name}\nsecond: {result.trial.arms[1].name}\n{_CAPTION}")
    table = Table(title=title, caption=caption, caption_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    for heading in ("first", "second", "difference", f"power, {n:,} per arm", "per arm for 80 %"):
        table.add_column(heading, justify="right")
    for row in found:
        digits = 2 if row.unit == "" else 1
        numbers = [_number(value, digits) for value in (row.first, row.second)]
        difference = _number(row.difference, digits)
        if isfinite(row.lower) and isfinite(row.upper):
            difference += f" [{_number(row.lower, digits)} to {_number(row.upper, digits)}]"
        powered = f"{row.power:.0%}" if isfinite(row.power) else "–"
        label = f"{row.label}, {row.unit}" if row.unit else row.label
        table.add_row(label, *numbers, difference, powered, _size(row.needed))
    return table


def _number(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:,.{digits}f}" if isfinite(value) else "–"


def _size(patients: float) -> str:
    """Patients per arm; beyond what any trial has, just that."""
    if patients > _LARGEST:
        return f"over {_LARGEST:,}"
    return _number(patients, 0)
