"""Two arms of the same virtual patients beside each other: what differs, how sure that is, and who could see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, nan
from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from coley.errors import ColeyError, Problem
from coley.report.select import (
    DAYS_PER_MONTH,
    SEVERE,
    arm_names,
    evaluable,
    response_names,
    rows_of_evaluable,
    survival_kinds,
    survival_name,
)
from coley.report.survival import tick_step
from coley.report.theme import FAINT, FIGURE_WIDTH, ArmStyles, Figure, finish, inline, panel_width
from coley.trial.analysis import power, statistics
from coley.trial.analysis.endpoints import read
from coley.trial.analysis.endpoints.base import MONTHS, PERCENT, RATIO
from coley.trial.analysis.paired import (
    Flags,
    Follow,
    mean_difference,
    mean_time,
    share_difference,
    survival,
    survival_difference,
)

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

LANDMARKS = (6, 12, 24, 60)


@dataclass(frozen=True)
class Contrast:
    """One measure of two arms.

    Attributes:
        first, second: of each arm, in ``unit``; NaN for a hazard ratio.
        difference, lower, upper: second less first with the 95 % interval of the simulation; for a hazard ratio, that
            of the second arm over the first, with the interval of Cox's model.
        power: probability that a trial of the size asked for finds it at 5 %, two-sided; NaN where no test is made.
        needed: patients per arm for 80 % power.
    """

    label: str
    unit: str
    first: float
    second: float
    difference: float
    lower: float
    upper: float
    power: float = nan
    needed: float = nan


@dataclass(frozen=True)
class _Arm:
    """What became of the people of one arm, in the order of their numbers."""

    response: Flags
    severe: Flags
    follows: dict[str, Follow]


def contrasts(result: TrialResult, n: int) -> tuple[Contrast, ...]:
    """What the second arm of ``result`` differs by from the first; power is that of ``n`` patients per arm.

    People whose simulation failed in either arm are left out of both.

    Raises:
        ColeyError: not two arms, or nobody to compare.
    """
    names = arm_names(result)
    if len(names) != 2:
        raise ColeyError(Problem(f"trial {result.trial.name}", f"has {len(names)} arms", "two can be compared"))
    first, second = _arms(result, names)
    if not len(first.response):
        raise ColeyError(Problem(f"trial {result.trial.name}", "no patient could be simulated in both arms"))
    found = [_response(first, second, n, result.seed)]
    for kind in survival_kinds(result):
        if kind in first.follows and kind in second.follows:
            found += _survival(kind, first.follows[kind], second.follows[kind], n, result)
    if first.severe.any() or second.severe.any():
        label = f"Adverse event of grade {SEVERE} or more"
        found.append(_shares(label, first.severe, second.severe, n, result.seed))
    return tuple(found)


def _arms(result: TrialResult, names: Sequence[str]) -> list[_Arm]:
    people = evaluable(result)
    both = set.intersection(*(set(people.loc[people["ARM"] == name, "SUBJID"]) for name in names))
    people = people[people["SUBJID"].isin(both)].sort_values("SUBJID")
    events = rows_of_evaluable(result, "ADAE")
    severe = set(events.loc[events["AETOXGR"] >= SEVERE, "USUBJID"]) if len(events) else set()
    adtte = result.tables["ADTTE"]
    objective = response_names(result).objective
    found = []
    for name in names:
        own = people[people["ARM"] == name]
        follows = {}
        for kind in survival_kinds(result):
            times = adtte[(adtte["PARAMCD"] == kind) & (adtte["ARM"] == name)].set_index("USUBJID")
            times = times.reindex(own["USUBJID"])
            if times["AVAL"].notna().all():
                months = times["AVAL"].to_numpy(float) / DAYS_PER_MONTH
                follows[kind] = Follow(months, times["CNSR"].to_numpy(float) == 0)
        found.append(_Arm(own["BOR"].isin(objective).to_numpy(), own["USUBJID"].isin(severe).to_numpy(), follows))
    return found


def _response(first: _Arm, second: _Arm, n: int, seed: int) -> Contrast:
    return _shares(read("ORR").label, first.response, second.response, n, seed)


def _shares(label: str, first: Flags, second: Flags, n: int, seed: int) -> Contrast:
    found = share_difference(first, second, seed=seed)
    p, q = float(first.mean()), float(second.mean())
    tested = power.power_of_proportions(p, q, n), power.size_of_proportions(p, q)
    return _percent(label, p, q, found, *tested)


def _percent(
    label: str, first: float, second: float, found: statistics.Estimate, powered: float = nan, needed: float = nan
) -> Contrast:
    difference = 100 * found.value, 100 * found.lower, 100 * found.upper
    return Contrast(label, PERCENT, 100 * first, 100 * second, *difference, powered, needed)


def _survival(kind: str, first: Follow, second: Follow, n: int, result: TrialResult) -> list[Contrast]:
    """Hazard ratio with power, survival at months, and mean time without the event within follow-up."""
    horizon = result.trial.follow_up_months
    arms = np.repeat([False, True], [len(first.durations), len(second.durations)])
    months = np.concatenate([first.durations, second.durations])
    ratio = statistics.hazard_ratio(months, np.concatenate([first.events, second.events]), arms)
    rate = float(first.events.mean() + second.events.mean())  # events per patient of each arm
    events = power.events_of_log_rank(ratio.value)
    needed = ceil(events / rate) if rate and isfinite(events) else inf if isfinite(ratio.value) else nan
    tested = power.power_of_log_rank(ratio.value, n * rate), needed
    label = f"Hazard ratio, {survival_name(kind).lower()}"
    found = [Contrast(label, RATIO, nan, nan, ratio.value, ratio.lower, ratio.upper, *tested)]
    for month in LANDMARKS:
        if month <= horizon:
            difference = survival_difference(first, second, month, seed=result.seed)
            values = survival(first, month), survival(second, month)
            found.append(_percent(f"{survival_name(kind)} at {month} months", *values, difference))
    mean = mean_difference(first, second, horizon, seed=result.seed)
    values = mean_time(first, horizon), mean_time(second, horizon)
    label = f"Mean {survival_name(kind).lower()} within {horizon:g} months"
    return [*found, Contrast(label, MONTHS, *values, mean.value, mean.lower, mean.upper)]


def contrast_figure(result: TrialResult, found: Sequence[Contrast], n: int) -> Figure:
    """Survival of both arms, and under it every difference of shares with its interval."""
    styles = ArmStyles(tuple(arm_names(result)))
    first, second = _arms(result, styles.names)
    kinds = [kind for kind in survival_kinds(result) if kind in first.follows and kind in second.follows]
    width = panel_width(len(kinds), columns=2, gap=70) if kinds else FIGURE_WIDTH
    curves = [
        _curves(kind, (first.follows[kind], second.follows[kind]), styles, result.trial.follow_up_months, width)
        for kind in kinds
    ]
    parts = [alt.concat(*curves, columns=2, spacing=24)] if curves else []
    chart = alt.vconcat(*parts, _differences(found), spacing=18)
    subtitle = [
        f"{len(first.response):,} virtual patients, the same in both arms. Differences: second arm less first, with "
        "the 95 % interval of the simulation.",
        *(_said(row, n) for row in found if row.unit == RATIO and isfinite(row.difference)),
    ]
    return finish(chart, result.trial.title, subtitle)


def _said(row: Contrast, n: int) -> str:
    bounds = f" ({row.lower:.2f} to {row.upper:.2f})" if isfinite(row.lower) and isfinite(row.upper) else ""
    return f"{row.label}, second over first: {row.difference:.2f}{bounds}; power with {n:,} per arm: {row.power:.0%}."


def _curves(
    kind: str, follows: Sequence[Follow], styles: ArmStyles, horizon: float, width: int
) -> alt.LayerChart | alt.FacetChart:
    parts = []
    for name, follow in zip(styles.names, follows, strict=True):
        curve = statistics.kaplan_meier(follow.durations, follow.events)
        parts.append(pd.DataFrame({"arm": name, "month": curve["time"], "survival": 100 * curve["survival"]}))
    step = tick_step(horizon)
    x = alt.X(
        "month:Q",
        title="Time since first dose (months)",
        scale=alt.Scale(domain=[0, horizon], nice=False),
        axis=alt.Axis(values=list(np.arange(0, horizon + step / 2, step))),
    )
    y = alt.Y("survival:Q", title=f"{survival_name(kind)} (%)", scale=alt.Scale(domain=[0, 100]))
    key = alt.Legend(symbolType="stroke", symbolSize=400, symbolStrokeWidth=2, symbolOpacity=1, labelLimit=0, columns=1)
    line = alt.Chart(inline(pd.concat(parts, ignore_index=True))).mark_line(interpolate="step-after", strokeWidth=1.8)
    return alt.layer(line.encode(x, y, styles.colour(key), styles.dash(key))).properties(width=width, height=200)


def _differences(found: Sequence[Contrast]) -> alt.LayerChart | alt.FacetChart:
    rows = [(row.label, row.difference, row.lower, row.upper) for row in found if row.unit == PERCENT]
    frame = pd.DataFrame(rows, columns=["label", "difference", "lower", "upper"])
    labels = frame["label"].tolist()
    y = alt.Y("label:N", sort=labels, title=None, axis=alt.Axis(labelLimit=260))
    base = alt.Chart(inline(frame)).encode(y)
    title = "Difference, second arm less first (percentage points)"
    bar = base.mark_rule(strokeWidth=1.6).encode(alt.X("lower:Q", title=title), alt.X2("upper:Q"))
    point = base.mark_point(filled=True, size=50, opacity=1).encode(alt.X("difference:Q", title=title))
    zero = alt.Chart(inline(pd.DataFrame({"difference": [0.0]}))).mark_rule(color=FAINT, strokeDash=[3, 3])
    layers = alt.layer(zero.encode(alt.X("difference:Q", title=title)), bar, point)
    return layers.properties(width=FIGURE_WIDTH - 200, height=24 * len(rows))
