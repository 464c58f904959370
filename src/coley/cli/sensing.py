"""``coley sensitivity``: which parameters decide the outcomes of a trial, or of a treatment."""

from __future__ import annotations

import json
import os
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from coley.cli.commands import EXIT_CODES, PURPOSE, RESULTS, app, console
from coley.cli.shared import AsJson, Folders, OwnArms, OwnBiomarkers, OwnCancer, OwnMonths, OwnPrior, Seed

if TYPE_CHECKING:
    from coley.sensitivity import Sensitivity

_CAPTION = (
    "Share: of the variance of the outcome that would be lost if the parameter were known (total Sobol' index, with "
    "interactions) [95 % interval]; alone: without interactions. Change: mean change of the outcome when the parameter "
    "alone moves, and when it alone grows."
)


@app.command(epilog=EXIT_CODES)
def sensitivity(
    trial: Annotated[
        str | None, typer.Argument(help="A trial that ships (see 'coley trials'), or the path of a TOML file.")
    ] = None,
    *,
    parameters: Annotated[
        list[str] | None,
        typer.Option(help="A calibrated parameter, or 'PATH LOW..HIGH'; may be given again (default: all calibrated)."),
    ] = None,
    cancer: OwnCancer = None,
    arm: OwnArms = None,
    months: OwnMonths = None,
    prior: OwnPrior = None,
    biomarker: OwnBiomarkers = None,
    patients: Annotated[int, typer.Option(help="Virtual patients per arm, the same at every point.")] = 100,
    rows: Annotated[
        int, typer.Option(help="Rows of the design, a power of 2; k parameters take rows x (k + 2) runs.")
    ] = 16,
    seed: Seed = 1,
    workers: Annotated[int | None, typer.Option(help="Processes (default: all processors).")] = None,
    out: Annotated[
        Path | None, typer.Option(help=f"Folder of tables and figure (default: {RESULTS}/sensitivity-TRIAL).")
    ] = None,
    catalogue: Folders = None,
    as_json: AsJson = False,
) -> None:
    """Tell which parameters decide response, times and harm, within what is not known of them.

    Runs are kept in the folder; an analysis that was interrupted goes on where it was.
    """
    from coley.catalogue import load_catalogue
    from coley.cli.options import Own, trial_from
    from coley.cli.progress import progress_bars
    from coley.sensitivity import Settings, read_parameters, write_sensitivity
    from coley.sensitivity import sensitivity as analyse

    known = load_catalogue(*(catalogue or ()))
    own = Own(cancer, tuple(arm or ()), months, tuple(prior or ()), tuple(biomarker or ()))
    protocol = trial_from(trial, own, known, patients=patients, seed=seed, threads=workers)
    chosen = read_parameters(parameters or (), known)
    folder = out if out is not None else RESULTS / f"sensitivity-{protocol.name}"
    settings = Settings(folder, patients, rows, seed, workers or os.cpu_count() or 1)
    with progress_bars(as_json) as progress:
        found = analyse(protocol, chosen, known, settings, report=progress)
    files = write_sensitivity(found, folder)
    if as_json:
        typer.echo(_json(found))
        return
    screen = console()
    screen.print(_table(found))
    for reason in found.failed:
        screen.print(f"Some points could not be simulated: {reason}", markup=False, highlight=False)
    screen.print(f"Figure: {files[-1]}", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)


def _json(found: Sensitivity) -> str:
    """Every index; what is not known is null."""
    rows = [
        {str(name): None if isinstance(value, float) and not isfinite(value) else value for name, value in row.items()}
        for row in found.table.to_dict("records")
    ]
    about = {"trial": found.trial.name, "patients": found.settings.patients, "seed": found.settings.seed}
    return json.dumps({**about, "failed": list(found.failed), "indices": rows}, indent=2, allow_nan=False)


def _table(found: Sensitivity) -> Table:
    from coley.sensitivity.write import SHOWN

    title = Text(f"{found.trial.title}: what decides the outcomes")
    table = Table(title=title, caption=Text(_CAPTION), caption_justify="left", box=SIMPLE_HEAD)
    for heading in ("arm", "outcome", "parameter", "range"):
        table.add_column(heading)
    for heading in ("share", "alone", "change", "when it grows"):
        table.add_column(heading, justify="right")
    for (arm, outcome), rows in found.table.groupby(["arm", "outcome"], sort=False):
        for number, row in enumerate(rows.head(SHOWN).to_dict("records")):
            first = ("", "") if number else (Text(str(arm)), str(outcome))
            share = f"{row['total']:.0%} [{100 * row['total_lower']:.0f}–{100 * row['total_upper']:.0f}]"
            moved = f"{row['change']:.2g} {row['unit']}", f"{row['rise']:+.2g}"
            between = f"{row['low']:.3g}–{row['high']:.3g}"
            table.add_row(*first, Text(str(row["parameter"])), between, share, f"{row['first']:.0%}", *moved)
    return table
