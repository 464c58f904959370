"""Lugano 2014: cases with outcomes derived by hand from Table 3 of Cheson et al., J Clin Oncol 2014;32:3059-3068."""

from __future__ import annotations

import pytest

from coley.trial.response.lugano import CRITERIA
from coley.trial.response.recist import NonTarget

NAN = float("nan")
SAME, WORSE, GONE = NonTarget.NON_CR_NON_PD, NonTarget.PD, NonTarget.CR

# One node: longest and shortest diameters in mm at baseline and each scan, what else is read, codes at the scans
BY_CT: dict[str, tuple[list[tuple[float, float]], dict[str, list[float]], str]] = {
    "CR: nodes regress to 15 mm in LDi": ([(40, 20), (15, 12)], {}, "CR"),
    "no CR at 16 mm": ([(40, 20), (16, 12)], {}, "PR"),
    "PR at exactly 50 % of the product": ([(40, 20), (25, 16)], {}, "PR"),
    "SD at 49 %": ([(40, 20), (24, 17)], {}, "SD"),
    "PD: 25 × 20 to 35 × 22, 54 % and 10 mm": ([(25, 20), (35, 22)], {}, "PD"),
    "not at 9 mm: 25 × 20 to 34 × 23, 56 %": ([(25, 20), (34, 23)], {}, "SD"),
    "PD by 5 mm where it was 20 mm or less: 15 × 10 to 20 × 12, 60 %": ([(15, 10), (20, 12)], {}, "PD"),
    "not by 5 mm where it was larger: 21 × 12 to 26 × 16, 65 %": ([(21, 12), (26, 16)], {}, "SD"),
    "not at 49 %: 40 × 20 to 50 × 23.8": ([(40, 20), (50, 23.8)], {}, "SD"),
    "PD from the nadir: 20 × 10 to 31 × 15, still 42 % below baseline": (
        [(40, 20), (20, 10), (31, 15)],
        {},
        "PR PD",
    ),
    "not while LDi is 15 mm or less": ([(40, 20), (8, 5), (15, 10)], {}, "CR CR"),
    "PD: a node that was normal regrows to 16 mm": ([(40, 20), (8, 5), (16, 10)], {}, "CR PD"),
    "an extranodal lesion has to go": ([(40, 20), (12, 10)], {"extranodal": [1]}, "PR"),
    "PD: an extranodal lesion that had gone is back above 10 mm": (
        [(40, 20), (0, 0), (11, 9)],
        {"extranodal": [1]},
        "CR PD",
    ),
    "PD: a new lesion": ([(40, 20), (12, 10)], {"new_lesions": [0, 1]}, "PD"),
    "PD: clear progression of what is not measured": ([(40, 20), (12, 10)], {"nontarget": [SAME, WORSE]}, "PD"),
    "no CR while what is not measured is there": ([(40, 20), (12, 10)], {"nontarget": [SAME, SAME]}, "PR"),
    "CR where it has gone": ([(40, 20), (12, 10)], {"nontarget": [SAME, GONE]}, "CR"),
    "PD: spleen of 150 mm above 160 mm": ([(40, 20), (12, 10)], {"spleen_length": [150, 161]}, "PD"),
    "not at 160 mm": ([(40, 20), (30, 20)], {"spleen_length": [150, 160]}, "SD"),
    "PR asks for more than half of the excess to go: 150 to 139 mm": (
        [(40, 20), (12, 10)],
        {"spleen_length": [150, 139]},
        "PR",
    ),
    "no PR at 140 mm": ([(40, 20), (12, 10)], {"spleen_length": [150, 140]}, "SD"),
    "CR with a spleen of 130 mm": ([(40, 20), (12, 10)], {"spleen_length": [150, 130]}, "CR"),
    "PD: new splenomegaly, 2 cm from normal": ([(40, 20), (12, 10)], {"spleen_length": [115, 135]}, "PD"),
    "not at 1.9 cm": ([(40, 20), (12, 10)], {"spleen_length": [115, 134]}, "PR"),
    "PD: recurrent splenomegaly": ([(40, 20), (12, 10), (12, 10)], {"spleen_length": [150, 120, 140]}, "CR PD"),
    "no CR while the marrow is involved": ([(40, 20), (12, 10)], {"marrow": [1, 1]}, "PR"),
    "CR with a clear marrow, which holds until it is looked at again": (
        [(40, 20), (12, 10), (12, 10)],
        {"marrow": [1, 0, NAN]},
        "CR CR",
    ),
    "PD: new or recurrent involvement of the marrow": (
        [(40, 20), (12, 10), (12, 10)],
        {"marrow": [1, 0, 1]},
        "CR PD",
    ),
    "NE where the node was not measured": ([(40, 20), (NAN, NAN), (12, 10)], {}, "NE CR"),
}


