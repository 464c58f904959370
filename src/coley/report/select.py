"""What figures and tables of a report need from a trial's tables, and nothing of how it is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.protocol import Published
from coley.trial.analysis import endpoints
from coley.trial.analysis.endpoints.base import TIMES
from coley.trial.analysis.summary import COLUMNS, label
from coley.trial.response import Criteria, criteria
from coley.trial.store import pieces, stacked
from coley.units import convert

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

DAYS_PER_MONTH = convert(1.0, "month", "day")
WEEK = 7.0
"""Days."""
TARGETS = "SUMDIAM"
"""PARAMCD of the sum of diameters in ADTR."""
RECALLED_MARK = "\u2020"
RECALLED = f"{RECALLED_MARK} The published value was recalled from memory; those without mark were read in a source."

SEVERE = 3
"""CTCAE grade from which an event is severe."""
ANY = "Any of these"
_FATAL = 5


@dataclass(frozen=True)
class Responses:
    """The responses of a set of criteria, as ADRS and ADSL name them.

    Attributes:
        criteria: title of the set.
        objective: those that count as a response, best first.
        control: those that count as control of the disease without a response.
        others: all below, best first; what could not be judged is the last.
        progressive: those of these that are progression.
    """

    criteria: str
    objective: tuple[str, ...]
    control: tuple[str, ...]
    others: tuple[str, ...]
    progressive: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All, from best to worst."""
        return (*self.objective, *self.control, *self.others)


def criteria_of(result: TrialResult) -> Criteria:
    """The criteria by which response was judged."""
    return criteria()[result.criteria]


def response_names(result: TrialResult) -> Responses:
    """The responses that the patients of ``result`` can have."""
    known = criteria_of(result)
    names = {int(code): str(known.names(code)) for code in sorted(known.Code, reverse=True)}
    return Responses(
        known.title,
        objective=tuple(name for code, name in names.items() if code >= known.responders),
        control=tuple(name for code, name in names.items() if known.controlled <= code < known.responders),
        others=tuple(name for code, name in names.items() if code < known.controlled),
        progressive=tuple(name for code, name in names.items() if 0 < code <= known.progressive),
    )


def arm_names(result: TrialResult) -> list[str]:
    """Names of the arms in the order of the trial."""
    return [arm.name for arm in result.trial.arms]


def survival_kinds(result: TrialResult) -> tuple[str, ...]:
    """Times to an event that have a curve: survival, and progression-free survival; or what stands for this.

    That is event-free survival, and recurrence-free survival of those operated on, where the trial has surgery; and
    recurrence-free survival where surgery came before it.
    """
    if has_surgery(result):
        return "OS", "EFS", "RFS"
    return ("OS", "RFS") if (result.tables["ADTTE"]["PARAMCD"] == "RFS").any() else ("OS", "PFS")


def has_surgery(result: TrialResult) -> bool:
    """Whether tumours are resected within the trial."""
    return "SURGDY" in result.tables["ADSL"]


def start_of(result: TrialResult, kind: str) -> str:
    """From what a time to an event counts."""
    return "surgery" if kind == "RFS" and has_surgery(result) else "first dose"


def survival_name(kind: str) -> str:
    """What a time to an event is called, as a title."""
    return TIMES[kind].capitalize()


def measures_lesions(result: TrialResult) -> bool:
    """Whether lesions are measured in some patient."""
    return any(bool((adtr.loc[adtr["PARAMCD"] == TARGETS, "BASE"] > 0).any()) for adtr in pieces(result.tables, "ADTR"))


