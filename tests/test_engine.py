"""The engine: published stiff references, doses, events, failures, pieces, chunks and input."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import symengine
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from backends import backend as backend
from coley.catalogue import load_catalogue
from coley.engine import Budget, Simulation, reference, solve
from coley.engine.doses import Doses, segments
from coley.engine.functions import functions, initial_states
from coley.errors import ColeyError
from coley.system import TIME, Event, Parameter, Reaction, Rule, State, System
from diseases import WORKED
from sampling import SAMPLE

Floats = NDArray[np.float64]
RTOL = 1e-8
CATALOGUE = load_catalogue()
CANCERS = sorted((*WORKED, "melanoma"))
"""One of each kind of disease: cancers of a kind have the same equations."""
x, y, A, B, k, y0 = map(symengine.Symbol, ("x", "y", "A", "B", "k", "y0"))


def table(*rows: tuple[float, float, float, str], individual: int = 0) -> pd.DataFrame:
    return pd.DataFrame([(individual, *row) for row in rows], columns=["ID", "TIME", "AMT", "DUR", "CMT"])


def decay() -> System:
    """A decays at rate k; B gathers what leaves A."""
    return System(
        "decay",
        (State("A", "mg", 0, 1.0), State("B", "mg", 0, 1.0)),
        (Parameter("k", "1/day", 0.3),),
        (Rule("share", "", A / (A + B + 1)), Rule("clock", "day", TIME)),
        (Reaction("leave", k * A, {"A": -1, "B": 1}),),
    )


def growth(power: int = 1) -> System:
    """y' = k y^power from y0: exponential growth, or for power 2 a pole at 1 / (k y0)."""
    return System(
        "growth",
        (State("y", "", y0, 1.0),),
        (Parameter("k", "1/day", 0.5), Parameter("y0", "", 1.0)),
        reactions=(Reaction("growth", k * y**power, {"y": 1}),),
    )


# --- published references of stiff problems: Test Set for IVP Solvers, release 2.4 (Mazzia and Magherini, Bari 2008)


def test_robertson() -> None:
    """Problem ROBER at t = 1e11. Steps cover 11 decades: local errors of 1e-8 may add up a hundredfold."""
    a, b, c = map(symengine.Symbol, "abc")
    states = (State("a", "", 1, 1.0), State("b", "", 0, 1e-6), State("c", "", 0, 1.0))
    reactions = (
        Reaction("slow", 0.04 * a, {"a": -1, "b": 1}),
        Reaction("fast", 1e4 * b * c, {"b": -1, "a": 1}),
        Reaction("fastest", 3e7 * b**2, {"b": -1, "c": 1}),
    )
    atol = {"a": 1e-18, "b": 1e-24, "c": 1e-18}  # a ends near 2e-8, b near 8e-14
    robertson = System("Robertson", states, (), reactions=reactions)
    got = solve(robertson, [0, 1e11], rtol=RTOL, atol=atol, final_states=True)
    expected = [0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050]
    np.testing.assert_allclose(got["final_states"].to_numpy()[0], expected, rtol=100 * RTOL)


def test_van_der_pol() -> None:
    """Problem VDPOL, epsilon 1e-6 at x = 2, which is mu = 1000 at t = 2000. Errors of the phase grow with each jump."""
    states = (State("x", "", 2, 1.0), State("y", "", 0, 1e-3))
    reactions = (Reaction("x", y, {"x": 1}), Reaction("y", 1000 * (1 - x**2) * y - x, {"y": 1}))
    system = System("van der Pol", states, (), reactions=reactions)
    expected = np.array([1.706167732170483, -0.8928097010247975e-3])
    both = [solve(system, [0, 2000], rtol=rtol) for rtol in (1e-6, RTOL)]
    coarse, fine = (np.array([found["x"][0, -1], found["y"][0, -1]]) for found in both)
    np.testing.assert_allclose(fine, expected, rtol=100 * RTOL)
    assert (np.abs(fine - expected) < 0.1 * np.abs(coarse - expected)).all()


# --- doses


