"""A figure that a command writes as a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coley.errors import ColeyError, Problem

if TYPE_CHECKING:
    from coley.report.theme import Figure


def check_svg(path: Path | None) -> None:
    """That a figure can be written as ``path``, before anything is computed; None is no figure.

    Raises:
        ColeyError: it does not end in ``.svg``, or its folder is not there.
    """
    if path is None:
        return
    problems = []
    if path.suffix.lower() != ".svg":
        problems.append(Problem(f"--plot {path}", "is of a format that is not written", "end it in .svg"))
    if not path.parent.is_dir():
        problems.append(Problem(f"--plot {path}", "is in a folder that is not there", "make it, or name another"))
    if problems:
        raise ColeyError(problems)


def write_figure(path: Path, figure: Figure, label: str) -> None:
    """Draw ``figure`` as ``path``; ``label`` says what is seen, for screen readers."""
    from coley.report.svg import render

    write_svg(path, render(figure, "figure", label))


def write_svg(path: Path, svg: str) -> None:
    """Write SVG text as ``path``.

    Raises:
        ColeyError: where it cannot be written.
    """
    try:
        path.write_text(svg, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ColeyError(Problem(str(path), f"cannot be written ({error.strerror or error})")) from error
