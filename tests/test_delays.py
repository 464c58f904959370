"""Delays, on systems whose course has a closed form, and against the method of steps with a solver of scipy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import symengine
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.special import lambertw

from coley.engine import Simulation, rosenbrock, solve
from coley.engine.tableau import METHODS, Method
from coley.errors import ColeyError
from coley.system import TIME, Delay, Event, Expression, Parameter, Reaction, Rule, State, System

Floats = NDArray[np.float64]
x, y, z, past, rate, lag = map(symengine.Symbol, ("x", "y", "z", "past", "rate", "lag"))
RTOL = 1e-9
CLOSE = 1e-7  # what may have come of that over a course


def feedback(lags: tuple[int, ...] = (1,)) -> System:
    """y' = -(the sum of y at each lag), from 1."""
    delays = tuple(Delay(f"y{k}", "", y, value) for k, value in enumerate(lags))
    pull = sum(symengine.Symbol(delay.name) for delay in delays)
    return System("feedback", (State("y", "", 1, 1.0),), (), reactions=(Reaction("r", -pull, {"y": 1}),), delays=delays)


def pieces(lags: tuple[int, ...], times: Floats) -> Floats:
    """The course of ``feedback`` by the method of steps: a polynomial for each unit of time."""
    known, start = [Polynomial([1.0])] * max(lags), max(lags)
    for k in range(start, start + int(times.max()) + 1):
        pull = sum((known[k - lag] for lag in lags), Polynomial([0.0]))
        known.append(known[-1](1.0) - pull.integ())
    return np.array([known[start + int(t)](t % 1) for t in times])


@pytest.mark.parametrize("lags", [(1,), (1, 3), (2, 2, 1)])
def test_linear_feedback_follows_its_polynomials(lags: tuple[int, ...]) -> None:
    times = np.linspace(0, 6, 61)
    got = solve(feedback(lags), times, rtol=RTOL, observables=["y", "y0"])
    assert got["status"].item() == "ok"
    np.testing.assert_allclose(got["y"][0], pieces(lags, times), atol=CLOSE)
    earlier = np.where(times >= lags[0], pieces(lags, np.maximum(times - lags[0], 0)), 1)
    np.testing.assert_allclose(got["y0"][0], earlier, atol=CLOSE)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_error_falls_with_the_tolerance(method: Method) -> None:
    times = np.linspace(0, 6, 13)
    tolerances = [1e-4, 1e-6, 1e-8, 1e-10] if method.order > 3 else [1e-3, 1e-4, 1e-5]
    for rtol in tolerances:
        got = solve(feedback(), times, rtol=rtol, method=method)
        assert np.abs(got["y"][0] - pieces((1,), times)).max() < 10 * rtol


def renewal(name: str, change: Expression, start: float, **parameters: float) -> System:
    """x' = change, where ``past`` is x a lag ago."""
    return System(
        name,
        (State("x", "", start, 1.0),),
        tuple(Parameter(name, "", value) for name, value in parameters.items()),
        reactions=(Reaction("change", change, {"x": 1}),),
        delays=(Delay("past", "", x, lag),),
    )


def hutchinson() -> System:
    """Logistic growth that crowding slows a time later (Hutchinson 1948)."""
    return renewal("hutchinson", rate * x * (1 - past), start=0.5, rate=1.0, lag=1.0)


def mackey_glass() -> System:
    """Blood cells whose production depends on how many there were (Mackey and Glass, Science 197:287, 1977)."""
    return renewal("mackey", rate * past / (1 + past**10) - 0.1 * x, start=1.2, rate=0.2, lag=17.0)


def by_steps(rates: Callable[[float, float], float], start: float, lag: float, times: Floats) -> Floats:
    """x' = rates(x, x a lag ago), one lag after another, each with dense output of the one before."""
    values, known = np.empty(len(times)), [lambda t: [start]]
    for k in range(int(times[-1] / lag) + 1):
        left, right = k * lag, (k + 1) * lag
        run = solve_ivp(
            lambda t, x: [rates(x[0], known[-1](t - lag)[0])],
            (left, right),
            known[-1](left),
            "DOP853",
            dense_output=True,
            rtol=1e-12,
            atol=1e-13,
        )
        inside = (times >= left) & (times < right)
        values[inside] = run.sol(times[inside])[0]
        known.append(run.sol)
    return values