def test_a_value_at_the_time_of_a_dose_is_that_after_it() -> None:
    got = solve(decay(), [0, 1, 2, 3], doses=table((0, 10, 0, "A"), (2, 5, 0, "A"), (3, 7, 0, "A")), rtol=RTOL)
    before = 10 * np.exp(-0.6)
    expected = [10, 10 * np.exp(-0.3), before + 5, (before + 5) * np.exp(-0.3)]  # the dose at the end comes after it
    np.testing.assert_allclose(got["A"][0], expected, rtol=1e-6)


def test_a_dose_a_rounding_error_from_an_output_counts_as_at_it() -> None:
    for time in (np.nextafter(0.3, 0), 0.1 + 0.2, 0.3):
        got = solve(decay(), [0, 0.3, 1], doses=table((time, 5, 0, "A")))
        assert got["A"][0, 1] == 5


def test_doses_of_different_states_and_individuals_in_any_order() -> None:
    doses = pd.concat(
        [
            table((2, 3, 0, "B"), (0, 1, 0, "A"), individual=1),
            table((1, 2, 1, "A"), (0, 0, 0, "A"), (0, 0, 2, "B")),
        ]
    )
    times, people = [0, 1, 2, 3], pd.DataFrame({"k": [0.0, 0.0, 0.0]})
    got = solve(decay(), times, parameters=people, doses=doses, rtol=RTOL)
    np.testing.assert_allclose(got["A"], [[0, 0, 2, 2], [1, 1, 1, 1], [0, 0, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(got["B"], [[0, 0, 0, 0], [0, 0, 3, 3], [0, 0, 0, 0]], atol=1e-9)
    again = solve(decay(), times, parameters=people, doses=doses.iloc[::-1], rtol=RTOL)
    xr.testing.assert_identical(got, again)


def test_a_very_short_infusion_is_a_bolus_and_loses_nothing() -> None:
    for duration in (1e-13, 1e-10, 1e-9, 1e-6):
        got = solve(decay(), [0, 1], doses=table((0.5, 4, duration, "A")), parameters=pd.DataFrame({"k": [0.0]}))
        assert got["A"][0, 1] == pytest.approx(4, rel=1e-6)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 12)), max_size=6),
    st.sets(st.integers(0, 40), max_size=4),
)
def test_segments_carry_every_dose_once(rows: list[tuple[int, int, int]], marks: set[int]) -> None:
    """Boluses and infusion rates times lengths add up to what is given before the end; segments touch and cover."""
    given_doses = Doses.read(table(*((t / 4, a, d / 4, "A") for t, a, d in rows)), {"A": 0})
    end = 10.0
    cut = list(segments(0.0, end, given_doses, 1))
    assert cut[0].start == 0 and cut[-1].end == end
    assert all(a.end == b.start for a, b in pairwise(cut))
    total = sum((s.bolus[0] if s.bolus is not None else 0) for s in cut)
    total += sum((s.infusion[0] * (s.end - s.start) if s.infusion is not None else 0) for s in cut)
    expected = sum(a * (min(1, (end - t / 4) / (d / 4)) if d else t / 4 < end) for t, a, d in rows)
    assert total == pytest.approx(expected)


# --- pieces

COURSE = table((0, 10, 0, "A"), (1.5, 8, 3, "A"), (2, 6, 4, "B"), (5, 3, 0, "A"), (7, 4, 10, "A"))
DAYS = np.arange(0, 10.5, 0.5)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(DAYS[1:-1].tolist()), max_size=6), st.booleans())
def test_pieces_give_what_one_piece_gives(ends: set[float], early: bool) -> None:
    """Wherever a course is cut, also during infusions, and whether doses are given at the start or piece by piece."""
    whole = solve(decay(), DAYS, doses=COURSE, rtol=RTOL)
    simulation = Simulation(decay(), rtol=RTOL)
    parts = []
    cuts = [0.0, *sorted(ends), DAYS[-1]]
    for begin, end in pairwise(cuts):
        now = COURSE[(COURSE["TIME"] >= begin) & (COURSE["TIME"] < end)]
        if early:
            now = COURSE if begin == 0 else None
        times = DAYS[np.searchsorted(DAYS, begin) : np.searchsorted(DAYS, end) + 1]
        part = simulation.advance(times, doses=now)
        parts.append(part if end == DAYS[-1] else part.isel(time=slice(-1)))
    joined = xr.concat([part[["A", "B"]] for part in parts], dim="time")
    for name in ("A", "B"):  # every restart makes an error of its own
        np.testing.assert_allclose(joined[name], whole[name], rtol=100 * RTOL, atol=100 * RTOL)
    assert simulation.time == DAYS[-1]


