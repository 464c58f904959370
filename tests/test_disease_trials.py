"""One worked cancer of each kind of disease, end to end: recruited, treated, examined, judged and analysed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from coley.protocol import Arm, Trial, Visits
from coley.trial import TrialResult, run
from coley.trial.response import criteria
from diseases import WORKED, disease

PATIENTS = 20
GIVEN = {
    "melanoma-resected": "pembrolizumab 200 mg iv q3w x18",
    "dlbcl": "fludarabine 25 mg/m2 iv q1d x3 + cyclophosphamide 250 mg/m2 iv q1d x3 then rest 2 days "
    "then tisagenlecleucel 3e8 cells iv once",
    "b-all": "blinatumomab 28 ug iv over 24 h days 1-28 q6w x4",
    "myeloma": "observation",
    "nmibc-cis": "bcg 50 mg intravesical over 2 h q1w x6",
    "basal-cell-superficial": "observation",
    "hpv-16-18": "observation",
}
"""A treatment of each, where the catalogue has one."""


@cache
def small(name: str) -> TrialResult:
    """Both arms for 26 months."""
    arms = (Arm(name="treated", regimen=GIVEN[name]), Arm(name="untreated", regimen="observation"))
    trial = Trial(
        name="small",
        title="A small trial",
        summary="For tests.",
        cancer=name,
        enrolment_months=1,
        follow_up_months=26,
        visits=Visits(scans=(6,), every=6),
        arms=arms,
    )
    return run(trial, patients=PATIENTS, seed=5)


def predicted(result: TrialResult, arm: str, endpoint: str) -> float:
    row = result.summary.query("arm == @arm and endpoint == @endpoint")
    return float(row["predicted"].iloc[0])


@pytest.mark.parametrize("name", WORKED)
def test_runs_end_to_end(name: str) -> None:
    result = small(name)
    # carcinoma in situ of the bladder that stays is no progression: there, response tells
    free = {"resected": "RFS_24mo", "bladder": "CR"}.get(WORKED[name], "PFS_12mo")
    table = result.summary
    assert set(table["arm"]) == {"treated", "untreated"}
    assert np.isfinite(predicted(result, "untreated", free))
    assert np.isfinite(predicted(result, "untreated", "OS_12mo"))
    if GIVEN[name] == "observation":
        assert predicted(result, "treated", "OS_12mo") == predicted(result, "untreated", "OS_12mo")
    else:
        assert predicted(result, "treated", free) >= predicted(result, "untreated", free)


def test_lymphoma_answers_to_cells_that_see_its_antigen() -> None:
    """52 % responded in JULIET (Schuster 2019), none do without treatment; wide bounds for twenty patients."""
    result = small("dlbcl")
    assert 20 <= predicted(result, "treated", "ORR") <= 95
    assert predicted(result, "untreated", "ORR") == 0


def test_criteria_of_every_disease_read_what_it_shows() -> None:
    for name in WORKED:
        measures = criteria()[disease(name).criteria].measures
        needed = {measure for measure, known in measures.items() if known.missing is None}
        assert needed <= disease(name).absent(1).keys()
