"""One look for every figure: palette, dashes, type, and the helpers that all figures share.

Colours are those of Okabe and Ito (2008), told apart with any colour vision; each arm also has a dash pattern and a
marker of its own, so that curves stay apart in greyscale.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from coley.report.select import Responses

Figure = alt.Chart | alt.LayerChart | alt.FacetChart | alt.ConcatChart | alt.VConcatChart

BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, ORANGE, BLACK, GREY = "#56B4E9", "#E69F00", "#000000", "#BDBDBD"
INK, FAINT, GRID = "#222222", "#666666", "#E4E4E4"

ARM_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, SKY, ORANGE, BLACK)
ARM_DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
ARM_SHAPES = ("diamond", "square", "triangle-up", "circle", "triangle-down")
OBJECTIVE_COLOURS = (BLUE, SKY, GREEN, "#7FD1B9", "#BFE3F5")
CONTROL_COLOURS = (GREY, ORANGE, "#8C8C8C")
UNDECIDED_COLOURS = ("#F0E442", "#B3A52E")
PROGRESSION_COLOURS = (VERMILLION, PURPLE, "#8A3D00", "#4D4D4D")
UNKNOWN_COLOUR = "#EDEDED"
"""Of responses, of control of the disease, of what is neither this nor progression, of progression, the best of each
first; and of what could not be judged."""

FIGURE_WIDTH = 640
"""Width of the plotting area of a full-width figure, in px; about 17 cm in print with its axes."""

_TITLE = 88
"""Characters of a line of a title, which is not to be wider than the figure."""

NO_UNIT = ("", "1", "dimensionless")
"""Units that are not shown."""
_WORD = re.compile("[a-z0-9]+")
_SYMBOLS = {
    "microgram": "µg", "ug": "µg", "milligram": "mg", "microliter": "µL", "nanomolar": "nM", "picomolar": "pM",
    "percent": "%",
}  # fmt: skip
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER = re.compile(r"\^(-?[0-9]+)")

MINUS = "\u2212"

NUMBERS = ",.3~r"
"""Number format of linear axes (d3-format): three significant digits, no exponent."""

LINE_HEIGHT = 13
"""Height of a line of a label, in px."""

_CONFIG: dict[str, Any] = {
    "font": "Arial, Helvetica, Liberation Sans, sans-serif",
    "background": "white",
    "aria": False,
    "padding": 8,
    "view": {"stroke": None},
    "axis": {
        "domainColor": INK,
        "gridColor": GRID,
        "labelFlush": False,
        "labelColor": INK,
        "labelFontSize": 11,
        "tickColor": INK,
        "tickSize": 4,
        "titleColor": INK,
        "titleFontSize": 11.5,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
    "axisX": {"grid": False},
    "header": {"labelColor": INK, "labelFontSize": 11.5, "labelFontWeight": "bold", "titleColor": INK},
    "legend": {
        "columnPadding": 14,
        "labelColor": INK,
        "labelFontSize": 11,
        "orient": "top",
        "symbolStrokeWidth": 1.5,
        "title": None,
    },
    "text": {"color": INK, "fontSize": 11},
    "title": {
        "anchor": "start",
        "color": INK,
        "fontSize": 13.5,
        "frame": "bounds",
        "offset": 12,
        "subtitleColor": "#4D4D4D",
        "subtitleFontSize": 11,
        "subtitlePadding": 5,
    },
}


@dataclass(frozen=True)
class ArmStyles:
    """Colour and dash of every arm, in the order of the trial."""

    names: tuple[str, ...]

    @property
    def colours(self) -> list[str]:
        """One colour per arm."""
        return [ARM_COLOURS[i % len(ARM_COLOURS)] for i in range(len(self.names))]

    @property
    def dashes(self) -> list[Sequence[int]]:
        """One dash pattern per arm; with the colour it is unique for 28 arms."""
        return [ARM_DASHES[i % len(ARM_DASHES)] for i in range(len(self.names))]

    def shape(self, name: str) -> str:
        """Marker of an arm's published values."""
        return ARM_SHAPES[self.names.index(name) % len(ARM_SHAPES)]

    def colour(self, legend: alt.Legend | None = None, field: str = "arm") -> alt.Color:
        """Encoding of ``field`` as colour."""
        scale = alt.Scale(domain=list(self.names), range=self.colours)
        return alt.Color(f"{field}:N", scale=scale, legend=legend)

    def dash(self, legend: alt.Legend | None = None, field: str = "arm") -> alt.StrokeDash:
        """Encoding of ``field`` as dash pattern."""
        scale = alt.Scale(domain=list(self.names), range=self.dashes)
        return alt.StrokeDash(f"{field}:N", scale=scale, legend=legend)