def test_hutchinson_and_mackey_and_glass_agree_with_the_method_of_steps() -> None:
    times = np.linspace(0, 30, 61)
    got = solve(hutchinson(), times, parameters=pd.DataFrame({"rate": [1.4, 1.7]}), rtol=RTOL)
    for row, r in enumerate([1.4, 1.7]):
        expected = by_steps(partial(lambda r, x, past: r * x * (1 - past), r), 0.5, 1.0, times)
        np.testing.assert_allclose(got["x"][row], expected, rtol=CLOSE)
    times = np.linspace(0, 150, 61)
    got = solve(mackey_glass(), times, rtol=1e-10)
    expected = by_steps(lambda x, past: 0.2 * past / (1 + past**10) - 0.1 * x, 1.2, 17.0, times)
    np.testing.assert_allclose(got["x"][0], expected, rtol=1e-6)


def test_hutchinson_settles_up_to_half_pi_and_cycles_beyond() -> None:
    rates = np.pi / 2 * np.array([0.95, 1.05])
    got = solve(hutchinson(), np.linspace(0, 400, 4001), parameters=pd.DataFrame({"rate": rates, "x": 0.9}))
    x = got["x"].to_numpy()
    early, late = np.ptp(x[:, 100:200], axis=1), np.ptp(x[:, -100:], axis=1)
    assert late[0] < 0.01 * early[0] and late[1] > 0.5


@pytest.mark.parametrize("r", [1.0, 1.5, 1.65])
def test_a_small_deviation_grows_or_falls_by_its_characteristic_roots(r: float) -> None:
    """s + r exp(-s) = 0 has its rightmost roots at Lambert's W(-r); two such modes obey a recurrence."""
    root, step = lambertw(-r), 0.5
    linear = renewal("linear", -r * past, start=1.0, lag=1.0)
    times = [0, 30, 30 + step, 30 + 2 * step]
    a, b, c = solve(linear, times, rtol=1e-10, atol={"x": 1e-16})["x"][0, 1:].to_numpy()
    factor = np.exp(root * step)
    np.testing.assert_allclose(c, 2 * factor.real * b - abs(factor) ** 2 * a, atol=1e-5 * max(abs(a), abs(b)))


def observed(rules: dict[str, Expression], *delays: Delay) -> System:
    """Nothing but rules and delays."""
    named = tuple(Rule(name, "", expression) for name, expression in rules.items())
    return System("observed", (), (Parameter("lag", "", 0.2),), named, delays=delays)


def test_a_rule_of_time_has_a_past_before_the_start() -> None:
    """Cases 00937 and 01318 of the SBML test suite: y = 2 + delay(sin(10 t), 0.2)."""
    system = observed({"x": symengine.sin(10 * TIME), "y": 2 + past}, Delay("past", "", x, lag))
    times = np.linspace(0, 2, 41)
    got = solve(system, times, rtol=1e-8)
    np.testing.assert_allclose(got["y"][0], 2 + np.sin(10 * (times - 0.2)), atol=1e-7)


def test_a_delay_of_a_delay_adds_up_also_before_the_start() -> None:
    first, second = Delay("past", "", symengine.sin(TIME), lag), Delay("z", "", 2 * past + TIME, 0.7)
    times = np.linspace(0, 4, 41)
    got = solve(observed({}, first, second), times, rtol=1e-8, observables=["z", "past"])
    np.testing.assert_allclose(got["past"][0], np.sin(times - 0.2), atol=1e-7)
    np.testing.assert_allclose(got["z"][0], 2 * np.sin(times - 0.9) + times - 0.7, atol=1e-7)


def clocked(*events: Event) -> System:
    """x runs with time, y is what events make of it; the past is that of x a time ago."""
    states = (State("x", "", 0, 1.0), State("y", "", 0, 1.0))
    run = Reaction("run", 1, {"x": 1})
    return System("clocked", states, (), (), (run,), events, (Delay("past", "", x, 1),))


