"""What the calibrated model shows of the five trials that it was fitted to. Long; run with ``pytest -m science``.

The marks are those that the model was built to meet: published figures are in the trial files, with their sources. The
virtual patients are others than those of the calibration (another seed).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coley.catalogue import load_catalogue
from coley.trial import TrialResult, run
from coley.trial.calendar import MONTH
from coley.trial.statistics import survival_at

pytestmark = pytest.mark.science
TRIALS = sorted(name for name, trial in load_catalogue().trials.items() if trial.calibrated)
CHECKPOINT = {
    "checkmate-067": ("nivolumab + ipilimumab", "nivolumab", "ipilimumab"),
    "keynote-006": ("pembrolizumab every 2 weeks", "pembrolizumab every 3 weeks", "ipilimumab"),
    "checkmate-057": ("nivolumab",),
    "keynote-024": ("pembrolizumab",),
}
NEAR = 2.0  # points of response within which the order of two arms is left open


@pytest.fixture(scope="module")
def results() -> dict[str, TrialResult]:
    return {name: run(load_catalogue().trials[name], patients=500, seed=2026) for name in TRIALS}


def known(result: TrialResult, *endpoints: str) -> pd.DataFrame:
    table = result.summary
    return table[table["published"].notna() & table["endpoint"].isin(endpoints)]


def survival(result: TrialResult, arm: str, months: float) -> float:
    table = result.tables["ADTTE"]
    rows = table[(table["PARAMCD"] == "OS") & (table["ARM"] == arm)]
    return survival_at(rows["AVAL"] / MONTH, rows["CNSR"] == 0, months).value


def test_response_rates_are_within_six_points_on_average(results: dict[str, TrialResult]) -> None:
    rates = pd.concat(known(result, "ORR") for result in results.values())
    assert len(rates) == 13
    assert (rates["predicted"] - rates["published"]).abs().mean() <= 6.0


@pytest.mark.parametrize("name", TRIALS)
def test_arms_stand_in_the_published_order_of_response(results: dict[str, TrialResult], name: str) -> None:
    rates = known(results[name], "ORR")
    want, got = rates["published"].to_numpy(), rates["predicted"].to_numpy()
    pairs = [(i, j) for i in range(len(want)) for j in range(len(want)) if want[i] - want[j] > NEAR]
    assert pairs or len(want) == 1
    assert all(got[i] > got[j] - NEAR for i, j in pairs)


def test_most_medians_are_within_a_third(results: dict[str, TrialResult]) -> None:
    """Which are not is in docs/calibration.md."""
    medians = pd.concat(known(result, "PFS_median", "OS_median") for result in results.values())
    off = (medians["predicted"] / medians["published"] - 1).abs()
    assert (off <= 1 / 3).mean() >= 0.6


@pytest.mark.parametrize(("name", "arm"), [(name, arm) for name, arms in CHECKPOINT.items() for arm in arms])
def test_survival_under_checkpoint_blockade_flattens(results: dict[str, TrialResult], name: str, arm: str) -> None:
    """The hazard of death from the third year on is well below that of the first two years, and some live on.

    Published curves flatten more (Schadendorf et al. 2015; the ratios are in docs/calibration.md): that part of the
    plateau is missed, and this test does not claim it.
    """
    second, last = (survival(results[name], arm, months) for months in (24, 58))
    early, late = -np.log(second) / 2, -np.log(last / second) * 12 / (58 - 24)
    assert last > 0.15
    assert late < 0.8 * early


def test_curves_of_nivolumab_and_docetaxel_separate_late(results: dict[str, TrialResult]) -> None:
    """CheckMate 057: no gain in the first months, a large one after two years."""
    gain = {
        m: survival(results["checkmate-057"], "nivolumab", m) - survival(results["checkmate-057"], "docetaxel", m)
        for m in (3, 24)
    }
    assert gain[3] < 0.05
    assert gain[24] > 0.08
