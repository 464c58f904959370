"""What is measured of harm in an arm: who has an event, when it begins, whether it ends, and what goes with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coley.claims.sample import Flags, Floats, Sample, mean, months, objective, share, subjects
from coley.errors import ColeyError, Problem
from coley.report.select import DAYS_PER_MONTH, rows_of_evaluable
from coley.trial import TrialResult

_WEEK = 7.0
ANY = "any"


def events_of(harm: str, result: TrialResult) -> pd.DataFrame:
    """Events of a harm in those who could be simulated; of ``any``, all."""
    events = rows_of_evaluable(result, "ADAE")
    if harm == ANY or not len(events):
        return events
    return events[events["AEDECOD"].astype(str).str.lower().str.replace(" ", "-") == harm]


def incidence(name: str, result: TrialResult) -> Sample:
    """Share of patients with an event of a harm, of a grade or a higher one: ``colitis_G3``."""
    harm, _, grade = name.partition("_G")
    least = int(grade or 1)
    people, events = subjects(result), events_of(harm, result)
    if len(events):
        events = events[events["AETOXGR"] >= least]
    struck = people["USUBJID"].isin(set(events["USUBJID"])).to_numpy(bool)
    label = f"{_called(harm)}{' event' if harm == ANY else ''}, grade {least} or more"
    return share(label, people["number"].to_numpy(), struck)


def onset(harm: str, result: TrialResult) -> Sample:
    """Median weeks to the first event of a harm, of those who have one."""
    events = events_of(harm, result)
    first = (events.groupby("USUBJID")["ASTDY"].min().astype(float) - 1) / _WEEK if len(events) else pd.Series()
    people = subjects(result)
    people = people[people["USUBJID"].isin(first.index)]
    weeks = first.reindex(people["USUBJID"]).to_numpy(float)
    if not len(weeks):
        raise ColeyError(Problem(f"onset_{harm}", "nobody has such an event", "simulate more patients"))
    order = np.argsort(weeks)
    ascending = weeks[order]

    def median(weights: Floats) -> Floats:
        drawn = np.cumsum(weights[:, order], axis=1)
        place = (drawn >= drawn[:, -1:] / 2).argmax(axis=1)
        return np.asarray(ascending[place])

    label = f"{_called(harm)}, median onset"
    return Sample(label, "weeks", people["number"].to_numpy(), len(weeks), median, float(np.ptp(weeks)))


def resolved(rest: str, result: TrialResult) -> Sample:
    """Share of events that are over so many months after they began, mean of the patients who had any; of patients who
    are followed that long after."""
    harm, _, when = rest.rpartition("_")
    last = months(when) * DAYS_PER_MONTH
    people, events = subjects(result), events_of(harm, result)
    end = people.set_index("USUBJID")["DTHDY"].fillna(result.trial.follow_up_months * DAYS_PER_MONTH)
    events = events[end.reindex(events["USUBJID"]).to_numpy(float) >= events["ASTDY"].to_numpy(float) + last]
    over = (events["AENDY"].astype(float) - events["ASTDY"].astype(float) <= last).to_numpy()
    by_person = pd.Series(np.where(over, 100.0, 0.0), index=events["USUBJID"].to_numpy()).groupby(level=0).mean()
    people = people[people["USUBJID"].isin(by_person.index)]
    values: Floats = np.asarray(by_person.reindex(people["USUBJID"]).to_numpy(float))
    label = f"{_called(harm)}, share of events over within {months(when)} months"
    return mean(label, "%", people["number"].to_numpy(), values, 100.0)


def with_response(rest: str, result: TrialResult) -> Sample:
    """Objective response of those who had a harm by a landmark, less that of those who had not; of those alive then."""
    harm, _, when = rest.rpartition("_")
    day = months(when) * DAYS_PER_MONTH
    people = subjects(result)
    people = people[~(people["DTHDY"] <= day)]
    events = events_of(harm, result)
    early = set(events.loc[events["ASTDY"].astype(float) - 1 <= day, "USUBJID"]) if len(events) else set()
    struck: Flags = people["USUBJID"].isin(early).to_numpy(bool)
    if not struck.any() or struck.all():
        raise ColeyError(Problem(f"response-with_{rest}", "all or none have such an event", "simulate more patients"))
    responds = np.where(people["BOR"].isin(objective(result)), 100.0, 0.0)

    def gain(weights: Floats) -> Floats:
        having, others = weights * struck, weights * ~struck
        size = np.maximum(having.sum(axis=1), 1e-9), np.maximum(others.sum(axis=1), 1e-9)
        return np.asarray(having @ responds / size[0] - others @ responds / size[1])

    label = f"Objective response with {harm.replace('-', ' ')} by month {months(when)} less without"
    return Sample(label, "%", people["number"].to_numpy(), len(people), gain, 200.0)


def _called(harm: str) -> str:
    return harm.replace("-", " ").capitalize()
