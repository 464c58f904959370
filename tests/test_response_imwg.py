"""IMWG 2016: cases with outcomes derived by hand from the table of Kumar et al., Lancet Oncol 2016;17:e328-e346."""

from __future__ import annotations

import numpy as np
import pytest

from coley.trial.response.imwg import CRITERIA, Response, confirmed_nadirs

NAN = float("nan")
CLEAR = {"immunofixation": [1, 0], "marrow_plasma_cells": [40, 3]}

# Serum M-protein in g/dL at baseline and each visit, what else is read, codes at the visits
SERUM: dict[str, tuple[list[float], dict[str, list[float]], str]] = {
    "PR at exactly 50 % less": ([4, 2], {}, "PR"),
    "MR at 49 % less": ([4, 2.04], {}, "MR"),
    "MR at exactly 25 % less": ([4, 3], {}, "MR"),
    "SD at 24 % less": ([4, 3.04], {}, "SD"),
    "VGPR at exactly 90 % less": ([4, 0.4], {}, "VGPR"),
    "PR at 89 % less": ([4, 0.44], {}, "PR"),
    "VGPR: none by electrophoresis, positive immunofixation": ([4, 0], {"immunofixation": [1, 1]}, "VGPR"),
    "CR: negative immunofixation, marrow below 5 %": ([4, 0], CLEAR, "CR"),
    "no CR at 5 % of the marrow": ([4, 0], {**CLEAR, "marrow_plasma_cells": [40, 5]}, "VGPR"),
    "no CR without a marrow": ([4, 0], {"immunofixation": [1, 0]}, "VGPR"),
    "no CR while a plasmacytoma is left": ([4, 0], {**CLEAR, "plasmacytomas": [400, 100]}, "VGPR"),
    "sCR: normal ratio and no clonal cells": (
        [4, 0],
        {**CLEAR, "flc_kappa": [50, 1], "flc_lambda": [1, 1], "clonal_plasma_cells": [1, 0]},
        "sCR",
    ),
    "no sCR with a ratio of 1.7": (
        [4, 0],
        {**CLEAR, "flc_kappa": [50, 1.7], "flc_lambda": [1, 1], "clonal_plasma_cells": [1, 0]},
        "CR",
    ),
    "CR without MRD, below 1 in 100,000": ([4, 0], {**CLEAR, "mrd": [NAN, 9e-6]}, "CR MRD-"),
    "CR with MRD of 1 in 100,000": ([4, 0], {**CLEAR, "mrd": [NAN, 1e-5]}, "CR"),
    "marrow holds until it is read again": (
        [4, 0, 0],
        {"immunofixation": [1, 0, 0], "marrow_plasma_cells": [40, 3, NAN]},
        "CR CR",
    ),
    "PR asks for half of the plasmacytomas to go": ([4, 1], {"plasmacytomas": [400, 210]}, "SD"),
    "PR with half of them gone": ([4, 1], {"plasmacytomas": [400, 200]}, "PR"),
    "PR: urine below 200 mg": ([4, 1], {"urine_m_protein": [800, 190]}, "PR"),
    "PR: urine 90 % less": ([4, 1], {"urine_m_protein": [3000, 300]}, "PR"),
    "MR by urine: 60 % less": ([4, 1], {"urine_m_protein": [800, 320]}, "MR"),
    "SD by urine: 40 % less": ([4, 1], {"urine_m_protein": [800, 480]}, "SD"),
    "VGPR asks for urine below 100 mg": ([4, 0.2], {"urine_m_protein": [800, 110]}, "PR"),
    "VGPR: urine of 90 mg": ([4, 0.2], {"urine_m_protein": [800, 90]}, "VGPR"),
    "NE where measurable urine was not read": ([4, 1], {"urine_m_protein": [800, NAN]}, "NE"),
    "PD: 25 % and 0.5 g/dL above the lowest, twice": ([2, 2.5, 2.5], {}, "UPD PD"),
    "not at 0.4 g/dL": ([1.2, 1.6, 1.6], {}, "SD SD"),
    "not at 24 %": ([4, 4.96, 4.96], {}, "SD SD"),
    "PD: 1 g/dL above 5 g/dL or more suffices": ([6, 7, 7], {}, "UPD PD"),
    "PD from the lowest confirmed value, still 50 % below baseline": ([4, 1, 1, 1.5, 1.6], {}, "PR PR UPD PD"),
    "a single low value is no nadir": ([4, 1, 2, 2.4, 2.4], {}, "PR PR MR MR"),
    "PD once only is taken back": ([2, 2.5, 2.1], {}, "UPD SD"),
    "a missed visit does not take it back": ([2, 2.5, NAN, 2.6], {}, "UPD NE PD"),
    "PD: urine 200 mg above the lowest": ([4, 1, 1], {"urine_m_protein": [50, 250, 260]}, "UPD PD"),
    "PD at once: a new lesion": ([4, 1], {"new_lesions": [0, 1]}, "PD"),
    "PD at once: plasmacytomas 50 % above the lowest": ([4, 1, 1], {"plasmacytomas": [400, 100, 150]}, "PR PD"),
    "marrow alone is no PD where M-protein is measurable": ([4, 1], {"marrow_plasma_cells": [20, 60]}, "PR"),
}


