"""``coley claims``: what the model is held to do, run as experiments, passing or failing as measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coley.cli.commands import EXIT_CODES, PURPOSE, RESULTS, app, console
from coley.cli.shared import AsJson, Folders, Seed, Threads

if TYPE_CHECKING:
    from coley.catalogue import Catalogue
    from coley.protocol import Claim


@app.command(epilog=EXIT_CODES)
def claims(
    claim: Annotated[list[str] | None, typer.Argument(help="Claims by id, such as G8 (default: all).")] = None,
    *,
    patients: Annotated[
        int | None, typer.Option(help="Virtual patients of each arm (default: as each claim says).")
    ] = None,
    seed: Seed = 1,
    threads: Threads = None,
    out: Annotated[Path, typer.Option(help="Folder of the page, figures and tables.")] = RESULTS / "claims",
    report: Annotated[Path | None, typer.Option(help="Markdown file that shows every claim; replaced.")] = None,
    catalogue: Folders = None,
    as_json: AsJson = False,
) -> None:
    """Run the claims of the model as experiments: measured effects with intervals, and whether each passes.

    Claims that fail are shown as failing; the exit code is 0 all the same. Each is a file in the folder claims of a
    catalogue. What was interrupted goes on where it was.
    """
    from coley.catalogue import load_catalogue
    from coley.cli.keeping import kept_parts
    from coley.cli.options import size_problems
    from coley.cli.progress import progress_bars
    from coley.errors import ColeyError

    known = load_catalogue(*(catalogue or ()))
    problems = size_problems(1 if patients is None else patients, seed, threads)
    try:
        wanted = _wanted(claim or [], known)
    except ColeyError as error:
        problems += error.problems
    if problems:
        raise ColeyError(problems)

    from coley.claims import Settings, claim_table, experiments, write_claims
    from coley.cli.tabling import printed
    from coley.report.folder import make_folder

    make_folder(out)
    arms = sum(len(claim.arms) for claim in wanted)
    with kept_parts(out / "claims", arms) as work:
        with progress_bars(as_json) as progress:
            settings = Settings(patients, seed, threads, work)
            found = list(experiments(wanted, known, settings, progress=progress))
        files = write_claims(found, out)
    if report is not None:
        from coley.claims.report import write_report

        write_report(found, report)
    if as_json:
        typer.echo((out / "claims.json").read_text(encoding="utf-8"), nl=False)
        return
    screen = console()
    screen.print(printed(claim_table(found)))
    screen.print(f"Page: {files[0]}", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)


def _wanted(names: list[str], known: Catalogue) -> list[Claim]:
    from coley.catalogue.catalogue import find
    from coley.errors import ColeyError, Problem

    found: list[Claim] = []
    problems: list[Problem] = []
    for name in names:
        try:
            found.append(find("claim", name, known.claims))
        except ColeyError as error:
            problems += error.problems
    if problems:
        raise ColeyError(problems)
    return list({claim.name: claim for claim in found}.values()) if names else sorted(known.claims.values(), key=_place)


def _place(claim: Claim) -> tuple[str, int, str]:
    """G2 stands before G10."""
    letters = claim.name.rstrip("0123456789")
    number = claim.name[len(letters) :]
    return letters, int(number or 0), claim.name
