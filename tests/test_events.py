"""Events as SBML Level 3 has them, on systems whose course has a closed form."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import symengine
from hypothesis import given, settings
from hypothesis import strategies as st

from coley.engine import Simulation, reference, solve
from coley.errors import ColeyError
from coley.system import TIME, Event, Parameter, Reaction, Rule, State, System

x, y, v, h, k, n = map(symengine.Symbol, ("x", "y", "v", "h", "k", "n"))
RTOL = 1e-9
HEIGHT, GRAVITY, REBOUND = 10.0, 9.81, 0.8


def ball() -> System:
    """A ball that falls and loses a fifth of its speed at each bounce, which it counts."""
    bounce = Event("bounce", symengine.And(h <= 0, v < 0), {"v": -REBOUND * v, "n": n + 1})
    return System(
        "ball",
        (State("h", "m", HEIGHT, 1.0), State("v", "m/s", 0, 1.0), State("n", "", 0, 1.0)),
        (),
        reactions=(Reaction("fall", v, {"h": 1}), Reaction("gravity", GRAVITY, {"v": -1})),
        events=(bounce,),
        time_unit="s",
    )


def flight(t: float) -> tuple[float, float, float]:
    """Height, speed and bounces of the ball at ``t``, by Newton."""
    first = np.sqrt(2 * HEIGHT / GRAVITY)
    if t < first:
        return HEIGHT - GRAVITY / 2 * t**2, -GRAVITY * t, 0
    start, speed, bounces = first, REBOUND * GRAVITY * first, 1
    while t >= start + 2 * speed / GRAVITY:
        start, speed, bounces = start + 2 * speed / GRAVITY, REBOUND * speed, bounces + 1
    s = t - start
    return speed * s - GRAVITY / 2 * s**2, speed - GRAVITY * s, bounces


def test_a_ball_bounces_as_newton_has_it() -> None:
    times = np.linspace(0, 9, 91)
    got = solve(ball(), times, rtol=RTOL)
    expected = np.array([flight(t) for t in times]).T
    np.testing.assert_array_equal(got["n"][0], expected[2])
    np.testing.assert_allclose(got["h"][0], expected[0], atol=1e-6)
    np.testing.assert_allclose(got["v"][0], expected[1], atol=1e-6)
    assert got["time"].attrs == {"units": "s"}


def counter(*events: Event, **initial: float) -> System:
    """States that only events change, beside a clock."""
    names = sorted({name for event in events for name in event.assignments} | set(initial))
    states = tuple(State(name, "", initial.get(name, 0), 1.0) for name in names)
    return System("counter", states, (Parameter("k", "", 1.0),), (Rule("clock", "", TIME),), events=events)


def course(system: System, times: list[float], name: str) -> list[float]:
    values: list[float] = solve(system, times, rtol=RTOL)[name][0].to_numpy().tolist()
    return values


@pytest.mark.parametrize(("before", "expected"), [(False, [1, 1, 1]), (True, [0, 0, 0])])
def test_a_condition_that_holds_from_the_start_triggers_unless_it_held_before(
    before: bool, expected: list[float]
) -> None:
    assert course(counter(Event("e", TIME >= 0, {"x": x + 1}, before=before)), [0, 1, 2], "x") == expected


def test_an_event_at_an_output_time_comes_before_the_output_also_at_the_last() -> None:
    system = counter(Event("e", TIME >= 2, {"x": 1}), Event("late", TIME >= 1, {"y": 1}, delay=3))
    assert course(system, [0, 1, 2, 4], "x") == [0, 0, 1, 1]
    assert course(system, [0, 1, 2, 4], "y") == [0, 0, 0, 1]


@pytest.mark.parametrize(("at_trigger", "expected"), [(True, 1.0), (False, 3.0)])
def test_values_are_those_at_the_trigger_or_when_it_is_due(at_trigger: bool, expected: float) -> None:
    event = Event("e", TIME >= 1, {"x": TIME}, delay=2, values_at_trigger=at_trigger)
    assert course(counter(event), [0, 2, 2.999, 3, 4], "x") == pytest.approx([0, 0, 0, expected, expected])


@pytest.mark.parametrize(("persistent", "expected"), [(True, 1.0), (False, 0.0)])
def test_an_event_that_does_not_persist_is_called_off(persistent: bool, expected: float) -> None:
    """The condition holds from day 1 to day 2, the event is due on day 3."""
    shortly = symengine.And(TIME >= 1, TIME < 2)
    event = Event("e", shortly, {"x": 1}, delay=2, persistent=persistent)
    assert course(counter(event), [0, 1.5, 4], "x") == [0, 0, expected]


def test_of_events_at_once_the_highest_priority_goes_first_and_sees_what_came_before() -> None:
    events = (
        Event("low", TIME >= 1, {"x": 10 * x + 1}, priority=1, values_at_trigger=False),
        Event("high", TIME >= 1, {"x": 10 * x + 2}, priority=k + 4, values_at_trigger=False),
        Event("none", TIME >= 1, {"x": 10 * x + 3}, values_at_trigger=False),
    )
    assert course(counter(*events), [0, 1], "x") == [0, 213]


def test_a_priority_may_depend_on_what_the_event_before_has_changed() -> None:
    """After the first, y is 1, and the third, whose priority is then 7, overtakes the second, of 5."""
    events = (
        Event("first", TIME >= 1, {"y": 1, "x": 10 * x + 1}, priority=9, values_at_trigger=False),
        Event("second", TIME >= 1, {"x": 10 * x + 2}, priority=5, values_at_trigger=False),
        Event("third", TIME >= 1, {"x": 10 * x + 3}, priority=1 + 6 * y, values_at_trigger=False),
    )
    assert course(counter(*events), [0, 1], "x") == [0, 132]


def test_an_event_may_call_off_another_at_the_same_moment() -> None:
    events = (
        Event("first", TIME >= 1, {"y": 1}, priority=2),
        Event("second", symengine.And(TIME >= 1, y < 1), {"x": 1}, priority=1, persistent=False),
    )
    assert course(counter(*events), [0, 1, 2], "x") == [0, 0, 0]


def test_an_event_that_fires_again_and_again_with_one_still_due() -> None:
    """A saw tooth of y triggers every day; each is due 2.5 days later, so that two or three wait at any time."""
    saw = Event("saw", y >= 1, {"y": 0})
    late = Event("late", y >= 0.5, {"x": x + 1}, delay=2.5, values_at_trigger=False)
    plain = counter(saw, late)
    system = System("saw", plain.states, plain.parameters, reactions=(Reaction("r", 1, {"y": 1}),), events=plain.events)
    assert course(system, [0, 2.9, 3.1, 4.1, 9.9, 10.1], "x") == [0, 0, 1, 2, 7, 8]


def test_a_condition_on_a_value_is_met_where_the_value_is() -> None:
    """Exponential growth is reset from 2 to 1 whenever it gets there: it always does after ln 2."""
    system = System(
        "reset",
        (State("y", "", 1, 1.0),),
        (Parameter("k", "", 1.0),),
        reactions=(Reaction("grow", k * y, {"y": 1}),),
        events=(Event("reset", y >= 2, {"y": 1}),),
    )
    times = np.linspace(0, 20, 201)
    got = solve(system, times, parameters=pd.DataFrame({"k": [1.0, 0.7]}), rtol=RTOL)
    for row, rate in enumerate((1.0, 0.7)):
        expected = np.exp(rate * times % np.log(2))
        np.testing.assert_allclose(got["y"][row], expected, rtol=1e-6)


def test_events_that_set_each_other_off_without_end_fail_their_individual_alone() -> None:
    flip = (Event("on", symengine.And(x < 1, k > 1), {"x": 1}), Event("off", symengine.And(x >= 1, k > 1), {"x": 0}))
    got = solve(counter(*flip), [0, 1], parameters=pd.DataFrame({"k": [1.0, 2.0, 1.0]}))
    assert got["status"].to_numpy().tolist() == ["ok", "too_many_events", "ok"]
    assert "events that set each other off" in got["reason"].to_numpy()[1]


def test_a_delay_below_0_is_refused_where_it_comes_up() -> None:
    got = solve(counter(Event("e", TIME >= 1, {"x": 1}, delay=-k)), [0, 2])
    assert got["status"].item() == "nonfinite" and "whose delay is no number from 0 up at day 1" in got["reason"].item()


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.sets(st.sampled_from(np.arange(0.25, 9, 0.25).tolist()), max_size=6))
def test_pieces_give_what_one_piece_gives(cuts: set[float]) -> None:
    """Also with events that are due in a later piece, and conditions that held at the end of one."""
    events = (
        Event("often", TIME - 2 * symengine.floor(TIME / 2) >= 1, {"x": x + 1}, delay=2.625),
        Event("once", TIME >= 3, {"y": x}, delay=k, values_at_trigger=False),
    )
    system, times = counter(*events), np.arange(0, 9.5, 0.5)
    whole = solve(system, times, final_states=True)
    simulation, ends = Simulation(system), [0.0, *sorted(cuts), 9.0]
    for begin, end in pairwise(ends):
        inside = [t for t in times if begin <= t < end]
        part = simulation.advance(np.unique([begin, *inside, end]))
        for name in ("x", "y"):
            assert part[name].sel(time=inside).to_numpy().tolist() == whole[name].sel(time=inside).to_numpy().tolist()
    assert simulation.states.tolist() == whole["final_states"].to_numpy().tolist()


def test_conditions_of_several_are_met_however_long_steps_are() -> None:
    """A course that is followed exactly in one step, and a window in the middle of it."""
    run = Reaction("run", 1, {"x": 1})
    entered = Event("entered", symengine.And(x > 1.5, x < 2), {"y": y + 1})
    left = Event("left", symengine.Or(x < 1.5, x >= 2), {"k": k + 1}, before=True)
    states = tuple(State(name, "", 0, 1.0) for name in ("x", "y", "k"))
    got = solve(System("window", states, (), reactions=(run,), events=(entered, left)), [0, 100])
    assert [got[name][0, 1].item() for name in ("y", "k")] == [1, 1]


def test_same_bits_for_any_order_and_threads() -> None:
    people = pd.DataFrame({"h": np.linspace(1, 20, 150)})
    one = solve(ball(), [0, 2, 5], parameters=people, threads=1)
    two = solve(ball(), [0, 2, 5], parameters=people, threads=2)
    back = solve(ball(), [0, 2, 5], parameters=people[::-1], threads=2)
    assert one["h"].to_numpy().tobytes() == two["h"].to_numpy().tobytes() == back["h"].to_numpy()[::-1].tobytes()


def test_the_reference_refuses_what_it_cannot_follow() -> None:
    with pytest.raises(ColeyError, match="event bounce: does more than end a simulation"):
        solve(ball(), [0, 1], backend=reference.follow)


def test_between_equal_priorities_lots_are_drawn() -> None:
    """Two events race every hundredth of a day for 400 rounds, and who comes second is called off.

    The winner is binomial: 200 wins each, with a standard deviation of 10. The others of the same moment see the same.
    """
    reset = symengine.Symbol("reset")
    race = TIME - reset >= 0.01
    events = tuple(
        Event(name, race, {"reset": TIME, name: symengine.Symbol(name) + 1}, priority=1, persistent=False, before=True)
        for name in ("p", "q")
    )
    got = solve(counter(*events), np.linspace(0, 4.005, 11))
    wins, losses = got["p"][0, -1].item(), got["q"][0, -1].item()
    assert 398 <= wins + losses <= 400 and 150 < wins < 250


def test_a_value_of_the_trigger_is_multiplied_by_what_holds_when_it_is_assigned() -> None:
    """x' = y' = 1 from 0: at 1 the value of x + 1 is kept, at 3 it is multiplied by what y is then."""
    event = Event("later", TIME >= 1, {"x": x + 1}, delay=2, factors={"x": y})
    reactions = tuple(Reaction(name, 1, {name: 1}) for name in ("x", "y"))
    got = solve(replace(counter(event, y=0), reactions=reactions), [0, 2, 3, 4])
    np.testing.assert_allclose(got["x"][0], [0, 2, 6, 7], rtol=1e-6)
    with pytest.raises(ColeyError, match="has a factor of 'y', which it does not assign"):
        counter(Event("later", TIME >= 1, {"x": x}, factors={"y": x}))