@pytest.mark.parametrize("case", BY_CT)
def test_response_by_ct(case: str) -> None:
    nodes, others, expected = BY_CT[case]
    findings: dict[str, object] = {
        "longest_diameters": [[[long] for long, _ in nodes]],
        "shortest_diameters": [[[short] for _, short in nodes]],
        **{name: [values] for name, values in others.items()},
    }
    codes = CRITERIA.judge(findings, [56 * visit for visit in range(len(nodes))])
    assert " ".join(CRITERIA.names(codes)[0, 1:]) == expected


def test_spleen_without_any_node() -> None:
    """Splenic lymphoma: 170 mm has an excess of 40 mm over normal; at 149 mm more than half of it has gone."""
    codes = CRITERIA.judge({"spleen_length": [[170, 155, 149, 130, 151], [120] * 5]}, [0, 56, 112, 168, 224])
    assert CRITERIA.names(codes).tolist() == [["NE", "SD", "PR", "CR", "PD"], ["NE"] * 5]


def test_six_nodes_are_summed_and_any_one_can_progress() -> None:
    """SPD of up to six: 6 × 40 × 20 = 4800 mm²; five at 16 × 10 leave 800, and the sixth of 55 × 25 is 72 % larger."""
    node, small, large = (40.0, 20.0), (16.0, 10.0), (55.0, 25.0)
    scans = [[node] * 6, [small] * 6, [small] * 5 + [large]]
    findings = {
        "longest_diameters": [[[n[0] for n in scan] for scan in scans]],
        "shortest_diameters": [[[n[1] for n in scan] for scan in scans]],
    }
    assert CRITERIA.names(CRITERIA.judge(findings, [0, 56, 112])).tolist() == [["NE", "PR", "PD"]]
    slots = {name: [[[*scan, 0.0] for scan in rows] for rows in values] for name, values in findings.items()}
    assert CRITERIA.names(CRITERIA.judge(slots, [0, 56, 112])).tolist() == [["NE", "PR", "PD"]]


# Deauville score and SUVmax at baseline and each PET, new foci, codes
BY_PET: dict[str, tuple[list[float], list[float], list[float], str]] = {
    "CMR: score 1, 2 or 3": ([5, 3], [15, 3], [0, 0], "CR"),
    "PMR: score 4 with reduced uptake": ([5, 4], [15, 7], [0, 0], "PR"),
    "PMR: score 5 with reduced uptake": ([5, 5], [15, 10], [0, 0], "PR"),
    "no metabolic response: score 5, uptake 20 % lower": ([5, 5], [15, 12], [0, 0], "SD"),
    "PMD: score 5, uptake 25 % higher": ([5, 5], [12, 15], [0, 0], "PD"),
    "PMD: new foci, whatever the score of the old ones": ([5, 2], [15, 2], [0, 1], "PD"),
    "convention: a relapse from CMR is one although below baseline": ([5, 2, 5], [15, 2, 10], [0, 0, 0], "CR PD"),
    "score 3 with rising uptake is still CMR": ([5, 2, 3], [15, 2, 3], [0, 0, 0], "CR CR"),
}


@pytest.mark.parametrize("case", BY_PET)
def test_response_by_pet(case: str) -> None:
    scores, uptake, new, expected = BY_PET[case]
    codes = CRITERIA.judge({"deauville": [scores], "uptake": [uptake], "new_lesions": [new]}, 56 * len(scores))
    assert " ".join(CRITERIA.names(codes)[0, 1:]) == expected


def test_pet_decides_where_it_was_made() -> None:
    """CMR holds with a residual mass of any size; at a visit with CT alone the same mass, 75 % smaller, is PR."""
    findings = {
        "longest_diameters": [[[60], [30], [30]]],
        "shortest_diameters": [[[40], [20], [20]]],
        "deauville": [[5, 2, NAN]],
        "uptake": [[15, 2, NAN]],
    }
    assert CRITERIA.names(CRITERIA.judge(findings, [0, 56, 112])).tolist() == [["NE", "CR", "PR"]]
