"""Events and care: who is struck and when, what the rules say, how events go, and the tables of a trial."""

from __future__ import annotations

import itertools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import coley
from coley.harm import Care, Course, Events, Harm, Risk, adae, adcm, decide, lint, occur, resolve

DATA = Path(coley.__path__[0]) / "catalogue" / "data"
COLITIS = Harm.model_validate(tomllib.loads((DATA / "harms" / "colitis.toml").read_text("utf-8")))
CARE = Care.model_validate(tomllib.loads((DATA / "care" / "colitis.toml").read_text("utf-8")))
SEED = 7

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drug:
    """What care needs to know of a drug."""

    name: str
    classes: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    routes: tuple[str, ...] = ("iv", "po")
    dose_units: tuple[str, ...] = ("mg/kg",)


IPILIMUMAB = Drug("ipilimumab", ("anti-CTLA-4", "checkpoint inhibitor"))
NIVOLUMAB = Drug("nivolumab", ("anti-PD-1", "checkpoint inhibitor"))
DOCETAXEL = Drug("docetaxel", ("chemotherapy",))
DRUGS = (IPILIMUMAB, NIVOLUMAB, DOCETAXEL)
FORMULARY = {
    drug.name: drug for drug in (*DRUGS, Drug("prednisone"), Drug("infliximab"), Drug("atezolizumab", ("anti-PD-L1",)))
}


def struck(patients: int, steps: int, hazard: float = 1.0, seed: int = SEED) -> tuple[Events, Risk]:
    """Events of ``patients`` under an even hazard (1/day) for a day in all, in so many windows; events last no time."""
    risk, parts = Risk.start(1, patients), []
    edges = np.linspace(0.0, 1.0, steps + 1)
    for begin, end in itertools.pairwise(edges):
        times = np.tile([begin, (begin + end) / 2, end, np.nan], (patients, 1))
        found, risk = occur((COLITIS,), times, hazard * times[None], risk, range(patients), seed=seed)
        parts.append(found)
    return Events.joined(parts), risk


def begun(*grades: int) -> Events:
    """One event of each of the grades, of patients 0, 1, ..., on day 100.5."""
    count = len(grades)
    none = np.zeros(count, dtype=np.int64)
    return Events.begun(np.arange(count), none, none, np.array(grades), np.full(count, 100.5))


def cared(events: Events, *, care: tuple[Care, ...] = (CARE,), harm: Harm = COLITIS, given: Any = True) -> Course:
    has = np.broadcast_to(given, (len(events), len(DRUGS)))
    return resolve(events, (harm,), decide(events, (harm,), care, DRUGS, has), seed=SEED)


def test_share_struck_is_that_of_the_hazard() -> None:
    """1 - exp(-H) have an event; its day is spread as the hazard is: closed forms, within 4 standard errors."""
    found, _ = struck(4000, steps=1, hazard=0.5)
    expected = 1 - np.exp(-0.5)
    assert abs(len(found) / 4000 - expected) < 4 * np.sqrt(expected * (1 - expected) / 4000)
    mean = (1 - np.exp(-0.5) * 1.5) / 0.5 / expected  # of an exponential of rate 0.5 within (0, 1)
    assert abs(found.onset.mean() - mean) < 4 * 0.29 / np.sqrt(len(found))


def test_events_recur_as_a_poisson_process() -> None:
    """Where events take no time, a hazard of 1 gives 1 event on average, with variance 1 between patients."""
    found, risk = struck(3000, steps=60)
    assert abs(len(found) / 3000 - 1) < 4 / np.sqrt(3000)
    assert abs(risk.number[0].var() - 1) < 0.15
    assert (np.bincount(found.patient, minlength=3000) == risk.number[0]).all()


def test_windows_and_other_patients_change_nothing() -> None:
    once, _ = struck(50, steps=1, hazard=0.7)
    often, _ = struck(80, steps=5, hazard=0.7)
    first = often.take((often.number == 0) & (often.patient < 50))
    np.testing.assert_array_equal(first.patient, once.patient)
    np.testing.assert_array_equal(first.grade, once.grade)
    np.testing.assert_allclose(first.onset, once.onset, rtol=1e-12)


