"""What figures and tables of a report need from a trial's tables, and nothing of how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.units import convert

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

DAYS_PER_MONTH = convert(1.0, "month", "day")
ENDPOINTS = {"OS": "Overall survival", "PFS": "Progression-free survival", "DOR": "Duration of response"}


@dataclass(frozen=True)
class Responses:
    """The responses of a set of criteria, as ADRS and ADSL name them.

    Attributes:
        criteria: name of the set.
        objective: those that count as a response, best first.
        control: those that count as control of the disease without a response.
        others: progression, and what could not be judged.
    """

    criteria: str
    objective: tuple[str, ...]
    control: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All, from best to worst."""
        return (*self.objective, *self.control, *self.others)


_RECIST = Responses("RECIST 1.1", ("CR", "PR"), ("SD",), ("PD", "NE"))


def response_names(result: TrialResult) -> Responses:
    """The responses that the patients of ``result`` can have."""
    return _RECIST


def arm_names(result: TrialResult) -> list[str]:
    """Names of the arms in the order of the trial."""
    return [arm.name for arm in result.trial.arms]


def evaluable(result: TrialResult) -> pd.DataFrame:
    """Rows of ADSL of the patients whose simulation succeeded, in the order of the table."""
    adsl = result.tables["ADSL"]
    return adsl[adsl["STATUS"] == "ok"]


def failed(result: TrialResult) -> pd.DataFrame:
    """Rows of ADSL of the patients whose simulation failed."""
    adsl = result.tables["ADSL"]
    return adsl[adsl["STATUS"] != "ok"]


def times_to_event(result: TrialResult, arm: str, endpoint: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Durations (months) and whether each ended in the event, of the patients of ``arm`` who have ``endpoint``."""
    adtte = result.tables["ADTTE"]
    rows = adtte[(adtte["ARM"] == arm) & (adtte["PARAMCD"] == endpoint) & adtte["AVAL"].notna()]
    return rows["AVAL"].to_numpy(float) / DAYS_PER_MONTH, rows["CNSR"].to_numpy(int) == 0


def sums_of_diameters(result: TrialResult) -> pd.DataFrame:
    """Evaluable scans of evaluable patients: columns USUBJID, arm, month, change (% of baseline), response (best)."""
    adtr = result.tables["ADTR"]
    scans = adtr[(adtr["PARAMCD"] == "SUMDIAM") & adtr["PCHG"].notna()]
    best = evaluable(result)[["USUBJID", "BOR"]]
    joined = scans.merge(best, on="USUBJID", how="inner", validate="many_to_one")
    return pd.DataFrame(
        {
            "USUBJID": joined["USUBJID"].astype(object),
            "arm": joined["ARM"].astype(object),
            "month": joined["ADY"].to_numpy(float) / DAYS_PER_MONTH,
            "change": joined["PCHG"].to_numpy(float),
            "response": joined["BOR"].astype(object),
            "baseline": joined["VISITNUM"].to_numpy() == 0,
        }
    ).sort_values(["arm", "USUBJID", "month"], kind="stable", ignore_index=True)


def first_patients(result: TrialResult, most: int) -> pd.DataFrame:
    """Rows of ADSL of the first ``most`` evaluable patients of each arm.

    Patients are drawn independently of each other, so the first of them are a random sample.
    """
    return evaluable(result).sort_values("SUBJID", kind="stable").groupby("ARM", sort=False, observed=True).head(most)


@dataclass(frozen=True)
class Outcome:
    """A row of the summary: an endpoint of an arm as simulated and as published; NaN is unknown or not reached."""

    arm: str
    endpoint: str
    predicted: float
    lower: float
    upper: float
    published: float
    published_lower: float
    published_upper: float

    @property
    def judged(self) -> bool:
        """Whether there is a published value and at least one bound to hold it against."""
        return isfinite(self.published) and (isfinite(self.lower) or isfinite(self.upper))

    @property
    def missed(self) -> bool:
        """Whether the published value lies outside the simulated interval, whose unknown bounds are open."""
        return self.published < self.lower or self.published > self.upper


SUMMARY_COLUMNS = tuple(field.name for field in fields(Outcome))


def outcomes(result: TrialResult) -> list[Outcome]:
    """The rows of the summary, in the order of the trial's arms."""
    rows = result.summary[list(SUMMARY_COLUMNS)].itertuples(index=False, name=None)
    found = [Outcome(str(arm), str(endpoint), *map(float, numbers)) for arm, endpoint, *numbers in rows]
    names = arm_names(result)
    return sorted(found, key=lambda outcome: names.index(outcome.arm))
