"""One patient of a result: who, what was given, what scans showed, what happened, and a figure of it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from coley.errors import ColeyError, Problem, did_you_mean
from coley.report.courses import panel
from coley.report.select import DAYS_PER_MONTH, TARGETS
from coley.report.theme import (
    FAINT,
    FIGURE_WIDTH,
    ArmStyles,
    Figure,
    finish,
    inline,
    nothing_to_show,
    panel_width,
    wrap,
)

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_AXIS = "Time since first dose (months)"
_MOST_TIMES = 200
_LESIONS = "LDIAM"
_SUM, _CHANGE, _RESPONSE = "sum, mm", "change, %", "response"


@dataclass(frozen=True)
class Patient:
    """One patient in one arm. Times are in days from the first dose.

    Attributes:
        who: the row of ADSL.
        given: the rows of ADEX.
        doses: a row for each stretch of equal doses: epoch, drug, dose, unit, route, count, first, last.
        scans: a row for each visit: day, then what was read, and the response.
        events: day, what, more.
        courses: column ``time`` (days) and the observables that were kept; no row where none was.
    """

    who: pd.Series[Any]
    given: pd.DataFrame
    doses: pd.DataFrame
    scans: pd.DataFrame
    events: pd.DataFrame
    courses: pd.DataFrame

    @property
    def name(self) -> str:
        """USUBJID."""
        return str(self.who["USUBJID"])

    @property
    def arm(self) -> str:
        """The arm."""
        return str(self.who["ARM"])


def find_patients(result: TrialResult, name: str) -> tuple[Patient, ...]:
    """The patient whose USUBJID is ``name``; or the virtual patient of that number, once in each arm.

    Raises:
        ColeyError: where there is none.
    """
    adsl = result.tables["ADSL"]
    rows = adsl[adsl["USUBJID"] == name]
    if rows.empty and name.isdecimal():
        rows = adsl[adsl["SUBJID"] == int(name)]
    if rows.empty:
        hint = did_you_mean(name, adsl["USUBJID"]) or f"a number from 0 to {adsl['SUBJID'].max()}, or a USUBJID of ADSL"
        raise ColeyError(Problem(f"trial {result.trial.name}", f"has no patient {name!r}", hint))
    return tuple(_patient(result, row) for _, row in rows.iterrows())


def _patient(result: TrialResult, who: pd.Series[Any]) -> Patient:
    own = {name: table[table["USUBJID"] == who["USUBJID"]] for name, table in result.tables.items()}
    given, courses = own["ADEX"], _courses(result, str(who["USUBJID"]))
    return Patient(who, given, _doses(given), _scans(own), _events(own, who), courses)


def _doses(adex: pd.DataFrame) -> pd.DataFrame:
    """Doses of the same drug, size and route that follow each other, as one row."""
    rows = []
    ordered = adex.sort_values(["EXTRT", "ASTDY"], kind="stable")
    key = ["EPOCH", "EXTRT", "EXDOSE", "EXDOSU", "EXROUTE"]
    stretch = (ordered[key] != ordered[key].shift()).any(axis=1).cumsum()
    for _, doses in ordered.groupby(stretch, sort=False):
        first = doses.iloc[0]
        rows.append((*(first[name] for name in key), len(doses), first["ASTDY"], doses["ASTDY"].iloc[-1]))
    columns = ["epoch", "drug", "dose", "unit", "route", "count", "first", "last"]
    return pd.DataFrame(rows, columns=columns).sort_values(["first", "drug"], kind="stable", ignore_index=True)


def _scans(own: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Diameters of the target lesions, their sum and its change; or whatever else was read; and the response."""
    read, judged = own["ADTR"], own["ADRS"]
    visits = read.groupby("VISITNUM")["ADY"].first().rename("day").to_frame()
    for (code, lesion), rows in read.groupby(["PARAMCD", "TRLNKID"], dropna=False):
        values = rows.set_index("VISITNUM")["AVAL"]
        if not (values.fillna(0.0) != 0.0).any() and code != TARGETS:
            continue
        name = f"lesion {lesion:.0f}, mm" if code == _LESIONS else _SUM if code == TARGETS else str(code).lower()
        visits[name] = values
        if code == TARGETS:
            visits[_CHANGE] = rows.set_index("VISITNUM")["PCHG"]
    each = judged[judged["PARAMCD"] == "OVRLRESP"]
    visits[_RESPONSE] = each.set_index("VISITNUM")["AVALC"].reindex(visits.index)
    return visits.reset_index(drop=True)


