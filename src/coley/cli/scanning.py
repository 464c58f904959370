"""``coley scan``: outcomes by the dose or the interval of a drug."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from coley.cli.commands import EXIT_CODES, RESULTS, app, console
from coley.cli.shared import AsJson, Changes, Folders, Plot, Seed, Threads

if TYPE_CHECKING:
    import pandas as pd

    from coley.trial import TrialResult

_CAPTION = (
    "[95 % interval of an arm of this size; of a concentration, 5 to 95 % of the patients]. "
    "–: not known or not reached."
)


@app.command(epilog=EXIT_CODES)
def scan(
    trial: Annotated[str, typer.Argument(help="A trial that ships (see 'coley trials'), or the path of a TOML file.")],
    *,
    vary: Annotated[
        str, typer.Option(help="'dose 0.1..10 mg/kg log 7', 'dose of DRUG 1, 3, 10 mg/kg', 'interval 2..8 weeks 4'.")
    ],
    arm: Annotated[str | None, typer.Option(help="The arm whose regimen is varied, where there are several.")] = None,
    patients: Annotated[int, typer.Option(help="Virtual patients, the same at each value.")] = 300,
    seed: Seed = 1,
    threads: Threads = None,
    plot: Plot = None,
    catalogue: Folders = None,
    change: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Scan the dose or the interval of a drug: outcomes of the same virtual patients at each value.

    A drug that is given in several phases is varied in all of them. Nothing is written but the figure of --plot.
    What was interrupted goes on where it was.
    """
    from coley.catalogue import load_catalogue, load_trial
    from coley.cli.figure_file import check_svg, write_figure
    from coley.cli.keeping import kept_parts
    from coley.cli.options import size_problems
    from coley.cli.progress import progress_bars
    from coley.design.varying import read_vary, varied
    from coley.errors import ColeyError
    from coley.trial import RunSettings, run
    from coley.trial.run import parts_of

    check_svg(plot)
    if problems := size_problems(patients, seed, threads):
        raise ColeyError(problems)
    wanted = read_vary(vary)
    known = load_catalogue(*(catalogue or ()))
    protocol, drug = varied(load_trial(trial, known), arm, wanted, known)
    known = known.with_values(change or (), cancer=protocol.cancer)

    from coley.report.dose_response import Axis, dose_response, responses_by

    title = f"{wanted.what.capitalize()} of {drug} ({wanted.unit})"
    axis = Axis(title, wanted.values, wanted.log, known.drugs[drug].agent.symbol)
    with kept_parts(plot or RESULTS / "scan", parts_of(protocol, patients)) as work:
        with progress_bars(as_json) as progress:
            settings = RunSettings(patients, seed, threads, progress=progress, work=work)
            result = run(protocol, catalogue=known, settings=settings)
        found = responses_by(result, axis)
        if plot is not None:
            write_figure(plot, dose_response(result, found, axis), title)
    if as_json:
        typer.echo(_json(result, found, title))
        return
    screen = console()
    screen.print(_table(result, found, title))
    for each in result.trial.arms:
        screen.print(f"{each.name}: {each.regimen}", highlight=False, markup=False)
    if plot is not None:
        screen.print(f"Figure: {plot}", highlight=False, markup=False, soft_wrap=True)


def _json(result: TrialResult, found: pd.DataFrame, title: str) -> str:
    """Values and outcomes; what is not known, or not reached, is null."""
    rows = [
        {str(key): None if isinstance(value, float) and not isfinite(value) else value for key, value in row.items()}
        for row in found.to_dict("records")
    ]
    about = {"trial": result.trial.name, "varied": title, "patients": result.patients, "seed": result.seed}
    arms = {arm.name: arm.regimen for arm in result.trial.arms}
    return json.dumps({**about, "arms": arms, "outcomes": rows}, indent=2, allow_nan=False)


def _table(result: TrialResult, found: pd.DataFrame, title: str) -> Table:
    """A row for each measure, a column for each value."""
    heading = Text(f"{result.trial.title}; {result.patients:,} virtual patients")
    table = Table(title=heading, caption=_CAPTION, caption_justify="left", box=SIMPLE_HEAD)
    table.add_column(title)
    values = sorted(set(found["value"]))
    for value in values:
        table.add_column(f"{value:g}", justify="right")
    for (measure, unit), rows in found.groupby(["measure", "unit"], sort=False):
        own = rows.set_index("value")
        cells = [_cell(own.loc[value]) if value in own.index else "–" for value in values]
        table.add_row(f"{measure}{f', {unit}' if unit else ''}", *cells)
    return table


def _cell(row: pd.Series[float]) -> str:
    def text(value: float) -> str:
        return f"{value:.3g}" if isfinite(value) else "–"

    if not (isfinite(row["lower"]) or isfinite(row["upper"])):
        return text(row["predicted"])
    return f"{text(row['predicted'])}\n[{text(row['lower'])}–{text(row['upper'])}]"
