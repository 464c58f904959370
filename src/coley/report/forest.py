"""Predicted against published: both intervals of every arm and endpoint, one under the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

import altair as alt
import numpy as np
import pandas as pd

from coley.report.select import RECALLED, RECALLED_MARK, Outcome, outcomes
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
)
from coley.trial.analysis.endpoints.base import MONTHS, PERCENT, RATIO

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_MISS = "published, outside the simulated interval"
_COLOURS = {"simulated": BLUE, "published": BLACK, _MISS: VERMILLION}
_SHAPES = {"simulated": "circle", "published": "diamond", _MISS: "cross"}
_AXES = {PERCENT: "Patients (%)", MONTHS: "Median (months)", RATIO: "Hazard ratio"}
_NAMES = {PERCENT: "rates", MONTHS: "medians", RATIO: "ratios"}
_MOST_ROWS = 36
"""Rows of a figure; of more, the text would be too small to be read on a sheet of A4."""
_ROW, _HEAD = 25, 22
"""Height in px of a row and of the name of an arm."""
_SHIFT = 4.5
"""Distance in px of the two intervals from the middle of their row."""
_LEFT = 250
"""Room in px for the labels of the rows."""
_LOOKS: tuple[tuple[Literal["bold", "normal"], str, int], ...] = (
    ("bold", "normal", 0),
    ("normal", "italic", 0),
    ("normal", "normal", 12),
)
"""Weight, style and indent of the names of arms, strata and endpoints."""


@dataclass(frozen=True)
class Sheet:
    """Outcomes of one figure: of one unit, of arms that fit on one sheet of paper."""

    name: str
    unit: str
    outcomes: tuple[Outcome, ...]


def sheets(result: TrialResult) -> list[Sheet]:
    """The figures that outcomes take: one for each unit, or more where there are many arms."""
    rows = [o for o in outcomes(result) if any(map(isfinite, (o.predicted, o.lower, o.published)))]
    found = []
    for unit, name in _NAMES.items():
        parts = _packed([o for o in rows if o.about.unit == unit])
        for number, part in enumerate(parts, 1):
            found.append(Sheet(f"predicted_vs_published_{name}{f'_{number}' if parts[1:] else ''}", unit, part))
    return found


def _packed(part: Sequence[Outcome]) -> list[tuple[Outcome, ...]]:
    """Outcomes in parts of about :data:`_MOST_ROWS` at most, each arm in one of them."""
    packed: list[tuple[Outcome, ...]] = []
    for arm in dict.fromkeys(o.arm for o in part):
        own = tuple(o for o in part if o.arm == arm)
        if packed and len(packed[-1]) + len(own) <= _MOST_ROWS:
            packed[-1] += own
        else:
            packed.append(own)
    return packed


def predicted_vs_published(result: TrialResult, sheet: Sheet) -> Figure:
    """Predicted and published intervals side by side by arm and endpoint; published values outside are marked.

    A bound that was not reached is drawn as an arrow at the edge of its panel.
    """
    title = f"{'Fitted' if result.trial.fitted else 'Predicted'} against published {_NAMES[sheet.unit]}"
    subtitle = [
        "Bars are 95 % intervals, the simulated one at the published number of patients; an arrow ends a bar whose "
        "bound was not reached.",
        *([RECALLED] if any(o.recalled for o in sheet.outcomes) else []),
    ]
    axis = _AXES[sheet.unit] + (_against(result) if sheet.unit == RATIO else "")
    return finish(_panel(sheet.outcomes, sheet.unit, axis), title, subtitle)


def _panel(part: Sequence[Outcome], unit: str, axis_title: str) -> alt.LayerChart | alt.FacetChart:
    labels, marks, height = _place(part)
    low, high = _domain(marks, unit)
    marks["open"] = marks["start"].notna() & marks["end"].isna()
    marks["end"] = marks["end"].where(~marks["open"], high)
    marks[["start", "end"]] = marks[["start", "end"]].clip(low, high)
    width = FIGURE_WIDTH - _LEFT
    scale = alt.Scale(domain=[low, high], type="log" if unit == RATIO else "linear", nice=False)
    axis = alt.Axis(title=axis_title, grid=True, format=NUMBERS, values=_ticks(unit, low, high))
    y = alt.Y("y:Q", scale=alt.Scale(domain=[height, 0], nice=False), axis=None)
    key = alt.Legend(symbolSize=70, labelLimit=0)
    colour = alt.Color("kind:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), legend=key)
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values())), legend=key)
    bars = alt.Chart(inline(marks.dropna(subset=["start"]))).mark_rule(strokeWidth=2)
    arrows = alt.Chart(inline(marks[marks["open"]])).mark_point(shape="triangle-right", filled=True, size=45, opacity=1)
    points = alt.Chart(inline(marks.dropna(subset=["value"]))).mark_point(filled=True, size=58, opacity=1)
    layers = [
        *_reference(unit),
        bars.encode(alt.X("start:Q", scale=scale, axis=axis), alt.X2("end"), y, colour),
        arrows.encode(alt.X("end:Q", scale=scale, axis=axis), y, colour),
        points.encode(alt.X("value:Q", scale=scale, axis=axis), y, colour, shape),
        *(_texts(labels[labels["rank"] == rank], y, *look) for rank, look in enumerate(_LOOKS)),
    ]
    panel: alt.LayerChart | alt.FacetChart = alt.layer(*layers).properties(width=width, height=height)
    return panel


def _against(result: TrialResult) -> str:
    """The arm that every hazard ratio compares with, where it is one and the same."""
    arms = {fact.versus for arm in result.trial.arms for fact in arm.published if fact.versus}
    return f" against {arms.pop()}" if len(arms) == 1 else ""


def _texts(labels: pd.DataFrame, y: alt.Y, weight: Literal["bold", "normal"], style: str, indent: int) -> alt.Chart:
    mark = alt.Chart(inline(labels)).mark_text(
        align="left", baseline="middle", fontWeight=weight, fontStyle=style, limit=_LEFT - indent
    )
    texts: alt.Chart = mark.encode(y, alt.Text("text:N"), x=alt.value(indent - _LEFT))
    return texts


def _reference(unit: str) -> list[alt.Chart]:
    """The line of no difference, for hazard ratios."""
    if unit != RATIO:
        return []
    line = alt.Chart(inline(pd.DataFrame({"one": [1.0]}))).mark_rule(color=FAINT, strokeDash=[3, 3])
    return [line.encode(alt.X("one:Q"))]


def _place(part: Sequence[Outcome]) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Labels (text, y, rank), marks (kind, value, start, end, y) and the height in px, arm after arm."""
    labels: list[tuple[str, float, int]] = []
    marks: list[tuple[str, float, float, float, float]] = []
    top = 2.0
    begun: set[tuple[str, str]] = set()
    for arm in dict.fromkeys(outcome.arm for outcome in part):
        for o in (outcome for outcome in part if outcome.arm == arm):
            for rank, head in enumerate(("", o.stratum)):
                if (arm, head) not in begun:
                    begun.add((arm, head))
                    labels.append((head or arm, top + _HEAD / 2, rank))
                    top += _HEAD
            middle = top + _ROW / 2
            labels.append((o.about.label + (RECALLED_MARK if o.recalled else ""), middle, 2))
            marks.append(("simulated", o.predicted, o.lower, o.upper, middle - _SHIFT))
            kind = _MISS if o.missed else "published"
            marks.append((kind, o.published, o.published_lower, o.published_upper, middle + _SHIFT))
            top += _ROW
        top += 4.0
    columns = ["kind", "value", "start", "end", "y"]
    return pd.DataFrame(labels, columns=["text", "y", "rank"]), pd.DataFrame(marks, columns=columns), top


def _domain(marks: pd.DataFrame, unit: str) -> tuple[float, float]:
    if unit == PERCENT:
        return 0.0, 100.0
    values = marks[["value", "start", "end"]].to_numpy()
    values = values[np.isfinite(values)]
    if unit == MONTHS:
        return 0.0, 1.08 * float(values.max())
    positive = values[values > 0]
    return min(0.5, 0.9 * float(positive.min())), max(1.25, 1.1 * float(positive.max()))


def _ticks(unit: str, low: float, high: float) -> list[float]:
    if unit == RATIO:
        steps = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0]
        return [step for step in steps if low <= step <= high]
    step = 10.0 if unit == PERCENT else tick_step(high)
    return [float(tick) for tick in np.arange(low, high + step / 1000, step)]