def _events(own: dict[str, pd.DataFrame], who: pd.Series[Any]) -> pd.DataFrame:
    """What happened, by day: times to event, harm, and what was given for it."""
    rows: list[tuple[float, str, str]] = []
    for event in own["ADTTE"].to_dict("records"):
        if event["PARAMCD"] in ("OS", "PFS", "EFS", "RFS") and np.isfinite(event["AVAL"]):
            how = "censored" if event["CNSR"] else "event"
            rows.append((event["AVAL"], str(event["EVNTDESC"]), f"{event['PARAMCD']}, {how}"))
    for harm in own["ADAE"].to_dict("records"):
        until = "" if pd.isna(harm["AENDY"]) else f", until day {harm['AENDY']:.0f}"
        more = f"{harm['AEACN'].lower()}, {harm['AEOUT'].lower()}{until}"
        rows.append((harm["ASTDY"], f"{harm['AEDECOD']}, grade {harm['AETOXGR']}", more))
    for (drug, why), given in own["ADCM"].groupby(["CMDECOD", "CMINDC"], observed=True):
        rows.append((given["ASTDY"].min(), str(drug).lower(), f"for {why}, until day {given['AENDY'].max():.0f}"))
    if "SURGDY" in who and np.isfinite(who["SURGDY"]):
        rows.append((who["SURGDY"], "surgery", ""))
    return pd.DataFrame(rows, columns=["day", "what", "more"]).sort_values("day", kind="stable", ignore_index=True)


def _courses(result: TrialResult, name: str) -> pd.DataFrame:
    data = result.trajectories
    found = np.flatnonzero(data["USUBJID"].to_numpy() == name)
    if not len(found):
        return pd.DataFrame({"time": pd.Series(dtype=float)})
    own = data.isel(individual=int(found[0]))
    columns = {str(key): values.to_numpy().astype(float) for key, values in own.data_vars.items()}
    courses = pd.DataFrame({"time": own["time"].to_numpy().astype(float), **columns})
    return courses.dropna(subset=list(columns), how="all").reset_index(drop=True)


def patient_figure(result: TrialResult, patients: Sequence[Patient]) -> Figure:
    """Scans, doses and courses of a patient; of the same virtual patient in several arms, a colour for each."""
    title = f"Patient {patients[0].name}" if len(patients) == 1 else f"Virtual patient {patients[0].who['SUBJID']}"
    styles = ArmStyles(tuple(patient.arm for patient in patients))
    last = max((float(p.courses["time"].max()) for p in patients if len(p.courses)), default=0.0)
    last = max([last, *(float(p.scans["day"].max()) for p in patients if len(p.scans)), 1.0]) / DAYS_PER_MONTH
    x = alt.X("month:Q", title=_AXIS, scale=alt.Scale(domain=[0, last], nice=False))
    rows: list[Any] = [
        *_scan_panel(patients, styles, x),
        *_dose_panel(patients, styles, x),
        *_course_panels(result, patients),
    ]
    if not rows:
        return nothing_to_show(title, "Nothing was recorded of this patient.")
    subtitle = [f"{p.arm}: best response {p.who['BOR']}" for p in patients]
    chart = alt.vconcat(*rows, spacing=14).resolve_scale(color="shared", strokeDash="shared")
    return finish(chart, title, subtitle)


