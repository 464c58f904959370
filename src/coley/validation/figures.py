"""Published figures against the model's: response rates and medians, each trial fitted or predicted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import altair as alt
import numpy as np
import pandas as pd

from coley.report.svg import Sketch
from coley.report.theme import BLUE, GREY, NUMBERS, VERMILLION, Figure, finish, inline, nothing_to_show

SIDE = 420
_COLOUR = alt.Color("trials:N", title=None, scale=alt.Scale(domain=["predicted", "fitted"], range=[VERMILLION, BLUE]))
_ENDS = {"ORR": "Objective response, percent", "PFS_median": "Median PFS, months", "OS_median": "Median OS, months"}


def sketches(figures: pd.DataFrame) -> list[Sketch]:
    """The figures of the page: one for each endpoint that many trials publish, and the calibration plot."""
    makers: dict[str, tuple[Callable[[], Figure], str]] = {
        name: (partial(_against, figures, name, title), f"{title}: simulated against published")
        for name, title in _ENDS.items()
    }
    makers["calibration"] = (partial(_calibration, figures), "Share of published figures inside intervals")
    return [Sketch(name, make, label) for name, (make, label) in makers.items()]


def _against(figures: pd.DataFrame, endpoint: str, title: str) -> Figure:
    """Simulated over published, with 95 % intervals of the prediction; the line is where both agree."""
    shown = figures[(figures["endpoint"] == endpoint) & figures["predicted"].notna()]
    if shown.empty:
        return nothing_to_show(title, "No trial has published it.")
    rows = shown.assign(trials=np.where(shown["fitted"], "fitted", "predicted"))
    logarithmic = endpoint != "ORR"
    rows["upper"] = rows["upper"].clip(upper=2 * rows[["published", "predicted"]].max().max())
    low = max(0.3, rows[["published", "predicted", "lower"]].min().min() * 0.9) if logarithmic else 0.0
    high = max(rows[["published", "predicted", "upper"]].max().max() * 1.05, 1.0)
    rows["lower"] = rows["lower"].clip(lower=low)
    scale = alt.Scale(type="log" if logarithmic else "linear", domain=[low, high], nice=False)
    data = inline(rows[["trial", "arm", "trials", "published", "predicted", "lower", "upper"]])
    base = alt.Chart(data).encode(
        x=alt.X("published:Q", title="published", scale=scale, axis=alt.Axis(format=NUMBERS)), color=_COLOUR
    )
    y = alt.Y("predicted:Q", title="simulated", scale=scale, axis=alt.Axis(format=NUMBERS))
    bars = base.mark_rule(opacity=0.3).encode(y=alt.Y("lower:Q", scale=scale, title="simulated"), y2="upper:Q")
    points = base.mark_circle(size=42, opacity=0.9).encode(y=y)
    line = inline(pd.DataFrame({"x": [low, high], "y": [low, high]}))
    same = alt.Chart(line).mark_line(color=GREY, strokeDash=[4, 3]).encode(x="x:Q", y="y:Q")
    chart = alt.layer(same, bars, points).properties(width=SIDE, height=SIDE)
    return finish(chart, title, "Bars are 95 % intervals; on the broken line simulated is published.")


def _calibration(figures: pd.DataFrame) -> Figure:
    """How many figures lie inside intervals of a given probability: so many, where the intervals are right."""
    from scipy.special import ndtri

    title = "Are the intervals right?"
    known = figures[figures["standardised"].notna()]
    if known.empty:
        return nothing_to_show(title, "There is no figure to compare with.")
    nominal = np.arange(0.05, 1.0, 0.05)
    rows = []
    for fitted, name in ((False, "predicted"), (True, "fitted")):
        size = known.loc[known["fitted"] == fitted, "standardised"].abs().to_numpy(float)
        if len(size):
            rows += [{"trials": name, "x": 100 * p, "y": 100 * (size <= ndtri((1 + p) / 2)).mean()} for p in nominal]
    scale = alt.Scale(domain=[0, 100])
    x, y = alt.X("x:Q", title="probability of the interval, percent", scale=scale), alt.Y("y:Q", scale=scale)
    lines = (
        alt.Chart(inline(pd.DataFrame(rows)))
        .mark_line(point=True)
        .encode(x=x, y=y.title("published figures inside, percent"), color=_COLOUR)
    )
    line = inline(pd.DataFrame({"x": [0, 100], "y": [0, 100]}))
    same = alt.Chart(line).mark_line(color=GREY, strokeDash=[4, 3]).encode(x=x, y=y)
    subtitle = "On the broken line intervals hold as many published figures as they say; above it they are too wide."
    return finish((same + lines).properties(width=SIDE, height=SIDE), title, subtitle)
