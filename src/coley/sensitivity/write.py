"""A sensitivity analysis as a folder: tables as CSV and Parquet, and a figure of the total indices."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pandas as pd

from coley.report.svg import render
from coley.report.theme import BLUE, Figure, finish, inline, nothing_to_show, wrap
from coley.sensitivity.analysis import Sensitivity

SHOWN = 12
"""Parameters of an outcome that the figure and the terminal show."""
_MOST_PANELS = 12
_WIDTH = 190


def write_sensitivity(found: Sensitivity, folder: Path) -> list[Path]:
    """Write ``sensitivity.csv``, ``sensitivity.parquet``, ``points.csv`` and ``sensitivity.svg``; tables first.

    Returns:
        the files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in ("sensitivity.csv", "sensitivity.parquet", "points.csv", "sensitivity.svg")]
    found.table.to_csv(files[0], index=False)
    found.table.to_parquet(files[1], index=False)
    found.outcomes.to_csv(files[2], index=False)
    label = "Share of the variance of each outcome that parameters decide"
    files[3].write_text(render(sensitivity_figure(found), "sensitivity", label), encoding="utf-8")
    return files


def sensitivity_figure(found: Sensitivity) -> Figure:
    """Total indices of the most decisive parameters, with their intervals: a panel for each arm and outcome."""
    title = f"{found.trial.title}: what decides the outcomes"
    table = found.table[found.table["total"].notna()]
    if table.empty:
        return nothing_to_show(title, "No outcome is known.")
    groups = list(table.groupby(["arm", "outcome"], sort=False))[:_MOST_PANELS]
    several = found.table["arm"].nunique() > 1
    panels = [
        _panel(rows.head(SHOWN), f"{arm}: {outcome}" if several else str(outcome)) for (arm, outcome), rows in groups
    ]
    subtitle = (
        "Total Sobol' index: share of the variance of the outcome that would be lost if the parameter were known, "
        f"interactions included; with 95 % intervals. {found.settings.patients:,} virtual patients, the same each time."
    )
    return finish(alt.concat(*panels, columns=2, spacing=24), title, subtitle)


def _panel(rows: pd.DataFrame, name: str) -> alt.LayerChart | alt.FacetChart:
    shown = rows.assign(
        upper=(100 * rows["total_upper"]).clip(upper=100), lower=100 * rows["total_lower"], share=100 * rows["total"]
    )
    data = inline(shown[["parameter", "share", "lower", "upper"]])
    y = alt.Y("parameter:N", sort=shown["parameter"].tolist(), title=None, axis=alt.Axis(labelLimit=170))
    scale = alt.Scale(domain=[0, 100], clamp=True)
    x = alt.X("share:Q", title="Share of variance (%)", scale=scale)
    bars = alt.Chart(data).mark_bar(color=BLUE, opacity=0.75, height={"band": 0.6}).encode(x, y)
    ends = (
        alt.Chart(data)
        .mark_rule(strokeWidth=1.2)
        .encode(alt.X("lower:Q", title="Share of variance (%)", scale=scale), alt.X2("upper"), y)
    )
    heading = alt.Title(wrap(name, 44).split("\n"), fontSize=11.5, offset=6, frame="group")
    return alt.layer(bars, ends).properties(width=_WIDTH, height=18 * len(shown), title=heading)
