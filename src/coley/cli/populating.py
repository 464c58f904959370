"""``coley population``: virtual patients of a cancer before treatment, beside published ones."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coley.cli.commands import EXIT_CODES, PURPOSE, RESULTS, app, console
from coley.cli.shared import AsJson, Changes, Folders, Threads
from coley.errors import ColeyError

if TYPE_CHECKING:
    import pandas as pd

    from coley.baseline import Comparison


@app.command(epilog=EXIT_CODES)
def population(
    cancer: Annotated[str, typer.Argument(help="A cancer (see 'coley cancers').")],
    *,
    patients: Annotated[int, typer.Option(help="Virtual patients.")] = 500,
    seed: Annotated[int, typer.Option(help="Seed: the same seed gives the same patients.")] = 1,
    threads: Threads = None,
    out: Annotated[
        Path | None, typer.Option(help=f"Folder of tables and figure (default: {RESULTS}/population-CANCER).")
    ] = None,
    catalogue: Folders = None,
    change: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Compare virtual patients before treatment with published ones, and list what they miss."""
    from coley.baseline import compare, write_comparison
    from coley.baseline.write import distribution_table, fact_table, missed
    from coley.catalogue import load_catalogue
    from coley.cli.options import size_problems
    from coley.cli.progress import progress_bars
    from coley.cli.tabling import printed
    from coley.report.folder import make_folder
    from coley.trial import RunSettings

    if problems := size_problems(patients, seed, threads):
        raise ColeyError(problems)
    known = load_catalogue(*(catalogue or ()))
    name = known.cancer(cancer).name
    known = known.with_values(change or (), cancer=name)
    folder = out if out is not None else RESULTS / f"population-{name}"
    make_folder(folder)
    with progress_bars(as_json) as progress:
        found = compare(name, known, RunSettings(patients, seed, threads, progress=progress))
    files = write_comparison(found, folder)
    if as_json:
        typer.echo(_json(found))
        return
    screen = console()
    screen.print(printed(distribution_table(found)))
    nothing = f"No published facts of {name} before treatment are here."
    screen.print(printed(fact_table(found)) if len(found.facts) else nothing)
    for sentence in missed(found):
        screen.print(sentence, highlight=False, markup=False)
    screen.print(f"Page: {files[0]}", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)


def _json(found: Comparison) -> str:
    """Both tables; what is not known is null."""

    def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
        return [
            {str(k): None if isinstance(v, float) and not isfinite(v) else v for k, v in row.items()}
            for row in frame.to_dict("records")
        ]

    about = {"cancer": found.cancer.name, "patients": len(found.patients)}
    return json.dumps(about | {"distributions": plain(found.quantiles), "facts": plain(found.facts)}, indent=2)