def _scan_panel(patients: Sequence[Patient], styles: ArmStyles, x: alt.X) -> list[alt.LayerChart | alt.FacetChart]:
    parts = [
        pd.DataFrame(
            {
                "arm": p.arm,
                "month": p.scans["day"] / DAYS_PER_MONTH,
                "change": p.scans[_CHANGE],
                "response": p.scans[_RESPONSE].fillna(""),
            }
        )
        for p in patients
        if _CHANGE in p.scans
    ]
    if not parts:
        return []
    base = alt.Chart(inline(pd.concat(parts, ignore_index=True).dropna(subset=["change"]))).encode(x)
    y = alt.Y("change:Q", title="Sum of diameters, change (%)")
    zero = alt.Chart(inline(pd.DataFrame({"change": [0.0]}))).mark_rule(color=FAINT, strokeDash=[3, 3]).encode(y)
    key = alt.Legend(symbolType="stroke", symbolSize=400, symbolStrokeWidth=2, symbolOpacity=1, labelLimit=0, columns=2)
    line = base.mark_line(strokeWidth=1.6).encode(y, styles.colour(key), styles.dash(key))
    point = base.mark_point(filled=True, size=40, opacity=1).encode(y, styles.colour(key))
    said = base.mark_text(dy=-9, fontSize=10.5).encode(y, alt.Text("response:N"), styles.colour(key))
    heading = alt.Title("Target lesions at each scan, with the response", fontSize=11.5, offset=6, frame="group")
    layers: alt.LayerChart | alt.FacetChart = alt.layer(zero, line, point, said).properties(
        width=FIGURE_WIDTH, height=170, title=heading
    )
    return [layers]


def _dose_panel(patients: Sequence[Patient], styles: ArmStyles, x: alt.X) -> list[alt.Chart]:
    given = pd.concat([p.given for p in patients], ignore_index=True)
    if given.empty:
        return []
    columns = {"arm": given["ARM"], "drug": given["EXTRT"], "month": given["ASTDY"] / DAYS_PER_MONTH}
    frame = pd.DataFrame(columns).astype({"arm": object, "drug": object})
    y = alt.Y("drug:N", title=None, axis=alt.Axis(labelLimit=160))
    heading = alt.Title("Doses", fontSize=11.5, offset=6, frame="group")
    offset = alt.YOffset("arm:N", sort=list(styles.names))
    mark = (
        alt.Chart(inline(frame))
        .mark_tick(thickness=1.6, orient="vertical", size=9)
        .encode(x, y, offset, styles.colour())
    )
    height = 12 * frame["drug"].nunique() * len(patients) + 10
    chart: alt.Chart = mark.properties(width=FIGURE_WIDTH, height=height, title=heading)
    return [chart]


def _course_panels(result: TrialResult, patients: Sequence[Patient]) -> list[alt.ConcatChart]:
    styles = ArmStyles(tuple(patient.arm for patient in patients))
    shown = {}
    for name, values in result.trajectories.data_vars.items():
        parts = []
        for p in patients:
            course = p.courses if str(name) in p.courses else p.courses.assign(**{str(name): np.nan})
            course = course.iloc[np.unique(np.linspace(0, len(course) - 1, min(len(course), _MOST_TIMES)).astype(int))]
            value = course[str(name)].to_numpy()
            band = {"lower": value, "median": value, "upper": value}
            if (value > 0).any():
                parts.append(pd.DataFrame({"arm": p.arm, "time": course["time"] / DAYS_PER_MONTH, **band}).dropna())
        if not parts:
            continue
        joined = pd.concat(parts, ignore_index=True)
        shown[str(name)] = (joined, values.attrs)
    if not shown:
        return []
    width = panel_width(len(shown), gap=62)
    panels = [
        panel(band, wrap(str(about.get("long_name", name)), 30), str(about.get("units", "")), styles, _AXIS, width)
        for name, (band, about) in shown.items()
    ]
    chart: alt.ConcatChart = alt.concat(*panels, columns=3, spacing=18)
    return [chart.resolve_scale(color="shared", strokeDash="shared")]