def test_a_dose_at_the_end_of_a_piece_belongs_to_the_next() -> None:
    simulation = Simulation(decay(), pd.DataFrame({"k": [0.0]}))
    first = simulation.advance([0, 1], doses=table((1, 5, 0, "A")))
    second = simulation.advance([1, 2])
    third = simulation.advance([2, 3])
    assert [part["A"][0].to_numpy().tolist() for part in (first, second, third)] == [[0, 0], [5, 5], [5, 5]]


def test_who_is_left_out_stands_still_and_goes_on_from_there() -> None:
    people = pd.DataFrame({"k": [0.3, 0.3]})
    doses = pd.concat([COURSE, COURSE.assign(ID=1)])
    simulation = Simulation(decay(), people, rtol=RTOL)
    simulation.advance([0, 2], doses=doses)
    waiting = simulation.advance([2, 6], active=np.array([True, False]))
    assert np.isnan(waiting["A"][1]).all() and simulation.end_time.tolist() == [6, 2]
    end = simulation.advance([6, 10])
    assert end["status"].to_numpy().tolist() == ["ok", "ok"]
    np.testing.assert_allclose(end["A"][1], end["A"][0], rtol=100 * RTOL)
    np.testing.assert_allclose(end["A"][1, 1], solve(decay(), [0, 10], doses=COURSE, rtol=RTOL)["A"][0, 1], rtol=1e-6)


def test_one_output_time_is_a_look_at_the_present() -> None:
    simulation = Simulation(decay(), pd.DataFrame({"A": [2.0]}))
    assert simulation.advance([0.0])["A"].item() == 2
    assert simulation.advance(5.0)["A"].item() == pytest.approx(2 * np.exp(-1.5), rel=1e-4)


# --- events


def crossing(threshold: float = 100.0) -> System:
    return growth().with_events(Event("large", y >= threshold, ends=True), Event("never", y >= 1e9, ends=True))


def test_an_event_ends_an_individual_where_its_trigger_crosses_zero() -> None:
    """Exponential growth reaches 100 at ln(100) / k; the second individual does not within ten days."""
    got = solve(crossing(), [0, 5, 9, 10], parameters={"k": [0.5, 0.1, 1.0]}, rtol=RTOL, final_states=True)
    assert got["event"].to_numpy().tolist() == ["large", "", "large"]
    assert (got["status"] == "ok").all()
    np.testing.assert_allclose(got["end_time"], [np.log(100) / 0.5, 10, np.log(100)], rtol=1e-6)
    np.testing.assert_allclose(got["final_states"].to_numpy()[[0, 2], 0], 100, rtol=1e-6)
    assert np.isnan(got["y"][0, 3]) and np.isnan(got["y"][2, 1:]).all()
    np.testing.assert_allclose(got["y"][0, :3], np.exp(0.5 * np.array([0, 5, 9])), rtol=1000 * RTOL)  # errors grow too


def test_an_event_that_is_true_at_the_start_has_happened_then() -> None:
    got = solve(crossing(), [0, 1, 2], parameters=pd.DataFrame({"y0": [100.0, 300.0, 99.0]}))
    assert got["event"].to_numpy().tolist() == ["large", "large", "large"]
    assert got["end_time"].to_numpy().tolist()[:2] == [0, 0] and got["end_time"][2] > 0
    assert got["y"][:2, 0].to_numpy().tolist() == [100, 300] and np.isnan(got["y"][:, 1:]).all()


def test_a_dose_can_set_off_an_event() -> None:
    got = solve(crossing(), [0, 1, 2, 3], doses=table((2, 1000, 0, "y")), parameters=pd.DataFrame({"k": [0.0]}))
    assert got["event"].item() == "large" and got["end_time"].item() == 2
    np.testing.assert_array_equal(got["y"][0], [1, 1, 1001, np.nan])


