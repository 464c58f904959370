"""From doses to the table of adverse events: patients through windows of time, with care that holds and stops drugs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.engine import Simulation
from coley.harm import Care, Course, Events, Prescription, Risk, adae, adcm, decide, occur, resolve
from test_harm_colitis import COLITIS, WEIGHT, model
from test_harm_events import CARE, IPILIMUMAB, NIVOLUMAB

PATIENTS, SEED = 1200, 3
WINDOW = 21.0
DOSES = 4
DRUGS = {"drug_CTLA4": IPILIMUMAB, "drug_PD1": NIVOLUMAB}

Floats = NDArray[np.float64]


def follow(cares: Sequence[Care]) -> tuple[Events, tuple[Prescription, ...], pd.DataFrame]:
    """Ipilimumab 3 mg/kg and anti-PD-1 every three weeks four times, over eight windows: events, care and doses."""
    cv = COLITIS.autoimmunity.susceptibility.cv
    deviates = np.random.default_rng(SEED).standard_normal(PATIENTS)
    people = pd.DataFrame({"susceptibility_colitis": np.exp(np.sqrt(np.log1p(cv**2)) * deviates)})
    simulation = Simulation(model("CTLA4", "PD1"), people)
    patients, risk, given = range(PATIENTS), Risk.start(1, PATIENTS), np.zeros((PATIENTS, 2), dtype=bool)
    withheld = np.full((PATIENTS, 2), -np.inf)
    courses: list[Course] = []
    doses: list[pd.DataFrame] = []
    for window in range(8):
        begin = WINDOW * window
        allowed = (withheld <= begin) & (window < DOSES)
        rows, column = np.nonzero(allowed)
        table = pd.DataFrame({"ID": rows, "TIME": begin, "AMT": 3.0 * WEIGHT, "DUR": 0.0})
        table["CMT"] = np.array(list(DRUGS))[column]
        doses.append(table)
        given |= allowed
        times = begin + np.array([0.0, 7.0, 14.0, 21.0])
        path = simulation.advance(times, doses=table, observables=[COLITIS.hazard])[COLITIS.hazard].to_numpy()
        every = np.broadcast_to(times, path.shape)
        found, risk = occur((COLITIS,), every, path[None], risk, patients, seed=SEED)
        orders = decide(found, (COLITIS,), cares, list(DRUGS.values()), given[found.patient])
        courses.append(resolve(found, (COLITIS,), orders, seed=SEED))
        withheld[found.patient] = np.maximum(withheld[found.patient], courses[-1].withheld)
        risk = risk.during(courses[-1].events, patients)
    events = Events.joined(course.events for course in courses)
    return events, tuple(p for course in courses for p in course.prescriptions), pd.concat(doses)


def test_from_doses_to_tables() -> None:
    """Colitis in 11.8 % of 313, 9 % to 16 % (Larkin et al. 2015), 7 to 8 weeks from the start (Wang et al. 2018)."""
    events, prescriptions, doses = follow((CARE,))
    subjects, ends = {k: f"T-{k:04d}" for k in range(PATIENTS)}, dict.fromkeys(range(PATIENTS), 8 * WINDOW)
    table = adae(events, (COLITIS,), "T", subjects, ends)
    assert 0.087 < table["USUBJID"].nunique() / PATIENTS < 0.158
    assert 6 * 7 < table["ASTDY"].median() < 9 * 7
    assert (table["AREL"] == "RELATED").all()
    severe = table[table["AETOXGR"] >= 3]
    assert 0.5 < len(severe) / len(table) < 0.75  # 7.7 of 11.8 % in Larkin et al. 2015, 61 % over trials
    assert (severe["AEACN"] == "DRUG WITHDRAWN").all()
    given = adcm(prescriptions, "T", subjects, ends)
    assert set(given["CMDECOD"]) == {"PREDNISONE", "INFLIXIMAB"}
    assert set(given["USUBJID"]) == set(table.loc[table["AETOXGR"] >= 2, "USUBJID"])
    stopped = events.take(events.grade >= 3)
    later = doses[(doses["CMT"] == "drug_CTLA4") & doses["ID"].isin(stopped.patient)]
    first = pd.Series(stopped.onset, index=stopped.patient).groupby(level=0).min()
    assert (later["TIME"].to_numpy() < first.loc[later["ID"]].to_numpy()).all()


def test_care_spares_patients_further_events_and_doses() -> None:
    with_care, _, doses = follow((CARE,))
    without, nothing, all_doses = follow(())
    assert nothing == ()
    assert len(doses) < len(all_doses) == 2 * DOSES * PATIENTS
    assert (with_care.number == 0).sum() == (without.number == 0).sum()  # nobody's first event depends on care
    mine, theirs = (found.take((found.number == 0) & (found.grade < 5)) for found in (with_care, without))
    assert np.median(mine.resolution - mine.onset) < np.median(theirs.resolution - theirs.onset)
    assert theirs.related.all() and set(theirs.action) == {"none"}
