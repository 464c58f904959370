"""Exposure of the reference patient against that of labels: medians or geometric means of patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from coley.engine import solve
from coley.modeling import assemble
from pharmacology_toy import context, shipped

Floats = NDArray[np.float64]


def plasma(name: str, days: Floats, doses: list[tuple[float, float]], hours: float, route: str = "iv") -> Floats:
    """Plasma concentration in mg/L after doses (day, mg), each over so many hours."""
    drug = shipped(name)
    model = assemble("kinetics", [drug.kinetics.mechanism(context(antigens=()), drug.agent)])
    rows = [(0, day, amount, hours / 24, drug.entry(route)) for day, amount in doses]
    table = pd.DataFrame(rows, columns=["ID", "TIME", "AMT", "DUR", "CMT"])
    found = solve(model, days, doses=table, rtol=1e-7, threads=1)
    return np.asarray(found[f"Cp_{drug.agent.symbol}"].to_numpy()[0]) * 1e3


def test_trastuzumab_every_three_weeks() -> None:
    """Summary of product characteristics, metastatic breast cancer, 8 then 6 mg/kg (here of 68 kg), tables 14 and 15.

    First cycle: AUC 1376 mg/L day, lowest 28.7 and highest 182 mg/L; at steady state 44.2 and 179 mg/L, AUC 1736.
    """
    days = np.unique(np.concatenate([np.arange(0, 252, 0.25), [90 / 1440, 231 + 90 / 1440]]))
    found = plasma("trastuzumab", days, [(0.0, 544.0), *((21.0 * k, 408.0) for k in range(1, 12))], 1.5)
    first, last = days <= 20.99, (days >= 231) & (days <= 251.99)
    assert np.trapezoid(found[first], days[first]) == pytest.approx(1376, rel=0.15)
    assert np.trapezoid(found[last], days[last]) == pytest.approx(1736, rel=0.2)
    assert found[first][-1] == pytest.approx(28.7, rel=0.3)
    assert found[first].max() == pytest.approx(182, rel=0.15)
    assert found[last][-1] == pytest.approx(44.2, rel=0.3)


def test_tarlatamab_every_two_weeks() -> None:
    """Label, section 12.3: a week after 10 mg has 1.05 mg/L on average, 2.9 at most and 0.50 at its end."""
    days = np.unique(np.concatenate([np.arange(0, 14.01, 0.05), [7 + 1 / 24]]))
    found = plasma("tarlatamab", days, [(0.0, 1.0), (7.0, 10.0)], 1.0)
    week = days >= 7
    assert np.trapezoid(found[week], days[week]) / 7 == pytest.approx(1.05, rel=0.2)
    assert found[week].max() == pytest.approx(2.9, rel=0.2)
    assert found[-1] == pytest.approx(0.502, rel=0.25)


def test_atezolizumab_every_three_weeks_by_either_route() -> None:
    """Swiss label of the subcutaneous form, table 6, at steady state: lowest 179 mg/L after 1200 mg into a vein, 205
    after 1875 mg under the skin; AUC 6107 and 6163 mg/L day."""
    days = np.arange(0, 315.01, 0.25)
    cycle = days >= 294
    for amount, route, lowest, area in ((1200.0, "iv", 179, 6107), (1875.0, "sc", 205, 6163)):
        found = plasma("atezolizumab", days, [(21.0 * k, amount) for k in range(15)], 1.0, route)
        assert found[days == 293.75] == pytest.approx(lowest, rel=0.2)
        assert np.trapezoid(found[cycle], days[cycle]) == pytest.approx(area, rel=0.15)


def test_blinatumomab_at_steady_state() -> None:
    """28 ug a day over clearance (2.22 L/h): 0.5 ug/L, above the 0.47 of the EC90 in culture (abstract, ASCO 2013)."""
    found = plasma("blinatumomab", np.array([0.0, 7.0]), [(0.0, 0.028 * 10)], 240.0)
    assert found[-1] * 1e3 == pytest.approx(28 / (2.22 * 24), rel=1e-3)
    assert found[-1] * 1e3 > 0.47
