"""The tables of the page: rows of text, grouped by arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coley.report.forest import endpoint_kind, endpoint_label
from coley.report.select import Outcome, arm_names, evaluable, failed, outcomes, response_names, times_to_event
from coley.trial.analysis import statistics

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

DASH = "\u2013"
NOTHING = "\u2014"
MOST_PAIRED = 8
"""Arms of which every pair is compared."""
LANDMARKS = (6, 12, 24, 36, 60)


@dataclass(frozen=True)
class Group:
    """Rows that share their first cell."""

    label: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Table:
    """A table: caption, headings, grouped rows, and how many columns from the left are text rather than numbers."""

    caption: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    texts: int = 1


def number(value: float, digits: int = 1) -> str:
    """``value`` with ``digits`` decimals and separated thousands; a dash where it is not known."""
    return f"{value:,.{digits}f}" if isfinite(value) else NOTHING


def interval(value: float, lower: float, upper: float, digits: int = 1) -> str:
    """``value (lower\u2013upper)``; what was not reached is NR, an interval that is not known is left out."""
    if not isfinite(lower) and not isfinite(upper):
        return number(value, digits)
    ends = [number(end, digits) if isfinite(end) else "NR" for end in (lower, upper)]
    return f"{number(value, digits) if isfinite(value) else 'NR'} ({DASH.join(ends)})"


def share(count: int, of: int) -> str:
    """``count (percent)``."""
    return f"{count:,} ({100 * count / of:.0f}\u00a0%)" if of else NOTHING


def _spread(values: pd.Series[Any], digits: int = 0) -> str:
    known = values.dropna().astype(float)
    if known.empty:
        return NOTHING
    middle, low, high = (number(float(known.quantile(q)), digits) for q in (0.5, 0.0, 1.0))
    return f"{middle} [{low}{DASH}{high}]"


def _grouped(rows: Iterable[tuple[str, ...]]) -> tuple[Group, ...]:
    groups: dict[str, list[tuple[str, ...]]] = {}
    for label, *cells in rows:
        groups.setdefault(label, []).append(tuple(cells))
    return tuple(Group(label, tuple(cells)) for label, cells in groups.items())


def headline(result: TrialResult) -> Table:
    """Simulated and published outcome of every arm and endpoint, and whether the published one lies inside."""
    rows = []
    for o in outcomes(result):
        digits = _digits(o.endpoint)
        verdict = ("outside" if o.missed else "inside") if o.judged else ""
        simulated = interval(o.predicted, o.lower, o.upper, digits)
        known = interval(o.published, o.published_lower, o.published_upper, digits)
        rows.append((o.arm, f"{endpoint_label(o.endpoint)}, {_unit(o.endpoint)}", simulated, known, verdict))
    what = "Calibrated" if result.trial.calibrated else "Predicted"
    caption = (
        f"{what} and published outcomes with 95 % intervals. The last column says whether the published value lies "
        "inside the simulated interval. NR: not reached."
    )
    return Table(caption, ("Arm", "Endpoint", what, "Published", "Published value"), _grouped(rows), texts=2)


def _unit(endpoint: str) -> str:
    return {"percent": "%", "months": "months", "ratio": "hazard ratio"}[endpoint_kind(endpoint)]


def misses(result: TrialResult) -> dict[str, list[str]]:
    """By arm, a phrase for each published value outside its simulated interval."""
    found: dict[str, list[str]] = {}
    for o in (outcome for outcome in outcomes(result) if outcome.missed):
        simulated = interval(o.predicted, o.lower, o.upper, _digits(o.endpoint))
        side = "below" if o.published < o.lower else "above"
        phrase = f"{_named(o)} published {_measured(o.published, o.endpoint)}, {side} the simulated {simulated}"
        found.setdefault(o.arm, []).append(phrase)
    return found


def unjudged(result: TrialResult) -> dict[str, list[str]]:
    """By arm, a phrase for each published value that has no simulated interval to be held against."""
    found: dict[str, list[str]] = {}
    for o in (outcome for outcome in outcomes(result) if isfinite(outcome.published) and not outcome.judged):
        measured, simulated = _measured(o.published, o.endpoint), _measured(o.predicted, o.endpoint)
        found.setdefault(o.arm, []).append(f"{_named(o)} published {measured}, simulated {simulated}")
    return found


def _named(outcome: Outcome) -> str:
    ratio = "hazard ratio of " if endpoint_kind(outcome.endpoint) == "ratio" else ""
    return f"{ratio}{endpoint_label(outcome.endpoint)}"


def _measured(value: float, endpoint: str) -> str:
    return f"{number(value, _digits(endpoint))}{_suffix(endpoint)}" if isfinite(value) else "NR"


def _suffix(endpoint: str) -> str:
    return "" if endpoint_kind(endpoint) == "ratio" else f"\u00a0{_unit(endpoint)}"


def _digits(endpoint: str) -> int:
    return 2 if endpoint_kind(endpoint) == "ratio" else 1


def arms(result: TrialResult) -> Table:
    """What each arm receives, and what its patients may receive after progression."""
    rows = [
        (arm.name, arm.regimen, "; ".join(f"{s.regimen} ({100 * s.fraction:.0f} %)" for s in arm.subsequent) or "none",
         f"{result.patients if arm.n is None else arm.n:,}")
        for arm in result.trial.arms
    ]  # fmt: skip
    columns = ("Arm", "Regimen", "After progression (share of patients)", "Patients for whom intervals are given")
    return Table("Arms of the protocol.", columns, _grouped(rows), texts=3)


def sources(result: TrialResult) -> Table:
    """Where each published outcome comes from."""
    rows = [
        (arm.name, endpoint_label(p.endpoint), f"{p.source}{', ' + p.at if p.at else ''}", p.known, number(p.value, 2),
         number(p.cutoff, 0))
        for arm in result.trial.arms
        for p in arm.published
    ]  # fmt: skip
    columns = ("Arm", "Endpoint", "Source", "Known", "Value", "Data cut (months)")
    return Table("Sources of the published outcomes.", columns, _grouped(rows), texts=4)


def baseline(result: TrialResult) -> Table:
    """Patients at entry, one column per arm."""
    names = arm_names(result)
    everyone = result.tables["ADSL"]
    parts = [everyone[everyone["ARM"] == name] for name in names]
    grades = sorted(int(grade) for grade in everyone["ECOG"].dropna().unique())
    lines: list[tuple[str, Callable[[pd.DataFrame], str]]] = [
        ("Patients", lambda p: f"{len(p):,}"),
        ("Age, years", lambda p: _spread(p["AGE"])),
        ("Women", lambda p: share(int((p["SEX"] == "F").sum()), len(p))),
        ("Weight, kg", lambda p: _spread(p["WEIGHT"])),
        *((f"ECOG {grade}", _counter("ECOG", grade)) for grade in grades),
        ("Previously treated", lambda p: share(int(p["PRETREAT"].sum()), len(p))),
        ("PD-L1 tumour proportion score, %", lambda p: _spread(p["PDL1"])),
        ("PD-L1 1 % or more", lambda p: share(int((p["PDL1"] >= 1).sum()), len(p))),
        ("PD-L1 50 % or more", lambda p: share(int((p["PDL1"] >= 50).sum()), len(p))),
        ("Mutations per megabase", lambda p: _spread(p["TMB"], 1)),
        ("Sum of target lesions, mm", lambda p: _spread(p["BASESLD"])),
    ]
    rows = tuple(Group(label, (tuple(cell(part) for part in parts),)) for label, cell in lines)
    caption = (
        "Virtual patients at entry: median [range], or number (%). The same virtual patients enter every arm, so the "
        "columns agree."
    )
    return Table(caption, ("", *names), rows)


def _counter(column: str, value: int) -> Callable[[pd.DataFrame], str]:
    return lambda part: share(int((part[column] == value).sum()), len(part))


def rejected(result: TrialResult) -> Table:
    """Drawn patients that did not enter, by reason."""
    reasons = zip(result.rejected["REASON"].astype(str), result.rejected["N"].astype(int), strict=True)
    rows = tuple(Group(reason, ((f"{n:,}",),)) for reason, n in reasons)
    return Table("Drawn virtual patients that did not enter the trial, by reason.", ("Reason", "Patients"), rows)


def failures(result: TrialResult) -> Table:
    """Patients whose simulation failed, by arm, status and reason."""
    rows = []
    for name in arm_names(result):
        lost = failed(result)
        pairs = lost.loc[lost["ARM"] == name, ["STATUS", "REASON"]].itertuples(index=False, name=None)
        counted = sorted(Counter((str(status), str(reason)) for status, reason in pairs).items())
        rows += [(name, status, reason, f"{n:,}") for (status, reason), n in counted]
    columns = ("Arm", "Status", "Reason", "Patients")
    return Table("Patients whose simulation failed; they are in no analysis.", columns, _grouped(rows), texts=3)


def responses(result: TrialResult) -> Table:
    """Best overall response by arm with exact intervals."""
    patients, known = evaluable(result), response_names(result)
    rows = []
    for name in arm_names(result):
        best = patients.loc[patients["ARM"] == name, "BOR"]
        responded, controlled = (int(best.isin(those).sum()) for those in (known.objective, known.control))
        rates = [statistics.proportion(count, len(best)) for count in (responded, responded + controlled)]
        cells = [share(int((best == response).sum()), len(best)) for response in known.names]
        shown = [interval(100 * e.value, 100 * e.lower, 100 * e.upper) for e in rates]
        rows.append((name, f"{len(best):,}", *cells, *shown))
    columns = ("Arm", "Patients", *known.names, "ORR, %", "Disease control, %")
    caption = (
        f"Best overall response ({known.criteria}) of the simulated patients: number (%). Rates with exact "
        "(Clopper-Pearson) 95 % intervals at the simulated number of patients."
    )
    return Table(caption, columns, _grouped(rows))


def survival(result: TrialResult) -> Table:
    """Medians and landmark rates of survival and duration of response by arm."""
    longest = result.trial.follow_up_months + result.trial.enrolment_months
    landmarks = [month for month in LANDMARKS if month <= longest]
    rows = []
    for name in arm_names(result):
        for endpoint in ("OS", "PFS", "DOR"):
            durations, events = times_to_event(result, name, endpoint)
            if not len(durations):
                continue
            median = statistics.median_survival(durations, events)
            middle = "NR" if not isfinite(median.value) else number(median.value)
            if isfinite(median.lower) or isfinite(median.upper):
                middle = interval(median.value, median.lower, median.upper)
            rates = [number(100 * statistics.survival_at(durations, events, m).value, 0) for m in landmarks]
            rows.append((name, endpoint, f"{len(durations):,}", f"{events.sum():,}", middle, *rates))
    columns = ("Arm", "Endpoint", "Patients", "Events", "Median, months", *(f"{m} mo, %" for m in landmarks))
    caption = (
        "Kaplan-Meier estimates at the simulated number of patients: median (95 % interval) and survival at landmarks. "
        "OS: overall survival; PFS: progression-free survival; DOR: duration of response. NR: not reached."
    )
    return Table(caption, columns, _grouped(rows), texts=2)


def comparisons(result: TrialResult) -> Table:
    """Hazard ratio and log-rank test of each pair of arms, for survival and progression-free survival.

    Of many arms, each of the others is compared with the first.
    """
    rows = []
    names = arm_names(result)
    pairs = list(combinations(names, 2)) if len(names) <= MOST_PAIRED else [(one, names[0]) for one in names[1:]]
    for one, other in pairs:
        for endpoint in ("OS", "PFS"):
            (months, events), (control_months, control_events) = (
                times_to_event(result, name, endpoint) for name in (one, other)
            )
            durations, observed = np.concatenate([months, control_months]), np.concatenate([events, control_events])
            treated = np.arange(len(durations)) < len(months)
            ratio = statistics.hazard_ratio(durations, observed, treated)
            p = statistics.log_rank(durations, observed, treated)
            cells = (interval(ratio.value, ratio.lower, ratio.upper, 2), p_value(p))
            rows.append((f"{one} against {other}", endpoint, *cells))
    whom = "Arms" if len(names) <= MOST_PAIRED else "Each arm and the first of the protocol,"
    caption = (
        f"{whom} compared over all of follow-up, at the simulated number of patients: hazard ratio (Cox, 95 % "
        "interval) and log-rank test. Both take the arms as independent, though the same virtual patients enter "
        "each. Where a published hazard ratio is shown, the simulated one beside it is that of the published data cut."
    )
    return Table(caption, ("Arms", "Endpoint", "Hazard ratio", "Log-rank p"), _grouped(rows), texts=2)


def p_value(p: float) -> str:
    """A p value to three decimals; a dash where it is not known."""
    if not isfinite(p):
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def exposure(result: TrialResult) -> Table:
    """Doses of trial treatment given by arm and drug."""
    given = result.tables["ADEX"]
    given = given[(given["EPOCH"] == "TREATMENT") & given["USUBJID"].isin(evaluable(result)["USUBJID"])]
    rows = []
    for name in arm_names(result):
        for drug, doses in given[given["ARM"] == name].groupby("EXTRT", sort=True, observed=True):
            by_patient = doses.groupby("USUBJID", observed=True)["EXDOSE"]
            weeks = doses.groupby("USUBJID", observed=True)["ASTDY"].max() / 7.0
            cells = (_spread(by_patient.size()), _spread(doses["EXDOSE"]), number(float(by_patient.sum().median()), 0))
            rows.append((name, str(drug), f"{by_patient.ngroups:,}", *cells, number(float(weeks.median()), 0)))
    columns = ("Arm", "Drug", "Patients", "Doses per patient", "Dose, mg", "Total, mg", "Last dose, week")
    caption = (
        "Doses of trial treatment given: median [range]; total and week of the last dose are medians over patients."
    )
    return Table(caption, columns, _grouped(rows), texts=2)


def subsequent(result: TrialResult) -> Table:
    """Treatment received after progression by arm."""
    patients = evaluable(result)
    rows = []
    for name in arm_names(result):
        later = patients.loc[patients["ARM"] == name, "SUBSEQ"]
        counted = later[later != ""].value_counts(sort=False).sort_index()
        rows += [(name, str(text), share(int(n), len(later))) for text, n in counted.items()]
    return Table("Treatment after progression.", ("Arm", "Regimen", "Patients"), _grouped(rows), texts=2)


def parameters(result: TrialResult) -> Table:
    """Every parameter of the model with its unit, how it is known and its source."""
    frame = result.model.parameters[["name", "meaning", "known", "source", "value", "unit", "spread"]]
    rows = tuple(
        Group(str(name), ((str(meaning), str(known), str(source), f"{float(value):.4g}", str(unit), str(spread)),))
        for name, meaning, known, source, value, unit, spread in frame.itertuples(index=False, name=None)
    )
    columns = ("Parameter", "Meaning", "Known", "Source", "Value", "Unit", "Spread")
    return Table(
        "Parameters of the model: value of the median patient, and spread between patients.", columns, rows, texts=4
    )