def test_grades_have_their_shares() -> None:
    found, _ = struck(5000, steps=1, hazard=20.0)
    expected = np.array([row.share.value for row in COLITIS.grades])
    shares = np.bincount(found.grade, minlength=6)[1:] / len(found)
    assert (np.abs(shares - expected) < 4 * np.sqrt(expected * (1 - expected) / len(found))).all()


def test_nobody_is_at_risk_while_an_event_lasts() -> None:
    """The next event comes a full deviate of hazard after the last has resolved; after a fatal one none comes."""
    found, risk = struck(200, steps=1, hazard=50.0)
    course = cared(found)
    risk = risk.during(course.events, range(200))
    ended = np.where(np.isnan(course.events.death), course.events.resolution, np.inf)
    times = np.tile([1.0, 40.0, 100.0], (200, 1))
    later, _ = occur((COLITIS,), times, 50 * times[None], risk, range(200), seed=SEED)
    assert len(later) > 0
    assert (later.onset > ended[later.patient]).all()
    assert set(np.flatnonzero(ended < 99.0)) <= set(later.patient)
    assert (later.number == 1).all()


def test_rules_are_those_of_the_guideline() -> None:
    """Grade 1: go on; 2: hold; 3: no more anti-CTLA-4, hold anti-PD-1; 4: stop (ASCO 2021). No word on docetaxel."""
    orders = decide(begun(1, 2, 3, 4), (COLITIS,), (CARE,), DRUGS, np.ones((4, 3), dtype=bool))
    assert orders.actions.tolist() == [
        ["none", "none", "none"],
        ["hold", "hold", "none"],
        ["stop", "hold", "none"],
        ["stop", "stop", "none"],
    ]
    assert orders.resume.tolist() == [[-1, -1, -1], [1, 1, -1], [-1, 1, -1], [-1, -1, -1]]
    assert orders.related.all()


def test_only_drugs_that_were_given_are_withheld() -> None:
    course = cared(begun(4, 4), given=[[False, True, False], [False, False, True]])
    assert np.isneginf(course.withheld).tolist() == [[True, False, True], [True, True, True]]
    assert course.events.action.tolist() == ["stop", "none"]
    assert course.events.related.tolist() == [True, False]


def test_a_held_drug_is_given_again_after_the_taper() -> None:
    """Grade 3 that heals evenly in 100 days, a third of it on steroids: grade 1 after 22 days, the taper ends on 42."""
    swift = _course_of(3, treated=3.0, refractory=0.0)
    assert swift.events.resolution[0] == pytest.approx(100.5 + 100 / 3)
    assert swift.withheld[0].tolist() == [np.inf, 100.5 + 42, -np.inf]
    slow = _course_of(3, treated=1.0, refractory=0.0)
    assert slow.events.resolution[0] == pytest.approx(200.5)
    assert slow.withheld[0, 1] == pytest.approx(100.5 + 200 / 3)


def test_second_line_is_for_those_who_do_not_respond() -> None:
    """Refractory: 4 days at the untreated pace, then three times as fast: 100 = 4 + 3 × 32."""
    course = _course_of(3, treated=3.0, refractory=1.0)
    assert course.events.second_line[0] == 104.5
    assert course.events.resolution[0] == pytest.approx(100.5 + 4 + 32)
    assert [(p.regimen.split()[0], p.starts.tolist()) for p in course.prescriptions] == [
        ("prednisone", [100.5]),
        ("infliximab", [104.5]),
    ]
    assert np.isnan(_course_of(3, treated=3.0, refractory=0.0).events.second_line[0])


def test_healing_slows_when_treatment_ends() -> None:
    """Twice as fast for 42 days is 84 of 100 days of healing; the other 16 are gone through untreated."""
    assert _course_of(3, treated=2.0, refractory=0.0).events.resolution[0] == pytest.approx(100.5 + 42 + 16)


def test_what_is_permanent_never_resolves_and_what_is_fatal_ends_in_death() -> None:
    lasting = _course_of(2, permanent=1.0)
    assert lasting.events.resolution[0] == np.inf
    assert lasting.withheld[0, :2].tolist() == [np.inf, np.inf]
    fatal = _course_of(5)
    assert fatal.events.death[0] == pytest.approx(100.5 + 30)
    assert np.isnan(fatal.events.resolution[0])


