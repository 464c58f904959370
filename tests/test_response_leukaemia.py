"""ELN 2022: cases with outcomes derived by hand from the table of response criteria of Döhner et al., Blood
2022;140:1345-1377; of progression from Döhner et al., Blood 2017;129:424-447."""

from __future__ import annotations

import numpy as np
import pytest

from coley.trial.response.leukaemia import CRITERIA, Response

NAN = float("nan")

# One visit after a baseline of 60 % blasts: marrow blasts %, neutrophils, platelets 10⁹/L, what else, code
VISIT: dict[str, tuple[float, float, float, dict[str, float], str]] = {
    "CR at exactly 1.0 and 100": (4.9, 1.0, 100, {}, "CR"),
    "no CR at 5 % blasts; PR as they fell by half to 5-25 %": (5, 1.0, 100, {}, "PR"),
    "CRh: 0.5 and 50": (2, 0.5, 50, {}, "CRh"),
    "CRh before CRi": (2, 1.2, 60, {}, "CRh"),
    "CRi: neutrophils recovered, platelets not even partly": (2, 1.0, 40, {}, "CRi"),
    "CRi: platelets recovered, neutrophils not even partly": (2, 0.4, 100, {}, "CRi"),
    "MLFS: neither recovered": (2, 0.4, 90, {}, "MLFS"),
    "no remission with blasts in blood": (2, 1.5, 200, {"blood_blasts": 0.1}, "NR"),
    "no remission with disease outside the marrow that was there": (2, 1.5, 200, {"extramedullary": 1}, "PD"),
    "PR at 25 %": (25, 1.0, 100, {}, "PR"),
    "no PR at 26 %": (26, 1.0, 100, {}, "NR"),
    "no PR without recovery": (20, 0.9, 100, {}, "NR"),
    "NE without a marrow": (NAN, 1.5, 200, {}, "NE"),
    "CR without MRD, below 1e-4": (1, 1.5, 200, {"mrd": 9e-5}, "CR MRD-"),
    "CR with MRD": (1, 1.5, 200, {"mrd": 1e-4}, "CR"),
    "PD: more than 50 % above baseline": (91, 0.3, 20, {}, "PD"),
    "not at exactly 50 %": (90, 0.3, 20, {}, "NR"),
}


@pytest.mark.parametrize("case", VISIT)
def test_response_at_a_visit(case: str) -> None:
    blasts, neutrophils, platelets, others, expected = VISIT[case]
    findings = {
        "marrow_blasts": [[60, blasts]],
        "neutrophils": [[0.5, neutrophils]],
        "platelets": [[30, platelets]],
        **{name: [[0, value]] for name, value in others.items()},
    }
    assert CRITERIA.names(CRITERIA.judge(findings, [0, 28])).tolist() == [["NE", expected]]


# Marrow blasts at baseline and later days, blasts in blood, days, codes; blood counts are normal throughout
COURSE: dict[str, tuple[list[float], list[float], list[float], str]] = {
    "relapse at 5 % of the marrow after CR": ([60, 2, 5], [0, 0, 0], [0, 28, 84], "CR RELAPSE"),
    "no relapse without remission": ([60, 30, 30], [0, 0, 0], [0, 28, 84], "NR NR"),
    "blood: two samples a week apart": ([60, 2, 2, 2], [0, 0, 0.1, 0.2], [0, 28, 56, 63], "CR NE RELAPSE"),
    "blood: not within a week": ([60, 2, 2, 2], [0, 0, 0.1, 0.2], [0, 28, 56, 62], "CR NE NE"),
    "blood: not where a sample between is clear": (
        [60, 2, 2, 2, 2],
        [0, 0, 0.1, 0, 0.1],
        [0, 28, 56, 63, 70],
        "CR NE CR NE",
    ),
    "refractory: no remission by day 180": ([60, 20, 20], [0, 0, 0], [0, 28, 180], "PR REFRACTORY"),
    "not before": ([60, 20, 20], [0, 0, 0], [0, 28, 179], "PR PR"),
    "a remission that comes later is one": ([60, 40, 40, 2], [0, 0, 0, 0], [0, 28, 180, 200], "NR REFRACTORY CR"),
    "no remission judged by a marrow that was missed": ([60, NAN, 2], [0, 0, 0], [0, 28, 56], "NE CR"),
    "PD from few blasts asks for 15 points: 20 to 35 %": ([20, 35], [0, 0], [0, 28], "PD"),
    "not for 14": ([20, 34], [0, 0], [0, 28], "NR"),
}


@pytest.mark.parametrize("case", COURSE)
def test_course(case: str) -> None:
    blasts, blood, days, expected = COURSE[case]
    normal = np.ones((1, len(days)))
    findings = {
        "marrow_blasts": [blasts],
        "blood_blasts": [blood],
        "neutrophils": 2 * normal,
        "platelets": 200 * normal,
    }
    assert " ".join(CRITERIA.names(CRITERIA.judge(findings, days))[0, 1:]) == expected


def test_endpoints() -> None:
    """Response is CR, CRh or CRi, from the first of them; what ends it is relapse."""
    codes = [
        [Response[word] for word in text.split()]
        for text in ("MLFS CRi CR RELAPSE", "NR PR MLFS NR", "NR REFRACTORY CR CR", "CRh NE CR_MRD_NEG CR")
    ]
    days = [28, 56, 84, 112]
    best = CRITERIA.best(codes, days, confirm=False)
    assert CRITERIA.names(best).tolist() == ["CR", "MLFS", "REFRACTORY", "CR MRD-"]
    assert (best >= CRITERIA.responders).tolist() == [True, False, False, True]
    np.testing.assert_equal(CRITERIA.response_day(codes, days, confirm=False), [56, NAN, NAN, 28])
    np.testing.assert_equal(CRITERIA.progression_day(codes, days), [112, NAN, 56, NAN])


def test_mrd_beside_incomplete_recovery() -> None:
    """ELN reports CR, CRh and CRi without MRD each."""
    codes = np.array([[Response.CRi, Response.CRh, Response.CR, Response.MLFS, Response.CR]], dtype=np.int8)
    mrd = np.array([[1e-5, 1e-3, 0, 0, NAN]])
    assert CRITERIA.mrd_negative(codes, mrd).tolist() == [[True, False, True, False, False]]
