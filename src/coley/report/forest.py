"""Predicted against published: both intervals of every arm and endpoint, one under the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Literal

import altair as alt
import numpy as np
import pandas as pd

from coley.report.select import Outcome, outcomes
from coley.report.survival import tick_step
from coley.report.theme import (
    BLACK,
    BLUE,
    FAINT,
    FIGURE_WIDTH,
    NUMBERS,
    VERMILLION,
    Figure,
    finish,
    inline,
    nothing_to_show,
)

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_MISS = "published, outside the simulated interval"
_COLOURS = {"simulated": BLUE, "published": BLACK, _MISS: VERMILLION}
_SHAPES = {"simulated": "circle", "published": "diamond", _MISS: "cross"}
_AXES = {"percent": "Patients (%)", "months": "Median (months)", "ratio": "Hazard ratio"}
_LABELS = {
    "ORR": "objective response",
    "CR": "complete response",
    "DCR": "disease control",
    "DOR_median": "median duration of response",
    "PFS_median": "median PFS",
    "OS_median": "median OS",
    "OS_HR": "OS",
    "PFS_HR": "PFS",
}
_ROW, _HEAD = 25, 22
"""Height in px of a row and of the name of an arm."""
_SHIFT = 4.5
"""Distance in px of the two intervals from the middle of their row."""
_LEFT = 190
"""Room in px for the labels of the rows."""


def endpoint_label(endpoint: str) -> str:
    """The endpoint in words, such as "OS at 12 months" for ``OS_12mo``."""
    if endpoint in _LABELS:
        return _LABELS[endpoint]
    prefix, _, months = endpoint.partition("_")
    return f"{prefix} at {months.removesuffix('mo')} months"


def endpoint_kind(endpoint: str) -> str:
    """The scale on which the endpoint is measured: "percent", "months" or "ratio"."""
    if endpoint.endswith("_HR"):
        return "ratio"
    return "months" if endpoint.endswith("_median") else "percent"


def predicted_vs_published(result: TrialResult) -> Figure:
    """Predicted and published intervals side by side by arm and endpoint; published values outside are marked.

    A bound that was not reached is drawn as an arrow at the edge of its panel.
    """
    what = "Calibrated" if result.trial.calibrated else "Predicted"
    title = f"{what} against published outcomes"
    rows = [o for o in outcomes(result) if any(map(isfinite, (o.predicted, o.lower, o.published)))]
    if not rows:
        return nothing_to_show(title, "There is no outcome to show.")
    shown = {kind: [o for o in rows if endpoint_kind(o.endpoint) == kind] for kind in _AXES}
    shown = {kind: part for kind, part in shown.items() if part}
    panels = [
        _panel(part, kind, _AXES[kind] + (_against(result) if kind == "ratio" else ""), legend=i == 0)
        for i, (kind, part) in enumerate(shown.items())
    ]
    subtitle = (
        "Bars are 95 % intervals, the simulated one at the published number of patients; an arrow ends a bar whose "
        "bound was not reached."
    )
    return finish(alt.vconcat(*panels, spacing=16), title, subtitle)


def _panel(part: Sequence[Outcome], kind: str, axis_title: str, legend: bool) -> alt.LayerChart | alt.FacetChart:
    labels, marks, height = _place(part)
    low, high = _domain(marks, kind)
    marks["open"] = marks["start"].notna() & marks["end"].isna()
    marks["end"] = marks["end"].where(~marks["open"], high)
    marks[["start", "end"]] = marks[["start", "end"]].clip(low, high)
    width = FIGURE_WIDTH - _LEFT
    scale = alt.Scale(domain=[low, high], type="log" if kind == "ratio" else "linear", nice=False)
    axis = alt.Axis(title=axis_title, grid=True, format=NUMBERS, values=_ticks(kind, low, high))
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    key = alt.Legend(symbolSize=70, labelLimit=0) if legend else None
    colour = alt.Color("kind:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), legend=key)
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values())), legend=key)
    bars = alt.Chart(inline(marks.dropna(subset=["start"]))).mark_rule(strokeWidth=2)
    arrows = alt.Chart(inline(marks[marks["open"]])).mark_point(shape="triangle-right", filled=True, size=45, opacity=1)
    points = alt.Chart(inline(marks.dropna(subset=["value"]))).mark_point(filled=True, size=58, opacity=1)
    layers = [
        *_reference(kind),
        bars.encode(alt.X("start:Q", scale=scale, axis=axis), alt.X2("end"), y, colour),
        arrows.encode(alt.X("end:Q", scale=scale, axis=axis), y, colour),
        points.encode(alt.X("value:Q", scale=scale, axis=axis), y, colour, shape),
        _texts(labels[labels["head"]], y, "bold", 0),
        _texts(labels[~labels["head"]], y, "normal", 12),
    ]
    panel: alt.LayerChart | alt.FacetChart = alt.layer(*layers).properties(width=width, height=height)
    return panel


def _against(result: TrialResult) -> str:
    """The arm that every hazard ratio compares with, where it is one and the same."""
    arms = {fact.versus for arm in result.trial.arms for fact in arm.published if fact.versus}
    return f" against {arms.pop()}" if len(arms) == 1 else ""


def _texts(labels: pd.DataFrame, y: alt.Y, weight: Literal["bold", "normal"], indent: int) -> alt.Chart:
    mark = alt.Chart(inline(labels)).mark_text(align="left", baseline="middle", fontWeight=weight, limit=_LEFT)
    texts: alt.Chart = mark.encode(y, alt.Text("text:N"), x=alt.value(indent - _LEFT))
    return texts


def _reference(kind: str) -> list[alt.Chart]:
    """The line of no difference, for hazard ratios."""
    if kind != "ratio":
        return []
    line = alt.Chart(inline(pd.DataFrame({"one": [1.0]}))).mark_rule(color=FAINT, strokeDash=[3, 3])
    return [line.encode(alt.X("one:Q"))]


def _place(part: Sequence[Outcome]) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Labels (text, y, head), marks (kind, value, start, end, y) and the height in px, arm after arm."""
    labels: list[tuple[str, float, bool]] = []
    marks: list[tuple[str, float, float, float, float]] = []
    top = 2.0
    for arm in dict.fromkeys(outcome.arm for outcome in part):
        labels.append((arm, top + _HEAD / 2, True))
        top += _HEAD
        for o in (outcome for outcome in part if outcome.arm == arm):
            middle = top + _ROW / 2
            labels.append((endpoint_label(o.endpoint), middle, False))
            marks.append(("simulated", o.predicted, o.lower, o.upper, middle - _SHIFT))
            kind = _MISS if o.missed else "published"
            marks.append((kind, o.published, o.published_lower, o.published_upper, middle + _SHIFT))
            top += _ROW
        top += 4.0
    columns = ["kind", "value", "start", "end", "y"]
    return pd.DataFrame(labels, columns=["text", "y", "head"]), pd.DataFrame(marks, columns=columns), top


def _domain(marks: pd.DataFrame, kind: str) -> tuple[float, float]:
    if kind == "percent":
        return 0.0, 100.0
    values = marks[["value", "start", "end"]].to_numpy()
    values = values[np.isfinite(values)]
    if kind == "months":
        return 0.0, 1.08 * float(values.max())
    positive = values[values > 0]
    return min(0.5, 0.9 * float(positive.min())), max(1.25, 1.1 * float(positive.max()))


def _ticks(kind: str, low: float, high: float) -> list[float]:
    if kind == "ratio":
        steps = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0]
        return [step for step in steps if low <= step <= high]
    step = 10.0 if kind == "percent" else tick_step(high)
    return [float(tick) for tick in np.arange(low, high + step / 1000, step)]
