"""Endpoints at a data cut, from a handful of patients whose outcomes follow by hand."""

from __future__ import annotations

from dataclasses import replace
from math import exp, isnan, log, sqrt

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from coley.errors import ColeyError
from coley.harm import Events
from coley.protocol import Published
from coley.protocol.calendar import MONTH
from coley.trial.analysis import Analysis, analyse, endpoints
from coley.trial.analysis.statistics import Estimate, proportion, survival_at
from coley.trial.conduct.history import History
from coley.trial.conduct.safety import Safety
from coley.trial.response.recist import CRITERIA, Response

DAYS = [0.0, 84.0, 126.0, 168.0, 210.0]  # scans in weeks 12, 18, 24 and 30, when follow-up ends
NEVER = np.nan
OPEN, END, MISSED = "no progression at last scan", "end of follow-up", "two or more missed scans"


names = CRITERIA.names


def endpoint(name: str, arm: Analysis, versus: Analysis | None = None) -> Estimate:
    return endpoints.read(name).compute(arm, versus)


def history(
    *patients: tuple[str, float, float],
    status: tuple[str, ...] = (),
    surgery: tuple[float, ...] = (),
    viable: tuple[float, ...] = (),
    safety: Safety = Safety((), Events.joined([]), (), np.full(9, np.inf)),  # noqa: B008
    mrd: list[list[float]] | None = None,
) -> History:
    """One arm of patients, each with responses at the four scans, day of death and day of dropout."""
    codes = np.array([[Response.NE, *(Response[code] for code in row.split())] for row, _, _ in patients], np.int8)
    n = len(patients)
    return History(
        criteria=CRITERIA,
        days=np.tile(DAYS, (n, 1)),
        findings={} if mrd is None else {"mrd": np.array(mrd)},
        codes=codes,
        death=np.array([death for _, death, _ in patients]),
        dropout=np.array([dropout for _, _, dropout in patients]),
        doses=pd.DataFrame({"ID": [], "TIME": [], "LINE": []}),
        option=np.zeros(n, dtype=int),
        surgery=np.array(surgery or (np.nan,) * n),
        viable=np.array(viable or (np.nan,) * n),
        safety=safety,
        status=np.array(status or ("ok",) * n),
        reason=np.full(n, ""),
        trajectories=xr.Dataset(),
    )


def at_end(found: History, *, size: int = 100, confirm: bool = True, cut: float = 1e6, entry: float = 0.0) -> Analysis:
    """As known on day ``cut`` after the first patient, if all enter on day ``entry``."""
    days = np.full(found.patients, entry)
    return analyse(found, days, size=size, confirm=confirm, cutoff=cut / MONTH)


def outcome(analysis: Analysis, name: str) -> tuple[float, bool, str]:
    times = analysis.times(name)
    return float(times.duration[0]), bool(times.event[0]), str(times.description[0])


@pytest.mark.parametrize(
    ("patient", "best", "free", "overall"),
    [
        # responds and goes on
        (("PR PR PR PR", NEVER, NEVER), "PR", (210, False, OPEN), (210, False, END)),
        # progresses at a scan, dies later
        (("SD PD NE NE", 200.0, NEVER), "SD", (126, True, "progression"), (200, True, "death")),
        # one missed scan before progression: progression counts
        (("NE PD NE NE", 200.0, NEVER), "PD", (126, True, "progression"), (200, True, "death")),
        # two missed scans before it: censored at the last adequate scan, here the baseline
        (("NE NE PD NE", NEVER, NEVER), "PD", (0, False, MISSED), (210, False, END)),
        (("SD NE NE PD", NEVER, NEVER), "SD", (84, False, MISSED), (210, False, END)),
        # dies without progression, before and after two missed scans
        (("SD NE NE NE", 165.0, NEVER), "SD", (165, True, "death"), (165, True, "death")),
        (("SD NE NE NE", 180.0, NEVER), "SD", (84, False, MISSED), (180, True, "death")),
        # dies before the first scan
        (("NE NE NE NE", 50.0, NEVER), "NE", (50, True, "death"), (50, True, "death")),
        # leaves: alive on that day, no progression at the last scan made
        (("SD NE NE NE", NEVER, 100.0), "SD", (84, False, OPEN), (100, False, "dropout")),
        # dies after leaving: nobody knows
        (("SD NE NE NE", 150.0, 100.0), "SD", (84, False, OPEN), (100, False, "dropout")),
    ],
)  # fmt: skip
def test_outcome_of_one_patient(
    patient: tuple[str, float, float],
    best: str,
    free: tuple[float, bool, str],
    overall: tuple[float, bool, str],
) -> None:
    """Censoring as in the FDA's guidance on endpoints (2018): progression or death right after two missed scans is
    censored at the last adequate scan."""
    found = at_end(history(patient))
    assert names(found.responses).tolist() == [best]
    assert outcome(found, "PFS") == free
    assert outcome(found, "OS") == overall


