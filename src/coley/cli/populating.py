"""``coley population``: virtual patients of a cancer before treatment, beside published ones."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from coley.cli.commands import EXIT_CODES, PURPOSE, RESULTS, app, console
from coley.cli.shared import AsJson, Changes, Folders, Threads
from coley.errors import ColeyError

if TYPE_CHECKING:
    import pandas as pd

    from coley.baseline import Comparison

_CAPTION = (
    "[95 % interval of so many virtual patients; of what was published, the range over studies or the interval]. "
    "Misses: the two do not meet. Recalled: not read in its source. –: the model has no such measure."
)


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
    from coley.catalogue import load_catalogue
    from coley.cli.options import size_problems
    from coley.cli.progress import progress_bars
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
    screen.print(_distributions(found))
    screen.print(_facts(found) if len(found.facts) else f"No published facts of {name} before treatment are here.")
    for row in found.misses.to_dict("records"):
        screen.print(_miss(row), highlight=False, markup=False)
    screen.print(f"Figure: {files[-1]}", highlight=False, markup=False, soft_wrap=True)
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


def _distributions(found: Comparison) -> Table:
    title = Text(f"{found.cancer.title} before treatment: {len(found.patients):,} virtual patients")
    table = Table(title=title, box=SIMPLE_HEAD)
    table.add_column("measure")
    for heading in ("5 %", "25 %", "median", "75 %", "95 %"):
        table.add_column(heading, justify="right")
    for row in found.quantiles.to_dict("records"):
        unit = f", {row['unit']}" if row["unit"] else ""
        table.add_row(f"{row['title']}{unit}", *(f"{row[name]:.3g}" for name in ("q5", "q25", "q50", "q75", "q95")))
    return table


def _facts(found: Comparison) -> Table:
    table = Table(title="Beside published facts", caption=Text(_CAPTION), caption_justify="left", box=SIMPLE_HEAD)
    table.add_column("fact")
    for heading in ("virtual", "published"):
        table.add_column(heading, justify="right")
    table.add_column("source")
    table.add_column("")
    for row in found.facts.to_dict("records"):
        virtual = _estimate(row["predicted"], row["lower"], row["upper"])
        published = _estimate(row["published"], row["published_lower"], row["published_upper"])
        unit = f", {row['unit']}" if row["unit"] else ""
        source = f"{row['source']}{'' if row['read'] else ' (recalled)'}"
        table.add_row(f"{row['title']}{unit}", virtual, published, source, row["verdict"])
    return table


def _estimate(value: float, lower: float, upper: float) -> str:
    return f"{value:.3g} [{lower:.3g}–{upper:.3g}]" if isfinite(value) else "–"


def _miss(row: dict[Any, Any]) -> str:
    if row["verdict"] == "unknown":
        return f"Unknown: {row['title']}: the model has no {row['measure']}."
    side = "below" if row["predicted"] < row["published"] else "above"
    return f"Miss: {row['title']}: {row['predicted']:.3g} lies {side} the published {row['published']:.3g}."
