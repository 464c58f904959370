"""Virtual patients beside published ones as a folder: tables as CSV and Parquet, and a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from coley.baseline.comparison import Comparison
from coley.report.svg import render
from coley.report.theme import (
    BLUE,
    SKY,
    VERMILLION,
    Figure,
    finish,
    inline,
    nothing_to_show,
    panel_width,
    unit_text,
    wrap,
)

_BINS = 24
_MOST = 0.99
"""Share of the patients that a histogram shows: a few have very much of a biomarker."""


def write_comparison(found: Comparison, folder: Path) -> list[Path]:
    """Write ``facts.csv``, ``quantiles.csv``, ``patients.parquet`` and ``population.svg``; tables first.

    Returns:
        the files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in ("facts.csv", "quantiles.csv", "patients.parquet", "population.svg")]
    found.facts.to_csv(files[0], index=False)
    found.quantiles.to_csv(files[1], index=False)
    found.patients.to_parquet(files[2], index=False)
    label = "Distributions of virtual patients before treatment beside published medians and shares"
    files[3].write_text(render(population_figure(found), "population", label), encoding="utf-8")
    return files


def population_figure(found: Comparison) -> Figure:
    """A histogram of each measure with published medians and means over it; published shares beside those found."""
    title = f"{found.cancer.title} before treatment: virtual patients beside published ones"
    measures = found.quantiles.to_dict("records")
    if not measures:
        return nothing_to_show(title, "Nothing is measured.")
    width = panel_width(len(measures), gap=50)
    panels = [_histogram(found, row, width) for row in measures]
    parts: list[Any] = [alt.concat(*panels, columns=3, spacing=20)]
    shares = found.facts[found.facts["statistic"].str.startswith("share") & found.facts["predicted"].notna()]
    if len(shares):
        parts.append(_shares(shares))
    subtitle = (
        f"{len(found.patients):,} virtual patients. Lines and bands: published medians and means with the range over "
        "studies, or their interval. A measure without a line has no published fact here."
    )
    return finish(alt.vconcat(*parts, spacing=24), title, subtitle)


def _histogram(found: Comparison, row: dict[Any, Any], width: int) -> alt.LayerChart | alt.FacetChart:
    values = found.patients[row["measure"]].dropna().to_numpy(float)
    shown = values[values <= np.quantile(values, _MOST)]
    counts, edges = np.histogram(shown, bins=_BINS)
    bars = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": 100 * counts / len(values), "zero": 0.0})
    unit = unit_text(row["unit"])
    axis = alt.X("low:Q", title=unit or None, scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(tickCount=4))
    layers: list[Any] = [
        alt.Chart(inline(bars))
        .mark_rect(color=SKY, stroke="white", strokeWidth=0.4)
        .encode(axis, alt.X2("high"), alt.Y("zero:Q", title="Patients (%)"), alt.Y2("share"))
    ]
    middles = found.facts[
        (found.facts["measure"] == row["measure"]) & found.facts["statistic"].isin(["median", "mean"])
    ]
    if len(middles):
        data = inline(middles[["published", "published_lower", "published_upper"]])
        lower = alt.X("published_lower:Q", title=unit or None)
        layers.append(
            alt.Chart(data).mark_rect(color=VERMILLION, opacity=0.18).encode(lower, alt.X2("published_upper"))
        )
        layers.append(alt.Chart(data).mark_rule(color=VERMILLION, strokeWidth=1.8).encode(alt.X("published:Q")))
    heading = alt.Title(wrap(str(row["title"]), 30).split("\n"), fontSize=11.5, offset=6, frame="group")
    return alt.layer(*layers).properties(width=width, height=110, title=heading)


def _shares(facts: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    percent = facts["unit"].eq("percent").map({True: 1.0, False: 100.0})
    names = ["predicted", "lower", "upper", "published", "published_lower", "published_upper"]
    rows = facts[["title"]].assign(**{name: facts[name] * percent for name in names})
    y = alt.Y("title:N", sort=rows["title"].tolist(), title=None, axis=alt.Axis(labelLimit=330))
    scale = alt.Scale(domain=[0, 100])
    title = "Patients (%): blue, virtual; red, published"
    base = alt.Chart(inline(rows)).encode(y)
    layers = []
    for name, ends, colour, shift in (
        ("predicted", ("lower", "upper"), BLUE, -4),
        ("published", ("published_lower", "published_upper"), VERMILLION, 4),
    ):
        x = alt.X(f"{name}:Q", title=title, scale=scale)
        bar = base.mark_rule(color=colour, strokeWidth=1.6, yOffset=shift)
        layers.append(bar.encode(alt.X(f"{ends[0]}:Q", title=title, scale=scale), alt.X2(ends[1])))
        layers.append(base.mark_point(color=colour, filled=True, size=46, opacity=1, yOffset=shift).encode(x))
    return alt.layer(*layers).properties(width=290, height=28 * len(rows))