LATE = ("PR PR PD NE", 205.0, NEVER)


@pytest.mark.parametrize(
    ("cut", "best", "free", "overall", "lasts"),
    [
        (1000, "PR", (168, True, "progression"), (205, True, "death"), (84, True, "progression")),
        # day 180: progression is known, death is not
        (180, "PR", (168, True, "progression"), (180, False, END), (84, True, "progression")),
        # day 150: the last scan is that of day 126
        (150, "PR", (126, False, OPEN), (150, False, END), (42, False, OPEN)),
        # day 126 itself: its scan is known
        (126, "PR", (126, False, OPEN), (126, False, END), (42, False, OPEN)),
        # day 100: the response of day 84 is not confirmed yet
        (100, "SD", (84, False, OPEN), (100, False, END), None),
        (60, "NE", (0, False, OPEN), (60, False, END), None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("entry", [0.0, 250.0])
def test_what_is_known_at_a_data_cut(
    cut: float,
    best: str,
    free: tuple[float, bool, str],
    overall: tuple[float, bool, str],
    lasts: tuple[float, bool, str] | None,
    entry: float,
) -> None:
    """One patient who responds on day 84, progresses on day 168 and dies on day 205, counted from enrolment."""
    found = at_end(history(LATE), cut=cut + entry, entry=entry)
    assert names(found.responses).tolist() == [best]
    assert outcome(found, "PFS") == free
    assert outcome(found, "OS") == overall
    assert len(found.times("DOR").duration) == (lasts is not None)
    assert lasts is None or outcome(found, "DOR") == lasts


def test_without_confirmation_one_scan_is_a_response() -> None:
    found = at_end(history(LATE), cut=100, confirm=False)
    assert names(found.responses).tolist() == ["PR"]
    assert outcome(found, "DOR") == (0, False, OPEN)


def test_patients_not_enrolled_yet_and_failed_simulations_do_not_count() -> None:
    three = history(LATE, LATE, LATE, status=("ok", "step_too_small", "ok"))
    found = analyse(three, np.array([0.0, 0.0, 400.0]), size=50, confirm=True, cutoff=399 / MONTH)
    assert found.counted.tolist() == [True, False, False]
    assert names(found.responses).tolist() == ["PR", "NE", "NE"]
    assert all(found.times(name).patients.tolist() == [0] for name in ("OS", "PFS", "DOR"))
    assert found.widen == sqrt(1 / 50)


ARM = history(
    ("CR CR CR CR", NEVER, NEVER),
    ("PR PR PD NE", 200.0, NEVER),
    ("SD SD PD NE", NEVER, NEVER),
    ("PD NE NE NE", 120.0, NEVER),
    ("PD NE NE NE", 90.0, NEVER),
)
"""By hand: 2 of 5 respond, 1 completely, 3 are controlled; deaths on days 90, 120 and 200; progression on days 84 (two)
and 168 (two)."""


def test_rates_with_the_exact_interval_at_the_published_size() -> None:
    found = at_end(ARM, size=305)
    for name, count in (("ORR", 2), ("CR", 1), ("DCR", 3)):
        exact = proportion(count * 61, 305)  # 305 patients are five times 61
        assert endpoint(name, found) == Estimate(count * 20.0, 100 * exact.lower, 100 * exact.upper)


def test_medians_and_landmarks_by_hand() -> None:
    found = at_end(ARM, size=5)
    assert endpoint("PFS_median", found).value == pytest.approx(168 / MONTH)  # survival 3/5, then 1/5
    assert endpoint("OS_median", found).value == pytest.approx(200 / MONTH)
    assert endpoint("DOR_median", found).value == pytest.approx(84 / MONTH)  # one of two responders progresses
    assert endpoint("OS_4mo", found).value == pytest.approx(60.0)  # day 121.75: deaths on 90 and 120
    assert endpoint("PFS_6mo", found).value == pytest.approx(20.0)  # day 182.6
    assert endpoint("PFS_2mo", found).value == 100.0
    assert isnan(endpoint("OS_12mo", found).value)  # nobody was followed that long


def test_a_rate_of_none_or_all_has_an_honest_bound() -> None:
    """Clopper-Pearson of none or all of 40: 1 - 0.025 ** (1/40) is 8.8 %; a published 20 % is a miss, 5 % is not."""
    everybody = history(*[("SD PD NE NE", 150.0 + k, NEVER) for k in range(10)])
    found = at_end(everybody, size=40)
    limit = 100 * (1 - 0.025 ** (1 / 40))
    none, all_alive = endpoint("OS_6mo", found), endpoint("OS_3mo", found)
    assert (none.value, none.lower, none.upper) == pytest.approx((0.0, 0.0, limit))
    assert (all_alive.value, all_alive.lower, all_alive.upper) == pytest.approx((100.0, 100 - limit, 100.0))


def test_simulating_more_patients_than_published_does_not_narrow_the_interval() -> None:
    """Every patient four times over has the same estimate, and Greenwood's variance a quarter of it: with the interval
    for the published five, nothing changes."""
    repeated = replace(
        ARM,
        codes=np.repeat(ARM.codes, 4, axis=0),
        days=np.repeat(ARM.days, 4, axis=0),
        surgery=np.repeat(ARM.surgery, 4),
        death=np.repeat(ARM.death, 4),
        dropout=np.repeat(ARM.dropout, 4),
        status=np.repeat(ARM.status, 4),
    )
    once, often = at_end(ARM, size=5), at_end(repeated, size=5)
    assert often.widen == 2.0 and once.widen == 1.0
    for name in ("ORR", "DCR", "OS_4mo", "PFS_6mo", "PFS_2mo", "OS_median", "PFS_median", "DOR_median"):
        a, b = endpoint(name, once), endpoint(name, often)
        np.testing.assert_allclose([b.value, b.lower, b.upper], [a.value, a.lower, a.upper], rtol=1e-9, err_msg=name)


def test_interval_of_survival_has_greenwoods_width_at_the_published_size() -> None:
    """Closed form without censoring: on the log(-log) scale the standard error is sqrt((1 - S) / (n S)) / |log S|."""
    n, published, share = 400, 90, 0.35
    months = np.arange(1, n + 1) / 10
    found = survival_at(months, np.ones(n), n * (1 - share) / 10, widen=sqrt(n / published))
    error = 1.959964 * sqrt((1 - share) / (published * share)) / abs(log(share))
    assert found.value == pytest.approx(share)
    assert (found.lower, found.upper) == pytest.approx((share ** exp(error), share ** exp(-error)), rel=1e-5)


def test_hazard_ratio_at_the_published_sizes() -> None:
    """Exponential survival, 400 patients an arm, hazards of 2 to 1 per 100 days, cut on day 210.

    The log hazard ratio of d events in arms of equal size has a standard error near 2 / sqrt(d) (Schoenfeld,
    Biometrika 1981;68:316); at a quarter of the size there are a quarter of the events.
    """
    ranks = (np.arange(400) + 0.5) / 400
    arms = [-np.log(ranks) * 100 / rate for rate in (2.0, 1.0)]
    fast, slow = (at_end(history(*[("SD SD SD SD", death, NEVER) for death in arm]), size=100) for arm in arms)
    ratio = endpoint("OS_HR", slow, fast)
    events = sum(int((arm <= 210).sum()) for arm in arms) / 4
    assert ratio.value == pytest.approx(0.5, rel=0.05)
    assert log(ratio.upper / ratio.lower) == pytest.approx(2 * 1.96 * 2 / sqrt(events), rel=0.08)
    inverse = endpoint("OS_HR", fast, slow)
    assert (inverse.value, inverse.lower) == pytest.approx((1 / ratio.value, 1 / ratio.upper))
    with pytest.raises(ValueError, match="OS_HR needs an arm"):
        endpoint("OS_HR", slow)


def test_nobody_counts() -> None:
    empty = at_end(history(LATE, status=("timeout",)))
    for name in ("ORR", "DRR", "OS_median", "PFS_12mo", "pCR", "AE:any:any"):
        assert isnan(endpoint(name, empty).value)


def test_published_figures_come_first_and_usual_ones_follow() -> None:
    fact = Published(endpoint="CR", value=5, cutoff=12, source="test", known="measured")
    ratio = Published(endpoint="OS_HR", value=0.5, cutoff=12, versus="b", source="test", known="measured")
    rows = [(endpoint.name, known) for endpoint, known in endpoints.asked((ratio, fact), at_end(ARM))]
    assert rows[:2] == [("OS_HR", ratio), ("CR", fact)]
    usual = "ORR DCR DOR_median PFS_median PFS_12mo OS_median OS_12mo OS_24mo OS_60mo"
    assert [name for name, _ in rows[2:]] == usual.split()
    assert all(known is None for _, known in rows[2:])


def test_an_endpoint_that_there_is_not_is_named_with_the_nearest() -> None:
    with pytest.raises(ColeyError, match=r"arm 'a', published: unknown endpoint 'OS_medain'; did you mean 'OS_median'"):
        endpoints.read("OS_medain", "arm 'a', published")
    for name in ("TTR_24mo", "TTR_HR", "XYZ_median", "OS_24", "AE:Colitis:any", "AE:colitis:g6", "AE_colitis", ""):
        with pytest.raises(ColeyError, match="unknown endpoint"):
            endpoints.read(name)


@pytest.mark.parametrize(
    ("name", "label", "unit", "month"),
    [
        ("ORR", "Objective response rate", "%", 0),
        ("OS_24mo", "Overall survival at 24 months", "%", 24),
        ("EFS_median", "Median event-free survival", "months", 0),
        ("PFS_HR", "Hazard ratio, progression-free survival", "", 0),
        ("DRR", "Durable response rate, 6 months", "%", 0),
        ("pCR", "Pathological complete response", "%", 0),
        ("AE:immune-related:g3", "Incidence of immune related, grade 3 or more", "%", 0),
        ("MRD", "MRD-negative rate, below 1e-05", "%", 0),
    ],
)
def test_an_endpoint_says_what_it_is(name: str, label: str, unit: str, month: float) -> None:
    found = endpoints.read(name)
    assert (found.name, found.label, found.unit, found.month) == (name, label, unit, month)


def test_durable_response_is_of_all_patients_and_known_to_last() -> None:
    """Responses from day 84: one lasts to day 210 at least, 4.1 months; one ends on day 168, after 2.8."""
    found = at_end(ARM, size=5)
    assert endpoint("DRR_4mo", found).value == 20.0
    assert endpoint("DRR_2mo", found).value == 40.0
    assert endpoint("DRR", found).value == 0.0


def test_time_to_response_is_that_of_responders() -> None:
    late = history(("PR PR PR PR", NEVER, NEVER), ("SD SD PR PR", NEVER, NEVER), ("SD SD SD SD", NEVER, NEVER))
    times = at_end(late).times("TTR")
    assert times.patients.tolist() == [0, 1]
    assert times.duration.tolist() == [84, 168]
    assert endpoint("TTR_median", at_end(late)).value == pytest.approx(84 / MONTH)


OPERATED = history(
    ("SD NON_CR_NON_PD PD NE", NEVER, NEVER),  # operated on day 100, recurs on day 168
    ("PR NON_CR_NON_PD NON_CR_NON_PD NON_CR_NON_PD", NEVER, NEVER),
    ("PD NE NE NE", 150.0, NEVER),  # progresses before surgery
    ("SD NE NE NE", 120.0, NEVER),  # dies after surgery
    surgery=(100.0, 100.0, np.nan, 100.0),
    viable=(60.0, 0.0, np.nan, 7.0),
)


def test_recurrence_counts_from_surgery_of_those_operated_on() -> None:
    free = at_end(OPERATED).times("RFS")
    assert free.patients.tolist() == [0, 1, 3]
    assert free.duration.tolist() == [68, 110, 20]
    assert free.event.tolist() == [True, False, True]
    assert free.description.tolist() == ["recurrence", OPEN, "death"]


def test_event_free_survival_counts_progression_before_surgery_too() -> None:
    free = at_end(OPERATED).times("EFS")
    assert free.duration.tolist() == [168, 210, 84, 120]
    assert free.event.tolist() == [True, False, True, True]


def test_pathological_response_is_of_all_patients_operated_on_or_not() -> None:
    found = at_end(OPERATED, size=4)
    assert endpoint("pCR", found).value == 25.0
    assert endpoint("MPR", found).value == 50.0
    assert endpoint("pCR", at_end(OPERATED, cut=90)).value == 0.0  # before surgery nothing is known


def test_what_surgery_removes_is_no_response() -> None:
    """The partial response of day 84 came before; nobody responds after the tumour is out."""
    cleared = replace(OPERATED, codes=np.where(OPERATED.days > 100, np.int8(Response.CR), OPERATED.codes))
    assert names(at_end(cleared, confirm=False).responses).tolist() == ["SD", "PR", "PD", "SD"]


def test_residual_disease_counts_until_progression() -> None:
    rows = [[1, 1e-3, 9e-6, 1, 1], [1, 2e-5, 2e-5, 2e-5, 2e-5], [1, 1, 1, 1e-9, 1e-9]]
    found = history(
        ("SD SD SD SD", NEVER, NEVER), ("SD SD SD SD", NEVER, NEVER), ("SD PD NE NE", NEVER, NEVER), mrd=rows
    )
    assert endpoint("MRD", at_end(found)).value == pytest.approx(100 / 3)
    assert endpoint("MRD_1e-4", at_end(found)).value == pytest.approx(200 / 3)


def test_incidence_counts_patients_and_not_events_while_they_are_followed() -> None:
    class Rash:
        name, category = "rash", "immune-related"

    ones = np.ones(4, dtype=int)
    begun = Events.begun(np.array([0, 0, 1, 2]), 0 * ones, ones, np.array([2, 3, 2, 4]), np.array([10.0, 50, 20, 300]))
    safety = Safety((Rash(),), begun, (), np.full(4, np.inf))  # type: ignore[arg-type]
    found = history(*[("SD SD SD SD", NEVER, NEVER)] * 4, safety=safety)
    assert endpoint("AE:rash:any", at_end(found)).value == 50.0
    assert endpoint("AE:immune-related:g3", at_end(found)).value == 25.0
    assert endpoint("AE:any:any", at_end(found, cut=15)).value == 25.0
    other = Safety((Rash(),), begun, (), np.array([15.0, 15, 15, 15]))  # type: ignore[arg-type]
    after = history(*[("SD SD SD SD", NEVER, NEVER)] * 4, safety=other)
    assert endpoint("AE:any:any", at_end(after)).value == 25.0  # what comes after another treatment is none of this


def test_discontinuation_counts_who_stops_a_drug_for_good() -> None:
    class Rash:
        name, category = "rash", "immune-related"

    begun = Events.begun(np.array([0, 1, 1]), np.zeros(3, int), np.zeros(3, int), np.array([2, 3, 3]), np.full(3, 10.0))
    events = replace(begun, action=np.array(["hold", "stop", "stop"]))
    safety = Safety((Rash(),), events, (), np.full(4, np.inf))  # type: ignore[arg-type]
    found = history(*[("SD SD SD SD", NEVER, NEVER)] * 4, safety=safety)
    assert endpoint("discontinuation", at_end(found)).value == 25.0
    assert isnan(endpoint("discontinuation", at_end(ARM)).value)
    assert isnan(endpoint("AE:colitis:any", at_end(found)).value)


def test_a_stratum_is_analysed_by_itself() -> None:
    found = analyse(ARM, np.zeros(5), size=None, confirm=True, among=np.array([True, True, False, False, False]))
    assert endpoint("ORR", found).value == 100.0
    assert found.size == 2
    assert found.times("OS").patients.tolist() == [0, 1]
