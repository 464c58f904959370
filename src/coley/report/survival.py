"""Kaplan-Meier curves with what was published, and the numbers at risk under them."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.report import published
from coley.report.select import arm_names, outcomes, start_of, survival_name, times_to_event
from coley.report.theme import (
    FAINT,
    LINE_HEIGHT,
    ArmStyles,
    Figure,
    broken_labels,
    finish,
    inline,
    nothing_to_show,
    spread,
    wrap,
)
from coley.trial.analysis import statistics

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

Floats = NDArray[np.float64]
_WIDTH, _HEIGHT = 450, 280
_STEPS = 900
"""Steps kept of a curve: about two per px, so that thinning is not seen."""
_TICKS = 160
"""Censor ticks kept of a curve: one per 3 px; further ones would cover each other."""


def kaplan_meier(result: TrialResult, endpoint: str) -> Figure:
    """Survival curves of ``endpoint`` ("OS", "PFS" ...) by arm with 95 % bands, censor ticks and numbers at risk.

    Published medians and landmark rates of the endpoint are drawn as open markers with their intervals.
    """
    styles = ArmStyles(tuple(arm_names(result)))
    title = f"{survival_name(endpoint)} by arm"
    curves = {arm: _curve(result, arm, endpoint) for arm in styles.names}
    curves = {arm: curve for arm, curve in curves.items() if not curve.empty}
    if not curves:
        return nothing_to_show(title, "No patient of any arm was evaluable.")
    known = published.points(result, endpoint)
    longest = max([1.0, *known["month"], *(curve["time"].max() for curve in curves.values())])
    step = tick_step(longest)
    horizon = float(np.ceil(longest / step) * step)
    x = alt.X(
        "month:Q",
        scale=alt.Scale(domain=[0, horizon], nice=False),
        axis=alt.Axis(
            values=list(np.arange(0, horizon + step / 2, step)),
            title=f"Time since {start_of(result, endpoint)} (months)",
        ),
    )
    plot = alt.layer(
        *_curve_layers(curves, styles, x, f"{survival_name(endpoint)} (%)", horizon),
        *published.layers(known, styles, x, horizon, (_WIDTH, _HEIGHT)),
        *_end_labels(result, endpoint, curves, known, styles),
    ).properties(width=_WIDTH, height=_HEIGHT)
    table = _risk_table(result, endpoint, styles, np.arange(0, horizon + step / 2, step), horizon)
    return finish(alt.vconcat(plot, table, spacing=6), title, _subtitle(result, endpoint, curves, known))


def tick_step(longest: float) -> float:
    """Months between ticks of a time axis that ends at ``longest`` months."""
    return next((step for step in (1, 3, 6, 12, 24) if longest / step <= 11), 60)


def _curve(result: TrialResult, arm: str, endpoint: str) -> pd.DataFrame:
    return statistics.kaplan_meier(*times_to_event(result, arm, endpoint))


def _thinned(curve: pd.DataFrame, horizon: float) -> pd.DataFrame:
    """The curve at its steps only, the last of those that fall together at ``_STEPS`` steps across the plot."""
    moved = curve["survival"].diff().fillna(1.0) != 0
    moved.iloc[-1] = True
    steps = curve[moved]
    return steps[~(steps["time"] * (_STEPS / horizon)).astype(int).duplicated(keep="last")]


def _curve_layers(
    curves: Mapping[str, pd.DataFrame], styles: ArmStyles, x: alt.X, title: str, horizon: float
) -> list[alt.Chart]:
    thin = pd.concat([_thinned(curve, horizon).assign(arm=arm) for arm, curve in curves.items()], ignore_index=True)
    steps = pd.DataFrame(
        {"arm": thin["arm"], "month": thin["time"]}
        | {name: 100.0 * thin[name] for name in ("survival", "lower", "upper")}
    )
    y = alt.Y("survival:Q", title=title, scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(values=[0, 25, 50, 75, 100]))
    base = alt.Chart(inline(steps)).encode(x)
    band = base.mark_area(interpolate="step-after", opacity=0.13).encode(
        alt.Y("lower:Q", scale=alt.Scale(domain=[0, 100])), alt.Y2("upper:Q"), styles.colour()
    )
    half = alt.Chart(inline(pd.DataFrame({"half": [50.0]}))).mark_rule(color=FAINT, strokeDash=[3, 3])
    line = base.mark_line(interpolate="step-after", strokeWidth=1.8).encode(y, styles.colour(), styles.dash())
    ticks = alt.Chart(inline(_censor_ticks(curves, horizon))).mark_tick(
        orient="vertical", size=7, thickness=1, opacity=0.75
    )
    return [band, half.encode(alt.Y("half:Q")), line, ticks.encode(x, y, styles.colour())]


def _censor_ticks(curves: Mapping[str, pd.DataFrame], horizon: float) -> pd.DataFrame:
    parts = [pd.DataFrame({"arm": [], "month": [], "survival": []})]
    for arm, curve in curves.items():
        cut = curve[curve["censored"] > 0]
        cut = cut[~(cut["time"] * (_TICKS / horizon)).astype(int).duplicated(keep="last")]
        parts.append(pd.DataFrame({"arm": arm, "month": cut["time"], "survival": 100.0 * cut["survival"]}))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def _end_labels(
    result: TrialResult,
    endpoint: str,
    curves: Mapping[str, pd.DataFrame],
    known: pd.DataFrame,
    styles: ArmStyles,
) -> list[alt.Chart]:
    """Line, marker, name and median of each arm, beside the end of its curve."""
    texts = [f"{wrap(arm)}\n{_median_text(result, arm, endpoint)}" for arm in curves]
    heights = [100.0 * (LINE_HEIGHT * (text.count("\n") + 1) + 5) / _HEIGHT for text in texts]
    ends = [100.0 * float(curve["survival"].iloc[-1]) for curve in curves.values()]
    middles = spread(ends, heights, 0.0, 100.0)
    # A text of several lines hangs from its first line, which therefore stands above the middle of the block.
    tops = [m + 100.0 * LINE_HEIGHT * text.count("\n") / 2 / _HEIGHT for m, text in zip(middles, texts, strict=True)]
    frame = pd.DataFrame({"arm": list(curves), "text": texts, "survival": tops})
    y = alt.Y("survival:Q")
    key = alt.Chart(inline(frame)).mark_rule(strokeWidth=1.8)
    layers = [key.encode(y, styles.colour(), styles.dash(), x=alt.value(_WIDTH + 10), x2=alt.value(_WIDTH + 38))]
    for arm in frame["arm"][frame["arm"].isin(known["arm"])]:
        marker = published.markers(frame[frame["arm"] == arm], styles.shape(arm))
        layers.append(marker.encode(y, styles.colour(), x=alt.value(_WIDTH + 24)))
    text = alt.Chart(inline(frame)).mark_text(
        align="left", baseline="middle", lineBreak="\n", lineHeight=LINE_HEIGHT, fontWeight="bold"
    )
    return [*layers, text.encode(y, alt.Text("text:N"), styles.colour(), x=alt.value(_WIDTH + 44))]


def _median_text(result: TrialResult, arm: str, endpoint: str) -> str:
    median = statistics.median_survival(*times_to_event(result, arm, endpoint))
    return f"median {median.value:.1f} mo" if isfinite(median.value) else "median not reached"


def at_risk(durations: Floats, events: NDArray[np.bool_], times: Floats) -> list[tuple[float, int]]:
    """Numbers at risk at those of ``times`` at which anything is known: not after the last patient was censored."""
    if not len(durations):
        return []
    last = durations.max()
    known = times if events[durations == last].all() else times[times <= last]
    return [(float(time), int(n)) for time, n in zip(known, statistics.numbers_at_risk(durations, known), strict=True)]


def _risk_table(result: TrialResult, endpoint: str, styles: ArmStyles, times: np.ndarray, horizon: float) -> alt.Chart:
    rows = [
        (wrap(arm, 22), arm, time, f"{number:,}")
        for arm in styles.names
        for time, number in at_risk(*times_to_event(result, arm, endpoint), times)
    ]
    frame = pd.DataFrame(rows, columns=["label", "arm", "month", "number"])
    labels = [wrap(arm, 22) for arm in styles.names]
    lines = [label.count("\n") + 1 for label in labels]
    axis = alt.Axis(
        title="Numbers at risk",
        titleAngle=0,
        titleAlign="left",
        titleAnchor="start",
        titleX=-146,
        titleY=-8,
        titleFontWeight="bold",
        labelExpr=broken_labels(),
        domain=False,
        ticks=False,
        grid=False,
        labelLimit=0,
        labelLineHeight=LINE_HEIGHT,
        labelPadding=20,
    )
    y = alt.Y("label:N", sort=labels, scale=alt.Scale(domain=labels), axis=axis)
    x = alt.X("month:Q", scale=alt.Scale(domain=[0, horizon], nice=False), axis=None)
    mark = alt.Chart(inline(frame)).mark_text(fontSize=10.5).encode(x, y, alt.Text("number:N"), styles.colour())
    table: alt.Chart = mark.properties(width=_WIDTH, height=len(labels) * (max(lines) * LINE_HEIGHT + 5))
    return table


def _subtitle(result: TrialResult, endpoint: str, curves: Mapping[str, pd.DataFrame], known: pd.DataFrame) -> list[str]:
    lines = ["Kaplan-Meier estimate with 95 % band; vertical ticks are censored patients."]
    if endpoint != "OS":
        lines.append("Progression is seen at examinations, so the curves step at visits.")
    if len(known):
        lines.append(
            "Open markers with bars: published median (at the 50 % line) and landmark rates with 95 % interval, moved "
            "apart where they would lie on one another."
        )
    for o in outcomes(result):
        if o.endpoint == f"{endpoint}_HR" and isfinite(o.predicted) and not o.stratum:
            pair = o.arm if o.fact is None else f"{o.arm} against {o.fact.versus}"
            bounds = f" ({o.lower:.2f} to {o.upper:.2f})" if isfinite(o.lower) and isfinite(o.upper) else ""
            lines.append(f"Hazard ratio, {pair}: {o.predicted:.2f}{bounds}.")
    missing = [arm for arm in arm_names(result) if arm not in curves]
    if missing:
        lines.append(f"No evaluable patient in: {', '.join(missing)}.")
    return lines
