"""The result of a run as a table in the terminal, with what was published beneath each arm."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coley.protocol import Trial

if TYPE_CHECKING:
    from coley.trial import TrialResult

COLUMNS = {"ORR": "ORR, %", "CR": "CR, %", "PFS_median": "median PFS", "OS_median": "median OS"}
CAPTION = "Medians in months. [95 % interval]. NR: not reached; –: not known."


def print_outcome(console: Console, trial: Trial, summary: pd.DataFrame, patients: int, notes: tuple[str, ...]) -> None:
    """Print the main endpoints of every arm, simulated and published, with 95 % intervals, and the notes of the result.

    Args:
        console: where to print.
        trial: the protocol; says the published number of patients of each arm.
        summary: the table ``summary`` of a result.
        patients: virtual patients per arm.
        notes: the ``notes`` of a result.
    """
    console.print(outcome_table(trial, summary, patients))
    for note in notes:
        console.print(note, highlight=False)


def outcome_json(trial: Trial, result: TrialResult, folder: Path) -> str:
    """The outcome for other programs: trial, seed, patients per arm, report, notes, and the rows of the summary.

    What is not known or not reached is null.
    """
    rows = result.summary.astype(object).where(result.summary.notna(), None).to_dict("records")
    about = {"trial": trial.name, "patients": result.patients, "seed": result.seed, "report": str(folder)}
    return json.dumps({**about, "notes": list(result.notes), "summary": rows}, indent=2, allow_nan=False)


def outcome_table(trial: Trial, summary: pd.DataFrame, patients: int) -> Table:
    """One row per arm as simulated, and one as published where anything was."""
    table = Table("arm", "", title=Text(trial.title), caption=Text(CAPTION), caption_justify="left", box=SIMPLE_HEAD)
    for heading in ("n", *COLUMNS.values()):
        table.add_column(heading, justify="right", overflow="fold")
    rows_of = {(row["arm"], row["endpoint"]): row for _, row in summary.iterrows()}
    for arm in trial.arms:
        rows = {name: rows_of.get((arm.name, name)) for name in COLUMNS}
        predicted = [_cell(row, "predicted", "lower", "upper", name) for name, row in rows.items()]
        table.add_row(Text(arm.name), "simulated", str(patients), *predicted)
        if arm.published:
            values = ("published", "published_lower", "published_upper")
            published = [_cell(row, *values, name) for name, row in rows.items()]
            table.add_row("", "published", "–" if arm.n is None else str(arm.n), *published, style="dim")
        table.add_section()
    return table


def _cell(row: pd.Series | None, value: str, lower: str, upper: str, endpoint: str) -> Text:
    """A number above its interval. A predicted median that is missing was not reached; else missing is unknown."""
    if row is None:
        return Text("–")
    decimals = 1 if endpoint.endswith("_median") else 0
    number = _number(row[value], decimals, "NR" if endpoint.endswith("_median") and value == "predicted" else "–")
    if math.isnan(row[lower]) and math.isnan(row[upper]):
        return Text(number)
    return Text(f"{number}\n[{_number(row[lower], decimals, 'NR')}–{_number(row[upper], decimals, 'NR')}]")


def _number(value: float, decimals: int, missing: str) -> str:
    return missing if math.isnan(value) else f"{value:.{decimals}f}"
