"""Tumour response of each patient: waterfall, spider and swimmer plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from coley.report.select import (
    DAYS_PER_MONTH,
    arm_names,
    best_changes,
    evaluable,
    first_patients,
    response_names,
    rows,
    sums_of_diameters,
)
from coley.report.survival import tick_step
from coley.report.theme import (
    BLACK,
    BLUE,
    FAINT,
    MINUS,
    SKY,
    VERMILLION,
    Figure,
    arm_header,
    finish,
    inline,
    nothing_to_show,
    panel_width,
    response_colour,
)
from coley.trial.response.recist import PROGRESSION_FRACTION, RESPONSE_FRACTION

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_HIGHEST_CHANGE = 100.0
"""Growth at which bars of the waterfall are cut, in % of baseline."""
_HIGHEST_LINE = 150.0
"""Growth at which lines of the spider are cut, in % of baseline."""
_BY_SUMS = ("recist-1.1", "irecist")
"""Criteria by which the sum of diameters alone decides on response."""
_RESPONSE, _PROGRESSION = 100 * RESPONSE_FRACTION, 100 * PROGRESSION_FRACTION
_MOST_BARS = 320
"""Bars of the waterfall per arm; narrower ones than this gives cannot be told apart."""
_MOST_LINES = 150
_MOST_LANES = 40


def waterfall(result: TrialResult) -> Figure:
    """Best change of the sum of diameters of every patient, ranked within the arm, coloured by best response."""
    title = "Best change in the sum of target lesions"
    best = best_changes(result)
    if best.empty:
        return nothing_to_show(title, "No patient had an evaluable scan after baseline.")
    names = [arm for arm in arm_names(result) if (best["arm"] == arm).any()]
    bars = pd.concat([_ranked(best[best["arm"] == arm]) for arm in names], ignore_index=True)
    width = panel_width(len(names), gap=22)
    x = alt.X("start:Q", title="Patients, ranked (%)", scale=alt.Scale(domain=[0, 100], nice=False))
    y = alt.Y(
        "change:Q",
        title="Best change from baseline (%)",
        scale=alt.Scale(domain=[-100, _HIGHEST_CHANGE], clamp=True),
    )
    mark = (
        alt.Chart()
        .mark_rect()
        .encode(x, alt.X2("end:Q"), y, alt.Y2("zero:Q"), response_colour(response_names(result), alt.Legend()))
    )
    chart = alt.layer(mark, *_reference_lines(result), data=inline(bars)).properties(width=width, height=200)
    shown = chart.facet(arm_header(names, width), columns=3, spacing=22)
    return finish(shown, title, _waterfall_subtitle(result, best))


def _ranked(best: pd.DataFrame) -> pd.DataFrame:
    """Bars of one arm from worst to best; of many patients, the middle one of each of ``_MOST_BARS`` equal groups."""
    ranked = best.sort_values(["change", "USUBJID"], ascending=[False, True], kind="stable", ignore_index=True)
    n = min(len(ranked), _MOST_BARS)
    edges = np.linspace(0, len(ranked), n + 1)
    chosen = ranked.iloc[((edges[:-1] + edges[1:]) / 2).astype(int)]
    edges = edges * (100.0 / len(ranked))
    # Few bars stand apart; many overlap a little, or light seams would show between them.
    gap = 15.0 / n if n <= 60 else -0.15
    ends = np.minimum(edges[1:] - gap, 100.0)
    return chosen[["arm", "change", "response"]].assign(start=edges[:-1], end=ends, zero=0.0)


def _reference_lines(result: TrialResult) -> list[alt.Chart]:
    """Zero; and where the criteria go by it, the changes that make a partial response and, from nadir, progression."""
    once = alt.Chart().transform_aggregate(rows="count()")
    dashed = once.mark_rule(strokeDash=[3, 3], strokeWidth=1, color=FAINT)
    zero = once.mark_rule(strokeWidth=0.8, color=BLACK)
    lines = [zero.encode(y=alt.datum(0))]
    if result.criteria in _BY_SUMS:
        lines += [dashed.encode(y=alt.datum(change)) for change in (-_RESPONSE, _PROGRESSION)]
    return lines


def _key(result: TrialResult) -> str:
    """What colours and lines mean."""
    text = f"Colour: best overall response ({response_names(result).criteria})."
    if result.criteria in _BY_SUMS:
        text += f" Dashed: {MINUS}{_RESPONSE:.0f} % and +{_PROGRESSION:.0f} %."
    return text


def _waterfall_subtitle(result: TrialResult, best: pd.DataFrame) -> list[str]:
    everyone = evaluable(result)["ARM"].value_counts()
    counts = [f"{arm} {(best['arm'] == arm).sum():,} of {everyone.get(arm, 0):,}" for arm in arm_names(result)]
    lines = [f"Patients with an evaluable scan after baseline: {'; '.join(counts)}."]
    above = int((best["change"] > _HIGHEST_CHANGE).sum())
    cut = f" Growth is cut at +{_HIGHEST_CHANGE:.0f} % ({above:,} patients)." if above else ""
    lines.append(f"{_key(result)}{cut}")
    if best["arm"].value_counts().max() > _MOST_BARS:
        lines.append(f"Each bar is the middle patient of one of {_MOST_BARS} equal groups of ranked patients.")
    return lines


def spider(result: TrialResult) -> Figure:
    """Change of the sum of diameters over time, one line per patient, coloured by best response."""
    title = "Change in the sum of target lesions over time"
    scans = sums_of_diameters(result, first_patients(result, _MOST_LINES)["USUBJID"])
    if scans.empty:
        return nothing_to_show(title, "No patient had an evaluable scan.")
    names = [arm for arm in arm_names(result) if (scans["arm"] == arm).any()]
    width = panel_width(len(names), gap=22)
    step = tick_step(float(scans["month"].max())) * (1 if len(names) == 1 else 2)
    horizon = max(float(np.ceil(scans["month"].max() / step) * step), step)
    x = alt.X(
        "month:Q",
        title="Time since first dose (months)",
        scale=alt.Scale(domain=[0, horizon], nice=False),
        axis=alt.Axis(values=list(np.arange(0, horizon + step / 2, step))),
    )
    y = alt.Y("change:Q", title="Change from baseline (%)", scale=alt.Scale(domain=[-100, _HIGHEST_LINE], nice=False))
    mark = alt.Chart().mark_line(strokeWidth=0.9, opacity=0.6, clip=True)
    key = alt.Legend(symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1)
    lines = mark.encode(x, y, response_colour(response_names(result), key), alt.Detail("USUBJID:N"))
    data = inline(scans[["arm", "USUBJID", "month", "change", "response"]], digits=4)
    chart = alt.layer(lines, *_reference_lines(result), data=data).properties(width=width, height=220)
    shown = chart.facet(arm_header(names, width), columns=3, spacing=22)
    subtitle = [
        _sample_text(result, _MOST_LINES, "One line per patient"),
        f"{_key(result)} Lines leave the plot above +{_HIGHEST_LINE:.0f} %.",
    ]
    return finish(shown, title, subtitle)


def _sample_text(result: TrialResult, most: int, what: str) -> str:
    largest = int(evaluable(result)["ARM"].value_counts().max())
    whom = (
        f"the first {most} of {largest:,} patients of each arm (a random sample)" if largest > most else "all patients"
    )
    return f"{what}: {whom}."


_EVENTS = {
    "first response": ("triangle-up", BLUE),
    "progression": ("diamond", VERMILLION),
    "death": ("square", BLACK),
    "censored, alive": ("triangle-right", "#8C8C8C"),
}


def swimmer(result: TrialResult) -> Figure:
    """Time on study and on treatment of a sample of patients, with first response, progression and death."""
    title = "Course of each patient"
    lanes, events = _lanes(result)
    if lanes.empty:
        return nothing_to_show(title, "No patient of any arm was evaluable.")
    names = [arm for arm in arm_names(result) if (lanes["arm"] == arm).any()]
    width = panel_width(len(names), gap=22)
    longest = max(float(lanes["end"].max()), 1.0)
    step = tick_step(longest) * (1 if len(names) == 1 else 2)
    horizon = float(np.ceil(longest / step) * step)
    x = alt.X(
        "begin:Q",
        title="Time since first dose (months)",
        scale=alt.Scale(domain=[0, horizon * 1.02], nice=False),
        axis=alt.Axis(values=list(np.arange(0, horizon + step / 2, step))),
    )
    y = alt.Y("lane:O", axis=None, scale=alt.Scale(paddingInner=0.3))
    phase = alt.Color(
        "phase:N",
        scale=alt.Scale(domain=["on treatment", "in follow-up"], range=[SKY, "#DADADA"]),
        legend=alt.Legend(symbolType="square"),
    )
    bars = alt.Chart().mark_bar().transform_filter("datum.phase != null").encode(x, alt.X2("until:Q"), y, phase)
    marks = alt.Chart().mark_point(size=30, filled=True, stroke=BLACK, strokeWidth=0.6, opacity=1)
    points = marks.transform_filter("datum.event != null").encode(x, y, *_event_encodings())
    data = inline(pd.concat([_bars(lanes), events], ignore_index=True))
    chart = alt.layer(bars, points, data=data)
    height = min(300, 24 + 7 * int(lanes["arm"].value_counts().max()))
    shown = chart.properties(width=width, height=height).facet(arm_header(names, width), columns=3, spacing=22)
    shown = shown.resolve_scale(y="independent")
    return finish(shown, title, _sample_text(result, _MOST_LANES, "One bar per patient, longest on top"))


def _event_encodings() -> tuple[alt.Shape, alt.Fill]:
    names = list(_EVENTS)
    legend = alt.Legend(symbolSize=45)
    return (
        alt.Shape("event:N", scale=alt.Scale(domain=names, range=[_EVENTS[n][0] for n in names]), legend=legend),
        alt.Fill("event:N", scale=alt.Scale(domain=names, range=[_EVENTS[n][1] for n in names]), legend=legend),
    )


def _lanes(result: TrialResult) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One lane per sampled patient (arm, lane, treated, end in months), and the events to mark in them."""
    sampled = first_patients(result, _MOST_LANES).set_index("USUBJID")
    adtte = result.tables["ADTTE"]
    objective = response_names(result).objective
    overall = adtte[adtte["PARAMCD"] == "OS"].set_index("USUBJID").reindex(sampled.index)
    free = adtte[adtte["PARAMCD"] == "PFS"].set_index("USUBJID").reindex(sampled.index)
    responses = rows(result, "ADRS", lambda t: t[t["USUBJID"].isin(sampled.index)])
    scans = responses[(responses["PARAMCD"] == "OVRLRESP") & responses["AVALC"].isin(objective)]
    response = scans.groupby("USUBJID", observed=True)["ADY"].min().reindex(sampled.index)
    response = response.where(sampled["BOR"].isin(objective))
    lanes = pd.DataFrame(
        {
            "arm": sampled["ARM"].astype(object),
            "end": overall["AVAL"].to_numpy(float) / DAYS_PER_MONTH,
            "treated": sampled["TRTEDY"].to_numpy(float) / DAYS_PER_MONTH,
        },
        index=sampled.index,
    ).dropna(subset=["end"])
    lanes = lanes.sort_values("end", ascending=False, kind="stable")
    lanes["lane"] = lanes.groupby("arm", sort=False).cumcount()
    times = {
        "first response": response,
        "progression": free["AVAL"].where((free["CNSR"] == 0) & (free["EVNTDESC"] == "progression")),
        "death": overall["AVAL"].where(overall["CNSR"] == 0),
        "censored, alive": overall["AVAL"].where(overall["CNSR"] == 1),
    }
    parts = [
        lanes[["arm", "lane"]].assign(event=name, begin=days.reindex(lanes.index) / DAYS_PER_MONTH)
        for name, days in times.items()
    ]
    return lanes, pd.concat(parts).dropna(subset=["begin"])


def _bars(lanes: pd.DataFrame) -> pd.DataFrame:
    treated = np.minimum(lanes["treated"].fillna(0.0), lanes["end"])
    first = lanes[["arm", "lane"]].assign(phase="on treatment", begin=0.0, until=treated)
    after = lanes[["arm", "lane"]].assign(phase="in follow-up", begin=treated, until=lanes["end"])
    both = pd.concat([first, after])
    return both[both["until"] > both["begin"]]