@pytest.mark.parametrize(("persistent", "expected"), [(True, 3), (False, 0)])
def test_triggers_may_ask_for_the_past(persistent: bool, expected: float) -> None:
    """Cases 01518 and 01519 of the SBML test suite."""
    trigger = symengine.And(past > 1.5, past < 2)
    system = clocked(Event("e", trigger, {"y": 3}, delay=1, persistent=persistent))
    got = solve(system, [0, 2.4, 3.499, 3.501, 5])
    np.testing.assert_array_equal(got["y"][0], [0, 0, 0, expected, expected])


@pytest.mark.parametrize(("at_trigger", "expected"), [(True, 0.5), (False, 2.5)])
def test_assignments_may_ask_for_the_past(at_trigger: bool, expected: float) -> None:
    """Cases 01523 and 01524 of the SBML test suite."""
    system = clocked(Event("e", x > 1.5, {"y": past}, delay=2, values_at_trigger=at_trigger))
    np.testing.assert_allclose(solve(system, [0, 3.4, 3.6], rtol=RTOL)["y"][0], [0, 0, expected], atol=1e-6)


def test_what_jumps_comes_back_as_a_jump() -> None:
    """A dose of 2 at 1.0 and a reset by an event at 3.5; at the time of a jump the value is that after it."""
    system = clocked(Event("reset", TIME >= 3.5, {"x": 0}))
    dose = pd.DataFrame({"ID": [0], "TIME": [1.0], "AMT": [2.0], "DUR": [0.0], "CMT": ["x"]})
    times = np.array([0, 0.5, 1, 1.5, 1.99, 2, 2.5, 3.5, 4.49, 4.5, 4.51, 6])
    got = solve(system, times, doses=dose, rtol=RTOL, observables=["x", "past"])

    def value(t: Floats) -> Floats:
        return np.where(t < 3.5, np.maximum(t, 0) + 2 * (t >= 1), t - 3.5)

    np.testing.assert_allclose(got["x"][0], value(times), atol=1e-8)
    np.testing.assert_allclose(got["past"][0], value(times - 1), atol=1e-8)


def test_a_long_past_is_kept_whole() -> None:
    """A fast oscillator, asked for hundreds of steps later."""
    turn = (Reaction("u", 20 * y, {"x": 1}), Reaction("v", -20 * x, {"y": 1}), Reaction("sum", past, {"z": 1}))
    states = (State("x", "", 0, 1.0), State("y", "", 1, 1.0), State("z", "", 0, 1.0))
    system = System("turning", states, (), (), turn, (), (Delay("past", "", x, 10),))
    times = np.linspace(0, 30, 61)
    got = solve(system, times, rtol=1e-8)
    assert got["steps"].item() > 1000
    np.testing.assert_allclose(got["z"][0], np.where(times > 10, (1 - np.cos(20 * (times - 10))) / 20, 0), atol=1e-5)


