"""iRECIST: cases with outcomes derived by hand from Seymour et al., Lancet Oncol 2017;18:e143-e152.

"T2" and "T3" are its tables, "FAQ" the RECIST working group's questions at recist.eortc.org/irecist.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coley.trial.response import recist
from coley.trial.response.irecist import CRITERIA, ImmuneResponse
from coley.trial.response.recist import NonTarget

NAN = float("nan")
NO, SAME, CR, NONE = NonTarget.PD, NonTarget.NON_CR_NON_PD, NonTarget.CR, NonTarget.NONE

# Sum of target lesions at baseline and each scan (one lesion), what else is read at the scans, codes at the scans.
# Scans are 6 weeks apart.
SCANS: dict[str, tuple[list[float], dict[str, list[float]], str]] = {
    "T2: as RECIST 1.1 without progression": ([100, 90, 70, 0], {}, "iSD iPR iCR"),
    "T2: iCR of targets with other disease left is iPR": ([100, 0], {"nontarget": [SAME]}, "iPR"),
    "T2: target iUPD, then 5 mm more": ([100, 120, 125], {}, "iUPD iCPD"),
    "T2: target iUPD, then 4.9 mm more stays iUPD": ([100, 120, 124.9], {}, "iUPD iUPD"),
    "FAQ: increases are additive, 4 mm and 2 mm more": ([100, 120, 124, 126], {}, "iUPD iUPD iCPD"),
    "T2: target iUPD, then within 20 % of the nadir is iSD": ([100, 120, 110], {}, "iUPD iSD"),
    "T2: target iUPD, then iPR": ([100, 120, 60], {}, "iUPD iPR"),
    "the bar is reset: a later iUPD has to be confirmed anew": ([100, 120, 100, 125, 131], {}, "iUPD iSD iUPD iCPD"),
    "T2: target iUPD, then another lesion type progresses": (
        [100, 120, 120],
        {"new_lesions": [0, 1]},
        "iUPD iCPD",
    ),
    "T2: target iUPD, then unequivocal progression of other disease": (
        [100, 120, 118],
        {"nontarget": [SAME, NO]},
        "iUPD iCPD",
    ),
    "T2: other disease iUPD, no change": ([100, 70, 70], {"nontarget": [NO, NO]}, "iUPD iUPD"),
    "T2: other disease iUPD stays so although targets are iPR": ([100, 90, 60], {"nontarget": [NO, NO]}, "iUPD iUPD"),
    "T2: other disease iUPD, further increase, not unequivocal": (
        [100, 90, 90],
        {"nontarget": [NO, NO], "nontarget_larger": [1, 1]},
        "iUPD iCPD",
    ),
    "T2: other disease iUPD, then no longer": ([100, 90, 90], {"nontarget": [NO, SAME]}, "iUPD iSD"),
    "FAQ: a new lesion, no change": ([100, 90, 90], {"new_lesions": [1, 1]}, "iUPD iUPD"),
    "FAQ: a new lesion, then another": ([100, 90, 90], {"new_lesions": [1, 2]}, "iUPD iCPD"),
    "T2: new lesions grow by 5 mm": (
        [100, 90, 90],
        {"new_lesions": [1, 1], "new_lesion_sum": [10, 15]},
        "iUPD iCPD",
    ),
    "T2: new lesions grow by 4 mm": (
        [100, 90, 90],
        {"new_lesions": [1, 1], "new_lesion_sum": [10, 14]},
        "iUPD iUPD",
    ),
    "T2: any increase of a new lesion that is not measured": (
        [100, 90, 90],
        {"new_lesions": [1, 1], "new_lesion_larger": [0, 1]},
        "iUPD iCPD",
    ),
    "FAQ: iUPD, iUPD, iUPD, then the new lesion grows": (
        [100, 90, 90, 90, 90],
        {"new_lesions": [1, 1, 1, 1], "new_lesion_sum": [10, 10, 10, 16]},
        "iUPD iUPD iUPD iCPD",
    ),
    "FAQ scenario B: a new lesion, then targets shrink to iPR": ([100, 90, 60], {"new_lesions": [1, 1]}, "iUPD iPR"),
    "FAQ scenario F: iPR, then a new lesion, then no change": (
        [100, 60, 60, 60],
        {"new_lesions": [0, 1, 1]},
        "iPR iUPD iUPD",
    ),
    "FAQ: after iPR a further new lesion is a new iUPD": (
        [100, 90, 60, 60, 60],
        {"new_lesions": [1, 1, 2, 3]},
        "iUPD iPR iUPD iCPD",
    ),
    "FAQ: after iPR new lesions that grow 20 % and 5 mm are a new iUPD": (
        [100, 90, 60, 60],
        {"new_lesions": [1, 1, 1], "new_lesion_sum": [20, 20, 25]},
        "iUPD iPR iUPD",
    ),
    "after iPR a new lesion where the known one had gone is a new iUPD": (
        [100, 90, 60, 60, 60],
        {"new_lesions": [1, 1, 0, 1]},
        "iUPD iPR iPR iUPD",
    ),
    "after iPR new lesions that grow less are none": (
        [100, 90, 60, 60],
        {"new_lesions": [1, 1, 1], "new_lesion_sum": [40, 40, 47]},
        "iUPD iPR iPR",
    ),
    "a new lesion that has gone": ([100, 90, 90], {"new_lesions": [1, 0]}, "iUPD iSD"),
    "iCR only where new lesions have gone": ([100, 90, 0, 0], {"new_lesions": [1, 1, 0]}, "iUPD iPR iCR"),
    "a missed scan leaves iUPD as it was": ([100, 120, NAN, 126], {}, "iUPD NE iCPD"),
    "what follows iCPD stays iCPD": ([100, 120, 130, 50], {}, "iUPD iCPD iCPD"),
}


def judge(sums: list[float], others: dict[str, list[float]], days: list[float]) -> str:
    at_baseline = {"nontarget": SAME}
    findings = {name: [[at_baseline.get(name, 0.0), *values]] for name, values in others.items()}
    codes = CRITERIA.judge({"diameters": [[[size] for size in sums]], **findings}, days)
    return " ".join(CRITERIA.names(codes)[0, 1:])


@pytest.mark.parametrize("case", SCANS)
def test_scans_by_the_guideline(case: str) -> None:
    sums, others, expected = SCANS[case]
    assert judge(sums, others, [42.0 * visit for visit in range(len(sums))]) == expected


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_until_the_first_progression_as_recist(seed: int) -> None:
    """T2, left column: without a previous iUPD each visit is as by RECIST 1.1, and its PD is iUPD."""
    draw = np.random.default_rng(seed)
    findings = {
        "diameters": draw.choice([0.0, 8, 10, 15, 20, 30, NAN], (40, 6, 2)),
        "nodal": draw.random((40, 2)) < 0.3,
        "nontarget": draw.choice([0, 1, 2, 2, 3, 4], (40, 6)),
        "new_lesions": draw.choice([0, 0, 0, 1], (40, 6)),
    }
    days = 42.0 * np.arange(6)
    plain, immune = recist.CRITERIA.judge(findings, days), CRITERIA.judge(findings, days)
    begun = np.logical_or.accumulate(plain == recist.Response.PD, axis=1)
    same = {recist.Response[name]: ImmuneResponse[f"i{name}"] for name in ("SD", "PR", "CR")}
    same |= {recist.Response.NE: ImmuneResponse.NE, recist.Response.NON_CR_NON_PD: ImmuneResponse.NON_iCR_NON_iUPD}
    assert [same[recist.Response(code)] for code in plain[~begun]] == immune[~begun].tolist()
    first = begun & ~np.hstack([np.zeros((40, 1), dtype=bool), begun[:, :-1]])
    assert (immune[first] == ImmuneResponse.iUPD).all()


def test_a_scan_less_than_four_weeks_after_iupd_confirms_nothing() -> None:
    """FAQ: such scans are disregarded, with a variance of 2 days; what they show counts at the next that is in time."""
    assert judge([100, 120, 130], {}, [0, 42, 67]) == "iUPD iUPD"
    assert judge([100, 120, 130], {}, [0, 42, 68]) == "iUPD iCPD"
    assert judge([100, 120, 130, 130], {}, [0, 42, 56, 84]) == "iUPD iUPD iCPD"  # 10 mm above the iUPD
    assert judge([100, 120, 120, 120], {"new_lesions": [0, 1, 1]}, [0, 42, 56, 84]) == "iUPD iUPD iCPD"


def test_patients_without_target_lesions() -> None:
    """T3, note: only iCR and non-iCR/non-iUPD besides progression."""
    findings = {
        "diameters": np.zeros((2, 4, 1)),
        "nontarget": [[SAME, SAME, CR, CR], [SAME, NO, SAME, CR]],
        "new_lesions": [[0, 0, 0, 1], [0, 0, 0, 0]],
    }
    assert CRITERIA.names(CRITERIA.judge(findings, [0, 42, 84, 126])).tolist() == [
        ["NE", "NON-iCR/NON-iUPD", "iCR", "iUPD"],
        ["NE", "iUPD", "NON-iCR/NON-iUPD", "iCR"],
    ]


# Table 3, its eight examples with one choice of each of their alternatives: responses at scans 6 weeks apart, best
BEST = {
    "example 1": ("iCR iPR iUPD iUPD iCPD", "iCR"),
    "example 2": ("iUPD iSD iCR iCR iCPD", "iCR"),
    "example 3": ("iUPD iPR iUPD iCPD iCPD", "iPR"),
    "example 4": ("iUPD NE iPR iUPD iCPD", "iPR"),
    "example 5": ("iUPD iSD iUPD iCPD iCPD", "iSD"),
    "example 6": ("iUPD iCPD iCR iCR iCR", "iCPD"),
    "example 7": ("iUPD iUPD iCPD iPR iPR", "iCPD"),
    "example 8": ("iUPD NE NE NE NE", "iUPD"),
}


@pytest.mark.parametrize("case", BEST)
def test_best_response_by_table_3(case: str) -> None:
    text, expected = BEST[case]
    codes = [[ImmuneResponse[word] for word in text.split()]]
    best = CRITERIA.best(codes, [42, 84, 126, 168, 210], confirm=False)
    assert CRITERIA.names(best).tolist() == [expected]


# Responses at scans on days 42, 84, 126; day of progression; last day without; whether the last scan ends treatment
DAYS = {
    "from the iUPD that was confirmed": ("iSD iUPD iCPD", 84, 42, True),
    "not from an iUPD that was taken back": ("iUPD iSD iSD", NAN, 126, False),
    "from the second iUPD where the first was taken back": ("iUPD iPR iUPD", 126, 84, False),
    "from the first iUPD in a row, although never confirmed": ("iSD iUPD iUPD", 84, 42, False),
    "from iUPD where no scan follows": ("iSD iUPD NE", 84, 42, False),
}


@pytest.mark.parametrize("case", DAYS)
def test_day_of_progression(case: str) -> None:
    """The guideline, section on statistical considerations: iUPD counts unless iSD, iPR or iCR follows it."""
    text, progression, adequate, stops = DAYS[case]
    codes, days = [[ImmuneResponse[word] for word in text.split()]], [42, 84, 126]
    np.testing.assert_equal(CRITERIA.progression_day(codes, days), [progression])
    assert CRITERIA.last_adequate_day(codes, days).tolist() == [adequate]
    assert CRITERIA.progressed(codes).tolist() == [stops]
