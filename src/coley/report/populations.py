"""Time courses of any model: a line for each of a few individuals, median and 5 to 95 % of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import altair as alt
import numpy as np
import pandas as pd

from coley.report.courses import value_axis
from coley.report.theme import BLUE, NO_UNIT, NUMBERS, Figure, finish, inline, nothing_to_show, panel_width, wrap

MOST_PANELS = 12
_MOST_TIMES = 400
_HEIGHT = 125
_Layers = alt.LayerChart | alt.FacetChart


def lines(courses: pd.DataFrame, among: int, units: Mapping[str, str], time_unit: str, title: str) -> Figure:
    """A panel per observable, with a line per individual.

    Args:
        courses: columns ID, TIME and observables.
        among: how many individuals there are, drawn or not.
        units: of the observables to draw, by name, at most :data:`MOST_PANELS`.
        time_unit: unit of TIME.
        title: of the figure.
    """
    tables = {
        name: pd.DataFrame({"ID": courses["ID"], "time": courses["TIME"], "median": courses[name]}).dropna()
        for name in units
    }
    tables = {name: table.assign(lower=table["median"], upper=table["median"]) for name, table in tables.items()}
    thinned = {name: table[_kept(table.groupby("ID").cumcount(), table)] for name, table in tables.items()}
    n = courses["ID"].nunique()
    subtitle = f"A line for each of {n} individuals." if n == among else f"The first {n} of {among:,} individuals."
    subtitle = "One individual." if among == 1 else subtitle
    return _figure(thinned, units, time_unit, title, subtitle, _lines)


def bands(quantiles: Mapping[str, pd.DataFrame], units: Mapping[str, str], time_unit: str, title: str) -> Figure:
    """A panel per observable, with median and 5 to 95 % of the individuals.

    Args:
        quantiles: by observable, columns TIME, ``lower``, ``median`` and ``upper``.
        units, time_unit, title: as in :func:`lines`.
    """
    tables = {name: table.rename(columns={"TIME": "time"}).dropna() for name, table in quantiles.items()}
    thinned = {name: table[_kept(pd.Series(range(len(table)), table.index), table)] for name, table in tables.items()}
    subtitle = "Line: median; band: 5 to 95 % of the individuals that are still followed at that time."
    return _figure(thinned, units, time_unit, title, subtitle, _band)


def _kept(number: pd.Series[int], table: pd.DataFrame) -> pd.Series[bool]:
    """Which rows to draw, ``number`` being that of each among its fellows: no more than a screen shows."""
    every = max(1, int(np.ceil((number.max() + 1) / _MOST_TIMES))) if len(table) else 1
    return (number % every == 0) | (number == number.max())


def _figure(
    tables: Mapping[str, pd.DataFrame],
    units: Mapping[str, str],
    time_unit: str,
    title: str,
    subtitle: str,
    marks: Callable[[alt.Chart, alt.Axis, alt.Scale], _Layers],
) -> Figure:
    shown = {name: table for name, table in tables.items() if len(table)}
    if not shown:
        return nothing_to_show(title, "No individual has a value that could be drawn.")
    width = panel_width(len(shown), gap=62)
    axis = "Time" if time_unit in NO_UNIT else f"Time ({time_unit})"
    panels = [_panel(name, table, units[name], axis, marks, width) for name, table in shown.items()]
    return finish(alt.concat(*panels, columns=3, spacing=18), title, subtitle)


def _panel(
    name: str,
    table: pd.DataFrame,
    unit: str,
    axis: str,
    marks: Callable[[alt.Chart, alt.Axis, alt.Scale], _Layers],
    width: int,
) -> _Layers:
    y_axis, scale, floor, factor = _y(table, unit)
    columns = {column: table[column] / factor for column in ("lower", "median", "upper")}
    if floor is not None:  # of a logarithmic axis: a line below it is not drawn, a band goes down to it
        columns |= {column: values.where(values >= floor) for column, values in columns.items() if column != "lower"}
        columns["lower"] = columns["lower"].clip(lower=floor).where(columns["upper"].notna())
    drawn = table.assign(**columns)
    x = alt.X("time:Q", title=axis, scale=alt.Scale(nice=False, zero=False), axis=alt.Axis(tickCount=5, format=NUMBERS))
    heading = alt.Title(wrap(name, 30).split("\n"), fontSize=11.5, offset=6, frame="group")
    layers = marks(alt.Chart(inline(drawn)).encode(x), y_axis, scale)
    panel: _Layers = layers.properties(width=width, height=_HEIGHT, title=heading)
    return panel


def _y(table: pd.DataFrame, unit: str) -> tuple[alt.Axis, alt.Scale, float | None, float]:
    if table["lower"].min() >= 0 and table["upper"].max() > 0:
        return value_axis(table, unit)
    return (
        alt.Axis(title="" if unit in NO_UNIT else unit, tickCount=4, format="~g"),
        alt.Scale(zero=False, nice=True),
        None,
        1.0,
    )


def _lines(base: alt.Chart, axis: alt.Axis, scale: alt.Scale) -> _Layers:
    return alt.layer(
        base.mark_line(strokeWidth=1.6, color=BLUE).encode(
            alt.Y("median:Q", axis=axis, scale=scale), alt.Detail("ID:N")
        )
    )


def _band(base: alt.Chart, axis: alt.Axis, scale: alt.Scale) -> _Layers:
    return alt.layer(
        base.mark_area(opacity=0.18, color=BLUE).encode(alt.Y("lower:Q", axis=axis, scale=scale), alt.Y2("upper")),
        base.mark_line(strokeWidth=1.6, color=BLUE).encode(alt.Y("median:Q", axis=axis, scale=scale)),
    )
