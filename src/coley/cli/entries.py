"""Commands for what the catalogue holds, that of a user included: listings, ``show``, ``check`` and ``new``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coley.cli.commands import BAD_INPUT, EXIT_CODES, app, console
from coley.cli.shared import Folders
from coley.errors import ColeyError, Problem

if TYPE_CHECKING:
    from coley.catalogue import Catalogue


def catalogue_of(folders: list[Path] | None) -> Catalogue:
    """The shipped catalogue with ``folders`` beside it."""
    from coley.catalogue import load_catalogue

    return load_catalogue(*(folders or ()))


@app.command(epilog=EXIT_CODES)
def trials(catalogue: Folders = None) -> None:
    """List the trials."""
    from coley.cli.listing import trial_table

    console().print(trial_table(catalogue_of(catalogue)))


@app.command(epilog=EXIT_CODES)
def drugs(catalogue: Folders = None) -> None:
    """List the drugs."""
    from coley.cli.listing import drug_table

    console().print(drug_table(catalogue_of(catalogue)))


@app.command(epilog=EXIT_CODES)
def cancers(catalogue: Folders = None) -> None:
    """List the cancers."""
    from coley.cli.listing import cancer_table

    console().print(cancer_table(catalogue_of(catalogue)))


@app.command(epilog=EXIT_CODES)
def regimens(catalogue: Folders = None) -> None:
    """List the regimens that have a name of their own."""
    from coley.cli.listing import regimen_table

    console().print(regimen_table(catalogue_of(catalogue)))


@app.command(epilog=EXIT_CODES)
def harms(catalogue: Folders = None) -> None:
    """List the harms of treatment that are simulated."""
    from coley.cli.listing import harm_table

    console().print(harm_table(catalogue_of(catalogue)))


@app.command(epilog=EXIT_CODES)
def care(catalogue: Folders = None) -> None:
    """List the rules of care: what is done about harm."""
    from coley.cli.listing import care_table

    console().print(care_table(catalogue_of(catalogue)))


@app.command(epilog=EXIT_CODES)
def diseases() -> None:
    """List the kinds of disease, with the response criteria that each is judged by."""
    from coley.cli.listing import disease_table

    console().print(disease_table(catalogue_of(None)))


@app.command(epilog=EXIT_CODES)
def show(
    name: Annotated[
        str, typer.Argument(help="A drug, cancer, trial, regimen, harm, care or kind of disease; or 'physiology'.")
    ],
    catalogue: Folders = None,
) -> None:
    """Show an entry of the catalogue: every number with its unit, spread, source and how it is known."""
    from coley.cli.show import find, print_entry

    known = catalogue_of(catalogue)
    screen = console()
    for entry in find(known, name):
        print_entry(screen, entry, known.sources)


@app.command(epilog=EXIT_CODES)
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


@app.command(epilog=EXIT_CODES)
def new(
    kind: Annotated[str, typer.Argument(help="drug, cancer, trial, regimen or harm.")],
    name: Annotated[str, typer.Argument(help="Its name: lower-case letters, digits and hyphens.")],
    *,
    template: Annotated[str, typer.Option("--from", help="The entry of the same kind that it starts from.")],
    out: Annotated[Path, typer.Option(help="The folder that is your catalogue (default: the current one).")] = Path(),
    catalogue: Folders = None,
) -> None:
    """Write a commented file to start from: OUT/drugs/NAME.toml for a drug, and so on. No file is replaced."""
    from coley.catalogue.drafting import KINDS, draft

    folders = list(dict.fromkeys([*(catalogue or ()), *([out] if _is_catalogue(out) else ())]))
    text = draft(kind, name, template, catalogue_of(folders))
    path = out / KINDS[kind] / f"{name}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise ColeyError(Problem(str(path), "is there already", "choose another name, or another --out")) from None
    except OSError as error:
        raise ColeyError(Problem(str(path), f"cannot be written ({error.strerror})", "choose another --out")) from None
    screen = console()
    screen.print(f"Written: {path}", highlight=False, markup=False, soft_wrap=True)
    screen.print(f"Check it with: coley check {out}", highlight=False, markup=False, soft_wrap=True)


def _is_catalogue(folder: Path) -> bool:
    """Whether what is in a folder has to be known before an entry joins it."""
    from coley.catalogue.loader import FOLDERS, TABLES

    return any((folder / name).is_dir() for name in (*FOLDERS, *TABLES))
