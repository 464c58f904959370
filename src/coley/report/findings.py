"""What a command found, as a folder: a page, its tables and its figures; written in the same way by all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from coley.report.folder import make_folder
from coley.report.svg import Sketch, draw
from coley.report.tables import Table
from coley.report.templating import inline, page

Inlined = Mapping[str, str]
"""A figure as a page shows it, of :func:`coley.report.templating.inline`."""


def write_findings(
    folder: Path,
    tables: Mapping[str, pd.DataFrame | str],
    sketches: Iterable[Sketch],
    name: str,
    make_page: Callable[[Mapping[str, Inlined]], str],
) -> list[Path]:
    """Write tables, then figures, then the page into ``folder``, which keeps what else is in it.

    A figure that fails is a note on the page, and costs nothing else.

    Args:
        tables: by file; ``.csv``, ``.parquet``, or a text that is written as it is.
        sketches: each becomes ``NAME.svg``; its label is the caption on the page.
        name: file of the page.
        make_page: makes it of the figures by name.

    Returns:
        the files written: the page, tables, figures.

    Raises:
        ColeyError: where ``folder`` cannot be written.
    """
    make_folder(folder)
    files = [folder / name, *(folder / file for file in tables)]
    for path, table in zip(files[1:], tables.values(), strict=True):
        if isinstance(table, str):
            path.write_text(table, encoding="utf-8", newline="\n")
        elif path.suffix == ".parquet":
            table.to_parquet(path, index=False)
        else:
            table.to_csv(path, index=False, lineterminator="\n")
    wanted = list(sketches)
    drawn = draw(wanted)
    for figure, drawing in drawn.items():
        if drawing.svg:
            files.append(folder / f"{figure}.svg")
            files[-1].write_text(drawing.svg, encoding="utf-8", newline="\n")
    shown = {each.name: inline(each.name, drawn[each.name], each.label) for each in wanted}
    files[0].write_text(make_page(shown), encoding="utf-8", newline="\n")
    return files


def findings_page(
    kind: str, title: str, lead: Sequence[str], figures: Mapping[str, Inlined], tables: Sequence[Table]
) -> str:
    """A page for what needs no template of its own: what was found in sentences, figures, tables."""
    return page("findings.html", kind=kind, title=title, lead=lead, figures=figures.values(), tables=tables)
