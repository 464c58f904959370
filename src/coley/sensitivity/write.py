"""A sensitivity analysis as a folder: ``sensitivity.html``, its tables as CSV and Parquet, and its figure."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import altair as alt
import pandas as pd

from coley.report.findings import findings_page, write_findings
from coley.report.svg import Sketch
from coley.report.tables import DASH, Table, grouped
from coley.report.theme import BLUE, Figure, finish, inline, nothing_to_show, wrap
from coley.sensitivity.analysis import Sensitivity

SHOWN = 12
"""Parameters of an outcome that figure and table show."""
_MOST_PANELS = 12
_WIDTH = 190
_CAPTION = (
    "Share: of the variance of the outcome that would be lost if the parameter were known (total Sobol' index, with "
    "interactions) [95 % interval]; alone: without interactions. Change: mean change of the outcome when the parameter "
    "alone moves, and when it alone grows."
)
_LABEL = "Share of the variance of each outcome that parameters decide."


def write_sensitivity(found: Sensitivity, folder: Path) -> list[Path]:
    """Write the page, ``sensitivity.csv``, ``sensitivity.parquet``, ``points.csv`` and ``sensitivity.svg``.

    Returns:
        the files written, the page first.
    """
    shown = [sensitivity_table(found)]
    lead = [f"Some points could not be simulated: {reason}." for reason in found.failed]
    return write_findings(
        folder,
        {"sensitivity.csv": found.table, "sensitivity.parquet": found.table, "points.csv": found.outcomes},
        [Sketch("sensitivity", partial(sensitivity_figure, found), _LABEL)],
        "sensitivity.html",
        lambda figures: findings_page("sensitivity", sensitivity_title(found), lead, figures, shown),
    )


def sensitivity_title(found: Sensitivity) -> str:
    """What was asked."""
    return f"{found.trial.title}: what decides the outcomes"


def sensitivity_table(found: Sensitivity) -> Table:
    """The most decisive parameters of each outcome of each arm."""
    rows = []
    for (arm, outcome), own in found.table.groupby(["arm", "outcome"], sort=False):
        for place, row in enumerate(own.head(SHOWN).to_dict("records")):
            share = f"{row['total']:.0%} [{100 * row['total_lower']:.0f}{DASH}{100 * row['total_upper']:.0f}]"
            moved = f"{row['change']:.2g} {row['unit']}", f"{row['rise']:+.2g}"
            between = f"{row['low']:.3g}{DASH}{row['high']:.3g}"
            name = "" if place else str(outcome)
            rows.append((str(arm), name, str(row["parameter"]), between, share, f"{row['first']:.0%}", *moved))
    columns = ("arm", "outcome", "parameter", "range", "share", "alone", "change", "when it grows")
    return Table(_CAPTION, columns, grouped(rows), texts=4)


def sensitivity_figure(found: Sensitivity) -> Figure:
    """Total indices of the most decisive parameters, with their intervals: a panel for each arm and outcome."""
    title = sensitivity_title(found)
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
