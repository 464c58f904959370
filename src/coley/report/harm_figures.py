"""Figures of harm: how many patients have had an event by when, with death as what competes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from coley.report.select import DAYS_PER_MONTH, SEVERE, arm_names, evaluable, rows_of_evaluable
from coley.report.survival import tick_step
from coley.report.theme import ArmStyles, Figure, finish, inline, nothing_to_show, panel_width
from coley.trial.analysis.competing import COMPETING, EVENT, cumulative_incidence

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_HEIGHT, _SQUARE = 210, 330
_KEY = alt.Legend(symbolType="stroke", symbolSize=400, symbolStrokeWidth=2, symbolOpacity=1, labelLimit=0, columns=3)
BENEFIT, HARM = "ORR", "AE:any:g3"
_GRADES = ((1, "Any grade"), (SEVERE, f"Grade {SEVERE} or more"))


def incidence_of_harm(result: TrialResult) -> Figure:
    """Cumulative incidence of a first event under treatment by arm, of any grade and of severe ones."""
    styles = ArmStyles(tuple(arm_names(result)))
    title = "Cumulative incidence of harm by arm"
    curves = {label: incidence(result, least) for least, label in _GRADES}
    last = max((float(curve["month"].max()) for curve in curves.values() if len(curve)), default=0.0)
    if not last:
        return nothing_to_show(title, "No patient of any arm was followed.")
    width, step = panel_width(len(curves), gap=62), tick_step(last)
    horizon = float(np.ceil(last / step) * step)
    x = alt.X(
        "month:Q",
        title="Time since first dose (months)",
        scale=alt.Scale(domain=[0, horizon], nice=False),
        axis=alt.Axis(values=list(np.arange(0, horizon + step / 2, step * 2))),
    )
    y = alt.Y("percent:Q", title="Patients with an event (%)", scale=alt.Scale(domain=[0, 100]))
    panels = [
        alt.Chart(inline(curve))
        .mark_line(interpolate="step-after", strokeWidth=1.8)
        .encode(x, y, styles.colour(_KEY), styles.dash(_KEY))
        .properties(title=label, width=width, height=_HEIGHT)
        for label, curve in curves.items()
    ]
    subtitle = "First event that is simulated, under trial treatment; death without one competes (Aalen-Johansen)."
    together = alt.concat(*panels, columns=2, spacing=18).resolve_scale(color="shared", strokeDash="shared")
    return finish(together, title, subtitle)


def benefit_and_harm(result: TrialResult) -> Figure:
    """Each arm by the share that responds and the share with severe harm, with the intervals of the summary."""
    styles = ArmStyles(tuple(arm_names(result)))
    title = "Benefit and harm by arm"
    known = result.summary.set_index(["arm", "endpoint"])[["predicted", "lower", "upper"]]
    points = [
        (arm, *_numbers(known, arm, HARM), *_numbers(known, arm, BENEFIT))
        for arm in styles.names
        if {(arm, HARM), (arm, BENEFIT)} <= set(known.index)
    ]
    columns = ["arm", "harm", "harm_low", "harm_high", "benefit", "benefit_low", "benefit_high"]
    frame = pd.DataFrame(points, columns=columns).dropna()
    if frame.empty:
        return nothing_to_show(title, "No arm has both an objective response rate and harm.")
    scale = alt.Scale(domain=[0, 100])
    x = alt.X("harm:Q", title=f"Patients with harm of grade {SEVERE} or more (%)", scale=scale)
    y = alt.Y("benefit:Q", title="Patients with an objective response (%)", scale=scale)
    base = alt.Chart(inline(frame))
    key = alt.Legend(symbolType="circle", symbolOpacity=1, labelLimit=0, columns=2)
    across = base.mark_rule().encode(alt.X("harm_low:Q", scale=scale), alt.X2("harm_high:Q"), y, styles.colour(key))
    along = base.mark_rule().encode(
        x, alt.Y("benefit_low:Q", scale=scale), alt.Y2("benefit_high:Q"), styles.colour(key)
    )
    mark = base.mark_point(filled=True, size=80, opacity=1).encode(x, y, styles.colour(key))
    plot = alt.layer(across, along, mark).properties(width=_SQUARE, height=_SQUARE)
    return finish(plot, title, "Bars: 95 % intervals of arms of the published size. Upper left is best.")


def _numbers(known: pd.DataFrame, arm: str, endpoint: str) -> list[float]:
    """Estimate and interval of an endpoint of an arm."""
    return [float(known[column][arm, endpoint]) for column in known.columns]


def incidence(result: TrialResult, least: int) -> pd.DataFrame:
    """Columns arm, month and percent: patients who have had an event of grade ``least`` or more by then."""
    events = rows_of_evaluable(result, "ADAE")
    if len(events):
        events = events[(events["AETOXGR"] >= least) & (events["TRTEMFL"] == "Y")]
        first = (events.groupby("USUBJID")["ASTDY"].min().astype(float) - 1) / DAYS_PER_MONTH
    else:
        first = pd.Series(dtype=float)
    adtte, parts = result.tables["ADTTE"], []
    alive = adtte[(adtte["PARAMCD"] == "OS") & adtte["USUBJID"].isin(evaluable(result)["USUBJID"])]
    for arm in arm_names(result):
        own = alive[alive["ARM"] == arm]
        if not len(own):
            continue
        months = own["AVAL"].to_numpy(float) / DAYS_PER_MONTH
        onset = first.reindex(own["USUBJID"]).to_numpy(float)
        struck = onset <= months
        causes = np.select([struck, own["CNSR"].to_numpy(int) == 0], [EVENT, COMPETING], 0)
        curve = cumulative_incidence(np.where(struck, onset, months), causes)
        rises = curve["incidence"].diff().fillna(1.0) > 0
        rises.iloc[-1] = True  # to the end of follow-up
        kept = curve[rises]
        parts.append(pd.DataFrame({"arm": arm, "month": kept["time"], "percent": 100 * kept["incidence"]}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"arm": [], "month": [], "percent": []})
