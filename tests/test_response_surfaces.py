"""Bladder, histological clearance and pathological response: cases derived by hand.

"FDA" is its guidance on BCG-unresponsive non-muscle-invasive bladder cancer of 2018; other sources stand at the cases.
"""

from __future__ import annotations

import numpy as np
import pytest

from coley.trial.response import bladder, clearance, pathological

NAN = float("nan")

# Cystoscopy, cytology, biopsy at visits after a baseline with carcinoma in situ; what else is found; codes
IN_SITU: dict[str, tuple[list[float], list[float], list[float], dict[str, list[float]], str]] = {
    "FDA: CR by negative cystoscopy and cytology": ([0], [0], [NAN], {}, "CR"),
    "FDA: CR where a finding is benign by biopsy": ([1], [0], [0], {}, "CR"),
    "FDA: CR where a finding is of low grade by biopsy": ([1], [0], [1], {}, "CR"),
    "FDA: CR where cells come from the upper tract and the bladder is clear by biopsy": (
        [0],
        [1],
        [0],
        {"outside_bladder": [1]},
        "CR",
    ),
    "no CR with malignant cells that nothing explains": ([0], [1], [0], {}, "PERSISTENT"),
    "no CR with cells from the upper tract without a biopsy": ([0], [1], [NAN], {"outside_bladder": [1]}, "PERSISTENT"),
    "high grade by biopsy": ([1], [0], [2], {}, "PERSISTENT"),
    "high grade by random biopsy": ([0], [0], [2], {}, "PERSISTENT"),
    "convention: a finding without a biopsy is high grade": ([1], [0], [NAN], {}, "PERSISTENT"),
    "progression to muscle invasion": ([1], [1], [3], {}, "PROGRESSED"),
    "progression to metastasis": ([0], [0], [NAN], {"metastasis": [1]}, "PROGRESSED"),
    "not evaluable without cytology": ([0], [NAN], [NAN], {}, "NE"),
    "disease at cystoscopy needs no cytology": ([1], [NAN], [2], {}, "PERSISTENT"),
    "CR late, then recurrence": ([1, 0, 1], [1, 0, 0], [2, NAN, 2], {}, "PERSISTENT CR RECURRED"),
    "a low-grade tumour after CR is no recurrence": ([0, 1], [0, 0], [NAN, 1], {}, "CR CR"),
}


@pytest.mark.parametrize("case", IN_SITU)
def test_carcinoma_in_situ(case: str) -> None:
    cystoscopy, cytology, biopsy, others, expected = IN_SITU[case]
    assert bladder_codes(True, cystoscopy, cytology, biopsy, others) == expected


def test_papillary_disease() -> None:
    """Resected at baseline, and so recurrence-free until high-grade disease is seen (FDA); it cannot respond."""
    assert bladder_codes(False, [0, 0, 1], [0, 0, 0], [NAN, NAN, 2], {}) == ("RECURRENCE-FREE RECURRENCE-FREE RECURRED")


def bladder_codes(
    in_situ: bool,
    cystoscopy: list[float],
    cytology: list[float],
    biopsy: list[float],
    others: dict[str, list[float]],
) -> str:
    findings = {
        "carcinoma_in_situ": [in_situ],
        "cystoscopy": [[1, *cystoscopy]],
        "cytology": [[1, *cytology]],
        "biopsy": [[2, *biopsy]],
        **{name: [[0, *values]] for name, values in others.items()},
    }
    codes = bladder.CRITERIA.judge(findings, [91 * visit for visit in range(len(cystoscopy) + 1)])
    return " ".join(bladder.CRITERIA.names(codes)[0, 1:])


def test_duration_of_complete_response() -> None:
    codes = [[bladder.Response[word] for word in ("NE", "PERSISTENT", "CR", "CR", "RECURRED")]]
    days = [0, 91, 182, 273, 364]
    assert bladder.CRITERIA.response_day(codes, days, confirm=False).tolist() == [182]
    assert bladder.CRITERIA.progression_day(codes, days).tolist() == [364]
    assert bladder.CRITERIA.names(bladder.CRITERIA.best(codes, days, confirm=False)).tolist() == ["CR"]


