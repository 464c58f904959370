"""A validation as a folder: ``validation.html``, ``figures.csv``, ``scores.csv``, and the page's figures as SVG."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coley.report.findings import write_findings
from coley.report.tables import Group, Table, number
from coley.report.templating import page
from coley.validation.figures import sketches
from coley.validation.scores import scores
from coley.validation.validate import Validation

PAGE = "validation.html"
_LOG_HR = "log HR"


def write_validation(validation: Validation, folder: Path) -> list[Path]:
    """Write the page, its tables and figures into ``folder``, which keeps what else is in it.

    Returns:
        the files written, the page first.
    """
    summary = scores(validation.figures)
    said: dict[str, Any] = {"failed": validation.failed, "skipped": validation.skipped}
    said |= {"scores": score_table(summary), "trials": _trials(validation.figures)}
    return write_findings(
        folder,
        {"figures.csv": validation.figures, "scores.csv": summary},
        sketches(validation.figures),
        PAGE,
        lambda figures: page(PAGE, ["coley.validation"], figures=figures.values(), **said),
    )


def score_table(summary: pd.DataFrame) -> Table:
    """Errors and coverage by kind of figure, the yardsticks beside the model."""
    columns = (
        "",
        "figures",
        "number",
        "model",
        "look-up",
        "model there",
        "regression",
        "model there",
        "coverage",
        "width",
    )
    groups = []
    for name, part in summary.groupby("trials", sort=False):
        rows = tuple(_score(row) for row in part.to_dict("records"))
        groups.append(Group(str(name), rows))
    caption = (
        "Mean absolute error: points of a rate, logarithm of a hazard ratio; of medians, the percent that is off by "
        "more than a third; that of the model also where a yardstick has a value. Coverage is the percent of published "
        "figures inside the 95 % intervals, width that of the intervals relative to sampling alone."
    )
    return Table(caption, columns, tuple(groups), texts=2)


def _score(row: dict[Hashable, Any]) -> tuple[str, ...]:
    kind = str(row["figures"])
    digits, factor = (2, 1.0) if kind.startswith(_LOG_HR) else (1, 100.0 if kind.startswith("median") else 1.0)
    errors = ("error", "looked_up", "error_copied", "regressed", "error_regressed")
    return (
        kind,
        f"{row['n']:.0f}",
        *(number(factor * row[name], digits) for name in errors),
        number(100 * row["coverage"], 0),
        number(row["width"], 2),
    )


def _trials(figures: pd.DataFrame) -> Table:
    """Every figure, with what the yardsticks say."""
    columns = ("trial", "arm", "figure", "simulated", "95 %", "published", "look-up", "regression", "")
    groups = []
    for name, part in figures.groupby("trial", sort=False):
        fitted = "fitted" if part["fitted"].iloc[0] else "predicted"
        rows = tuple(_figure(row) for row in part.to_dict("records"))
        groups.append(Group(f"{name} ({part['cancer'].iloc[0]}; {fitted})", rows))
    caption = "Rates in percent, medians in months."
    return Table(caption, columns, tuple(groups), texts=3)


def _figure(row: dict[Hashable, Any]) -> tuple[str, ...]:
    digits = 2 if str(row["endpoint"]).endswith("_HR") else 1
    known = np.isfinite(row["predicted"])
    inside = row["lower"] <= row["published"] <= row["upper"]
    return (
        str(row["arm"]),
        str(row["endpoint"]),
        number(row["predicted"], digits),
        f"{number(row['lower'], digits)} to {number(row['upper'], digits)}",
        number(row["published"], digits),
        number(row["looked_up"], digits),
        number(row["regressed"], digits),
        "" if inside or not known else "outside",
    )