def test_the_first_of_several_events_ends_it() -> None:
    """Of 12 mg, 5 have left A at -ln(1 - 5/12) / k, long before 1 mg is left; a trigger that sinks is no event."""
    events = (Event("sinks", B <= -1, ends=True), Event("A", A <= 1, ends=True), Event("B", B >= 5, ends=True))
    people = pd.DataFrame({"A": [2.0]})
    got = solve(decay().with_events(*events), [0, 50], doses=table((0, 10, 0, "A")), parameters=people, rtol=RTOL)
    assert got["event"].item() == "B"
    assert got["end_time"].item() == pytest.approx(-np.log(1 - 5 / 12) / 0.3, rel=1e-6)


def test_events_end_a_simulation_for_good() -> None:
    simulation = Simulation(crossing(), pd.DataFrame({"k": [1.0, 0.1]}))
    simulation.advance([0, 6])
    later = simulation.advance([6, 8], doses=table((7, 1, 0, "y")))
    assert later["event"].to_numpy().tolist() == ["large", ""]
    assert np.isnan(later["y"][0]).all() and np.isfinite(later["y"][1]).all()


# --- failures


def test_an_individual_that_fails_is_a_row_and_leaves_no_trace(capfd: pytest.CaptureFixture[str]) -> None:
    """y' = k y^2 has its pole at day 1 / k. The others get the same bits wherever failures stand, or without them."""
    good = [0.1, 0.2, 0.05, 0.13]
    alone = solve(growth(2), [0, 1, 2, 3], parameters=pd.DataFrame({"k": good}), rtol=RTOL, threads=1)
    for places in ([0, 1], [2, 3], [4, 5], [1, 4]):
        values = list(good)
        for place, bad in zip(places, (0.8, np.nan), strict=True):
            values.insert(place, bad)
        people = pd.DataFrame({"k": values})
        got = solve(growth(2), [0, 1, 2, 3], parameters=people, rtol=RTOL, threads=1, final_states=True)
        rest = np.delete(np.arange(6), places)
        assert got["status"].to_numpy()[places].tolist() == ["step_too_small", "nonfinite"]
        assert (got["status"][rest] == "ok").all()
        assert got["y"].to_numpy()[rest].tobytes() == alone["y"].to_numpy().tobytes()
        pole, missing = got["reason"].to_numpy()[places]
        assert re.search(r"no step that is small enough at day 1.(24999|25)", pole)
        assert "'y' changes fastest" in pole and "check this individual's parameters" in pole
        assert missing == "parameter 'k' is nan; give every individual a finite number"
        assert np.isfinite(got["final_states"].to_numpy()).all()
        assert np.isnan(got["y"].to_numpy()[places][:, 2:]).all()
    printed = capfd.readouterr()
    assert printed.out == "" and printed.err == ""


def test_a_fault_that_cvode_prints_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """The rate is no number once y exceeds 1e-6, where CVODE gives up and says so on the terminal."""
    rate = Reaction("r", symengine.sqrt(1 - 1e6 * y), {"y": 1})
    system = System("end", (State("y", "", 0, 1.0),), (), reactions=(rate,))
    got = solve(system, [0, 0.5, 2], backend=reference.follow, final_states=True)
    assert "where the rate of change of 'y' is not a finite number" in got["reason"].item()
    assert 0 < got["end_time"].item() < 1e-5 and np.isfinite(got["final_states"].to_numpy()).all()
    printed = capfd.readouterr()
    assert printed.out == "" and printed.err == ""


def test_a_rate_that_ends_to_be_a_number_on_the_way_is_named() -> None:
    """y grows at a rate of 1 to 2, and has no rate from 1e-6 on."""
    rate = Reaction("r", 1 + symengine.sqrt(1 - 1e6 * y), {"y": 1})
    system = System("end", (State("y", "", 0, 1.0),), (), reactions=(rate,))
    got = solve(system, [0, 0.5, 2], final_states=True)
    assert "no step that is small enough" in got["reason"].item() and "'y'" in got["reason"].item()
    assert got["end_time"].item() < 1e-6 and np.isfinite(got["final_states"].to_numpy()).all()