def test_each_individual_has_its_own_past() -> None:
    """Bit by bit, whatever lanes, threads and neighbours it has."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"rate": rng.uniform(0.5, 2, 150), "lag": rng.uniform(0.05, 1.5, 150)})
    times = np.linspace(0, 12, 25)
    together = solve(hutchinson(), times, parameters=table, threads=2)
    assert (together["status"] == "ok").all()
    for k in (0, 77, 149):
        alone = solve(hutchinson(), times, parameters=table.iloc[[k]], threads=1)
        np.testing.assert_array_equal(alone["x"][0], together["x"][k])

    narrow = partial(rosenbrock.follow, width=1)
    backwards = solve(hutchinson(), times, parameters=table[::-1], backend=narrow)
    np.testing.assert_array_equal(backwards["x"][::-1], together["x"])


def test_a_lag_that_is_none_fails_its_individual_alone() -> None:
    table = pd.DataFrame({"lag": [1.0, 0.0, -1.0, np.inf, 1.0]})
    got = solve(hutchinson(), [0, 1, 2], parameters=table)
    assert got["status"].to_numpy().tolist() == ["ok", "nonfinite", "nonfinite", "nonfinite", "ok"]
    assert got["reason"][1].item() == "the lag of 'past' is 0; a lag is a finite number above 0"
    np.testing.assert_array_equal(got["x"][0], got["x"][4])
    assert np.isfinite(got["x"][0]).all()


def test_what_goes_wrong_is_said() -> None:
    got = solve(renewal("exploding", x**2 * past, start=1.0, lag=0.5), [0, 5])
    assert got["status"].item() != "ok" and "'x'" in got["reason"].item()
    with pytest.raises(ColeyError, match="delay of itself"):
        solve(observed({}, Delay("past", "", past + 1, lag)), [0, 1])
    simulation = Simulation(feedback())
    simulation.advance([0, 1])
    with pytest.raises(ColeyError, match="in one piece"):
        simulation.advance([1, 2])


# --- lags that change


def test_a_lag_of_time_reaches_into_the_step_itself() -> None:
    """The pantograph equation x' = -x(t / 2) from 1 has the series of (-1)^n 2^(-n(n-1)/2) t^n / n!."""
    delays = (Delay("half", "", x, TIME / 2),)
    reactions = (Reaction("r", -symengine.Symbol("half"), {"x": 1}),)
    system = System("pantograph", (State("x", "", 1, 1.0),), (), reactions=reactions, delays=delays)
    times = np.linspace(0, 4, 17)

    def series(time: Floats) -> Floats:
        terms = [(-time) ** n * 2.0 ** (-n * (n - 1) / 2) / math.factorial(n) for n in range(40)]
        return np.sum(terms, axis=0)

    for rtol in (1e-5, 1e-7):
        got = solve(system, times, rtol=rtol, observables=["x", "half"])
        np.testing.assert_allclose(got["x"][0], series(times), atol=20 * rtol)
        np.testing.assert_allclose(got["half"][0], series(times / 2), atol=20 * rtol)


def test_a_lag_of_a_state() -> None:
    """Example of Neves (ACM Trans Math Softw 1:357, 1975): x' = x(x - sqrt(2) + 1) / (2 sqrt(t)), x = 1 until t = 1.

    Then x = sqrt(t) until t = 2, and t / 4 + 1 / 2 + (1 - sqrt(2) / 2) sqrt(t) until t = 5.
    """
    root = math.sqrt(2)
    delays = (Delay("past", "", x, TIME - x + root - 1),)
    change = Reaction("r", past / (2 * symengine.sqrt(TIME)), {"x": 1})
    system = System("neves", (State("x", "", 1, 1.0),), (), reactions=(change,), delays=delays)
    times = np.linspace(1, 5, 33)
    expected = np.where(times < 2, np.sqrt(times), times / 4 + 0.5 + (1 - root / 2) * np.sqrt(times))
    for rtol in (1e-4, 1e-6):
        got = solve(system, times, rtol=rtol)
        assert got["status"].item() == "ok"
        np.testing.assert_allclose(got["x"][0], expected, rtol=20 * rtol)


def test_a_lag_that_an_event_changes_and_one_of_0() -> None:
    """x' = 1 from 0; the lag is 0, and 1 from time 1.5 on."""
    states = (State("x", "", 0, 1.0), State("y", "", 0, 1.0))
    system = System("late", states, (), reactions=(Reaction("r", 1, {"x": 1}),),
                    events=(Event("later", TIME >= 1.5, {"y": 1}),), delays=(Delay("past", "", x, y),))  # fmt: skip
    got = solve(system, [0, 0.5, 1, 1.5, 2, 3], observables=["past"])
    np.testing.assert_allclose(got["past"][0], [0, 0.5, 1, 0.5, 1, 2], atol=1e-6)


def test_a_lag_below_0_fails_its_individual_alone() -> None:
    system = renewal("sinking", -past, start=1.0, lag=1.0, rate=0.0)
    system = replace(system, delays=(Delay("past", "", x, lag - rate * TIME),))
    got = solve(system, [0, 1, 3], parameters={"rate": [0.0, 1.0], "lag": 1.0})
    assert got["status"].to_numpy().tolist()[0] == "ok" and got["status"][1].item() != "ok"
    assert got["end_time"][1].item() == pytest.approx(1, abs=0.01)
    with pytest.raises(ColeyError, match="delay z: is of delayed values, by a lag that changes; keep the lag"):
        replace(system, delays=(*system.delays, Delay("z", "", past, TIME)))
