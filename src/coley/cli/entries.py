"""Commands for what the catalogue holds, that of a user included: listings, ``show``, ``check`` and ``new``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coley.cli.commands import BAD_INPUT, app, console

if TYPE_CHECKING:
    from coley.catalogue import Catalogue

Folders = Annotated[
    list[Path] | None, typer.Option("--catalogue", help="A folder with own entries, beside those that ship.")
]


def catalogue_of(folders: list[Path] | None) -> Catalogue:
    """The shipped catalogue with ``folders`` beside it."""
    from coley.catalogue import load_catalogue

    return load_catalogue(*(folders or ()))


@app.command()
def trials(catalogue: Folders = None) -> None:
    """List the trials."""
    from coley.cli.listing import trial_table

    console().print(trial_table(catalogue_of(catalogue)))


@app.command()
def drugs(catalogue: Folders = None) -> None:
    """List the drugs."""
    from coley.cli.listing import drug_table

    console().print(drug_table(catalogue_of(catalogue)))


@app.command()
def cancers(catalogue: Folders = None) -> None:
    """List the cancers."""
    from coley.cli.listing import cancer_table

    console().print(cancer_table(catalogue_of(catalogue)))


@app.command()
def regimens(catalogue: Folders = None) -> None:
    """List the regimens that have a name of their own."""
    from coley.cli.listing import regimen_table

    console().print(regimen_table(catalogue_of(catalogue)))


@app.command()
def harms(catalogue: Folders = None) -> None:
    """List the harms of treatment that are simulated."""
    from coley.cli.listing import harm_table

    console().print(harm_table(catalogue_of(catalogue)))


@app.command()
def care(catalogue: Folders = None) -> None:
    """List the rules of care: what is done about harm."""
    from coley.cli.listing import care_table

    console().print(care_table(catalogue_of(catalogue)))


@app.command()
def diseases() -> None:
    """List the kinds of disease, with the response criteria that each is judged by."""
    from coley.cli.listing import disease_table

    console().print(disease_table(catalogue_of(None)))


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(help="A drug, cancer, trial, regimen, harm, care or kind of disease; or 'physiology'.")
    ],
    catalogue: Folders = None,
) -> None:
    """Show an entry of the catalogue: every number with its unit, spread, source and how it is known."""
    from coley.cli.show import find, print_entry

    known = catalogue_of(catalogue)
    print_entry(console(), find(known, name), known.sources)


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Folders that are catalogues, and files of trials.")],
    catalogue: Folders = None,
) -> None:
    """Check own catalogues and trials: every problem, with its file, line and field, and what would be right."""
    from coley.cli.checking import CHECKED
    from coley.cli.checking import check as checked

    found = checked(paths, catalogue or ())
    for problem in found.problems:
        typer.echo(f"error: {problem}", err=True)
    if found.problems:
        count = len(found.problems)
        typer.echo(f"{count} problem{'s' if count > 1 else ''}", err=True)
        raise typer.Exit(BAD_INPUT)
    screen = console()
    for line in found.seen:
        screen.print(line, highlight=False, markup=False, soft_wrap=True)
    screen.print(f"No problem. Checked: {CHECKED}.", highlight=False, soft_wrap=True)
