"""Harm of treatment and its care: how many patients of each arm had which event, and what they were given for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coley.report.select import SEVERE, WEEK, arm_names, evaluable, harm_rates, rows_of_evaluable
from coley.report.tables import Table, grouped, number, share, spread_text

if TYPE_CHECKING:
    from coley.trial.result import TrialResult


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
    given = rows_of_evaluable(result, "ADCM")
    sizes = evaluable(result)["ARM"].value_counts()
    rows: list[tuple[str, ...]] = []
    for arm in arm_names(result):
        own = given[given["ARM"] == arm] if len(given) else given
        for (event, medicine), steps in own.groupby(["CMINDC", "CMDECOD"], observed=True) if len(own) else ():
            by_patient = steps.groupby("USUBJID", observed=True)
            first, last = by_patient["ASTDY"].min().astype(float), by_patient["AENDY"].max().astype(float)
            treated = share(len(first), int(sizes.get(arm, 0)))
            cells = (treated, number(float(first.median()) / WEEK), spread_text((last - first + 1) / WEEK, 1))
            rows.append((arm, str(event), str(medicine).lower(), *cells))
    columns = ("Arm", "Event", "Medicine", "Patients", "Begun in week", "From first to last dose, weeks")
    caption = "What was given for harm: number (%) of the patients of the arm, and median [range] over those treated."
    return Table(caption, columns, grouped(rows), texts=3)
