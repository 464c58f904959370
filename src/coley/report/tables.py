"""The tables of the page: rows of text, grouped by arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coley.report.select import (
    arm_names,
    evaluable,
    failed,
    response_names,
    survival_kinds,
    survival_name,
    times_to_event,
)
from coley.report.select import rows as rows_of
from coley.report.theme import unit_text
from coley.trial.analysis import statistics

if TYPE_CHECKING:
    from coley.facts import Biomarker
    from coley.protocol import Arm
    from coley.trial.result import TrialResult

DASH = "\u2013"
NOTHING = "\u2014"
MOST_PAIRED = 8
"""Arms of which every pair is compared."""
LANDMARKS = (6, 12, 24, 36, 60)


@dataclass(frozen=True)
class Group:
    """Rows that share their first cell; ``under`` the group before, where they are of a part of it."""

    label: str
    rows: tuple[tuple[str, ...], ...]
    under: bool = False


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


def spread_text(values: pd.Series[Any], digits: int = 0) -> str:
    """Median and range."""
    known = values.dropna().astype(float)
    if known.empty:
        return NOTHING
    middle, low, high = (number(float(known.quantile(q)), digits) for q in (0.5, 0.0, 1.0))
    return f"{middle} [{low}{DASH}{high}]"


def grouped(rows: Iterable[tuple[str, ...]]) -> tuple[Group, ...]:
    """Rows whose first cell is the name of their group."""
    groups: dict[str, list[tuple[str, ...]]] = {}
    for label, *cells in rows:
        groups.setdefault(label, []).append(tuple(cells))
    return tuple(Group(label, tuple(cells)) for label, cells in groups.items())


def arms(result: TrialResult) -> Table:
    """What each arm receives, and what its patients may receive after progression."""
    rows = [
        (arm.name, _regimen(arm), "; ".join(_afterwards(arm)) or "none",
         f"{result.patients if arm.n is None else arm.n:,}")
        for arm in result.trial.arms
    ]  # fmt: skip
    columns = ("Arm", "Regimen", "After progression (share of patients)", "Patients for whom intervals are given")
    return Table("Arms of the protocol.", columns, grouped(rows), texts=3)


def _regimen(arm: Arm) -> str:
    if arm.regimen:
        return arm.regimen
    return "one of: " + "; ".join(f"{option.regimen} ({100 * option.fraction:.0f} %)" for option in arm.choice)


def _afterwards(arm: Arm) -> Iterator[str]:
    if arm.beyond_progression:
        yield f"the same until further growth ({100 * arm.beyond_progression:.0f} %)"
    if arm.reinduction:
        yield f"{arm.reinduction}, where the fixed course had ended"
    yield from (f"{later.regimen} ({100 * later.fraction:.0f} %)" for later in arm.subsequent)


def baseline(result: TrialResult) -> Table:
    """Patients at entry, one column per arm."""
    names = arm_names(result)
    everyone = result.tables["ADSL"]
    parts = [everyone[everyone["ARM"] == name] for name in names]
    grades = sorted(everyone["ECOG"].dropna().unique())
    before = [text for text in sorted(everyone["PRIOR"].astype(str).unique()) if text]
    lines: list[tuple[str, Callable[[pd.DataFrame], str]]] = [
        ("Patients", lambda p: f"{len(p):,}"),
        ("Age, years", lambda p: spread_text(p["AGE"])),
        ("Women", _counter("SEX", "F")),
        ("Weight, kg", lambda p: spread_text(p["WEIGHT"])),
        *((f"ECOG {int(grade)}", _counter("ECOG", grade)) for grade in grades),
        *((("Not treated before", _counter("PRIOR", "")),) if before else ()),
        *((f"Treated before: {text}", _counter("PRIOR", text)) for text in before),
        *((_marker_title(marker), _spreader(marker.name)) for marker in result.biomarkers if marker.name in everyone),
    ]
    if "BASESLD" in everyone and everyone["BASESLD"].any():
        lines.append(("Sum of target lesions, mm", _spreader("BASESLD")))
    rows = tuple(Group(title, (tuple(cell(part) for part in parts),)) for title, cell in lines)
    caption = (
        "Virtual patients at entry: median [range], or number (%). The same virtual patients enter every arm, so the "
        "columns agree."
    )
    return Table(caption, ("", *names), rows)


def _marker_title(marker: Biomarker) -> str:
    unit = unit_text(marker.unit)
    return f"{marker.title}, {unit}" if unit else marker.title


def _spreader(column: str) -> Callable[[pd.DataFrame], str]:
    """Median and range of a column, with as many digits as small numbers need."""

    def cell(part: pd.DataFrame) -> str:
        values = part[column].dropna().astype(float)
        return spread_text(values, 0 if len(values) and values.median() >= 20 else 1)

    return cell


def _counter(column: str, value: object) -> Callable[[pd.DataFrame], str]:
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
    return Table("Patients whose simulation failed; they are in no analysis.", columns, grouped(rows), texts=3)


def responses(result: TrialResult) -> Table:
    """Best overall response by arm with exact intervals."""
    patients, known = evaluable(result), response_names(result)
    had = set(patients["BOR"])
    shown = [name for name in known.names if name in had]
    rows = []
    for name in arm_names(result):
        best = patients.loc[patients["ARM"] == name, "BOR"]
        responded, controlled = (int(best.isin(those).sum()) for those in (known.objective, known.control))
        rates = [statistics.proportion(count, len(best)) for count in (responded, responded + controlled)]
        cells = [share(int((best == response).sum()), len(best)) for response in shown]
        intervals = [interval(100 * e.value, 100 * e.lower, 100 * e.upper) for e in rates]
        rows.append((name, f"{len(best):,}", *cells, *intervals))
    columns = ("Arm", "Patients", *shown, "Response, %", "Disease control, %")
    caption = (
        f"Best overall response ({known.criteria}) of the simulated patients: number (%); responses that nobody "
        "had are left out. Rates of response and of disease control with exact (Clopper-Pearson) 95 % intervals at the "
        "simulated number of patients."
    )
    return Table(caption, columns, grouped(rows))


def survival(result: TrialResult) -> Table:
    """Medians and landmark rates of survival and duration of response by arm."""
    longest = result.trial.follow_up_months + result.trial.enrolment_months
    kinds = (*survival_kinds(result), "DOR")
    landmarks = [month for month in LANDMARKS if month <= longest]
    rows = []
    for name in arm_names(result):
        for endpoint in kinds:
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
        f"{'; '.join(f'{kind}: {survival_name(kind).lower()}' for kind in kinds)}. NR: not reached."
    )
    return Table(caption, columns, grouped(rows), texts=2)


def comparisons(result: TrialResult) -> Table:
    """Hazard ratio and log-rank test of each pair of arms, for each time to an event that has a curve.

    Of many arms, each of the others is compared with the first.
    """
    rows = []
    names = arm_names(result)
    pairs = list(combinations(names, 2)) if len(names) <= MOST_PAIRED else [(one, names[0]) for one in names[1:]]
    for one, other in pairs:
        for endpoint in survival_kinds(result):
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
    return Table(caption, ("Arms", "Endpoint", "Hazard ratio", "Log-rank p"), grouped(rows), texts=2)


def p_value(p: float) -> str:
    """A p value to three decimals; a dash where it is not known."""
    if not isfinite(p):
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def exposure(result: TrialResult) -> Table:
    """Doses of trial treatment given by arm, drug and unit of dose."""
    counted = evaluable(result)["USUBJID"]
    rows = []
    for name in arm_names(result):
        given = _given(result, name, counted)
        for (drug, unit), doses in given.groupby(["EXTRT", "EXDOSU"], sort=True, observed=True):
            by_patient = doses.groupby("USUBJID", observed=True)["EXDOSE"]
            weeks = doses.groupby("USUBJID", observed=True)["ASTDY"].max() / 7.0
            amounts = (_amounts(doses["EXDOSE"]), _amount(float(by_patient.sum().median())))
            cells = (str(unit), f"{by_patient.ngroups:,}", spread_text(by_patient.size()), *amounts)
            rows.append((name, str(drug), *cells, number(float(weeks.median()), 0)))
    columns = ("Arm", "Drug", "Unit", "Patients", "Doses per patient", "Dose", "Total", "Last dose, week")
    caption = (
        "Doses of trial treatment given: median [range]; total and week of the last dose are medians over patients."
    )
    return Table(caption, columns, grouped(rows), texts=3)


def _given(result: TrialResult, arm: str, counted: pd.Series[Any]) -> pd.DataFrame:
    """Doses of trial treatment of the ``counted`` patients (USUBJID) of an arm."""
    columns = ["USUBJID", "EXTRT", "EXDOSU", "EXDOSE", "ASTDY"]

    def which(doses: pd.DataFrame) -> pd.DataFrame:
        wanted = (doses["EPOCH"] == "TREATMENT") & (doses["ARM"] == arm) & doses["USUBJID"].isin(counted)
        return doses.loc[wanted, columns]

    return rows_of(result, "ADEX", which)


def _amounts(doses: pd.Series[Any]) -> str:
    middle, low, high = (_amount(float(doses.quantile(q))) for q in (0.5, 0.0, 1.0))
    return f"{middle} [{low}{DASH}{high}]"


def _amount(value: float) -> str:
    """A dose, which may be of micrograms or of hundreds of millions of cells, to about three digits."""
    if 1 <= value < 1e6:
        return f"{value:,.{0 if value >= 100 else 1}f}".removesuffix(".0")
    return f"{value:.3g}"


def subsequent(result: TrialResult) -> Table:
    """Treatment received after progression by arm."""
    patients = evaluable(result)
    rows = []
    for name in arm_names(result):
        later = patients.loc[patients["ARM"] == name, "SUBSEQ"]
        counted = later[later != ""].value_counts(sort=False).sort_index()
        rows += [(name, str(text), share(int(n), len(later))) for text, n in counted.items()]
    return Table("Treatment after progression.", ("Arm", "Regimen", "Patients"), grouped(rows), texts=2)


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


def provenance(result: TrialResult) -> str:
    """How many parameters of the model are known how, in words: the most first."""
    counts = Counter(map(str, result.model.parameters["known"]))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "; ".join(f"{n:,} {known}" for known, n in ranked)