def test_what_was_reached_before_a_failure_is_kept() -> None:
    got = solve(growth(2), [0, 0.5, 0.9, 1.5], parameters=pd.DataFrame({"k": [1.0]}), rtol=RTOL)
    np.testing.assert_allclose(got["y"][0, :3], [1, 2, 10], rtol=1e-5)
    assert np.isnan(got["y"][0, 3]) and got["end_time"].item() >= 0.9
    assert got["evaluations"].item() < 20_000  # steps shrink with the distance to the pole, down to rounding


def test_rates_that_are_not_finite_are_named() -> None:
    system = System("log", (State("y", "", 1, 1.0),), (), reactions=(Reaction("r", symengine.log(y - 2), {"y": 1}),))
    got = solve(system, [0, 1])
    expected = "the solver cannot start on day 0, where the rate of change of 'y' is not a finite number; check"
    assert got["reason"].item().startswith(expected)
    got = solve(decay(), [0, 1], parameters=pd.DataFrame({"A": [np.inf]}))
    assert got["reason"].item() == "the initial value of 'A' is inf; give every individual a finite number"


def test_the_budget_is_for_the_whole_call_however_many_outputs(backend: str) -> None:
    states = (State("x", "", 1, 1.0), State("y", "", 0, 1.0))
    wheel = System("wheel", states, (), reactions=(Reaction("x", y, {"x": 1}), Reaction("y", x, {"y": -1})))
    got = solve(wheel, np.linspace(0, 1000, 1001), budget=Budget(steps=100), final_states=True)
    assert got["status"].item() == "too_many_steps" and "more than 100 steps" in got["reason"].item()
    assert "allow more steps" in got["reason"].item()
    if backend == "rosenbrock":
        assert got["steps"].item() + got["rejections"].item() == got["jacobians"].item() == 100
    assert 0 < got["end_time"].item() < 1000 and np.isfinite(got["final_states"].to_numpy()).all()


def test_a_simulation_goes_on_without_who_failed() -> None:
    simulation = Simulation(growth(2), pd.DataFrame({"k": [1.0, 0.1]}))
    simulation.advance([0, 2])
    got = simulation.advance([2, 3])
    assert simulation.status.tolist() == ["step_too_small", "ok"]
    assert np.isnan(got["y"][0]).all() and np.isfinite(got["y"][1]).all()


# --- chunks and threads


def test_same_bytes_for_any_threads_and_order() -> None:
    """A model of all mechanisms, doses and an event: threads 1 and 2, and the individuals backwards."""
    drugs = tuple(CATALOGUE.drugs[name] for name in ("atezolizumab", "carboplatin", "ipilimumab", "nivolumab"))
    plain = CATALOGUE.disease("melanoma").model(drugs)
    n = 40
    people = pd.DataFrame(
        {"k_growth_1": np.linspace(0.5, 3, n) * next(p.value for p in plain.parameters if p.name == "k_growth_1")}
    )
    people["C_wild_type_1"] = 1e9
    free = solve(plain, [0, 60], parameters=people, observables=["V_tumour"], rtol=1e-4)["V_tumour"][:, -1]
    system = plain.with_events(Event("big", symengine.Symbol("V_tumour") >= float(free.median()), ends=True))
    central = [name for name in system.state_names if name.startswith("A1_")]
    doses = pd.DataFrame([(i, 14.0 * j, 100 + i, 0.03, central[i % 4]) for i in range(n) for j in range(3)],
                         columns=["ID", "TIME", "AMT", "DUR", "CMT"])  # fmt: skip
    names = ["V_tumour", "CD8_S", "H_PD1"]
    settings: dict[str, Any] = {"observables": names, "rtol": 1e-4, "final_states": True}
    one, two = (
        solve(system, [0, 20, 60], parameters=people, doses=doses, threads=threads, **settings) for threads in (1, 2)
    )
    assert len(set(one["event"].to_numpy())) == 2
    xr.testing.assert_identical(one, two)
    assert one["final_states"].to_numpy().tobytes() == two["final_states"].to_numpy().tobytes()
    backwards = solve(
        system, [0, 20, 60], parameters=people[::-1], doses=doses.assign(ID=n - 1 - doses["ID"]), threads=1, **settings
    )  # fmt: skip
    assert backwards["final_states"].to_numpy()[::-1].tobytes() == one["final_states"].to_numpy().tobytes()


