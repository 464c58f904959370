"""Options that several commands share, each with one meaning and one text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folders = Annotated[
    list[Path] | None, typer.Option("--catalogue", help="A folder with own entries, beside those that ship.")
]
Changes = Annotated[list[str] | None, typer.Option("--set", help="Another value of a number, as in coley run.")]
Seed = Annotated[int, typer.Option(help="Seed: the same seed gives the same numbers.")]
Threads = Annotated[int | None, typer.Option(help="Processors to use (default: all).")]
Plot = Annotated[Path | None, typer.Option(help="Draw it too, as this SVG file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and no progress: for other programs.")]
OwnCancer = Annotated[str | None, typer.Option(help="Own trial: the cancer (see 'coley cancers').")]
OwnArms = Annotated[
    list[str] | None, typer.Option(help="Own trial: the regimen of an arm, such as 'nivolumab 3 mg/kg iv q2w'.")
]
OwnMonths = Annotated[float | None, typer.Option(help="Own trial: follow-up in months (default: 60).")]
OwnPrior = Annotated[
    list[str] | None, typer.Option(help="Own trial: what all patients had before, such as chemotherapy.")
]
OwnBiomarkers = Annotated[
    list[str] | None, typer.Option(help="Own trial: a bound of who may enter, such as 'PDL1 >= 50'.")
]