# Worst biopsy and lesions (number or area) at baseline and visits, codes
CLEARANCE: dict[str, tuple[list[float], list[float], str]] = {
    "Grimm 2012: CIN 3 to no neoplasia is complete": ([3, 0], [NAN, NAN], "CC"),
    "Grimm 2012: CIN 2 to CIN 1 is regression": ([2, 1], [NAN, NAN], "PC"),
    "Grimm 2012: CIN 3 to CIN 2 is none": ([3, 2], [NAN, NAN], "NR"),
    "CIN 2 to CIN 3 is progression": ([2, 3], [NAN, NAN], "PD"),
    "invasion is progression": ([3, 4], [NAN, NAN], "PD"),
    "Geisse 2004: clear by biopsy and to the eye": ([3, 0], [100, 0], "CC"),
    "Geisse 2004: clear to the eye, not by biopsy": ([3, 3], [100, 0], "PC"),
    "clear by biopsy, not to the eye": ([3, 0], [100, 20], "PC"),
    "no biopsy, none needed": ([NAN, NAN], [8, 0], "CC"),
    "no biopsy where disease was proven by one": ([3, NAN], [8, 0], "PC"),
    "van Seters 2008: 76 % smaller is a strong partial response": ([NAN, NAN], [100, 24], "PC"),
    "van Seters 2008: 75 % smaller is a weak one": ([NAN, NAN], [100, 25], "WEAK"),
    "van Seters 2008: 26 % smaller is a weak one": ([NAN, NAN], [100, 74], "WEAK"),
    "van Seters 2008: 25 % smaller is none": ([NAN, NAN], [100, 75], "NR"),
    "recurrence after complete clearance": ([3, 0, NAN], [10, 0, 2], "CC RECURRED"),
    "not by CIN 1": ([3, 0, 1], [NAN, NAN, NAN], "CC PC"),
    "nothing read": ([3, NAN], [10, NAN], "NE"),
}


@pytest.mark.parametrize("case", CLEARANCE)
def test_clearance(case: str) -> None:
    histology, lesions, expected = CLEARANCE[case]
    codes = clearance.CRITERIA.judge({"histology": [histology], "lesions": [lesions]}, np.arange(len(lesions)) * 56)
    assert " ".join(clearance.CRITERIA.names(codes)[0, 1:]) == expected


# Viable tumour % in primary and nodes at surgery, code. pCR and MPR: Deutsch et al., Nat Med 2024; pPR and pNR:
# Tetzlaff et al., Ann Oncol 2018
SPECIMENS = {
    "pCR: none in primary and nodes": (0, 0, "pCR"),
    "pCR: none, no nodes taken": (0, NAN, "pCR"),
    "no pCR with viable tumour in nodes": (0, 1, "near-pCR"),
    "major at exactly 10 %": (10, 0, "near-pCR"),
    "not at 11 %": (11, 0, "pPR"),
    "not major with 20 % in nodes": (5, 20, "pPR"),
    "partial at exactly 50 %": (50, 0, "pPR"),
    "none at 51 %": (51, 0, "pNR"),
    "not resected": (NAN, NAN, "NE"),
}


@pytest.mark.parametrize("case", SPECIMENS)
def test_specimens(case: str) -> None:
    primary, nodes, expected = SPECIMENS[case]
    findings = {"viable_primary": [[NAN, primary, NAN]], "viable_nodes": [[NAN, nodes, NAN]]}
    codes = pathological.CRITERIA.judge(findings, [0, 42, 133])
    assert pathological.CRITERIA.names(codes).tolist() == [["NE", expected, "NE"]]
    best = pathological.CRITERIA.best(codes, [0, 42, 133], confirm=True)
    assert pathological.CRITERIA.names(best).tolist() == [expected]


def test_events_around_surgery() -> None:
    """Event-free survival: progression before surgery, or recurrence after it."""
    findings = {"viable_primary": [[NAN, 5, NAN], [NAN, NAN, NAN]], "recurrence": [[0, 0, 1], [0, 1, 1]]}
    codes = pathological.CRITERIA.judge(findings, [0, 42, 133])
    assert pathological.CRITERIA.progression_day(codes, [0, 42, 133]).tolist() == [133, 42]
    assert pathological.CRITERIA.names(pathological.CRITERIA.best(codes, [0, 42, 133], confirm=True)).tolist() == [
        "near-pCR",
        "PD",
    ]


def test_viable_share_counts_the_bed_of_regression() -> None:
    """Cottrell 2018: 2 mm² viable, 3 necrotic, 15 of regression are 10 %; of the first two alone it would be 40 %."""
    share = pathological.viable_share([2.0, 0.0], [3.0, 0.0], [15.0, 0.0])
    np.testing.assert_allclose(share, [10.0, NAN])