# --- Jacobian


def model(cancer: str, *names: str) -> System:
    return CATALOGUE.disease(cancer).model([CATALOGUE.drugs[name] for name in names])


@pytest.mark.parametrize("cancer", CANCERS)
def test_jacobian_of_every_mechanism_is_the_derivative_of_its_rates(cancer: str) -> None:
    """Against central differences at random states of every kind's model, in melanoma with drugs of every kind.

    A step of cube root of eps relative to the state leaves truncation and rounding of about eps^(2/3) = 4e-11 of the
    largest term of a rate, which cancels in places: 1e-6 of the largest entry of the row, scaled by its states, or of
    the rate where a constant is its largest term.
    """
    system = model(cancer, *(SAMPLE if cancer == "melanoma" else ()))
    compiled, m = functions(system), len(system.states)
    values = np.array([parameter.value for parameter in system.parameters])
    scales = np.array([state.scale for state in system.states])
    generator = np.random.default_rng(11)
    for _ in range(10):
        states = scales * generator.lognormal(3, 2, m)
        point = np.concatenate([states, values, [17.0]])
        matrix = np.zeros(m * m)
        matrix[compiled.entries] = compiled.jacobian(point)[: len(compiled.entries)]
        matrix = matrix.reshape(m, m)
        steps = np.cbrt(np.finfo(float).eps) * states
        ends = point[None, None, :].repeat(2, 0).repeat(m, 1)
        ends[0, np.arange(m), np.arange(m)] += steps
        ends[1, np.arange(m), np.arange(m)] -= steps
        width = ends[0, np.arange(m), np.arange(m)] - ends[1, np.arange(m), np.arange(m)]
        rates = compiled.rates(ends)
        numeric = ((rates[0] - rates[1]) / width[:, None]).T
        assert np.isfinite(matrix).all()
        size = np.maximum(np.abs(matrix * states).max(axis=1), np.abs(compiled.rates(point[None])[0]))[:, None]
        assert (np.abs(numeric - matrix) * states <= 1e-6 * size + 1e-300).all()


# --- observables


def test_states_parameters_and_rules_can_be_observed() -> None:
    got = solve(decay(), [0, 2], doses=table((0, 10, 0, "A")), observables=["share", "k", "B", "clock"], rtol=RTOL)
    assert list(got.data_vars)[:4] == ["share", "k", "B", "clock"]
    left = 10 * np.exp(-0.6)
    np.testing.assert_allclose(got["share"][0], [10 / 11, left / 11], rtol=1e-6)
    np.testing.assert_array_equal(got["k"], [[0.3, 0.3]])
    np.testing.assert_array_equal(got["clock"], [[0, 2]])
    assert got["B"].attrs == {"units": "mg"} and got["time"].attrs == {"units": "day"}
    everything = solve(decay(), [0, 2])
    assert list(everything.data_vars) == [
        "A", "B", "share", "clock", "status", "reason", "event", "end_time",
        "steps", "rejections", "evaluations", "jacobians",
    ]  # fmt: skip
    assert not {"A", "B"} & set(solve(decay(), [0, 2], observables=[]).data_vars)


def test_initial_states_follow_parameters_and_table() -> None:
    people = pd.DataFrame({"y0": [2.0, 3.0]})
    assert solve(growth(), [0, 1], parameters=people)["y"][:, 0].to_numpy().tolist() == [2, 3]
    assert solve(growth(), [0, 1], parameters=people.assign(y=7.0))["y"][:, 0].to_numpy().tolist() == [7, 7]
    assert initial_states(growth(), np.array([[0.5, 4.0]])).tolist() == [[4]]


def test_nobody_is_a_valid_population() -> None:
    got = solve(decay(), [0, 1], parameters=pd.DataFrame({"k": pd.Series(dtype=float)}))
    assert got["A"].shape == (0, 2) and got["status"].shape == (0,)


# --- input


def problems_of(call: object) -> list[str]:
    with pytest.raises(ColeyError) as caught:
        call()  # type: ignore[operator]
    return [str(problem) for problem in caught.value.problems]


