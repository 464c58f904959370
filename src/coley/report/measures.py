"""Response where no lesions are measured: what examinations show over time, and the responses that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from coley.report.courses import panel
from coley.report.select import DAYS_PER_MONTH, arm_names, criteria_of, evaluable, response_names, rows
from coley.report.survival import tick_step
from coley.report.theme import (
    ArmStyles,
    Figure,
    arm_header,
    finish,
    inline,
    nothing_to_show,
    panel_width,
    response_colour,
)
from coley.trial.response.base import VISIT

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_FLAG = "yes or no"
_FEWEST = 0.05
"""Fraction of an arm that must be examined at a visit for what is seen there to be drawn."""
_AXIS = "Time since first dose (months)"


def findings(result: TrialResult) -> Figure:
    """What examinations show over time by arm: median and spread of what is measured, share of what is seen or not."""
    known = criteria_of(result)
    title = "What the examinations show"
    styles = ArmStyles(tuple(arm_names(result)))
    ids, columns = evaluable(result)["USUBJID"], ["USUBJID", "ARM", "PARAMCD", "VISITNUM", "ADY", "AVAL"]
    scans = rows(result, "ADTR", lambda t: t.loc[t["AVAL"].notna() & t["USUBJID"].isin(ids), columns])
    shown: list[tuple[str, str, pd.DataFrame]] = []
    for name, measure in known.measures.items():
        own = scans[scans["PARAMCD"] == name.upper()]
        if measure.axes != VISIT or not (own["AVAL"] > 0).any():
            continue
        flag = measure.unit == _FLAG
        band = _bands(result, own, flag=flag)
        if len(band):
            meaning = measure.meaning.partition(";")[0]
            heading = meaning[0].upper() + meaning[1:]
            shown.append((heading, "% of those examined" if flag else measure.unit, band))
    if not shown:
        return nothing_to_show(title, "Examinations found nothing that could be drawn.")
    width = panel_width(len(shown), gap=62)
    panels = [panel(band, heading, unit, styles, _AXIS, width) for heading, unit, band in shown]
    subtitle = (
        "Line: median, or share where a finding is there or not; band: 5 to 95 % of the patients examined at that "
        f"visit, while they are at least {100 * _FEWEST:.0f} % of the arm."
    )
    together = alt.concat(*panels, columns=3, spacing=18).resolve_scale(color="shared", strokeDash="shared")
    return finish(together, title, subtitle)


def _bands(result: TrialResult, scans: pd.DataFrame, *, flag: bool) -> pd.DataFrame:
    """Columns arm, time, lower, median, upper: a row for each visit of each arm."""
    sizes = evaluable(result)["ARM"].value_counts()
    rows = []
    for arm in arm_names(result):
        for _, visit in scans[scans["ARM"] == arm].groupby("VISITNUM"):
            values = visit["AVAL"].to_numpy(dtype=float)
            if len(values) < max(1.0, _FEWEST * sizes.get(arm, 0)):
                continue
            found = [100.0 * float((values > 0).mean())] * 3 if flag else np.quantile(values, (0.05, 0.5, 0.95))
            rows.append((arm, float(visit["ADY"].median()) / DAYS_PER_MONTH, *found))
    return pd.DataFrame(rows, columns=["arm", "time", "lower", "median", "upper"])


def responses_over_time(result: TrialResult) -> Figure:
    """Share of the patients of each arm with each response, from visit to visit."""
    known = response_names(result)
    title = f"Responses over time ({known.criteria})"
    shares = _shares(result)
    if shares.empty:
        return nothing_to_show(title, "No patient was examined after the first dose.")
    names = [arm for arm in arm_names(result) if (shares["arm"] == arm).any()]
    width = panel_width(len(names), gap=22)
    longest = float(shares["until"].max()) / 1.002
    step = tick_step(longest) * (1 if len(names) == 1 else 2)
    x = alt.X(
        "month:Q",
        title=_AXIS,
        scale=alt.Scale(domain=[0, longest], nice=False),
        axis=alt.Axis(values=list(np.arange(0, longest + step / 1000, step))),
    )
    y = alt.Y("low:Q", title="Patients (%)", scale=alt.Scale(domain=[0, 100]))
    colour = response_colour(known, alt.Legend(symbolType="square", columns=6, labelLimit=0))
    mark = alt.Chart(inline(shares)).mark_rect(clip=True).encode(x, alt.X2("until:Q"), y, alt.Y2("high:Q"), colour)
    chart = mark.properties(width=width, height=200)
    shown = chart.facet(arm_header(names, width), columns=3, spacing=22)
    worse = " or ".join(known.progressive)
    subtitle = (
        f"Of all patients of the arm, from each visit to the next. Who was once {worse} stays so; white are those who "
        "left before, by death, dropout or another treatment."
    )
    return finish(shown, title, subtitle)


def _shares(result: TrialResult) -> pd.DataFrame:
    """Rectangles: arm, response, from which month until which, and from which to which share (%) they stand."""
    known, people = response_names(result), evaluable(result)
    ids, columns = people["USUBJID"], ["USUBJID", "ARM", "VISITNUM", "ADY", "AVALC"]
    scans = rows(result, "ADRS", lambda t: t.loc[(t["PARAMCD"] == "OVRLRESP") & t["USUBJID"].isin(ids), columns])
    stretches = []
    for arm, size in people["ARM"].value_counts(sort=False).items():
        own = scans[scans["ARM"] == arm]
        if own.empty:
            continue
        months = (own.groupby("VISITNUM")["ADY"].median() / DAYS_PER_MONTH).cummax().to_numpy(dtype=float)
        wide = own.pivot_table(index="USUBJID", columns="VISITNUM", values="AVALC", aggfunc="first")
        rank = wide.map({name: float(k) for k, name in enumerate(known.names)}.get, na_action="ignore").astype(float)
        worse = rank.where(wide.isin(known.progressive)).ffill(axis=1)
        states = worse.where(worse.notna(), rank)
        ends = [*months[1:], months[-1] + (months[-1] - months[-2] if len(months) > 1 else 1.0)]
        for visit, begin, end in zip(states.columns, months, ends, strict=True):
            counts = states[visit].value_counts()
            low = 0.0
            for number, name in enumerate(known.names):
                high = low + 100.0 * int(counts.get(float(number), 0)) / size
                if high > low and end > begin:
                    # They overlap a little, or light seams would show between them.
                    stretches.append((arm, name, begin, end + 0.002 * ends[-1], low, high))
                low = high
    return pd.DataFrame(stretches, columns=["arm", "response", "month", "until", "low", "high"])
