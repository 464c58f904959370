"""Virtual patients beside published ones as a folder: ``population.html``, tables as CSV and Parquet, a figure."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from coley.baseline.comparison import Comparison
from coley.report.findings import findings_page, write_findings
from coley.report.svg import Sketch
from coley.report.tables import DASH, NOTHING, Table, grouped
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
_CAPTION = (
    "[95 % interval of so many virtual patients; of what was published, the range over studies or the interval]. "
    "Misses: the two do not meet. Recalled: not read in its source. \u2014: the model has no such measure."
)
_LABEL = "Distributions of virtual patients before treatment beside published medians and shares."
_QUANTILES = ("q5", "q25", "q50", "q75", "q95")


def write_comparison(found: Comparison, folder: Path) -> list[Path]:
    """Write the page, ``facts.csv``, ``quantiles.csv``, ``patients.parquet`` and ``population.svg``.

    Returns:
        the files written, the page first.
    """
    shown = [distribution_table(found), *([fact_table(found)] if len(found.facts) else [])]
    title = f"{found.cancer.title} before treatment"
    return write_findings(
        folder,
        {"facts.csv": found.facts, "quantiles.csv": found.quantiles, "patients.parquet": found.patients},
        [Sketch("population", partial(population_figure, found), _LABEL)],
        "population.html",
        lambda figures: findings_page("virtual patients", title, missed(found), figures, shown),
    )


def distribution_table(found: Comparison) -> Table:
    """Quantiles of each measure of the virtual patients."""
    rows = [
        (f"{row['title']}{_unit(row)}", *(f"{row[name]:.3g}" for name in _QUANTILES))
        for row in found.quantiles.to_dict("records")
    ]
    columns = ("measure", "5 %", "25 %", "median", "75 %", "95 %")
    return Table(f"{len(found.patients):,} virtual patients of {found.cancer.title}.", columns, grouped(rows))


def fact_table(found: Comparison) -> Table:
    """Each published fact beside the virtual patients."""
    rows = [
        (
            f"{row['title']}{_unit(row)}",
            _estimate(row["predicted"], row["lower"], row["upper"]),
            _estimate(row["published"], row["published_lower"], row["published_upper"]),
            f"{row['source']}{'' if row['read'] else ' (recalled)'}",
            str(row["verdict"]),
        )
        for row in found.facts.to_dict("records")
    ]
    return Table(_CAPTION, ("published fact", "virtual", "published", "source", ""), grouped(rows), texts=5)


def missed(found: Comparison) -> list[str]:
    """What the virtual patients miss, a sentence each."""
    return [_miss(row) for row in found.misses.to_dict("records")]


def _miss(row: dict[Hashable, Any]) -> str:
    if row["verdict"] == "unknown":
        return f"Unknown: {row['title']}: the model has no {row['measure']}."
    side = "below" if row["predicted"] < row["published"] else "above"
    return f"Miss: {row['title']}: {row['predicted']:.3g} lies {side} the published {row['published']:.3g}."


def _estimate(value: float, lower: float, upper: float) -> str:
    return f"{value:.3g} [{lower:.3g}{DASH}{upper:.3g}]" if isfinite(value) else NOTHING


def _unit(row: dict[Hashable, Any]) -> str:
    return f", {row['unit']}" if row["unit"] else ""


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
