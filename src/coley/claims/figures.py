"""Claims in a picture: what each rule found, with its interval, and where the interval has to lie."""

from __future__ import annotations

from functools import partial
from math import isfinite

import altair as alt
import pandas as pd

from coley.claims.experiment import Found
from coley.report.svg import Sketch
from coley.report.theme import BLUE, FIGURE_WIDTH, GREY, VERMILLION, Figure, finish, inline, nothing_to_show, wrap

_ROW = 46
_ENDS = 0.08
"""Share of the range that is shown beyond it."""
_COLOUR = alt.Color("verdict:N", legend=None, scale=alt.Scale(domain=["pass", "fail"], range=[BLUE, VERMILLION]))


def sketches(found: list[Found]) -> list[Sketch]:
    """A figure of each claim, under its name."""
    return [Sketch(each.claim.name, partial(_forest, each), f"{each.claim.id}: {each.verdict}") for each in found]


def _forest(found: Found) -> Figure:
    """Value and interval of each rule, on a scale of its own; the shaded part is where the interval has to lie."""
    title = f"{found.claim.id}, {found.claim.title}: {found.verdict}"
    if not found.outcomes:
        return nothing_to_show(title, "It could not be run.")
    rows = []
    for outcome in found.outcomes:
        known = [v for v in (outcome.value, outcome.lower, outcome.upper, outcome.least, outcome.most, 0.0)
                 if isfinite(v)]  # fmt: skip
        low, high = min(known), max(known)
        room = _ENDS * (high - low or 1.0)
        verdict = "pass" if outcome.passed else "fail"
        shown = {"value": outcome.value, "lower": outcome.lower, "upper": outcome.upper, "verdict": verdict}
        from_, to = max(outcome.least, low - room), min(outcome.most, high + room)
        rows.append((outcome, pd.DataFrame([{**shown, "least": from_, "most": to}]), (low - room, high + room)))
    parts = [_row(outcome.label, outcome.unit, frame, ends) for outcome, frame, ends in rows]
    subtitle = "Point and bar: measured, with the 95 % interval of the simulation. Shaded: where the claim puts it."
    return finish(alt.vconcat(*parts, spacing=16), title, subtitle)


def _row(label: str, unit: str, frame: pd.DataFrame, ends: tuple[float, float]) -> alt.LayerChart | alt.FacetChart:
    scale = alt.Scale(domain=list(ends), nice=False)
    title = wrap(label + (f" ({unit})" if unit else ""), 90)
    base = alt.Chart(inline(frame))
    x = partial(alt.X, title=title, scale=scale)
    band = base.mark_rect(color=GREY, opacity=0.25).encode(x("least:Q"), alt.X2("most:Q"))
    bar = base.mark_rule(strokeWidth=2).encode(x("lower:Q"), alt.X2("upper:Q"), _COLOUR)
    point = base.mark_point(filled=True, size=70, opacity=1).encode(x("value:Q"), _COLOUR)
    return alt.layer(band, bar, point).properties(width=FIGURE_WIDTH - 60, height=_ROW)