def test_every_fault_of_the_input_is_named_at_once() -> None:
    found = problems_of(
        lambda: solve(
            decay(),
            [0, 2, 1],
            parameters=pd.DataFrame({"kk": [1.0], "k": ["fast"]}),
            doses=table((1, -1, np.nan, "AA"), (1, 1, 0, "A"), individual=3),
            observables=["shear"],
            rtol=2.0,
            atol={"C": 1.0, "A": 0.0},
            threads=0,
        )
    )
    parts = [
        "times: must be finite and strictly ascending",
        "rtol: 2 is out of range",
        "atol: no state 'C' in the model",
        "atol, A: 0 is no tolerance",
        "threads: 0 is out of range",
        "parameters: no 'kk' in the model; did you mean 'k'?",
        "parameters: column 'k' holds something other than numbers",
        "doses, CMT: no state 'AA'; did you mean 'A'?",
        "doses, AMT, row 0: not a number from 0 up",
        "doses, DUR, row 0: not a number from 0 up",
        "doses, ID, rows 0, 1: no such individual; they are numbered 0 to 0",
        "observables: no 'shear' in the model; did you mean 'share'?",
    ]
    assert len(found) == len(parts)
    for text, part in zip(found, parts, strict=True):
        assert text.startswith(part)


@pytest.mark.parametrize(
    "times", [[], [0, np.nan], ["now"], [0, 0], [1, 0], [[0, np.nan, 1]], [[np.nan]], [[0, np.inf]]]
)
def test_times_that_cannot_be(times: list[object]) -> None:
    assert "must be" in problems_of(lambda: solve(decay(), times))[0]


@pytest.mark.parametrize("times", [[[0, 1], [0, 2]], [[[0]]]])
def test_times_are_one_row_or_a_row_for_each(times: list[object]) -> None:
    assert "one row for all, or 1 rows, one for each" in problems_of(lambda: solve(decay(), times))[0]


@pytest.mark.parametrize(
    ("doses", "part"),
    [
        (table((-1, 1, 0, "A")), "doses, TIME, row 0: day -1 is past; individual 0 is at day 0 already"),
        (table((-1, 1, 5, "A")), "doses, TIME, row 0: day -1 is past"),
        (table((np.nan, 1, 0, "A")), "doses, TIME, row 0: not a finite number"),
        (table((0, np.inf, 0, "A")), "doses, AMT, row 0"),
        (table((0, 1, 0, "A")).assign(ID=0.5), "doses, ID, row 0"),
        (table((0, 1, 0, "A")).assign(AMT="much"), "doses, AMT, row 0"),
        (table((0, 1, 0, "A")).drop(columns=["DUR", "AMT"]), "doses: columns AMT, DUR are missing"),
    ],
)
def test_doses_that_cannot_be(doses: pd.DataFrame, part: str) -> None:
    assert problems_of(lambda: solve(decay(), [0, 1], doses=doses))[0].startswith(part)


def test_nobody_moves_when_a_piece_is_refused() -> None:
    simulation = Simulation(decay(), pd.DataFrame({"A": [1.0, 2.0]}))
    simulation.advance([0, 5])
    states = simulation.states.copy()
    assert "before the present 5" in problems_of(lambda: simulation.advance([4, 6]))[0]
    assert "day 4 is past" in problems_of(lambda: simulation.advance([5, 6], doses=table((4, 1, 0, "A"))))[0]
    assert problems_of(lambda: simulation.advance([5, 6], active=np.array([True])))[0].startswith("active")
    assert problems_of(lambda: simulation.advance([5, 6], observables=["Z"]))[0].startswith("observables")
    assert simulation.time == 5 and np.array_equal(simulation.states, states)


