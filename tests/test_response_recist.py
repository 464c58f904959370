"""RECIST 1.1: cases with outcomes derived by hand from the guideline, and properties that must hold for any history.

"4.3.1" and so on are sections of Eisenhauer et al., Eur J Cancer 2009;45:228-247. "FAQ" is the RECIST working group's
page of questions at recist.eortc.org.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coley.trial.response.histories import nadirs
from coley.trial.response.recist import (
    CRITERIA,
    NonTarget,
    Response,
    disappeared,
    overall_response,
    target_response,
)

NAN = float("nan")
quick = settings(derandomize=True, max_examples=150, deadline=None)

# name: (baseline, nadir, total in mm, all disappeared, all evaluable) -> response, with the rule
TARGET = {
    "4.3.1 PR at exactly 30 % below baseline": (100, 100, 70, False, True, "PR"),
    "4.3.1 SD at 29 % below baseline": (100, 100, 71, False, True, "SD"),
    "4.3.1 PR at exactly 30 % in tenths of mm": (14.0, 14.0, 9.8, False, True, "PR"),
    "4.3.1 SD where nothing changed": (100, 100, 100, False, True, "SD"),
    "4.3.1 PD at exactly 20 % above baseline, baseline being the nadir": (100, 100, 120, False, True, "PD"),
    "4.3.1 SD at 19 % above": (100, 100, 119, False, True, "SD"),
    "4.3.1 PD at exactly 20 % in tenths of mm": (49.5, 49.5, 59.4, False, True, "PD"),
    "4.3.1 SD just below 20 % in tenths of mm": (49.5, 49.5, 59.3, False, True, "SD"),
    "4.3.1 PD from the nadir although 40 % below baseline": (100, 50, 60, False, True, "PD"),
    "4.3.1 PR stays at 18 % above the nadir": (100, 50, 59, False, True, "PR"),
    "4.3.1 SD between: less than 30 % below baseline, less than 20 % above nadir": (100, 65, 75, False, True, "SD"),
    "4.3.1 SD at 20 % but 4 mm": (20, 20, 24, False, True, "SD"),
    "4.3.1 PD at exactly 5 mm and 25 %": (20, 20, 25, False, True, "PD"),
    "4.3.1 PR stays at 49 % above the nadir but 4.9 mm": (100, 10, 14.9, False, True, "PR"),
    "4.3.1 PD at 50 % above the nadir and 5 mm": (100, 10, 15, False, True, "PD"),
    "4.3.1 SD at 5 mm but 10 %": (50, 50, 55, False, True, "SD"),
    "4.3.2 PD where a lesion too small to measure (5 mm) reappears after none": (40, 0, 5, False, True, "PD"),
    "4.3.1 CR where nothing is left": (40, 20, 0, True, True, "CR"),
    "4.3.2 CR with a nodal sum of 17 mm": (40, 40, 17, True, True, "CR"),
    "4.3.1 PR where one node is still 12 mm": (40, 40, 12, False, True, "PR"),
    "FAQ CR stays where nodes grow below 10 mm": (40, 10, 18, True, True, "CR"),
    "4.4.2 PD from two of three lesions, 80 of 50 mm": (50, 50, 80, False, False, "PD"),
    "4.4.2 NE where a missing lesion could undo the PR": (100, 100, 60, False, False, "NE"),
    "4.4.2 NE where those measured show 18 % only": (100, 50, 59, False, False, "NE"),
    "4.4.2 NE where nothing was measured": (100, 100, NAN, False, False, "NE"),
}


@pytest.mark.parametrize("case", TARGET)
def test_target_response_by_the_guideline(case: str) -> None:
    baseline, nadir, total, gone, evaluable, expected = TARGET[case]
    assert CRITERIA.names(target_response([total], [baseline], [nadir], [gone], [evaluable])).tolist() == [expected]


def test_all_target_cases_at_once_give_the_same_as_one_by_one() -> None:
    baseline, nadir, total, gone, evaluable, expected = map(np.array, zip(*TARGET.values(), strict=True))
    assert CRITERIA.names(target_response(total, baseline, nadir, gone, evaluable)).tolist() == expected.tolist()


# Every row of Table 1 (section 4.4.1): target, non-target, new lesion -> overall
TABLE_1 = [
    ("CR", "CR", False, "CR"),
    ("CR", "NONE", False, "CR"),
    ("CR", "NON_CR_NON_PD", False, "PR"),
    ("CR", "NE", False, "PR"),
    ("PR", "NON_CR_NON_PD", False, "PR"),
    ("PR", "NE", False, "PR"),
    ("PR", "CR", False, "PR"),
    ("SD", "NON_CR_NON_PD", False, "SD"),
    ("SD", "NE", False, "SD"),
    ("SD", "NONE", False, "SD"),
    ("NE", "NON_CR_NON_PD", False, "NE"),
    ("NE", "NONE", False, "NE"),
    ("PD", "CR", False, "PD"),
    ("PD", "CR", True, "PD"),
    ("CR", "PD", False, "PD"),
    ("PR", "PD", True, "PD"),
    ("NE", "PD", False, "PD"),
    ("CR", "CR", True, "PD"),
    ("PR", "NON_CR_NON_PD", True, "PD"),
    ("SD", "NONE", True, "PD"),
    ("NE", "NE", True, "PD"),
]


@pytest.mark.parametrize(("target", "nontarget", "new", "expected"), TABLE_1)
def test_overall_response_by_table_1(target: str, nontarget: str, new: bool, expected: str) -> None:
    assert CRITERIA.names(overall_response([Response[target]], [NonTarget[nontarget]], [new])).tolist() == [expected]


def test_lesions_disappear_at_0_mm_and_nodes_below_10_mm() -> None:
    """4.3.1; a NaN is a lesion that was not read, a 0 in an unused slot is no lesion."""
    diameters = [[0, 9.9, 0], [0, 10.0, 0], [1, 9.0, 0], [0, NAN, 0], [0, 0, 0]]
    assert disappeared(diameters, [False, True, False]).tolist() == [True, False, False, False, True]


def test_nadir_includes_baseline_and_only_complete_scans() -> None:
    """4.3.1: the smallest sum on study, baseline included; a sum that is not complete (NaN) is none."""
    sums = np.array([[50.0, 60.0, 70.0], [50.0, 40.0, 60.0], [50.0, NAN, 60.0]])
    assert nadirs(sums).tolist() == [[50, 50, 50], [50, 50, 40], [50, 50, 50]]


# (codes at visits, days, best response where confirmation is required, where it is not), with the rule
HISTORY = {
    "Table 3: CR CR": ("CR CR", [56, 112], "CR", "CR"),
    "Table 3 footnote a: CR PR is a PR": ("CR PR", [56, 112], "PR", "CR"),
    "Table 3: CR SD": ("CR SD", [56, 112], "SD", "CR"),
    "Table 3: CR SD before 6 weeks": ("CR SD", [14, 28], "PD", "CR"),
    "Table 3: CR PD": ("CR PD", [56, 112], "SD", "CR"),
    "Table 3: CR PD before 6 weeks": ("CR PD", [28, 56], "PD", "CR"),
    "Table 3: CR NE": ("CR NE", [56, 112], "SD", "CR"),
    "Table 3: CR NE before 6 weeks": ("CR NE", [28, 56], "NE", "CR"),
    "Table 3: PR CR": ("PR CR", [56, 112], "PR", "CR"),
    "Table 3: PR PR": ("PR PR", [56, 112], "PR", "PR"),
    "Table 3: PR SD": ("PR SD", [56, 112], "SD", "PR"),
    "Table 3: PR PD": ("PR PD", [56, 112], "SD", "PR"),
    "Table 3: PR PD before 6 weeks": ("PR PD", [28, 56], "PD", "PR"),
    "Table 3: PR NE": ("PR NE", [56, 112], "SD", "PR"),
    "Table 3: PR NE before 6 weeks": ("PR NE", [28, 56], "NE", "PR"),
    "Table 3: NE NE": ("NE NE", [56, 112], "NE", "NE"),
    "4.6.1: PR again after 27 days": ("PR PR", [56, 83], "SD", "PR"),
    "4.6.1: PR again after 28 days": ("PR PR", [56, 84], "PR", "PR"),
    "4.6.1: CR again after 27 days is an unconfirmed CR and PR": ("CR CR", [56, 83], "SD", "CR"),
    "4.6.1: PR held over three scans, 28 days from first to last": ("PR PR PR", [56, 70, 84], "PR", "PR"),
    "4.4.3 example: SD PR PD": ("SD PR PD", [56, 112, 168], "SD", "PR"),
    "4.4.3 example: SD too early, then PD": ("SD PD", [28, 56], "PD", "PD"),
    "4.4.3 example: SD too early, then lost": ("SD NE", [28, 56], "NE", "NE"),
    "4.4.3: SD at 41 days": ("SD", [41], "NE", "NE"),
    "4.4.3: SD at 42 days": ("SD", [42], "SD", "SD"),
    "4.4.3: SD early and late": ("SD SD PD", [28, 56, 84], "SD", "SD"),
    "4.4.3: PD first, scans after it do not count": ("PD CR CR", [56, 112, 168], "PD", "PD"),
    "4.4.3: PR after PD does not confirm": ("PR PD PR", [56, 112, 168], "SD", "PR"),
    "4.4.3: NE then PD": ("NE PD", [56, 112], "PD", "PD"),
    "Table 3 twice: PR CR CR": ("PR CR CR", [56, 112, 168], "CR", "CR"),
    "footnote a: CR PR CR": ("CR PR CR", [56, 112, 168], "PR", "CR"),
    "convention: CR NE CR": ("CR NE CR", [56, 112, 168], "CR", "CR"),
    "convention: CR NE NE CR": ("CR NE NE CR", [56, 112, 168, 224], "SD", "CR"),
    "convention: PR NE PR": ("PR NE PR", [56, 112, 168], "PR", "PR"),
    "convention: PR with its second scan missing": ("PR PR PR", [56, NAN, 168], "PR", "PR"),
    "convention: PR SD PR": ("PR SD PR", [56, 112, 168], "PR", "PR"),
    "convention: PR SD SD PR": ("PR SD SD PR", [56, 112, 168, 224], "SD", "PR"),
    "convention: PR NE NE PR": ("PR NE NE PR", [56, 112, 168, 224], "SD", "PR"),
    "a later response is confirmed": ("PR SD SD PR PR", [56, 112, 168, 224, 280], "PR", "PR"),
    "no scan at all": ("NE NE", [NAN, NAN], "NE", "NE"),
    "a PD on no day is a missing scan": ("PD SD", [NAN, 56], "SD", "SD"),
}


def codes_of(text: str) -> list[Response]:
    return [Response[word] for word in text.split()]


@pytest.mark.parametrize("case", HISTORY)
def test_best_overall_response_by_the_guideline(case: str) -> None:
    text, days, confirmed, unconfirmed = HISTORY[case]
    for confirm, expected in ((True, confirmed), (False, unconfirmed)):
        best = CRITERIA.best([codes_of(text)], [days], confirm=confirm)
        assert CRITERIA.names(best).tolist() == [expected], f"confirm={confirm}"


def test_protocol_may_set_other_intervals() -> None:
    codes, days = [codes_of("PR PR"), codes_of("SD NE")], [[56, 90], [56, 90]]
    protocol = replace(CRITERIA, confirm_after_days=35, stable_after_days=60)
    best = protocol.best(codes, days, confirm=True)
    assert CRITERIA.names(best).tolist() == ["SD", "NE"]


def test_days_of_response_progression_and_censoring() -> None:
    """4.6.2: response from the first scan that met CR or PR; 4.7: progression at the first PD."""
    codes = [
        codes_of("SD PR CR PD"),
        codes_of("PR SD SD PR"),
        codes_of("SD NE NE PD"),
        codes_of("PR PR NE SD"),
        codes_of("PD PR PR PR"),
    ]
    days = [56, 112, 168, 224]
    np.testing.assert_equal(CRITERIA.progression_day(codes, days), [224, NAN, 224, NAN, 56])
    np.testing.assert_equal(CRITERIA.response_day(codes, days, confirm=True), [112, NAN, NAN, 56, NAN])
    np.testing.assert_equal(CRITERIA.response_day(codes, days, confirm=False), [112, 56, NAN, 56, NAN])
    np.testing.assert_equal(CRITERIA.last_adequate_day(codes, days), [168, 224, 56, 224, 0])


def test_a_day_that_is_missing_is_a_missed_scan() -> None:
    codes, days = [codes_of("SD SD SD PD")], [[56, NAN, NAN, 224]]
    assert CRITERIA.last_adequate_day(codes, days).tolist() == [56]


def test_no_visits_and_no_patients() -> None:
    nobody, never = np.zeros((0, 3)), np.zeros((2, 0))
    assert CRITERIA.best(nobody, nobody, confirm=True).shape == (0,)
    assert CRITERIA.names(CRITERIA.best(never, never, confirm=True)).tolist() == ["NE", "NE"]
    np.testing.assert_equal(CRITERIA.progression_day(never, never), [NAN, NAN])
    np.testing.assert_equal(CRITERIA.last_adequate_day(never, never), [0, 0])


def test_three_patients_followed_scan_by_scan() -> None:
    """By hand. A: lung 30 and node 20 mm; sums 50, 33 (PR, 34 %), 9 (only a normal node: CR), 8 (CR).

    B: 40 and 20 mm; 60, 42 (PR, exactly 30 %), 50 (19 % above 42: SD, 17 % below baseline), 51 (21 %, 9 mm: PD).
    C: 25 and 15 mm; 40, unread node and lesion 20 (NE), 20 (PR) with a new lesion (PD).
    """
    nodal = np.array([[False, True], [False, False], [False, True]])
    scans = np.array(
        [
            [[30, 20], [20, 13], [0, 9], [0, 8]],
            [[40, 20], [27, 15], [31, 19], [31, 20]],
            [[25, 15], [20, NAN], [20, 0], [20, 0]],
        ]
    )
    new = np.array([[False, False, False], [False, False, False], [False, True, True]])
    seen = np.hstack([np.zeros((3, 1)), new])
    codes = CRITERIA.judge({"diameters": scans, "nodal": nodal, "new_lesions": seen}, [0, 56, 112, 168])
    assert CRITERIA.names(codes).tolist() == [
        ["NE", "PR", "CR", "CR"],
        ["NE", "PR", "SD", "PD"],
        ["NE", "NE", "PD", "PD"],
    ]
    assert CRITERIA.names(CRITERIA.best(codes, [0, 56, 112, 168], confirm=True)).tolist() == ["CR", "SD", "PD"]


# name: (diameters of two lesions, the second a node, at baseline, day 56 and day 112; codes at both)
SCANS = {
    "4.3.2: a lesion too small to measure is 5 mm, and so no CR": ([[20, 15], [5, 8], [0, 8]], "PR CR"),
    "4.3.2: 5 mm that come back after nothing was left are PD": ([[20, 15], [0, 0], [5, 0]], "CR PD"),
    "4.4.2: a lesion not measured makes PR unknown": ([[20, 15], [NAN, 8], [5, 8]], "NE PR"),
    "convention: a resected lesion is not evaluable from then on": ([[20, 30], [20, NAN], [20, NAN]], "NE NE"),
    "4.4.2: PD still counts where what is left shows it": ([[20, 30], [65, NAN], [20, NAN]], "PD NE"),
    "an empty slot stays empty": ([[20, 0], [14, NAN], [14, 30]], "PR PR"),
    "baseline not measured": ([[20, NAN], [10, 10], [0, 0]], "NE NE"),
    "nadir is 21 from day 56: 26 is 24 % and 5 mm above": ([[20, 15], [13, 8], [18, 8]], "PR PD"),
}


@pytest.mark.parametrize("case", SCANS)
def test_scans_by_the_guideline(case: str) -> None:
    diameters, expected = SCANS[case]
    codes = CRITERIA.judge({"diameters": [diameters], "nodal": [[False, True]]}, [0, 56, 112])
    assert " ".join(CRITERIA.names(codes)[0, 1:]) == expected


# Every row of Table 2 (section 4.4.1): patients with non-target disease only
TABLE_2 = [
    ("CR", 0, "CR"),
    ("NON_CR_NON_PD", 0, "NON-CR/NON-PD"),
    ("NE", 0, "NE"),
    ("PD", 0, "PD"),
    ("PD", 1, "PD"),
    ("CR", 1, "PD"),
    ("NE", 2, "PD"),
    ("NONE", 0, "NON-CR/NON-PD"),  # a convention: no disease at baseline
]


@pytest.mark.parametrize(("nontarget", "new", "expected"), TABLE_2)
def test_overall_response_by_table_2(nontarget: str, new: int, expected: str) -> None:
    findings = {
        "diameters": [[[0.0], [0.0]]],
        "nontarget": [[NonTarget.NON_CR_NON_PD, NonTarget[nontarget]]],
        "new_lesions": [[0, new]],
    }
    assert CRITERIA.names(CRITERIA.judge(findings, [0, 56])).tolist() == [["NE", expected]]


def test_best_response_of_patients_without_target_lesions() -> None:
    """Table 2: they have no SD; a CR that was not confirmed leaves non-CR/non-PD."""
    codes = [codes_of("NON_CR_NON_PD CR NON_CR_NON_PD"), codes_of("NON_CR_NON_PD CR CR")]
    assert CRITERIA.names(CRITERIA.best(codes, [56, 112, 168], confirm=True)).tolist() == ["NON-CR/NON-PD", "CR"]


histories = st.integers(1, 5).flatmap(
    lambda n: st.lists(
        st.lists(
            st.sampled_from([code for code in Response if code != Response.NON_CR_NON_PD]), min_size=6, max_size=6
        ),
        min_size=n,
        max_size=n,
    )
)
intervals = st.lists(st.sampled_from([14.0, 21.0, 42.0, 84.0]), min_size=6, max_size=6)


def confirmed_by_hand(codes: list[Response], days: list[float], level: Response) -> bool:
    """Whether some scan at ``level`` or better has another, 28 days later or more, that confirms it."""
    for first, second in itertools.combinations(range(len(codes)), 2):
        between = codes[first : second + 1]
        shown = [code >= level for code in between]
        allowed = (Response.CR, Response.NE) if level == Response.CR else tuple(set(Response) - {Response.PD})
        if (
            Response.PD not in codes[: second + 1]
            and shown[0]
            and shown[-1]
            and days[second] - days[first] >= 28
            and all(code in allowed for code in between)
            and all(a or b for a, b in itertools.pairwise(shown))
        ):
            return True
    return False


@quick
@given(histories, intervals)
def test_confirmed_responses_are_those_found_by_trying_every_pair_of_scans(
    codes: list[list[Response]], gaps: list[float]
) -> None:
    days = np.cumsum(gaps).tolist()
    best = CRITERIA.best(codes, days, confirm=True)
    first = CRITERIA.response_day(codes, days, confirm=True)
    for row, found, day in zip(codes, best, first, strict=True):
        assert (found == Response.CR) == confirmed_by_hand(row, days, Response.CR)
        assert (found >= Response.PR) == confirmed_by_hand(row, days, Response.PR) == (not np.isnan(day))


@quick
@given(histories, intervals, st.booleans(), st.randoms(use_true_random=False))
def test_order_of_patients_does_not_matter(
    codes: list[list[Response]], gaps: list[float], confirm: bool, random: Random
) -> None:
    days = np.cumsum(gaps)
    order = list(range(len(codes)))
    random.shuffle(order)
    best = CRITERIA.best(codes, days, confirm=confirm)
    again = CRITERIA.best([codes[i] for i in order], days, confirm=confirm)
    assert again.tolist() == best[order].tolist()


@quick
@given(histories, histories, intervals, st.booleans())
def test_scans_after_progression_change_nothing(
    codes: list[list[Response]], later: list[list[Response]], gaps: list[float], confirm: bool
) -> None:
    rows = min(len(codes), len(later))
    first = np.array(codes[:rows])
    first[:, -1] = Response.PD
    longer = np.hstack([first, np.array(later[:rows])])
    days = np.cumsum(gaps + gaps)
    short = days[:6]
    for rule in (CRITERIA.best, CRITERIA.response_day):
        np.testing.assert_equal(rule(longer, days, confirm=confirm), rule(first, short, confirm=confirm))
    for after in (CRITERIA.progression_day, CRITERIA.last_adequate_day):
        np.testing.assert_equal(after(longer, days), after(first, short))


@quick
@given(histories, intervals)
def test_confirmation_never_improves_the_best_response(codes: list[list[Response]], gaps: list[float]) -> None:
    days = np.cumsum(gaps)
    confirmed = CRITERIA.best(codes, days, confirm=True)
    assert (confirmed <= CRITERIA.best(codes, days, confirm=False)).all()


@quick
@given(st.integers(10, 300), st.floats(0, 1), st.integers(1, 20))
def test_scale_of_diameters_does_not_matter_to_shrinkage(baseline: int, fraction: float, scale: int) -> None:
    """At a sum no larger than its nadir, CR, PR and SD depend on the ratio to baseline alone."""
    total = round(baseline * fraction)
    one = target_response(total, baseline, baseline, total == 0, True)
    other = target_response(total * scale, baseline * scale, baseline * scale, total == 0, True)
    assert int(one) == int(other)
    assert int(one) in (Response.CR, Response.PR, Response.SD)
