"""``coley sensitivity``: which parameters decide the outcomes of a trial, or of a treatment."""

from __future__ import annotations

import json
import os
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coley.cli.commands import EXIT_CODES, PURPOSE, RESULTS, app, console
from coley.cli.shared import AsJson, Folders, OwnArms, OwnBiomarkers, OwnCancer, OwnMonths, OwnPrior, Seed

if TYPE_CHECKING:
    from coley.sensitivity import Sensitivity


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
    from coley.cli.tabling import printed
    from coley.sensitivity import Settings, read_parameters, write_sensitivity
    from coley.sensitivity import sensitivity as analyse
    from coley.sensitivity.write import sensitivity_table, sensitivity_title

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
    screen.print(printed(sensitivity_table(found), sensitivity_title(found)))
    for reason in found.failed:
        screen.print(f"Some points could not be simulated: {reason}", markup=False, highlight=False)
    screen.print(f"Page: {files[0]}", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)


def _json(found: Sensitivity) -> str:
    """Every index; what is not known is null."""
    rows = [
        {str(name): None if isinstance(value, float) and not isfinite(value) else value for name, value in row.items()}
        for row in found.table.to_dict("records")
    ]
    about = {"trial": found.trial.name, "patients": found.settings.patients, "seed": found.settings.seed}
    return json.dumps({**about, "failed": list(found.failed), "indices": rows}, indent=2, allow_nan=False)
