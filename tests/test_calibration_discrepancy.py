"""What predictions get wrong, learned from trials left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coley.calibration import read_plan
from coley.calibration.discrepancy import as_toml, crossed, for_prediction, learn, left_out, prediction_kinds
from coley.calibration.plan import Kind
from coley.catalogue import load_catalogue
from coley.catalogue.reading import entry_of, read_document

RATE = Kind(endpoints=("ORR",), scale="percent", discrepancy=3.0, trial=3.0)
RATIO = Kind(endpoints=("*_HR",), scale="log", discrepancy=0.1, trial=0.05)


def left(trials: int, figures: int, discrepancy: float, trial: float, seed: int = 4) -> pd.DataFrame:
    """Misfits drawn from the model of variances that is to be found again; errors known."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(trials):
        shared = random.normal(0, trial)
        for _ in range(figures):
            error = random.uniform(2, 5)
            misfit = shared + random.normal(0, np.hypot(error, discrepancy))
            rows.append({"kind": "ORR", "trial": f"trial-{number}", "misfit": misfit, "error": error})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("discrepancy", "trial"), [(6.0, 4.0), (3.0, 9.0), (8.0, 1.0)])
def test_variances_that_misfits_were_drawn_from_are_found_again(discrepancy: float, trial: float) -> None:
    (found,) = learn(left(400, 4, discrepancy, trial), [RATE])
    assert found.discrepancy == pytest.approx(discrepancy, abs=0.6)
    assert found.trial == pytest.approx(trial, abs=1.2)


def test_misfits_that_sampling_explains_leave_little_to_the_model() -> None:
    (found,) = learn(left(400, 4, 0.0, 0.0), [RATE])
    assert found.discrepancy < 1 and found.trial < 1


def test_few_figures_leave_a_kind_as_the_plan_has_it() -> None:
    table = left(1, 5, 9.0, 9.0)
    table.loc[0, "misfit"] = np.nan  # what could not be simulated tells nothing
    assert learn(table, [RATE, RATIO]) == (RATE, RATIO)


def test_learned_errors_cover_where_they_were_not_learned() -> None:
    table = left(200, 3, 7.0, 5.0)
    told = crossed(table, [RATE], table["trial"].str[-1]).set_index("kind").loc["ORR"]
    assert told["n"] == 600
    assert told["coverage"] == pytest.approx(0.95, abs=0.02)
    assert told["width"] > 2
    skewed = table.assign(misfit=table["misfit"] * np.where(table["trial"].str.endswith("7"), 9.0, 1.0))
    odd = crossed(skewed, [RATE], table["trial"].str[-1])  # one group far off, which the others cannot know
    assert odd["coverage"].iloc[0] < told["coverage"]


def test_the_file_says_what_was_learned(tmp_path: Path) -> None:
    table = left(20, 3, 7.0, 5.0)
    for name, part in (("one", table[:30]), ("two", table[30:])):
        (tmp_path / name).mkdir()
        part.to_csv(tmp_path / name / "left-out.csv", index=False)
    together = left_out([tmp_path / "one", tmp_path / "two"])
    kinds = learn(together, [RATE, RATIO])
    file = tmp_path / "errors.toml"
    file.write_text(as_toml(kinds, together, crossed(together, [RATE], together["trial"])), encoding="utf-8")
    assert "from 20 trials" in file.read_text(encoding="utf-8") and "# 60 figures, coverage" in file.read_text()
    plan = read_plan("solid", load_catalogue())
    again = entry_of(type(plan), {**plan.model_dump(), "kinds": read_document(file, "errors.toml").data["kinds"]})
    assert not isinstance(again, list) and again.kinds == kinds


def test_every_kind_that_is_fitted_has_an_error_of_prediction() -> None:
    plan = read_plan("solid", load_catalogue())
    assert [kind.endpoints for kind in prediction_kinds()] == [kind.endpoints for kind in plan.kinds]
    assert for_prediction(plan).kind("OS_HR") in prediction_kinds()
