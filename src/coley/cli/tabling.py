"""A table of a page, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from coley.report.tables import Table as PageTable


def printed(table: PageTable, title: str = "") -> Table:
    """``table`` as the terminal shows it; a label stands in the first row of its group."""
    heading = Text(title) if title else None
    shown = Table(title=heading, caption=Text(table.caption), caption_justify="left", box=SIMPLE_HEAD)
    for place, name in enumerate(table.columns):
        shown.add_column(name, justify="left" if place < table.texts else "right")
    for group in table.groups:
        for place, row in enumerate(group.rows):
            shown.add_row(Text("" if place else group.label), *map(Text, row))
    return shown
