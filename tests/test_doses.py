"""Doses into linear compartments, against closed forms, for a system written by hand and both backends.

One and two compartments are written out as in Gibaldi and Perrier, Pharmacokinetics, 2nd ed. 1982: chapters 1 and 2;
accumulation in chapter 3. Doses in mg, volumes in mL, time in days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import symengine
from numpy.typing import NDArray

from backends import backend as backend
from coley.engine import solve
from coley.system import Parameter, Reaction, State, System

Floats = NDArray[np.float64]
RTOL = 1e-8
GLOBAL = 100 * RTOL
"""Local errors of at most RTOL add up over the steps of a course; a hundredfold is what BDF codes are known to keep."""
DOSE, CL, V1, Q, V2, KA, F = 240.0, 250.0, 3500.0, 800.0, 2700.0, 0.3, 0.7


def doses(*rows: tuple[float, float, float, str]) -> pd.DataFrame:
    return pd.DataFrame([(0, *row) for row in rows], columns=["ID", "TIME", "AMT", "DUR", "CMT"])


def by_hand(**values: float) -> System:
    """Depot A0, central A1, peripheral A2."""
    given = {"CL": CL, "V1": V1, "Q": Q, "V2": V2, "ka": KA, "F": F} | values
    s = {name: symengine.Symbol(name) for name in (*given, "A0", "A1", "A2")}
    return System(
        "two compartments",
        tuple(State(name, "mg", 0, 1.0) for name in ("A0", "A1", "A2")),
        tuple(Parameter(name, "", value) for name, value in given.items()),
        reactions=(
            Reaction("absorption", s["ka"] * s["A0"], {"A0": -1, "A1": s["F"]}),
            Reaction("elimination", s["CL"] / s["V1"] * s["A1"], {"A1": -1}),
            Reaction("there", s["Q"] / s["V1"] * s["A1"], {"A1": -1, "A2": 1}),
            Reaction("back", s["Q"] / s["V2"] * s["A2"], {"A2": -1, "A1": 1}),
        ),
    )


def bolus(t: Floats, dose: float = DOSE) -> Floats:
    """Amount in the central of two compartments after a bolus; 0 before it."""
    k10, k12, k21 = CL / V1, Q / V1, Q / V2
    total = k10 + k12 + k21
    alpha, beta = 0.5 * (total + np.array([1, -1]) * np.sqrt(total**2 - 4 * k10 * k21))
    after = np.maximum(t, 0)
    shape = (alpha - k21) * np.exp(-alpha * after) + (k21 - beta) * np.exp(-beta * after)
    return np.where(t >= 0, dose / (alpha - beta) * shape, 0)


def infusion(t: Floats, duration: float, dose: float = DOSE) -> Floats:
    """Amount in the central of two compartments: the bolus, spread from 0 to ``duration``."""
    k10, k12, k21 = CL / V1, Q / V1, Q / V2
    total = k10 + k12 + k21
    alpha, beta = 0.5 * (total + np.array([1, -1]) * np.sqrt(total**2 - 4 * k10 * k21))

    def since(start: Floats) -> Floats:
        u = np.maximum(start, 0)
        rises = (alpha - k21) / alpha * -np.expm1(-alpha * u) + (k21 - beta) / beta * -np.expm1(-beta * u)
        return dose / duration / (alpha - beta) * rises

    return since(t) - since(t - duration)


TIMES = np.unique(np.concatenate([np.linspace(0, 100, 21), [0.02, 0.5]]))


def test_one_compartment_bolus_is_exponential() -> None:
    got = solve(by_hand(Q=0.0), TIMES, doses=doses((0, DOSE, 0, "A1")), rtol=RTOL)
    np.testing.assert_allclose(got["A1"][0, :-1], DOSE * np.exp(-CL / V1 * TIMES[:-1]), rtol=GLOBAL, atol=GLOBAL)


def test_two_compartment_bolus() -> None:
    got = solve(by_hand(), TIMES, doses=doses((0, DOSE, 0, "A1")), rtol=RTOL)
    np.testing.assert_allclose(got["A1"][0], bolus(TIMES), rtol=GLOBAL, atol=GLOBAL)


@pytest.mark.parametrize("duration", [0.5 / 24, 1.0, 30.0])
def test_two_compartment_infusion_keeps_its_duration(duration: float) -> None:
    times = np.unique(np.concatenate([TIMES, [duration]]))
    got = solve(by_hand(), times, doses=doses((0, DOSE, duration, "A1")), rtol=RTOL)
    np.testing.assert_allclose(got["A1"][0], infusion(times, duration), rtol=GLOBAL, atol=GLOBAL)
    assert times[np.argmax(got["A1"].to_numpy()[0])] == duration


def test_doses_add_up() -> None:
    """Boluses and overlapping infusions of a linear system superpose."""
    table = doses((21, 100, 0, "A1"), (3, 80, 10, "A1"), (7, 50, 2, "A1"), (7, 10, 0, "A1"), (0, 0, 0, "A1"))
    got = solve(by_hand(), TIMES, doses=table, rtol=RTOL)
    expected = bolus(TIMES - 21, 100) + infusion(TIMES - 3, 10, 80) + infusion(TIMES - 7, 2, 50) + bolus(TIMES - 7, 10)
    np.testing.assert_allclose(got["A1"][0], expected, rtol=GLOBAL, atol=GLOBAL)


def test_absorption_is_batemans_function() -> None:
    got = solve(by_hand(Q=0.0), TIMES, doses=doses((0, DOSE, 0, "A0")), rtol=RTOL)
    k = CL / V1
    expected = F * DOSE * KA / (KA - k) * (np.exp(-k * TIMES) - np.exp(-KA * TIMES))
    np.testing.assert_allclose(got["A1"][0], expected, rtol=GLOBAL, atol=GLOBAL)


def test_repeated_doses_accumulate_to_steady_state() -> None:
    """Every tau days; n doses leave (1 - exp(-n k tau)) / (1 - exp(-k tau)) times the first."""
    tau, n, k = 14.0, 30, CL / V1
    table = doses(*((i * tau, DOSE, 0, "A1") for i in range(n)))
    times = np.arange(n) * tau
    got = solve(by_hand(Q=0.0), [*times, n * tau], doses=table, rtol=RTOL)["A1"][0].to_numpy()
    expected = DOSE * np.expm1(-k * (np.arange(n) + 1) * tau) / np.expm1(-k * tau)
    np.testing.assert_allclose(got[:-1], expected, rtol=GLOBAL)
    np.testing.assert_allclose(got[-1], DOSE / np.expm1(k * tau), rtol=GLOBAL)  # the trough, before any further dose


@pytest.mark.parametrize("route", ["A0", "A1"])
def test_nothing_is_lost_where_nothing_is_cleared(route: str) -> None:
    table = doses((0, DOSE, 0, route), (5, DOSE, 0.02, route), (5.01, DOSE, 3, route))
    got = solve(by_hand(CL=0.0, F=1.0), [0, 5.02, 20, 60], doses=table, rtol=RTOL)
    total = (got["A0"] + got["A1"] + got["A2"])[0].to_numpy()
    np.testing.assert_allclose(total[[0, 2, 3]], [DOSE, 3 * DOSE, 3 * DOSE], rtol=GLOBAL)
    assert total[1] == pytest.approx(2 * DOSE + 0.01 / 3 * DOSE, rel=GLOBAL)
