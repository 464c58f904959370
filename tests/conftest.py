"""A small trial and its result, and the report of a made-up one, for every test that needs them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coley.protocol import Arm, Eligibility, PriorLine, Published, Subsequent, Trial, Visits
from coley.trial import RunSettings, TrialResult, run

if TYPE_CHECKING:
    from made_up import PageReader

PATIENTS, SEED = 12, 11
PRIOR = "chemotherapy"


@pytest.fixture(scope="session")
def small_trial() -> Trial:
    """Two arms in melanoma for nine months: nivolumab, then ipilimumab for most; and nivolumab at a dose of zero."""
    known = {"source": "test", "known": "assumed"}
    published = (
        Published(endpoint="ORR", value=40, lower=30, upper=50, cutoff=9, **known),
        Published(endpoint="OS_HR", value=0.6, cutoff=10, versus="nothing", **known),
        Published(endpoint="OS_median", value=25, cutoff=40, **known),
    )
    later = Subsequent(regimen="ipilimumab 3 mg/kg iv over 90 min q3w x4", fraction=0.9, **known)
    arms = (
        Arm(name="nivolumab", regimen="nivolumab 3 mg/kg iv q2w", n=100, subsequent=(later,), published=published),
        Arm(name="nothing", regimen="nivolumab 0 mg/kg iv q2w"),
    )
    return Trial(
        name="small",
        title="A small trial",
        summary="For tests.",
        cancer="melanoma",
        eligibility=Eligibility(prior=(PriorLine(given=PRIOR, fraction=0.5),)),
        enrolment_months=3,
        follow_up_months=9,
        dropout_per_year=0.2,
        visits=Visits(scans=(6,), every=6),
        arms=arms,
    )


@pytest.fixture(scope="session")
def small_result(small_trial: Trial) -> TrialResult:
    """``small_trial`` on a dozen patients."""
    return run(small_trial, settings=RunSettings(PATIENTS, SEED, threads=1))


@pytest.fixture(scope="session")
def made_up_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a made-up result, as a folder that tests only read."""
    from coley.report import write_report
    from made_up import made_up

    target = tmp_path_factory.mktemp("results") / "deep" / "report"
    write_report(made_up(), target)
    return target


@pytest.fixture(scope="session")
def made_up_page(made_up_report: Path) -> PageReader:
    """Its page."""
    from made_up import PageReader

    return PageReader((made_up_report / "report.html").read_text(encoding="utf-8"))


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawings that cost nothing, for tests of the folder alone."""
    from made_up import UNDRAWN

    monkeypatch.setattr("coley.report.write.drawings", lambda result: UNDRAWN)
