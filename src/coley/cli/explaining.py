"""``coley explain``: what something is, in plain words, with its source."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from coley.cli.commands import EXIT_CODES, app, console
from coley.cli.entries import catalogue_of
from coley.cli.shared import Folders


@app.command(epilog=EXIT_CODES)
def explain(
    name: Annotated[
        str, typer.Argument(help="A mechanism, drug, cancer, harm, endpoint or term, such as killing, OS_HR, censored.")
    ],
    catalogue: Folders = None,
) -> None:
    """Explain a mechanism, drug, endpoint or term in plain words, with its source."""
    from coley.handbook import explain as explanations

    screen = console()
    for place, found in enumerate(explanations(name, catalogue_of(catalogue))):
        if place:
            screen.print()
        screen.print(Text.assemble((found.name, "bold"), f" ({found.kind})"))
        for paragraph in found.paragraphs:
            screen.print(Text(paragraph))
        for source in found.sources:
            screen.print(Text.assemble(("source: ", "dim"), source), soft_wrap=True)