def rows(result: TrialResult, name: str, which: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """What ``which`` takes of the table ``name``: of many patients the whole may be more than memory holds."""
    return stacked([which(piece) for piece in pieces(result.tables, name)])


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


def sums_of_diameters(result: TrialResult, patients: pd.Series[str]) -> pd.DataFrame:
    """Evaluable scans of these evaluable ``patients`` (USUBJID): columns USUBJID, arm, month, change (% of baseline)
    and response (best).
    """

    def scans_of(table: pd.DataFrame) -> pd.DataFrame:
        scans = (table["PARAMCD"] == TARGETS) & table["PCHG"].notna() & table["USUBJID"].isin(patients)
        return table.loc[scans, ["USUBJID", "ARM", "ADY", "PCHG"]]

    joined = _with_response(result, rows(result, "ADTR", scans_of))
    return pd.DataFrame(
        {
            "USUBJID": joined["USUBJID"].astype(object),
            "arm": joined["ARM"].astype(object),
            "month": joined["ADY"].to_numpy(float) / DAYS_PER_MONTH,
            "change": joined["PCHG"].to_numpy(float),
            "response": joined["BOR"].astype(object),
        }
    ).sort_values(["arm", "USUBJID", "month"], kind="stable", ignore_index=True)


def best_changes(result: TrialResult) -> pd.DataFrame:
    """Every evaluable patient who has an evaluable scan after baseline: columns USUBJID, arm, change (the least, % of
    baseline) and response (best).
    """

    def least(table: pd.DataFrame) -> pd.DataFrame:
        scans = table[(table["PARAMCD"] == TARGETS) & table["PCHG"].notna() & (table["VISITNUM"] > 0)]
        each = scans.groupby(["USUBJID", "ARM"], as_index=False, sort=False, observed=True)
        return each.agg(PCHG=("PCHG", "min"))

    joined = _with_response(result, rows(result, "ADTR", least))
    return pd.DataFrame(
        {
            "USUBJID": joined["USUBJID"].astype(object),
            "arm": joined["ARM"].astype(object),
            "change": joined["PCHG"].to_numpy(float),
            "response": joined["BOR"].astype(object),
        }
    )


def _with_response(result: TrialResult, scans: pd.DataFrame) -> pd.DataFrame:
    """``scans`` of the evaluable patients, with the best response of each (BOR)."""
    best = evaluable(result)[["USUBJID", "BOR"]]
    return scans.merge(best, on="USUBJID", how="inner", validate="many_to_one")


def first_patients(result: TrialResult, most: int) -> pd.DataFrame:
    """Rows of ADSL of the first ``most`` evaluable patients of each arm.

    Patients are drawn independently of each other, so the first of them are a random sample.
    """
    return evaluable(result).sort_values("SUBJID", kind="stable").groupby("ARM", sort=False, observed=True).head(most)


@dataclass(frozen=True)
class Outcome:
    """A row of the summary: an endpoint of an arm as simulated and as published; NaN is unknown or not reached.

    Attributes:
        arm: name of the arm, also where the row is of a ``stratum`` of it ("" for all patients).
        fact: what was published, with its source; None for nothing.
    """

    arm: str
    endpoint: str
    predicted: float
    lower: float
    upper: float
    published: float
    published_lower: float
    published_upper: float
    stratum: str = ""
    fact: Published | None = None

    @property
    def about(self) -> endpoints.Endpoint:
        """The endpoint."""
        return endpoints.read(self.endpoint)

    @property
    def recalled(self) -> bool:
        """Whether the published value was recalled, not read in its source."""
        return self.fact is not None and not self.fact.read

    @property
    def judged(self) -> bool:
        """Whether there is a published value and at least one bound to hold it against."""
        return isfinite(self.published) and (isfinite(self.lower) or isfinite(self.upper))

    @property
    def missed(self) -> bool:
        """Whether the published value lies outside the simulated interval, whose unknown bounds are open."""
        return self.published < self.lower or self.published > self.upper


def outcomes(result: TrialResult) -> list[Outcome]:
    """The rows of the summary, in the order of the trial's arms; strata follow their arm."""
    groups = _groups(result)
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for whose, endpoint, *numbers in result.summary[list(COLUMNS)].itertuples(index=False, name=None):
        arm, stratum, published = groups[str(whose)]
        same = [fact for fact in published if fact.endpoint == endpoint]  # one row each, in this order
        place = seen[whose, endpoint]
        seen[whose, endpoint] += 1
        fact = same[place] if place < len(same) else None
        values = dict(zip(COLUMNS[2:], map(float, numbers), strict=True))
        found.append(Outcome(arm, str(endpoint), stratum=stratum, fact=fact, **values))
    order = list(groups.values())
    rank = {(arm, stratum): place for place, (arm, stratum, _) in enumerate(order)}
    return sorted(found, key=lambda outcome: rank[outcome.arm, outcome.stratum])


def _groups(result: TrialResult) -> Mapping[str, tuple[str, str, tuple[Published, ...]]]:
    """Arm, stratum and published figures by what the summary calls them; arms go before strata of the same name."""
    found: dict[str, tuple[str, str, tuple[Published, ...]]] = {}
    arms = {arm.name: (arm.name, "", arm.published) for arm in result.trial.arms}
    for arm in result.trial.arms:
        found[arm.name] = arms[arm.name]
        for stratum in arm.strata:
            found.setdefault(label(arm, stratum), (arm.name, stratum.name, stratum.published))
    return found | arms


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
    """Rates of every event that some patient had under trial treatment, arm by arm; none where none is simulated."""
    events = rows_of_evaluable(result, "ADAE")
    events = events[events["TRTEMFL"] == "Y"] if len(events) else events
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
        onset_weeks=float(first.median()) / WEEK if len(first) else nan,
        held=had(events["AEACN"] == "DRUG INTERRUPTED"),
        stopped=had(events["AEACN"] == "DRUG WITHDRAWN"),
    )


def rows_of_evaluable(result: TrialResult, name: str) -> pd.DataFrame:
    """Rows of a table of the patients who count; an empty table where there is none."""
    table: pd.DataFrame = result.tables.get(name, pd.DataFrame({"USUBJID": pd.Series(dtype=object)}))
    kept: Any = table[table["USUBJID"].isin(evaluable(result)["USUBJID"])]
    return pd.DataFrame(kept)
