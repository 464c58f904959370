"""``coley equations``: the equations of the model with their symbols, from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coley.cli.commands import EXIT_CODES, app
from coley.cli.entries import catalogue_of
from coley.cli.shared import Folders
from coley.errors import ColeyError, Problem


@app.command(epilog=EXIT_CODES)
def equations(
    name: Annotated[
        str | None, typer.Argument(help="A mechanism, way to act, kinetics or harm, such as priming (default: all).")
    ] = None,
    *,
    out: Annotated[Path | None, typer.Option(help="Write them to this file instead; it is replaced.")] = None,
    catalogue: Folders = None,
) -> None:
    """Print the equations of the model in LaTeX, in Markdown, with a table of symbols for every mechanism."""
    from coley.handbook.equations import chapters
    from coley.handbook.pages import chosen, equations_page

    found = chapters(catalogue_of(catalogue))
    page = equations_page(found if name is None else chosen(found, name))
    if out is None:
        typer.echo(page)
        return
    try:
        out.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ColeyError(Problem(str(out), f"cannot be written ({error.strerror})", "choose another --out")) from None
    typer.echo(f"Written: {out}")
