"""Outcomes by a number that differs between the arms of a trial, such as a dose: a table, and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from coley.report.select import SEVERE, arm_names, evaluable, outcomes, rows_of_evaluable
from coley.report.theme import BLUE, Figure, finish, inline, nothing_to_show, panel_width, unit_text, wrap
from coley.trial.analysis.endpoints.base import PERCENT
from coley.trial.analysis.statistics import proportion

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_DAYS = 84.0
"""Over which the mean concentration is taken."""
_COLUMNS = ["measure", "unit", "value", "predicted", "lower", "upper"]


@dataclass(frozen=True)
class Axis:
    """What differs between the arms.

    Attributes:
        title: of the axis.
        values: one for each arm, in the order of the trial.
        log: whether the axis is logarithmic.
        drug: symbol of the drug in the model, whose concentration is shown.
    """

    title: str
    values: tuple[float, ...]
    log: bool
    drug: str


def responses_by(result: TrialResult, axis: Axis) -> pd.DataFrame:
    """Columns measure, unit, value, predicted, lower, upper: a row for each measure of each arm, with 95 % intervals.

    Endpoints are those of the summary that are known in some arm; then adverse events of grade 3 or more; then the mean
    concentration over twelve weeks, of which the bounds hold 90 % of the patients.
    """
    value = dict(zip(arm_names(result), axis.values, strict=True))
    rows: list[tuple[object, ...]] = [
        (o.about.label, o.about.unit, value[o.arm], o.predicted, o.lower, o.upper) for o in outcomes(result)
    ]
    events = rows_of_evaluable(result, "ADAE")
    if len(events):
        severe = set(events.loc[events["AETOXGR"] >= SEVERE, "USUBJID"])
        for arm, own in evaluable(result).groupby("ARM", sort=False, observed=True):
            found = proportion(int(own["USUBJID"].isin(severe).sum()), len(own))
            label = f"Adverse event of grade {SEVERE} or more"
            rows.append((label, PERCENT, value[str(arm)], 100 * found.value, 100 * found.lower, 100 * found.upper))
    rows += _exposures(result, axis, value)
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    known = frame.groupby("measure")["predicted"].transform(lambda column: column.notna().any())
    return frame[known].reset_index(drop=True)


def _exposures(result: TrialResult, axis: Axis, value: dict[str, float]) -> list[tuple[object, ...]]:
    name = f"Cp_{axis.drug}"
    if name not in result.trajectories:
        return []
    data = result.trajectories[name].sel(time=slice(0, _DAYS))
    label = f"Mean {str(data.attrs.get('long_name', name)).lower()}, first {_DAYS / 7:.0f} weeks"
    arms = data["ARM"].to_numpy()
    grid = data.transpose("individual", "time").to_numpy()
    rows: list[tuple[object, ...]] = []
    for arm in arm_names(result):
        own = grid[(arms == arm) & ~np.isnan(grid).all(axis=1)]
        if own.size:
            lower, median, upper = np.quantile(np.nanmean(own, axis=1), (0.05, 0.5, 0.95))
            rows.append((label, str(data.attrs.get("units", "")), value[arm], median, lower, upper))
    return rows


def dose_response(result: TrialResult, found: pd.DataFrame, axis: Axis) -> Figure:
    """A panel for each measure, with its intervals, by what differs between the arms."""
    names: Sequence[str] = list(dict.fromkeys(found["measure"]))
    if not names:
        return nothing_to_show(result.trial.title, "No outcome is known of any arm.")
    width = panel_width(len(names), gap=62)
    panels = [_panel(found[found["measure"] == name], name, axis, width) for name in names]
    subtitle = (
        f"{result.patients:,} virtual patients, the same at each value. Bars: 95 % intervals of an arm of that size; "
        "of a concentration, 5 to 95 % of the patients."
    )
    return finish(alt.concat(*panels, columns=3, spacing=18), result.trial.title, subtitle)


def _panel(rows: pd.DataFrame, name: str, axis: Axis, width: int) -> alt.LayerChart | alt.FacetChart:
    heading = alt.Title(wrap(name, 30).split("\n"), fontSize=11.5, offset=6, frame="group")
    scale = alt.Scale(type="log", nice=False) if axis.log else alt.Scale(zero=False, nice=True)
    x = alt.X("value:Q", title=axis.title, scale=scale, axis=alt.Axis(values=_ticks(axis), format="~g"))
    unit = str(rows["unit"].iloc[0])
    y_scale = alt.Scale(domain=[0, 100]) if unit == PERCENT else alt.Scale(zero=True)
    title = "Patients (%)" if unit == PERCENT else unit_text(unit)
    base = alt.Chart(inline(rows[["value", "predicted", "lower", "upper"]])).encode(x)
    bar = base.mark_rule(color=BLUE, strokeWidth=1.4).encode(
        alt.Y("lower:Q", title=title, scale=y_scale), alt.Y2("upper")
    )
    bar = bar.transform_filter("isValid(datum.lower) && isValid(datum.upper)")
    y = alt.Y("predicted:Q", title=title, scale=y_scale)
    line = base.mark_line(color=BLUE, strokeWidth=1.2, opacity=0.6).encode(y)
    point = base.mark_point(color=BLUE, filled=True, size=40, opacity=1).encode(y)
    return alt.layer(bar, line, point).properties(width=width, height=140, title=heading)


def _ticks(axis: Axis) -> list[float]:
    """At most four of the values."""
    chosen = np.unique(np.linspace(0, len(axis.values) - 1, min(len(axis.values), 4)).round().astype(int))
    return [axis.values[k] for k in chosen]
