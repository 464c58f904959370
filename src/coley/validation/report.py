"""The page of a validation in Markdown: errors and coverage, and every arm beside what was published."""

from __future__ import annotations

from collections.abc import Hashable
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from coley.report.markdown import figure_text, table_rows
from coley.validation.scores import scores
from coley.validation.validate import Settings, Validation
from coley.validation.write import score_table

SHOWN = ("ORR", "CR", "PFS_median", "OS_median")
"""Endpoints of the table of arms."""
INTRODUCTION = resources.files("coley.validation").joinpath("templates", "validation.md")


def write_report(validation: Validation, settings: Settings, file: Path) -> None:
    """Write the page."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(markdown(validation, settings), encoding="utf-8")


def markdown(validation: Validation, settings: Settings) -> str:
    """The page as text."""
    told = score_table(scores(validation.figures))
    rows = [(group.label, *row) for group in told.groups for row in group.rows]
    head = INTRODUCTION.read_text(encoding="utf-8").format(
        patients=settings.patients, draws=settings.draws, caption=told.caption
    )
    parts = [head, *table_rows(told.columns, rows), "## Arm by arm\n"]
    parts.append("Simulated (95 %) / published; rates in percent, medians in months. A star: outside the interval.\n")
    for cancer, table in validation.figures.sort_values(["cancer", "trial"], kind="stable").groupby("cancer"):
        parts += [f"### {cancer}\n", *_arms(table)]
    return "\n".join(parts).rstrip() + "\n"


def _arms(table: pd.DataFrame) -> list[str]:
    shown = table[table["endpoint"].isin(SHOWN) & ~table["arm"].str.contains(" | ", regex=False)]
    rows = []
    for (trial, arm), own in shown.groupby(["trial", "arm"], sort=False):
        at = {row["endpoint"]: row for row in reversed(own.to_dict("records"))}
        kind = "fitted" if own["fitted"].iloc[0] else "predicted"
        rows.append((trial, arm, kind, *(_cell(at[name]) if name in at else "–" for name in SHOWN)))
    return table_rows(("trial", "arm", "", *SHOWN), rows)


def _cell(row: dict[Hashable, Any]) -> str:
    outside = "" if row["lower"] <= row["published"] <= row["upper"] else " *"
    interval = f"{figure_text(row['lower'])} to {figure_text(row['upper'])}"
    return f"{figure_text(row['predicted'])} ({interval}) / {figure_text(row['published'])}{outside}"