def judge(findings: dict[str, list[float]]) -> str:
    visits = len(next(iter(findings.values())))
    codes = CRITERIA.judge({name: [values] for name, values in findings.items()}, [28 * v for v in range(visits)])
    return " ".join(CRITERIA.names(codes)[0, 1:])


@pytest.mark.parametrize("case", SERUM)
def test_disease_measurable_in_serum(case: str) -> None:
    serum, others, expected = SERUM[case]
    assert judge({"serum_m_protein": serum, **others}) == expected


# Disease that is not measurable in serum: what is read, codes
ELSEWHERE: dict[str, tuple[dict[str, list[float]], str]] = {
    "urine alone: PR": ({"serum_m_protein": [0.3, 0.3], "urine_m_protein": [900, 85]}, "VGPR"),
    "chains: VGPR at 90 % less of the difference, 100 to 10": (
        {"flc_kappa": [101, 11], "flc_lambda": [1, 1]},
        "VGPR",
    ),
    "chains: PR at 50 % less": ({"flc_kappa": [1, 1], "flc_lambda": [101, 51]}, "PR"),
    "chains: SD at 49 % less": ({"flc_kappa": [101, 52], "flc_lambda": [1, 1]}, "SD"),
    "chains: PD, 25 % and more than 10 mg/dL above": ({"flc_kappa": [41, 53], "flc_lambda": [1, 1]}, "UPD"),
    "chains: not by 10 mg/dL": ({"flc_kappa": [21, 31], "flc_lambda": [1, 1]}, "SD"),
    "chains: CR asks for a normal ratio": (
        {"flc_kappa": [101, 2], "flc_lambda": [1, 1], "immunofixation": [1, 0], "marrow_plasma_cells": [40, 2]},
        "VGPR",
    ),
    "chains: CR": (
        {"flc_kappa": [101, 1.6], "flc_lambda": [1, 1], "immunofixation": [1, 0], "marrow_plasma_cells": [40, 2]},
        "CR",
    ),
    "chains below 10 mg/dL are not measurable": ({"flc_kappa": [9, 1], "flc_lambda": [0.5, 1]}, "NE"),
    "marrow: PR at half of 60 %": ({"marrow_plasma_cells": [60, 30]}, "PR"),
    "marrow below 30 % is not measurable": ({"marrow_plasma_cells": [29, 10]}, "NE"),
    "marrow: PD at once, 10 points and 25 % above": ({"marrow_plasma_cells": [40, 50]}, "PD"),
    "marrow: not 9 points": ({"marrow_plasma_cells": [36, 45]}, "SD"),
    "blood: PD, 50 % more and 200 cells": ({"circulating_plasma_cells": [130, 200]}, "UPD"),
    "blood: not below 200 cells": ({"circulating_plasma_cells": [100, 190]}, "NE"),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_disease_measurable_elsewhere(case: str) -> None:
    findings, expected = ELSEWHERE[case]
    assert judge(findings) == expected


# Codes on days 28, 56, 84, 112; best with and without two assessments; days of response (confirmed) and progression
HISTORY = {
    "all categories need two assessments in a row": ("PR VGPR VGPR VGPR", "VGPR", "VGPR", 28, NAN),
    "the deepest that was seen twice": ("PR VGPR PR PR", "PR", "VGPR", 28, NAN),
    "a CR once, after VGPR, confirms the VGPR": ("SD VGPR CR PR", "VGPR", "CR", 56, NAN),
    "a missed visit in between does not matter": ("PR NE PR SD", "PR", "PR", 28, NAN),
    "PR once alone": ("SD PR SD SD", "SD", "PR", NAN, NAN),
    "PD dates from the first of two": ("PR PR UPD PD", "PR", "PR", 28, 84),
    "UPD that was not confirmed is none": ("PR PR UPD PR", "PR", "PR", 28, NAN),
    "nothing but progression": ("UPD PD PR PR", "PD", "PD", NAN, 28),
}


@pytest.mark.parametrize("case", HISTORY)
def test_two_consecutive_assessments(case: str) -> None:
    text, confirmed, unconfirmed, response, progression = HISTORY[case]
    codes, days = [[Response[word] for word in text.split()]], [28, 56, 84, 112]
    assert CRITERIA.names(CRITERIA.best(codes, days, confirm=True)).tolist() == [confirmed]
    assert CRITERIA.names(CRITERIA.best(codes, days, confirm=False)).tolist() == [unconfirmed]
    np.testing.assert_equal(CRITERIA.response_day(codes, days, confirm=True), [response])
    np.testing.assert_equal(CRITERIA.progression_day(codes, days), [progression])


def test_lowest_confirmed_value() -> None:
    """By hand: 1 was seen once and then 2, so 2 is confirmed; of 1.5 and 1.2 it is 1.5."""
    values = np.array([[4.0, 1.0, 2.0, 1.5, NAN, 1.2, 3.0]])
    np.testing.assert_equal(confirmed_nadirs(values), [[4, 4, 4, 2, 2, 2, 1.5]])
