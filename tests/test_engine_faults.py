"""What an audit of the engine found wrong on models that nobody here wrote; closed forms say what is right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import symengine

import coley
from coley.engine import RODAS3, RODAS4, RODAS5P, solve
from coley.engine.tableau import Method
from coley.system import TIME, Event, Parameter, Reaction, State, System

x, k, T, D = map(symengine.Symbol, "xkTD")


# --- a relapse from a deep nadir: ln T = 0.2 t - 31 (1 - exp(-0.1 t)), which is -23.5 on day 27 and -1 on day 150


@pytest.mark.parametrize("method", [RODAS3, RODAS4, RODAS5P])
def test_a_tumour_returns_from_a_nadir_of_1e_10(method: Method, tmp_path: Path) -> None:
    """SBML says nothing of scales, so that the reader's own have to do."""
    moves = [Reaction("growth", 0.2 * T, {"T": 1}), Reaction("kill", 3.1 * D * T, {"T": -1})]
    moves.append(Reaction("loss", 0.1 * D, {"D": -1}))
    treated = System("treated", (State("T", "", 1, 1.0), State("D", "", 1, 1.0)), (), reactions=tuple(moves))
    coley.save_sbml(treated, tmp_path / "treated.xml")
    days = np.array([0.0, 10, 20, 27, 40, 60, 100, 150])
    got = solve(coley.load_sbml(tmp_path / "treated.xml"), days, method=method)
    exact = np.exp(0.2 * days - 31 * (1 - np.exp(-0.1 * days)))
    assert exact.min() < 1e-10
    np.testing.assert_allclose(got["T"][0], exact, rtol=1e-4)


# --- fast transients late in time: x' = -k x, so that x is exp(-k s) at s after it was set to 1


def fading(*events: Event) -> System:
    leave = Reaction("leave", k * x, {"x": -1})
    return System("fading", (State("x", "", 0, 1.0),), (Parameter("k", "", 1.0),), (), (leave,), events)


@pytest.mark.parametrize("rtol", [1e-6, 1e-9])
def test_a_transient_shorter_than_the_resolution_of_late_times_is_followed(rtol: float) -> None:
    speeds = pd.DataFrame({"k": 10.0 ** np.arange(0, 21)})
    set_to_1 = Event("set", TIME >= 40, {"x": symengine.Integer(1)})
    got = solve(fading(set_to_1), [0, 40, 41, 50], parameters=speeds, rtol=rtol)
    assert (got["status"] == "ok").all(), got["reason"].values
    np.testing.assert_allclose(got["x"][:, 1], 1)
    np.testing.assert_allclose(got["x"][:, 2], np.exp(-speeds["k"]), rtol=1e-4, atol=1e-6)


def test_a_bolus_late_in_time_may_vanish_at_once() -> None:
    speeds = pd.DataFrame({"k": 10.0 ** np.arange(0, 21)})
    rows = range(len(speeds))
    doses = pd.DataFrame({"ID": rows, "TIME": 40.0, "AMT": 1.0, "DUR": 0.0, "CMT": "x"})
    got = solve(fading(), [0, 40, 41, 50], parameters=speeds, doses=doses)
    assert (got["status"] == "ok").all(), got["reason"].values
    np.testing.assert_allclose(got["x"][:, 2], np.exp(-speeds["k"]), rtol=1e-4, atol=1e-6)


# --- a jump of a rate: a = exp(-3 t) comes to 0.05 at t = ln 20 / 3; from there b' = -19 b^2, so that 1 / b grows by 19


