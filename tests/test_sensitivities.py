"""Forward sensitivities beside closed forms, and beside differences of solutions where there is no closed form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import symengine

import coley
from coley.engine import RODAS5P, solve
from coley.errors import ColeyError
from coley.system import TIME, Delay, Event, Expression, Parameter, Reaction, Rule, State, System

x, y, k, b, c, s = map(symengine.Symbol, "xykbcs")
TIMES = np.array([0.0, 0.5, 1, 2, 4, 8])


def system(
    rates: dict[str, Expression],
    starts: dict[str, Expression],
    values: dict[str, float],
    *,
    rules: tuple[Rule, ...] = (),
    events: tuple[Event, ...] = (),
    delays: tuple[Delay, ...] = (),
) -> System:
    return System(
        "small",
        tuple(State(name, "", start, 1.0) for name, start in starts.items()),
        tuple(Parameter(name, "", value) for name, value in values.items()),
        rules,
        tuple(Reaction(name, rate, {name: 1}) for name, rate in rates.items()),
        events,
        delays,
    )


FADING = system({"x": -k * x}, {"x": c}, {"k": 0.3, "c": 2.0}, rules=(Rule("s", "", k * x**2),))


def test_exponential_decay() -> None:
    """x = c exp(-k t), so that dx/dk = -t x, dx/dc = dx/dx(0) = x / c; and s = k x^2."""
    got = solve(FADING, TIMES, sensitivities=["k", "c", "x"], rtol=1e-8)
    exact = 2 * np.exp(-0.3 * TIMES)
    assert got["d(x)"].dims == ("individual", "by", "time")
    np.testing.assert_allclose(got["d(x)"].sel(by="k")[0], -TIMES * exact, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(got["d(x)"].sel(by="c")[0], exact / 2, rtol=1e-6)
    np.testing.assert_allclose(got["d(x)"].sel(by="x")[0], exact / 2, rtol=1e-6)
    np.testing.assert_allclose(got["d(s)"].sel(by="k")[0], exact**2 * (1 - 0.6 * TIMES), rtol=1e-5, atol=1e-8)


def test_one_compartment_with_first_order_absorption() -> None:
    """Bateman's function, amount F D ka / (ka - ke) (exp(-ke t) - exp(-ka t)), and its derivatives, worked out by hand.

    Doses come twice; the second repeats the first, 3 h later.
    """
    ka, ke, share = symengine.symbols("ka ke share")
    oral = system(
        {
            "gut": -ka * symengine.Symbol("gut"),
            "body": share * ka * symengine.Symbol("gut") - ke * symengine.Symbol("body"),
        },
        {"gut": 0, "body": 0},
        {"ka": 1.2, "ke": 0.25, "share": 0.6},
    )
    doses = pd.DataFrame({"ID": 0, "TIME": [0.0, 3.0], "AMT": 100.0, "DUR": 0.0, "CMT": "gut"})
    times = np.array([0.0, 1, 2, 3, 5, 8, 12])
    got = solve(oral, times, doses=doses, sensitivities=["ka", "ke", "share"], observables=["body"], rtol=1e-8)

    def bateman(t: Any, a: float, e: float) -> tuple[Any, Any, Any]:
        t = np.maximum(t, 0)
        fast, slow, gap = np.exp(-a * t), np.exp(-e * t), a - e
        whole = a / gap * (slow - fast)
        by_a = -e / gap**2 * (slow - fast) + a / gap * t * fast
        by_e = a / gap**2 * (slow - fast) - a / gap * t * slow
        return whole, by_a, by_e

    whole, by_a, by_e = (
        60 * (now + then) for now, then in zip(bateman(times, 1.2, 0.25), bateman(times - 3, 1.2, 0.25), strict=True)
    )
    np.testing.assert_allclose(got["body"][0], whole, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(got["d(body)"].sel(by="ka")[0], by_a, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(got["d(body)"].sel(by="ke")[0], by_e, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(got["d(body)"].sel(by="share")[0], whole / 0.6, rtol=1e-6, atol=1e-6)


def test_an_infusion_changes_no_sensitivity_but_through_the_states() -> None:
    """At a constant inflow r from 0 on, x = r / k (1 - exp(-k t))."""
    doses = pd.DataFrame({"ID": [0], "TIME": [0.0], "AMT": [80.0], "DUR": [8.0], "CMT": ["x"]})
    got = solve(system({"x": -k * x}, {"x": 0}, {"k": 0.3}), TIMES, doses=doses, sensitivities=["k"], rtol=1e-8)
    left = np.exp(-0.3 * TIMES)
    np.testing.assert_allclose(got["d(x)"][0, 0], 10 * (TIMES * left / 0.3 - (1 - left) / 0.09), rtol=1e-5, atol=1e-6)


# --- moments that depend on what one asks about


def test_an_event_whose_moment_depends_on_the_state() -> None:
    """x = c exp(-k t) comes to b at T = ln(c / b) / k and is set to s; then x = s exp(-k (t - T))."""
    reset = Event("reset", x <= b, {"x": s})
    values = {"k": 0.5, "c": 4.0, "b": 1.5, "s": 3.0}
    got = solve(
        system({"x": -k * x}, {"x": c}, values, events=(reset,)), [0, 1, 3], sensitivities=list("kcbsx"), rtol=1e-9
    )
    moment = np.log(4 / 1.5) / 0.5
    after = 3 * np.exp(-0.5 * (3 - moment))
    exact = {
        "k": -after * (3 - moment) - after * moment,
        "c": after / 4,
        "b": -after / 1.5,
        "s": after / 3,
        "x": after / 4,
    }
    assert got["x"][0, 2].item() == pytest.approx(after, rel=1e-7)
    for name, value in exact.items():
        assert got["d(x)"].sel(by=name)[0, 2].item() == pytest.approx(value, rel=1e-6), name


def test_an_event_at_a_time_that_is_a_parameter() -> None:
    """y' = x, and x is doubled at time b: y = b + 2 (t - b), times c."""
    double = Event("double", b <= TIME, {"x": 2 * x})
    got = solve(
        system({"y": x, "x": 0}, {"x": c, "y": 0}, {"b": 1.3, "c": 5.0}, events=(double,)),
        TIMES,
        sensitivities=["b", "c"],
    )
    np.testing.assert_allclose(got["d(y)"].sel(by="b")[0], np.where(TIMES > 1.3, -5.0, 0), rtol=1e-9)
    np.testing.assert_allclose(got["d(y)"].sel(by="c")[0], TIMES + np.maximum(TIMES - 1.3, 0), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(got["d(x)"].sel(by="c")[0], np.where(TIMES >= 1.3, 2.0, 1), rtol=1e-9)


def test_events_at_fixed_times_carry_sensitivities_through_their_delay() -> None:
    """x is squared, as it is at the trigger, 1 after time 1: x = c^2 exp(-2 k) exp(-k (t - 2)) from 2 on."""
    squared = Event("squared", TIME >= 1, {"x": x**2}, delay=1)
    got = solve(
        system({"x": -k * x}, {"x": c}, {"k": 0.3, "c": 2.0}, events=(squared,)),
        [0, 4],
        sensitivities=["k", "c"],
        rtol=1e-8,
    )
    exact = 4 * np.exp(-1.2)
    assert got["x"][0, 1].item() == pytest.approx(exact, rel=1e-6)
    assert got["d(x)"][0, :, 1].to_numpy() == pytest.approx([-4 * exact, exact], rel=1e-6)


@pytest.mark.parametrize(
    "jump",
    [
        symengine.Piecewise((1, x < b), (k, True)),
        symengine.Piecewise((1, x < b), (k, x >= b)),
        symengine.Piecewise((k, b <= x), (1, True)),
    ],
)
def test_rates_that_jump_where_a_state_comes_to_a_parameter(jump: Expression) -> None:
    """x = t, and y' = 1 until x = b, then k: y = b + k (t - b)."""
    got = solve(
        system({"x": 1, "y": jump}, {"x": 0, "y": 0}, {"b": 1.3, "k": 4.0}), TIMES, sensitivities=["b", "k", "x"]
    )
    late = TIMES > 1.3
    np.testing.assert_allclose(got["d(y)"].sel(by="b")[0], np.where(late, -3.0, 0), rtol=1e-6)
    np.testing.assert_allclose(got["d(y)"].sel(by="k")[0], np.where(late, TIMES - 1.3, 0), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(got["d(y)"].sel(by="x")[0], np.where(late, 3.0, 0), rtol=1e-6)


def test_an_inflow_for_as_long_as_a_parameter_says() -> None:
    """x' = r until b, then nothing: dx/db = r after it."""
    flow = system({"x": symengine.Piecewise((k, b > TIME), (0, True))}, {"x": 0}, {"k": 4.0, "b": 1.3})
    got = solve(flow, TIMES, sensitivities=["b", "k"])
    np.testing.assert_allclose(got["d(x)"].sel(by="b")[0], np.where(TIMES > 1.3, 4.0, 0), rtol=1e-9)
    np.testing.assert_allclose(got["d(x)"].sel(by="k")[0], np.minimum(TIMES, 1.3), rtol=1e-9)


def test_a_jump_that_a_dose_brings_moves_with_nothing() -> None:
    """A bolus of 2 at time 1 brings x from 1 past b = 2 at once, whatever b is: then y' is 5 instead of 0."""
    rates = {"x": 0, "y": symengine.Piecewise((5, x > b), (0, True))}
    doses = pd.DataFrame({"ID": [0], "TIME": [1.0], "AMT": [2.0], "DUR": [0.0], "CMT": ["x"]})
    got = solve(system(rates, {"x": c, "y": 0}, {"b": 2.0, "c": 1.0}), [0, 3], doses=doses, sensitivities=["b", "c"])
    assert got["y"][0, 1].item() == pytest.approx(10)
    assert got["d(y)"][0, :, 1].to_numpy() == pytest.approx([0, 0], abs=1e-9)


def test_kinks_bring_no_jump() -> None:
    """y' = max(x, b) with x = t: y = b^2 + (t^2 - b^2) / 2 after b, so that dy/db = b."""
    got = solve(system({"x": 1, "y": symengine.Max(x, b)}, {"x": 0, "y": 0}, {"b": 1.3}), [0, 4], sensitivities=["b"])
    assert got["d(y)"][0, 0, 1].item() == pytest.approx(1.3, rel=1e-5)


def test_powers_of_what_is_0_have_finite_derivatives() -> None:
    """Hill's function of a state that begins at 0; by the exponent and by the state."""
    hill = x**k / (1 + x**k)
    got = solve(system({"x": 1, "y": hill}, {"x": 0, "y": 0}, {"k": 2.5}), [0, 2], sensitivities=["k", "x"], rtol=1e-8)
    assert got["status"].item() == "ok"
    t = np.linspace(0, 2, 200_001)[1:]
    by_k = np.trapezoid(t**2.5 * np.log(t) / (1 + t**2.5) ** 2, t)
    assert got["d(y)"].sel(by="k")[0, 1].item() == pytest.approx(by_k, rel=1e-5)
    assert got["d(y)"].sel(by="x")[0, 1].item() == pytest.approx(
        2**2.5 / (1 + 2**2.5), rel=1e-6
    )  # y(0) = 0 for any x(0)


# --- whole models


def test_the_library_model_under_doses_beside_differences() -> None:
    """Central differences of solutions at rtol 1e-10, which are good to about 1e-6."""
    basic, days = coley.basic(), np.arange(0, 181, 30.0)
    doses = pd.DataFrame({"ID": 0, "TIME": 14.0 * np.arange(8), "AMT": 240.0, "DUR": 1 / 24, "CMT": "A1"})
    names, seen = ["k_kill", "k_growth", "CL", "V1", "C_0", "E"], ["V", "RO_PD1", "hazard_death"]
    got = solve(basic, days, doses=doses, sensitivities=names, observables=seen, rtol=1e-8)
    values = {parameter.name: parameter.value for parameter in basic.parameters} | {"E": 3e8}
    for name in names:
        step = 1e-5 * values[name]
        table = pd.DataFrame({name: [values[name] - step, values[name] + step]})
        both = pd.concat([doses, doses.assign(ID=1)])
        pair = solve(basic, days, parameters=table, doses=both, observables=seen, rtol=1e-10, method=RODAS5P)
        for observable in seen:
            slope = np.diff(pair[observable], axis=0)[0] / (2 * step)
            size = np.abs(slope).max() + 1e-5 * np.abs(pair[observable]).max().item() / values[name]
            np.testing.assert_allclose(
                got[f"d({observable})"].sel(by=name)[0],
                slope,
                rtol=2e-4,
                atol=2e-5 * size,
                err_msg=f"{observable} {name}",
            )


def test_the_model_itself_goes_as_without_sensitivities() -> None:
    doses = pd.DataFrame({"ID": 0, "TIME": 14.0 * np.arange(8), "AMT": 240.0, "DUR": 1 / 24, "CMT": "A1"})
    plain = solve(coley.basic(), [0, 100, 200], doses=doses)
    with_them = solve(coley.basic(), [0, 100, 200], doses=doses, sensitivities=["k_kill"])
    for name in plain.data_vars.keys() - {"steps", "rejections", "evaluations", "jacobians"}:
        assert plain[name].dims == with_them[name].dims
        if plain[name].dtype.kind == "f":
            np.testing.assert_allclose(with_them[name], plain[name], rtol=1e-4, atol=1e-6)


def test_each_individual_has_its_own_and_threads_change_no_bit(tmp_path: Path) -> None:
    people = pd.DataFrame({"k": np.linspace(0.1, 1, 100), "x": np.linspace(1, 2, 100)})
    one = solve(FADING, TIMES, parameters=people, sensitivities=["k", "c"], threads=1)
    two = solve(FADING, TIMES, parameters=people, sensitivities=["k", "c"], threads=2, store=tmp_path / "kept")
    exact = -TIMES * people["x"].to_numpy()[:, None] * np.exp(-people["k"].to_numpy()[:, None] * TIMES)
    np.testing.assert_allclose(one["d(x)"].sel(by="k"), exact, rtol=1e-5, atol=1e-5)
    assert (one["d(x)"].sel(by="c") == 0).all()  # x is given
    assert one["d(x)"].to_numpy().tobytes() == two["d(x)"].to_numpy().tobytes()
    alone = solve(FADING, TIMES, parameters=people.iloc[[40]], sensitivities=["k", "c"])
    assert alone["d(x)"].to_numpy().tobytes() == one["d(x)"][[40]].to_numpy().tobytes()


def test_a_rule_of_parameters_that_is_given_is_a_parameter() -> None:
    """x' = -2 k x by the rule s = 2 k; where s is given, x = exp(-s t)."""
    doubled = system({"x": -s * x}, {"x": 1}, {"k": 0.3}, rules=(Rule("s", "", 2 * k),))
    got = solve(doubled, [0, 2], parameters={"s": 0.5}, sensitivities=["s", "k"], rtol=1e-8)
    assert got["d(x)"][0, :, 1].to_numpy() == pytest.approx([-2 * np.exp(-1), 0])
    with pytest.raises(ColeyError, match=r"'s' is no parameter or state.*give it in parameters, or ask for.*: k"):
        solve(doubled, [0, 2], sensitivities=["s"])


# --- what is refused


def test_what_cannot_be_is_said_all_at_once() -> None:
    with pytest.raises(ColeyError) as caught:
        solve(FADING, TIMES, sensitivities=["kk", "k", "k"])
    assert "'kk' is no parameter or state" in str(caught.value)
    assert "'k' is there twice" in str(caught.value)
    with pytest.raises(ColeyError, match="sensitivities: name nothing"):
        solve(FADING, TIMES, sensitivities=[])


def refused(model: System, message: str, **more: Any) -> None:
    with pytest.raises(ColeyError, match=message):
        solve(model, [0, 1], sensitivities=["k"], **more)


def test_what_has_no_known_derivative_is_refused() -> None:
    fading, start, values = {"x": -k * x}, {"x": 1}, {"k": 0.3}
    late = Event("late", x < 0.5, {"x": 1}, delay=1)
    refused(
        system(fading, start, values, events=(late,)),
        "event 'late' happens after a delay, at a moment that depends on it",
    )
    either = Event("either", symengine.Or(x < 0.5, TIME > 3), {"x": 1})
    refused(system(fading, start, values, events=(either,)), "event 'either' happens where .* one comparison")
    refused(system({"x": symengine.floor(x) - k}, start, values), r"the rate of 'x' changes at steps of floor\(x\)")
    past = Delay("past", "", x, 1)
    refused(system({"x": -k * symengine.Symbol("past")}, start, values, delays=(past,)), "has delays")
    flow = pd.DataFrame({"ID": [0], "TIME": [0.0], "AMT": [1.0], "DUR": [0.5], "CMT": ["x"]})
    start_at_k = system({"x": symengine.Piecewise((1, x < 2), (k, True))}, {"x": k}, values)
    refused(start_at_k, "flow into 'x', which decides when rates or states jump", doses=flow)
