"""What was published of a survival curve: medians and landmark rates as open markers, none on top of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from math import isfinite, nan
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from coley.report.theme import ArmStyles, inline
from coley.trial.analysis.endpoints import read
from coley.trial.analysis.endpoints.median import Median
from coley.trial.analysis.endpoints.milestone import Milestone

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_HALF, _STEP, _MOST = 5.0, 10.0, 12
"""In px: half a marker, and how far markers move apart at a time; and how often at most."""


@dataclass(frozen=True)
class Point:
    """A published median, or rate at a landmark, in px: its marker and the ends of its interval (NaN: none).

    Attributes:
        median: on the line of 50 %, with an interval across; else a rate, with an interval up and down.
        low, high: along x of a median, along y of a rate.
    """

    arm: str
    median: bool
    x: float
    y: float
    low: float = nan
    high: float = nan

    def moved(self, by: float) -> Point:
        """Moved across its interval: a rate to the right, a median upwards."""
        return replace(self, y=self.y + by) if self.median else replace(self, x=self.x + by)

    def hides(self, other: Point) -> bool:
        """Whether one lies on the other: the markers; of the same kind, the intervals too."""
        if self.median != other.median:
            return abs(self.x - other.x) < 2 * _HALF and abs(self.y - other.y) < 2 * _HALF
        across, mine, its = (
            ((self.y - other.y), self.x, other.x) if self.median else (self.x - other.x, self.y, other.y)
        )
        low, high = self._span(mine)
        other_low, other_high = other._span(its)
        return abs(across) < 2 * _HALF and low < other_high and other_low < high

    def _span(self, middle: float) -> tuple[float, float]:
        ends = [middle - _HALF, middle + _HALF, *filter(isfinite, (self.low, self.high))]
        return min(ends), max(ends)


def points(result: TrialResult, endpoint: str) -> pd.DataFrame:
    """Published medians and rates of ``endpoint``: arm, median (or rate), month, survival (%), and their intervals."""
    rows: list[tuple[object, ...]] = []
    for arm in result.trial.arms:
        for fact in arm.published:
            about = read(fact.endpoint)
            if isinstance(about, Median | Milestone) and about.kind == endpoint:
                at = (about.at, fact.value) if isinstance(about, Milestone) else (fact.value, 50.0)
                rows.append((arm.name, isinstance(about, Median), *at, fact.lower, fact.upper))
    columns = ["arm", "median", "month", "survival", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float) | {"median": bool})


def dodged(placed: list[Point], width: float) -> list[Point]:
    """The points, each moved as little as needed to lie on none before it, and none out of the plot."""
    done: list[Point] = []
    for point in placed:
        ways = [point.moved(by) for by in _distances() if point.median or 0 <= point.x + by <= width]
        free = (moved for moved in ways if not any(moved.hides(other) for other in done))
        done.append(next(free, point))
    return done


def _distances() -> Iterator[float]:
    return chain([0.0], *([k * _STEP, -k * _STEP] for k in range(1, _MOST + 1)))


def layers(
    published: pd.DataFrame, styles: ArmStyles, x: alt.X, horizon: float, size: tuple[float, float]
) -> list[alt.Chart]:
    """Markers and intervals of :func:`points` in a plot of ``size`` (px), months to ``horizon`` against 0 to 100 %."""
    months, rates = horizon / size[0], 100.0 / size[1]
    placed = [
        Point(arm, median, month / months, rate / rates, *(end / (months if median else rates) for end in ends))
        for arm, median, month, rate, *ends in published.itertuples(index=False, name=None)
    ]
    placed.sort(key=lambda point: point.median)  # rates keep their landmarks, where they can
    rows = [
        (
            p.arm,
            p.median,
            p.x * months,
            p.y * rates,
            *(end * (months if p.median else rates) for end in (p.low, p.high)),
        )
        for p in dodged(placed, size[0])
    ]
    shown = pd.DataFrame(rows, columns=published.columns).astype(published.dtypes)
    charts, y = [], alt.Y("survival:Q")
    for arm in styles.names:
        own = shown[shown["arm"] == arm]
        bars = own.dropna(subset=["low", "high"])
        across = alt.Chart(inline(bars[bars["median"]].assign(high=bars["high"].clip(upper=horizon))))
        up = alt.Chart(inline(bars[~bars["median"]]))
        charts += [
            across.mark_rule(strokeWidth=1.2).encode(alt.X("low:Q"), alt.X2("high"), y, styles.colour()),
            up.mark_rule(strokeWidth=1.2).encode(x, alt.Y("low:Q"), alt.Y2("high"), styles.colour()),
            markers(own, styles.shape(arm)).encode(x, y, styles.colour()),
        ]
    return charts


def markers(frame: pd.DataFrame, shape: str) -> alt.Chart:
    """Open markers at the rows of ``frame``."""
    mark: alt.Chart = alt.Chart(inline(frame)).mark_point(
        shape=shape, size=55, fill="white", strokeWidth=1.5, opacity=1
    )
    return mark