@pytest.mark.parametrize("rtol", [1e-6, 1e-8])
def test_a_jump_of_a_rate_is_met_by_all(rtol: float) -> None:
    a, b, d = map(symengine.Symbol, "abd")
    jump = symengine.Piecewise((d, a <= 0.05), (0, True))
    moves = (Reaction("a", k * a, {"a": -1}), Reaction("b", jump * b**2, {"b": -1}))
    states = (State("a", "", 1, 1e-6), State("b", "", 1e6, 1e-6))
    system = System("jump", states, (Parameter("k", "", 3.0), Parameter("d", "", 19.0)), reactions=moves)
    generator = np.random.default_rng(1)
    people = pd.DataFrame({"k": 3 * generator.lognormal(0, 0.2, 2000), "d": 19 * generator.lognormal(0, 0.2, 2000)})
    days = np.array([0.0, 0.5, 1, 2, 5])
    got = solve(system, days, parameters=people, rtol=rtol)
    assert (got["status"] == "ok").all(), got["reason"].values[got["status"].values != "ok"][:3]
    since = np.maximum(days - np.log(20) / people["k"].to_numpy()[:, None], 0)
    np.testing.assert_allclose(1 / got["b"], 1e-6 + people["d"].to_numpy()[:, None] * since, rtol=1e-4, atol=100 * rtol)


def test_a_course_along_a_jump_goes_on() -> None:
    """x falls from 1 to 0 and stays there, for both sides of 0 lead to it."""
    back = symengine.Piecewise((1, x < 0), (-1, True))
    system = System("sliding", (State("x", "", 1, 1.0),), (), reactions=(Reaction("r", back, {"x": 1}),))
    got = solve(system, [0, 0.5, 1.01], rtol=1e-3)
    assert got["x"][0].to_numpy() == pytest.approx([1, 0.5, 0], abs=1e-3)


def test_a_branch_that_changes_and_returns_within_a_step_is_seen() -> None:
    """y grows while x = t is between 4 and 5; x moves in one step."""
    window = symengine.Piecewise((1, symengine.And(x > 4, x < 5)), (0, True))
    moves = (Reaction("x", 1, {"x": 1}), Reaction("y", window, {"y": 1}))
    system = System("window", (State("x", "", 0, 1.0), State("y", "", 0, 1.0)), (), reactions=moves)
    got = solve(system, [0, 9])
    assert got["y"][0, 1].item() == pytest.approx(1, abs=1e-6)


# --- conditions that time repeats


def pulses(condition: object, *, height: float = 16.0) -> System:
    y = Reaction("y", symengine.Piecewise((height, condition), (0, True)), {"y": 1})
    return System("pulses", (State("y", "", 0, 1.0),), (Parameter("k", "", 1.0),), reactions=(y,))


PHASE = TIME - symengine.floor(TIME)


@pytest.mark.parametrize(
    ("condition", "height", "expected"),
    [
        (PHASE < 1 / 16, 16.0, 100.0),
        (PHASE < 1e-6, 1e6, 100.0),
        (TIME - k * symengine.floor(TIME / k) < k / 16, 16.0, 100.0),
        (symengine.ceiling(TIME) - TIME < 0.25, 4.0, 100.0),
        (symengine.And(PHASE >= 0.5, PHASE < 0.625), 8.0, 100.0),
        (PHASE**2 < 1 / 256, 16.0, 100.0),
        (symengine.sin(2 * np.pi * TIME) > np.cos(np.pi / 100), 100.0, 100.0),
        (symengine.exp(symengine.cos(2 * np.pi * TIME)) > np.exp(np.cos(np.pi / 100)), 100.0, 100.0),
    ],
)
def test_pulses_that_time_repeats_all_count(condition: object, height: float, expected: float) -> None:
    """A pulse in each of 100 units of time, as long as 1 by its height."""
    got = solve(pulses(condition, height=height), [0, 100])
    assert got["status"].item() == "ok"
    assert got["y"][0, 1].item() == pytest.approx(expected, rel=1e-6)


def test_regular_conditions_that_nobody_can_foresee_are_named() -> None:
    squared = pulses(symengine.floor(TIME**2) > 2 * symengine.floor(TIME**2 / 2))
    with pytest.warns(UserWarning, match="model pulses: changes where .*floor.* and may do so within a step, unseen"):
        solve(squared, [0, 1])
