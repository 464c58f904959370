"""Harm and its care in the toy trial, worked by hand: an event comes when a constant hazard meets its keyed deviate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coley.facts import Quantity
from coley.harm import Care, CareRule, Grade, Handling, Harm, Recovery
from coley.modeling import Mechanism
from coley.protocol import Arm
from coley.streams import uniforms
from coley.trial.analysis import analyse, endpoints
from coley.trial.conduct.treatment import steady
from toy_trial import ToyDrug, course, days, trial

KNOWN = {"source": "test", "known": "assumed"}
ARM = Arm(name="a", regimen="toy 1 mg iv q1w")
WEEKS = [7.0 * k for k in range(53)]


def number(value: float, unit: str = "") -> Quantity:
    return Quantity(value=value, unit=unit, **KNOWN)


@dataclass(frozen=True)
class Rash:
    """A harm that heals 30 days after its onset, and its part of the model: a hazard of ``rate`` per day."""

    rate: float
    grade: int = 2

    @property
    def harm(self) -> Harm:
        none = number(0.0)
        healing = Recovery(treated=number(1.0), refractory=none, second_line=number(1.0), permanent=none)
        row = Grade(grade=self.grade, meaning="a rash", share=number(1.0), duration=number(30.0, "day"))
        return Harm(
            name="rash",
            title="Rash",
            organ="skin",
            body_system="Skin",
            category="immune-related",
            background=number(self.rate, "1/day"),
            grades=(row,),
            recovery=healing,
        )

    def part(self, context: Any) -> Mechanism:
        m = Mechanism("rash", "Rash.", context)
        m.state("hazard_rash", "", 0, 1e-3, "hazard")
        m.reaction("hazard", m.constant("h_rash", number(self.rate, "1/day"), "hazard"), {"hazard_rash": 1})
        return m


def care(action: str, treatment: str = "") -> Care:
    handling = Handling(classes=("toy",), action=action, resume=0 if action == "hold" else None)
    rule = CareRule(grades=(1, 4), drugs=(handling,), treatment=treatment, **KNOWN)
    return Care(name="rash", title="Care of rash", event="rash", rules=(rule,))


def onset(rate: float) -> float:
    """Day of the first event of patient 0."""
    return float(-np.log1p(-uniforms(1, "harm rash onset", [0])[0]) / rate)


@pytest.fixture
def rate() -> float:
    """Such that the first event of patient 0 comes on day 100."""
    return onset(1.0) / 100


def test_a_drug_that_is_held_is_not_given_until_the_event_has_resolved(rate: float):
    """From day 100 to day 130. The clinic sees the patient on day 105, half way between scans on days 84 and 126,
    28 days apart at most: until then doses went on; those that were due later come from day 130 on."""
    found = course(ARM, [{"mm": 50.0, "growth": 0.0}], harms=(Rash(rate),), cares=(care("hold"),))
    events = found.safety.events
    assert events.onset[0] == pytest.approx(100, rel=1e-3)
    assert events.resolution[0] == pytest.approx(130, rel=1e-3)
    seen = 105.0  # 42 days in two halves: 84, 105, 126
    again = float(events.onset[1]) if len(events) > 1 else np.inf
    resumed = events.resolution[0]
    expected = [t for t in WEEKS if t < seen] + [resumed + t for t in WEEKS if resumed + t < again]
    given = [t for t in days(found, 0, "toy") if t < again]
    assert given == pytest.approx(expected[: len(given)])
    assert len(given) > 20
    assert events.action.tolist()[0] == "hold"


def test_a_drug_that_is_stopped_is_not_given_again_and_the_patient_is_seen_further(rate: float):
    found = course(ARM, [{"mm": 50.0, "growth": 0.0}], harms=(Rash(rate),), cares=(care("stop"),))
    assert days(found, 0, "toy") == [t for t in WEEKS if t < 105]
    assert found.criteria.names(found.codes[0])[-1] == "SD"


def reduced(least: float | None) -> Care:
    handling = Handling(classes=("toy",), action="reduce", reduce=0.8, least=least)
    return Care(name="rash", title="Care", event="rash", rules=(CareRule(grades=(1, 4), drugs=(handling,), **KNOWN),))


def test_doses_after_an_event_are_the_share_that_care_says_and_events_multiply(rate: float):
    """1 mg until the visit on day 105 (see above), then 0.8 mg, and 0.64 after a second event, and so on."""
    found = course(ARM, [{"mm": 50.0, "growth": 0.0}], harms=(Rash(rate),), cares=(reduced(None),))
    given = found.doses.sort_values("TIME")
    amounts, when = given["AMT"].to_numpy(), given["TIME"].to_numpy()
    assert (amounts[when < 105] == 1.0).all()
    assert amounts[when >= 105][0] == pytest.approx(0.8)
    steps = np.unique(amounts.round(6))[::-1]
    np.testing.assert_allclose(steps, 0.8 ** np.arange(len(steps)), rtol=1e-5)
    assert set(found.safety.events.action) == {"reduce"}


def test_a_drug_is_stopped_where_its_dose_would_be_too_small(rate: float):
    found = course(ARM, [{"mm": 50.0, "growth": 0.0}], harms=(Rash(rate),), cares=(reduced(0.9),))
    assert days(found, 0, "toy") == [t for t in WEEKS if t < 105]
    assert found.safety.events.action.tolist()[0] == "stop"


def test_only_drugs_of_the_classes_that_care_names_are_withheld(rate: float):
    both = Arm(name="a", regimen="toy 1 mg iv q1w + other 1 mg iv q1w")
    drugs = (ToyDrug("toy"), ToyDrug("other", classes=("else",)))
    found = course(both, [{"mm": 50.0, "growth": 0.0}], drugs=drugs, harms=(Rash(rate),), cares=(care("stop"),))
    assert days(found, 0, "toy")[-1] < 105
    assert days(found, 0, "other") == WEEKS


def test_treatment_of_the_event_is_given_as_doses_and_is_none_of_the_trial(rate: float):
    """Fourteen days from onset on: those of the days before the clinic sees the patient are lost in the model. The nine
    that are left flow into the body as one."""
    care_of = care("none", "steroid 1 mg po q1d x14")
    drugs = (ToyDrug("toy"), ToyDrug("steroid"))
    found = course(ARM, [{"mm": 50.0, "growth": 0.0}], drugs=drugs, harms=(Rash(rate),), cares=(care_of,))
    given = found.doses[(found.doses["DRUG"] == "steroid") & (found.doses["TIME"] < 120)]
    np.testing.assert_allclose(given[["TIME", "AMT", "DUR"]], [[105.0, 9.0, 9.0]], rtol=1e-3)
    assert set(found.doses.loc[found.doses["DRUG"] == "steroid", "LINE"]) == {-1}
    assert days(found, 0, "toy") == WEEKS
    assert found.safety.prescriptions[0].regimen == "steroid 1 mg po q1d x14"


def test_what_is_given_daily_flows_step_by_step_and_the_rest_stays_as_it_is() -> None:
    """Three daily doses of 2 and two of 1 are 6 in three days and 2 in two; weekly doses are no flow."""
    facts = {"DRUG": "d", "ROUTE": "po", "UNIT": "mg", "LINE": -1}
    rows = [(0, day, 2.0 if day < 3 else 1.0, 0.0, "A") for day in range(5)] + [
        (0, 7.0 * k, 1.0, 0.5, "B") for k in (0, 1)
    ]
    table = pd.DataFrame([*rows, (1, 2.0, 1.0, 0.0, "A")], columns=["ID", "TIME", "AMT", "DUR", "CMT"]).assign(**facts)
    found = steady(table.sample(frac=1.0, random_state=1), np.zeros(len(table), dtype=int))
    expected = [
        (0, 0.0, 6.0, 3.0, "A"),
        (0, 3.0, 2.0, 2.0, "A"),
        (0, 0.0, 1.0, 0.5, "B"),
        (0, 7.0, 1.0, 0.5, "B"),
        (1, 2.0, 1.0, 0.0, "A"),
    ]
    assert [tuple(row) for row in found[["ID", "TIME", "AMT", "DUR", "CMT"]].itertuples(index=False)] == expected


def test_a_trial_that_takes_no_action_on_harm_gives_every_dose(rate: float):
    within = trial(ARM, stop_for_harm=False)
    patient = [{"mm": 50.0, "growth": 0.0}]
    found = course(ARM, patient, harms=(Rash(rate),), cares=(care("stop"),), within=within)
    assert days(found, 0, "toy") == WEEKS
    assert len(found.safety.events)


def test_a_fatal_event_is_a_death_on_its_day(rate: float):
    found = course(ARM, [{"mm": 50.0, "growth": 0.0}] * 2, harms=(Rash(rate, grade=5),))
    assert found.death[0] == pytest.approx(130, rel=1e-3)
    assert days(found, 0, "toy") == [t for t in WEEKS if t <= 130]
    known = analyse(found, np.zeros(2), size=2, confirm=False)
    assert endpoints.read("AE:rash:g5").compute(known, None).value >= 50.0


def test_without_harms_nothing_is_withheld_and_scans_are_the_only_visits():
    found = course(ARM, [{"mm": 50.0, "growth": 0.0}])
    assert found.safety.events.onset.tolist() == []
    assert days(found, 0, "toy") == WEEKS