def test_without_a_rule_an_event_takes_its_own_course() -> None:
    course = cared(begun(3), care=(), harm=_even())
    assert course.events.resolution[0] == pytest.approx(200.5)
    assert course.prescriptions == ()
    assert course.events.action[0] == "none"


def _even(**recovery: float) -> Harm:
    """Colitis whose events all heal in the median time, with other numbers of recovery."""
    table = COLITIS.model_dump()
    for row in table["grades"]:
        row["duration"]["cv"] = None
    for name, value in {"permanent": 0.0, **recovery}.items():
        table["recovery"][name]["value"] = value
    return Harm.model_validate(table)


def _course_of(grade: int, **recovery: float) -> Course:
    return cared(begun(grade), harm=_even(**recovery))


def test_treated_colitis_resolves_within_the_time_of_labels() -> None:
    """Median 2.7 to 6 weeks from grade 2 up (labels of nivolumab, pembrolizumab, avelumab); 31 days on infliximab."""
    found, _ = struck(3000, steps=1, hazard=20.0)
    ended = cared(found.take((found.grade > 1) & (found.grade < 5))).events
    assert 2.7 * 7 <= np.median(ended.resolution - ended.onset) <= 6 * 7


def test_table_of_events() -> None:
    events = cared(begun(1, 2, 5, 5, 3), harm=_even(), given=[True, True, True]).events
    subjects = {k: f"S-{k}" for k in range(5)}
    ends = {0: 1000.0, 1: 102.0, 2: 1000.0, 3: 110.0, 4: 50.0}
    table = adae(events, (COLITIS,), "T", subjects, ends)
    assert list(table.columns) == (
        ["STUDYID", "USUBJID", "AEDECOD", "AEBODSYS", "AETOXGR", "ASTDY", "AENDY", "AREL", "AEACN", "AEOUT", "AESDTH"]
    )
    assert table["USUBJID"].tolist() == ["S-0", "S-1", "S-2", "S-3"]  # the last ended before the event began
    assert table["ASTDY"].tolist() == [101] * 4
    assert table["AENDY"].fillna(-1).tolist() == [121, -1, 131, -1]
    assert table["AETOXGR"].tolist() == [1, 2, 5, 4]  # grade 5 is death: the fourth had ended, of something else
    goes_on = "NOT RECOVERED/NOT RESOLVED"
    assert table["AEOUT"].tolist() == ["RECOVERED/RESOLVED", goes_on, "FATAL", goes_on]
    assert table["AEACN"].tolist() == ["DOSE NOT CHANGED", "DRUG INTERRUPTED", "DRUG WITHDRAWN", "DRUG WITHDRAWN"]
    assert table["AESDTH"].tolist() == ["N", "N", "Y", "N"]


def test_table_of_what_was_given() -> None:
    """Grade 2: four steps of seven days each; who is followed to day 110 gets three doses of the second."""
    course = cared(begun(2, 2), harm=_even(refractory=0.0))
    table = adcm(course.prescriptions, "T", {0: "S-0", 1: "S-1"}, {0: 1000.0, 1: 110.0})
    assert list(table.columns) == ["STUDYID", "USUBJID", "CMDECOD", "CMDOSE", "CMDOSU", "ASTDY", "AENDY", "CMINDC"]
    mine = table[table["USUBJID"] == "S-0"]
    assert mine["CMDOSE"].tolist() == [1.0, 0.75, 0.5, 0.25]
    assert list(zip(mine["ASTDY"], mine["AENDY"], strict=True)) == [(101, 107), (108, 114), (115, 121), (122, 128)]
    other = table[table["USUBJID"] == "S-1"]
    assert list(zip(other["ASTDY"], other["AENDY"], strict=True)) == [(101, 107), (108, 110)]
    assert set(table["CMDECOD"]) == {"PREDNISONE"} and set(table["CMINDC"]) == {"Colitis"}


def test_shipped_care_has_no_fault() -> None:
    assert list(lint({"colitis": COLITIS}, {"colitis": CARE}, FORMULARY)) == []
