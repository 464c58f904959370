"""Time courses of cells and drugs: median and 5 to 95 % of the patients of each arm."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.report.select import DAYS_PER_MONTH, arm_names
from coley.report.survival import tick_step
from coley.report.theme import (
    NUMBERS,
    SUPERSCRIPTS,
    ArmStyles,
    Figure,
    finish,
    inline,
    nothing_to_show,
    panel_width,
    unit_text,
    wrap,
)

if TYPE_CHECKING:
    import xarray as xr

    from coley.trial.result import TrialResult

_MOST_TIMES = 110
_LOG_ABOVE = 50.0
"""A panel whose largest value is this many times its smallest median has a logarithmic axis."""
_DECADES = 5
"""Decades that a logarithmic axis shows at most, down from the largest value."""
_FEWEST = 0.05
"""Fraction of an arm that must still be followed for its course to be drawn."""
_WEEKS = 26


def cells(result: TrialResult) -> Figure:
    """Tumour and immune cells over the whole trial, one panel per variable."""
    names = _variables(result, ("tumour", "immune"))
    title = "Tumour and immune system over time"
    times = result.trajectories["time"].to_numpy().astype(float)
    return _courses(result, names, times, DAYS_PER_MONTH, "Time since first dose (months)", title)


def drugs(result: TrialResult) -> Figure:
    """Drug concentrations over the first half year, one panel per variable."""
    names = _variables(result, ("drug",))
    title = f"Drug exposure over the first {_WEEKS} weeks"
    times = result.trajectories["time"].to_numpy().astype(float)
    return _courses(result, names, times[times <= 7 * _WEEKS], 7.0, "Time since first dose (weeks)", title)


def _variables(result: TrialResult, groups: Sequence[str]) -> list[Hashable]:
    variables = result.trajectories.data_vars
    return [name for group in groups for name, values in variables.items() if values.attrs.get("group") == group]


def _courses(
    result: TrialResult, names: Sequence[Hashable], times: NDArray[np.float64], unit: float, axis: str, title: str
) -> Figure:
    chosen = times[np.unique(np.linspace(0, len(times) - 1, min(len(times), _MOST_TIMES)).astype(int))]
    data = result.trajectories.sel(time=chosen)
    styles = ArmStyles(tuple(arm_names(result)))
    bands = {name: _bands(data[name], styles.names, unit) for name in names}
    shown = {name: band for name, band in bands.items() if band["upper"].max() > 0}
    rare = [str(data[name].attrs.get("long_name", name)) for name in bands if len(bands[name]) and name not in shown]
    less = f"Above 0 in fewer than 5 % of any arm at a time, and not shown: {', '.join(rare)}."
    if not shown:
        none = "No course of this kind was recorded for an evaluable patient."
        return nothing_to_show(title, less if rare else none)
    width = panel_width(len(shown), gap=62)
    panels = []
    for name, band in shown.items():
        about = data[name].attrs
        panels.append(panel(band, about.get("long_name", str(name)), about.get("units", ""), styles, axis, width))
    subtitle = (
        "Line: median; band: 5 to 95 % of the patients alive and followed at that time, while they are at least "
        f"{100 * _FEWEST:.0f} % of the arm."
    )
    together = alt.concat(*panels, columns=3, spacing=18).resolve_scale(color="shared", strokeDash="shared")
    return finish(together, title, [subtitle, less] if rare else subtitle)


def _bands(values: xr.DataArray, arms: Sequence[str], unit: float) -> pd.DataFrame:
    """Columns arm, time, lower, median, upper; an arm in which the variable never rises above zero is left out."""
    labels = values["ARM"].to_numpy()
    grid = values.transpose("individual", "time").to_numpy()
    parts = [pd.DataFrame({"arm": [], "time": [], "lower": [], "median": [], "upper": []})]
    for arm in arms:
        own = grid[labels == arm]
        if not own.size or not (own > 0).any():
            continue
        lower, median, upper = _quantiles(own, (0.05, 0.5, 0.95))
        time = values["time"].to_numpy() / unit
        frame = pd.DataFrame({"arm": arm, "time": time, "lower": lower, "median": median, "upper": upper})
        parts.append(frame.dropna())
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _quantiles(values: NDArray[np.float64], probabilities: Sequence[float]) -> list[NDArray[np.float64]]:
    """Quantiles down the first axis of what is not NaN; NaN where fewer than ``_FEWEST`` of the patients are left."""
    ranked = np.sort(values, axis=0)
    count = np.isfinite(ranked).sum(axis=0)
    enough = count >= max(1.0, _FEWEST * len(values))
    columns = np.arange(ranked.shape[1])
    out = []
    for probability in probabilities:
        place = probability * np.maximum(count - 1, 0)
        below = np.floor(place).astype(int)
        above = np.minimum(below + 1, np.maximum(count - 1, 0))
        value = ranked[below, columns] + (place - below) * (ranked[above, columns] - ranked[below, columns])
        out.append(np.where(enough, value, np.nan))
    return out


def panel(
    band: pd.DataFrame, title: str, unit: str, styles: ArmStyles, axis: str, width: int
) -> alt.LayerChart | alt.FacetChart:
    """Median and band of a variable (columns arm, time, lower, median, upper) under its ``title``."""
    heading = alt.Title(wrap(title, 30).split("\n"), fontSize=11.5, offset=6, frame="group")
    y_axis, scale, floor, factor = value_axis(band, unit)
    drawn = band.assign(**{column: band[column].clip(lower=floor) / factor for column in ("lower", "median", "upper")})
    last = max(float(band["time"].max()), 1.0)
    step = tick_step(last) * 2
    x = alt.X(
        "time:Q",
        title=axis,
        scale=alt.Scale(domain=[0, last], nice=False),
        axis=alt.Axis(values=list(np.arange(0, last + step / 1000, step))),
    )
    base = alt.Chart(inline(drawn, digits=4)).encode(x)
    key = alt.Legend(symbolType="stroke", symbolSize=400, symbolStrokeWidth=2, symbolOpacity=1, labelLimit=0, columns=3)
    shade = base.mark_area(opacity=0.14).encode(alt.Y("lower:Q", scale=scale), alt.Y2("upper"), styles.colour(key))
    line = base.mark_line(strokeWidth=1.6).encode(
        alt.Y("median:Q", axis=y_axis, scale=scale), styles.colour(key), styles.dash(key)
    )
    drawing: alt.LayerChart | alt.FacetChart = alt.layer(shade, line).properties(width=width, height=125, title=heading)
    return drawing


def value_axis(band: pd.DataFrame, unit: str) -> tuple[alt.Axis, alt.Scale, float | None, float]:
    """Axis, scale, the value at which what is lower is drawn, and the divisor of the values drawn.

    Logarithmic where values span far; else very large or small values are drawn as multiples of a power of 1000.
    """
    top = float(band["upper"].max())
    positive = band.loc[band["median"] > 0, "median"]
    title = unit_text(unit)
    if not (len(positive) and top / positive.min() > _LOG_ABOVE):
        # A band that is 0 throughout, as of a drug that few receive and late, has no size to go by.
        exponent = 0 if 0.01 <= top < 1e4 or top <= 0 else 3 * int(np.floor(np.log10(top) / 3))
        scaled = f"{_power(exponent)} {title}".strip() if exponent else title
        return (
            alt.Axis(title=scaled, tickCount=4, format=NUMBERS),
            alt.Scale(zero=True, nice=True) if top > 0 else alt.Scale(domain=[0, 1]),
            None,
            10.0**exponent,
        )
    smallest = min(float(positive.min()), float(band.loc[band["lower"] > 0, "lower"].min()))
    last = int(np.ceil(np.log10(top)))
    first = max(int(np.floor(np.log10(smallest))), last - _DECADES)
    every = 1 if last - first <= 4 else 2
    exponents = range(last, first - 1, -every)
    labels = ", ".join(f"'{k}': '{_power(k)}'" for k in exponents)
    ticks = alt.Axis(
        title=title,
        values=[10.0**k for k in exponents],
        labelExpr=f"{{{labels}}}[toString(round(log(datum.value) / LN10))]",
    )
    return ticks, alt.Scale(type="log", domain=[10.0**first, 10.0**last], nice=False), 10.0**first, 1.0


def _power(exponent: int) -> str:
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"
