"""Harm of treatment and its care: how many patients of each arm had which event, and what they were given for it."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from coley.report.select import arm_names, evaluable
from coley.report.tables import Table, grouped, number, share, spread_text

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

SEVERE = 3
"""CTCAE grade from which an event is severe."""
ANY = "Any of these"
_FATAL = 5
_WEEK = 7.0


@dataclass(frozen=True)
class HarmRate:
    """Patients of an arm who had an event: its CTCAE term, or any of them.

    Attributes:
        patients: in the arm.
        any_grade, severe, fatal: of them, those with an event of any grade, of grade 3 or more, of grade 5.
        onset_weeks: median week in which the first event of a patient began; NaN where there was none.
        held, stopped: of them, those whose treatment was held or stopped for it.
    """

    arm: str
    term: str
    patients: int
    any_grade: int
    severe: int
    fatal: int
    onset_weeks: float
    held: int
    stopped: int


def harm_rates(result: TrialResult) -> list[HarmRate]:
    """Rates of every event that some patient had, arm by arm; nothing where harm is not simulated."""
    events = _of_evaluable(result, "ADAE")
    terms = sorted(events["AEDECOD"].astype(str).unique()) if len(events) else []
    sizes = evaluable(result)["ARM"].value_counts()
    rates = []
    for arm in arm_names(result):
        own = events[events["ARM"] == arm] if len(events) else events
        n = int(sizes.get(arm, 0))
        rates += [_rate(arm, term, n, own[own["AEDECOD"] == term]) for term in terms]
        if len(terms) > 1:
            rates.append(_rate(arm, ANY, n, own))
    return rates


def _rate(arm: str, term: str, patients: int, events: pd.DataFrame) -> HarmRate:
    def had(which: pd.Series[bool]) -> int:
        return int(events.loc[which, "USUBJID"].nunique())

    first = events.groupby("USUBJID", observed=True)["ASTDY"].min().astype(float)
    return HarmRate(
        arm,
        term,
        patients,
        any_grade=had(events["AETOXGR"] > 0),
        severe=had(events["AETOXGR"] >= SEVERE),
        fatal=had(events["AETOXGR"] >= _FATAL),
        onset_weeks=float(first.median()) / _WEEK if len(first) else nan,
        held=had(events["AEACN"] == "DRUG INTERRUPTED"),
        stopped=had(events["AEACN"] == "DRUG WITHDRAWN"),
    )


def harms(result: TrialResult) -> Table:
    """Events of harm by arm and term."""
    rows = []
    for rate in harm_rates(result):
        counts = (rate.any_grade, rate.severe, rate.fatal, rate.held, rate.stopped)
        cells = [share(count, rate.patients) for count in counts]
        rows.append((rate.arm, rate.term, *cells[:3], number(rate.onset_weeks), *cells[3:]))
    columns = (
        "Arm", "Event", "Any grade", f"Grade {SEVERE} or more", "Grade 5", "Median onset, week", "Treatment held",
        "Treatment stopped",
    )  # fmt: skip
    caption = (
        "Patients with at least one event of harm that is simulated, by CTCAE term: number (%) of the patients of the "
        "arm. Onset counts from the first dose, by each patient's first event."
    )
    return Table(caption, columns, grouped(rows), texts=2)


def care(result: TrialResult) -> Table:
    """What was given for harm, by arm, event and medicine."""
    given = _of_evaluable(result, "ADCM")
    sizes = evaluable(result)["ARM"].value_counts()
    rows: list[tuple[str, ...]] = []
    for arm in arm_names(result):
        own = given[given["ARM"] == arm] if len(given) else given
        for (event, medicine), steps in own.groupby(["CMINDC", "CMDECOD"], observed=True) if len(own) else ():
            by_patient = steps.groupby("USUBJID", observed=True)
            first, last = by_patient["ASTDY"].min().astype(float), by_patient["AENDY"].max().astype(float)
            treated = share(len(first), int(sizes.get(arm, 0)))
            cells = (treated, number(float(first.median()) / _WEEK), spread_text((last - first + 1) / _WEEK))
            rows.append((arm, str(event), str(medicine).lower(), *cells))
    columns = ("Arm", "Event", "Medicine", "Patients", "Begun in week", "From first to last dose, weeks")
    caption = "What was given for harm: number (%) of the patients of the arm, and median [range] over those treated."
    return Table(caption, columns, grouped(rows), texts=3)


def _of_evaluable(result: TrialResult, name: str) -> pd.DataFrame:
    """Rows of a table of the patients who count; an empty table where there is none."""
    table: pd.DataFrame = result.tables.get(name, pd.DataFrame({"USUBJID": pd.Series(dtype=object)}))
    kept: Any = table[table["USUBJID"].isin(evaluable(result)["USUBJID"])]
    return pd.DataFrame(kept)
