"""From the tables of a virtual trial to what becomes of the patients of each arm."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.design.trials import Followed
from coley.errors import ColeyError, Problem, did_you_mean
from coley.trial import TrialResult

RATES = ("ORR",)
"""Endpoints that are shares of patients."""
TIMES = ("OS", "PFS", "EFS", "RFS")
"""Endpoints that are times from the first dose."""
_RESPONSE = "TTR"


def check_endpoint(endpoint: str) -> None:
    """That ``endpoint`` is one that designs can be made for.

    Raises:
        ColeyError: where it is not.
    """
    if endpoint not in (*TIMES, *RATES):
        hint = did_you_mean(endpoint, (*TIMES, *RATES))
        raise ColeyError(Problem("--endpoint", f"{endpoint!r} is none that is tested here", hint))


def outcomes(result: TrialResult, endpoint: str) -> dict[str, Followed]:
    """By arm, when each patient reached ``endpoint``; of those alone who were simulated in every arm, in one order.

    Raises:
        ColeyError: an endpoint that the trial does not have, or that counts from an operation within it.
    """
    people, times = result.tables["ADSL"], result.tables["ADTTE"]
    if endpoint == "RFS" and "SURGDY" in people:
        hint = "EFS counts from the first dose"
        raise ColeyError(Problem("--endpoint", "RFS counts from surgery, which is within the trial", hint))
    number = people[["USUBJID", "SUBJID"]]
    arms = [arm.name for arm in result.trial.arms]
    both = sorted(set.intersection(*(set(_times(times, number, name, "OS").index) for name in arms)))
    if not both:
        raise ColeyError(Problem(f"trial {result.trial.name}", "no patient could be simulated in every arm"))
    found = {}
    for name in arms:
        if endpoint in RATES:
            day = _times(times, number, name, _RESPONSE)["AVAL"].reindex(both).to_numpy(float)
            found[name] = Followed(np.where(np.isnan(day), np.inf, day), np.zeros(len(both)))
            continue
        table = _times(times, number, name, endpoint).reindex(both)
        if table["AVAL"].isna().any():
            raise ColeyError(Problem("--endpoint", f"the trial {result.trial.name} has no {endpoint}"))
        until = table["AVAL"].to_numpy(float)
        event = np.where(table["CNSR"].to_numpy(float) == 0, until, np.inf)
        seen = None if endpoint == "OS" else _scans(result.tables["ADRS"], number, name, both)
        found[name] = Followed(event, until, seen)
    return found


def _times(times: pd.DataFrame, number: pd.DataFrame, arm: str, parameter: str) -> pd.DataFrame:
    """Times of an arm by number of the patient."""
    own = times[(times["ARM"] == arm) & (times["PARAMCD"] == parameter)]
    return own.merge(number, on="USUBJID").set_index("SUBJID")


def _scans(responses: pd.DataFrame, number: pd.DataFrame, arm: str, people: list[int]) -> NDArray[np.float64]:
    """(patients, scans) days of the examinations of each, from 0 on, then NaN."""
    own = responses[(responses["ARM"] == arm) & (responses["PARAMCD"] == "OVRLRESP")].merge(number, on="USUBJID")
    days = {person: sorted(rows) for person, rows in own.groupby("SUBJID")["ADY"]}
    lists = [[0.0, *days.get(person, [])] for person in people]
    width = max(map(len, lists))
    return np.array([[*each, *[np.nan] * (width - len(each))] for each in lists])