def test_importing_the_engine_starts_no_workers_and_loads_no_solver() -> None:
    code = (
        "import sys, coley.engine; print([n for n in ('joblib', 'sksundae', 'numba', 'llvmlite') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


# --- the reference


def test_the_reference_goes_over_a_jump_by_time() -> None:
    """p' is 0 until day 9.3 and then 1 - p / 10: CVODE alone would look for the jump by ever shorter steps."""
    p, time = symengine.Symbol("p"), symengine.Symbol("time")
    rate = symengine.Piecewise((0, time <= 9.3), (1 - p / 10, True))
    system = System("jump", (State("p", "", 0, 1e-12),), (), reactions=(Reaction("r", rate, {"p": 1}),))
    got = solve(system, [0, 9, 20], backend=reference.follow)
    assert got["status"].item() == "ok"
    assert got["p"].to_numpy()[0] == pytest.approx([0, 0, 10 * (1 - np.exp(-1.07))], rel=1e-5)


def test_the_reference_stays_where_states_can_be() -> None:
    """Tumour cells that are killed faster than they grow (Gompertz): the rate is no number below 0."""
    y = symengine.Symbol("y")
    rate = -0.3 * y * (symengine.log(100) - symengine.log(y)) / (1 + (0.1 / y) ** 3) - y
    state = State("y", "", 1, 1.0, nonnegative=True)
    system = System("killed", (state,), (), reactions=(Reaction("r", rate, {"y": 1}),))
    got = solve(system, [0, 1, 30, 100], backend=reference.follow)
    assert got["status"].item() == "ok"
    assert got["y"].to_numpy()[0, 2:] == pytest.approx([0, 0], abs=1e-5)
    assert (got["y"].to_numpy() >= 0).all()


# --- what rates may be made of


def alone(rate: object, start: float = 0.0) -> System:
    return System("alone", (State("y", "", start, 1.0),), (), reactions=(Reaction("r", rate, {"y": 1}),))


ROOT3 = symengine.Rational(1, 3)


@pytest.mark.parametrize(
    ("rate", "start", "closed_form"),
    [
        (symengine.cos(TIME), 0, np.sin),
        (TIME**2 * symengine.exp(-TIME), 0, lambda t: 2 - np.exp(-t) * (t**2 + 2 * t + 2)),
        (-2 * TIME * y, 1, lambda t: np.exp(-(t**2))),
        (-symengine.Max(y, 0.5), 2, lambda t: np.where(t < np.log(4), 2 * np.exp(-t), 0.5 - 0.5 * (t - np.log(4)))),
        (symengine.Min(y, 2), 1, lambda t: np.where(t < np.log(2), np.exp(t), 2 + 2 * (t - np.log(2)))),
        (symengine.Abs(y - 1) - y + 1, 0, lambda t: 1 - np.exp(-2 * t)),
        (symengine.Piecewise((1, TIME < 1), (-y, True)), 0, lambda t: np.where(t < 1, t, np.exp(1 - np.maximum(t, 1)))),
        (symengine.Piecewise((-y, symengine.And(y > 0, y < 5)), (0, True)), 3, lambda t: 3 * np.exp(-t)),
        (1 / symengine.sqrt(1 + 2 * y), 0, lambda t: ((1 + 3 * t) ** (2 / 3) - 1) / 2),
        (y**ROOT3, 1, lambda t: (1 + 2 * t / 3) ** 1.5),
        (2**y, 0, lambda t: -np.log2(1 - np.log(2) * t)),
        (y * symengine.log(y), 0.5, lambda t: np.exp(np.log(0.5) * np.exp(t))),
    ],
)
def test_closed_forms_of_rates_of_every_kind(rate: object, start: float, closed_form: object) -> None:
    """Kinks and jumps cost digits: the solver sees them only by their error."""
    times = np.linspace(0, 1.4, 8)
    if str(rate).startswith("2**"):
        times = times / 2  # its pole is at 1 / ln(2)
    got = solve(alone(rate, start), times, rtol=RTOL)
    assert got["status"].item() == "ok"
    np.testing.assert_allclose(got["y"][0], closed_form(times), rtol=1e-6, atol=1e-6)  # type: ignore[operator]


def test_amounts_of_very_different_size_live_together() -> None:
    """Both decay at rate k, from 1e-15 and from 1e12, each with a scale of its own."""
    states = (State("x", "", 1e-15, 1e-18), State("y", "", 1e12, 1e9))
    system = System("far apart", states, (), reactions=(Reaction("x", x, {"x": -1}), Reaction("y", y, {"y": -1})))
    got = solve(system, [0, 3], rtol=RTOL)
    for name, start in (("x", 1e-15), ("y", 1e12)):
        assert got[name][0, 1].item() == pytest.approx(start * np.exp(-3), rel=100 * RTOL)
