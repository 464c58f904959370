"""Tables in Markdown, for the pages that commands write into the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def table_rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The lines of a table, and an empty one after it."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace(" | ", " – ") for cell in row) + " |" for row in rows]
    return [*lines, ""]


def figure_text(value: float) -> str:
    """Two decimals for ratios and small numbers, one for the rest."""
    if np.isnan(value):
        return "–"
    return f"{value:.2f}" if abs(value) < 3 else f"{value:.1f}"
