"""States that cannot fall below 0 are found by the form of their rates."""

from __future__ import annotations

import numpy as np
import pytest
import symengine

from coley.engine import solve
from coley.sbml.nonnegative import with_floors
from coley.system import TIME, Event, Parameter, Reaction, State, System

a, b, k, m = symengine.symbols("a b k m")


def model(*reactions: Reaction, events: tuple[Event, ...] = (), start: float = 1.0) -> System:
    states = (State("a", "", start, 1.0), State("b", "", 0.0, 1.0))
    return System("m", states, (Parameter("k", "", 2), Parameter("m", "", -1)), reactions=reactions, events=events)


def held(system: System) -> set[str]:
    return {state.name for state in with_floors(system).states if state.nonnegative}


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (k * a, {"a", "b"}),
        (k * a / (a + b + 1), {"a", "b"}),
        (k * a - b, {"a", "b"}),  # reversible: at a = 0 it runs back, at b = 0 it runs forth
        (k * (a - b), {"a", "b"}),
        (k * symengine.Max(0, a - b) * a, {"a", "b"}),
        (k * symengine.Piecewise((a, a > 1), (a * b, True)), {"a", "b"}),
        (k, {"b"}),  # nothing stops it when a is gone
        (k * (a - 1) ** 2, {"b"}),
        (m * a, {"a"}),  # m is negative, so this takes b
        (a**k / (b**k + a**k), {"a", "b"}),
        (m**3 * a * m, {"a", "b"}),
        (m * (m - b), {"b"}),
        (symengine.sin(TIME) * a, {"a"}),
    ],
)
def test_conversion_of_a_to_b(rate, expected):
    assert held(model(Reaction("r", rate, {"a": -1, "b": 1}))) == expected


def test_what_depends_on_a_state_that_may_be_negative_may_be_so_too():
    assert held(model(Reaction("r", k, {"a": -1}), Reaction("s", a, {"b": 1}))) == set()


@pytest.mark.parametrize(("value", "expected"), [(a / 2, {"a", "b"}), (a - 1, set())])
def test_events_count(value, expected):
    event = Event("e", TIME > 1, {"a": value})
    assert held(model(Reaction("r", k * a, {"a": -1, "b": 1}), events=(event,))) == expected


def test_a_negative_start_counts():
    assert held(model(Reaction("r", k * a, {"a": -1}), start=-1)) == {"b"}


def test_a_saturable_loss_ends_at_0():
    """V S / (K + S) with K far below the tolerance takes 10,000 away by 1 per day, and then stops."""
    system = System("m", (State("a", "", 1e4, 1.0),), (), reactions=(Reaction("r", 1e4 * a / (a + 1e-12), {"a": -1}),))
    solution = solve(with_floors(system), np.array([0.0, 0.5, 5.0]), observables=["a"], rtol=1e-6)
    assert solution["a"].values[0] == pytest.approx([1e4, 5e3, 0], abs=1e-4)
