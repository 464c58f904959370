"""What cancers have in common, from fits of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from coley.calibration import read_plan
from coley.calibration.plan import Parameter
from coley.calibration.pooling import pooled
from coley.calibration.space import PRIOR_SD
from coley.catalogue import load_catalogue

PLAN = read_plan("cancers", load_catalogue())
PRIOR = 1.2


def parameter(name: str) -> Parameter:
    high = float(np.exp(2 * PRIOR))
    path = f"cancers.{name}.parameters.q_T.value"
    return Parameter(name=name, paths=(path,), low=1 / high, high=high, centre=1.0, scale="log", group="cancer")


def fits(number: int, mean: float, sd: float, error: float) -> tuple[list[Parameter], pd.DataFrame]:
    """Posteriors of numbers drawn around ``mean``, each measured with ``error`` under the plan's wide prior."""
    random = np.random.default_rng(3)
    parameters = [parameter(f"cancer-{k}") for k in range(number)]
    measured = random.normal(mean, sd, number) + random.normal(0, error, number)
    variance = 1 / (1 / error**2 + 1 / PRIOR**2)
    table = pd.DataFrame(
        {
            "name": [p.name for p in parameters],
            "low": [p.low for p in parameters],
            "high": [p.high for p in parameters],
            "value": np.exp(measured * variance / error**2),
            "contraction": np.sqrt(variance) / PRIOR,
        }
    )
    assert pytest.approx(PRIOR_SD * np.log(table["high"][0] / table["low"][0])) == PRIOR
    return parameters, table


@pytest.mark.parametrize(("mean", "sd"), [(-0.8, 0.3), (0.25, 0.9)])
def test_mean_and_spread_of_cancers_are_found_again(mean: float, sd: float) -> None:
    parameters, table = fits(300, mean, sd, 0.4)
    plan = PLAN.model_copy(update={"parameters": tuple(parameters)})
    found = pooled(plan, table).iloc[0]
    assert found["number"] == "parameters.q_T.value" and found["cancers"] == 300
    assert np.log(found["factor"]) == pytest.approx(mean, abs=0.12)
    assert found["sd"] == pytest.approx(sd, abs=0.12)


def test_estimates_that_are_the_prior_alone_do_not_count() -> None:
    parameters, table = fits(4, 0.5, 0.3, 0.4)
    table.loc[:1, "contraction"] = 0.97
    plan = PLAN.model_copy(update={"parameters": tuple(parameters)})
    assert pooled(plan, table).empty  # two are left, and tell no spread