def unit_text(unit: str) -> str:
    """A unit as people write it; "" for none."""
    if unit in NO_UNIT:
        return ""
    named = _WORD.sub(lambda word: _SYMBOLS.get(word[0], word[0]), unit)
    return _POWER.sub(lambda power: power[1].translate(SUPERSCRIPTS), named)


def response_colour(responses: Responses, legend: alt.Legend | None) -> alt.Color:
    """Encoding of the field ``response``, one of ``responses``, as colour."""
    colours = {
        name: palette[i % len(palette)]
        for names, palette in (
            (responses.objective, OBJECTIVE_COLOURS),
            (responses.control, CONTROL_COLOURS),
            ([name for name in responses.others[:-1] if name not in responses.progressive], UNDECIDED_COLOURS),
            (responses.progressive, PROGRESSION_COLOURS),
            (responses.others[-1:], (UNKNOWN_COLOUR,)),
        )
        for i, name in enumerate(names)
    }
    return alt.Color("response:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=legend)


def inline(frame: pd.DataFrame, digits: int = 5) -> alt.InlineData:
    """``frame`` as data inside the chart: floats to ``digits`` significant digits, what is not finite as null.

    Given so, Altair neither limits the rows nor guesses types, and its global settings stay untouched. The rows are one
    JSON text, because Altair copies and checks whatever it can look into at every step that makes a chart of another.
    """
    columns = {str(name): _values(frame[name], digits) for name in frame.columns}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return alt.InlineData(values=json.dumps(rows), format=alt.JsonDataFormat(type="json"))


def _values(column: pd.Series[Any], digits: int) -> list[Any]:
    if not pd.api.types.is_float_dtype(column):
        return [None if missing else value for value, missing in zip(column, column.isna(), strict=True)]
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in column]


def finish(chart: Any, title: str, subtitle: str | Iterable[str] = ()) -> Figure:
    """``chart`` under the common look with its title; what is long is broken into lines."""
    sentences = [subtitle] if isinstance(subtitle, str) else list(subtitle)
    lines = [line for sentence in sentences for line in textwrap.wrap(sentence, 122)]
    heads = textwrap.wrap(title, _TITLE)
    text = heads if heads[1:] else title  # a list of one would be drawn as a list
    heading = alt.Title(text, subtitle=lines) if lines else alt.Title(text)
    finished: Figure = chart.properties(title=heading, config=_CONFIG)
    return finished


def nothing_to_show(title: str, reason: str) -> Figure:
    """A figure that says why there is nothing in it."""
    note = alt.Chart(inline(pd.DataFrame({"text": [reason]}))).mark_text(color=FAINT, fontSize=12, align="center")
    return finish(note.encode(text="text:N").properties(width=FIGURE_WIDTH, height=60), title)


def wrap(label: str, width: int = 24) -> str:
    """``label`` in lines of at most ``width`` characters, as text marks and :func:`broken_labels` show them."""
    return "\n".join(textwrap.wrap(label, width, break_long_words=True)) or label


def spread(positions: Sequence[float], gaps: Sequence[float], low: float, high: float) -> list[float]:
    """``positions`` moved as little as needed for labels of height ``gaps`` not to overlap within [low, high].

    Labels keep their order. Where they cannot all fit, they are stacked evenly from ``low``.
    """
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    if sum(gaps) > high - low:
        step = (high - low) / max(len(positions), 1)
        return [low + step * (order.index(i) + 0.5) for i in range(len(positions))]
    placed = dict.fromkeys(order, 0.0)
    edge = low
    for i in order:
        placed[i] = max(positions[i], edge + gaps[i] / 2)
        edge = placed[i] + gaps[i] / 2
    edge = high
    for i in reversed(order):
        placed[i] = min(placed[i], edge - gaps[i] / 2)
        edge = placed[i] - gaps[i] / 2
    return [placed[i] for i in range(len(positions))]


def arm_header(names: Sequence[str], width: int) -> alt.Facet:
    """Facet by arm in the trial's order, with names broken to the panel's ``width`` in px."""
    characters = max(12, width // 7)
    expression = "{" + ", ".join(f"{_quoted(name)}: {_quoted(wrap(name, characters))}" for name in names) + "}"
    header = alt.Header(title=None, labelExpr=f"split({expression}[datum.value], '\\n')", labelAnchor="start")
    return alt.Facet("arm:N", sort=list(names), header=header, title=None)


def _quoted(text: str) -> str:
    """``text`` as a string of the Vega expression language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def broken_labels() -> str:
    """Label expression for axes whose values hold line breaks."""
    return "split(datum.label, '\\n')"


def panel_width(panels: int, columns: int = 3, gap: int = 24) -> int:
    """Width in px of each of ``panels`` panels laid out in at most ``columns`` columns."""
    across = max(1, min(panels, columns))
    return (FIGURE_WIDTH - gap * (across - 1)) // across
