"""Rates whose derivatives have no value where an individual starts; expected values are closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import symengine

from backends import backend as backend
from coley.engine import solve
from coley.system import TIME, Parameter, Reaction, State, System

x, y, n, c = symengine.symbols("x y n c")


def growing(rate) -> System:
    """x grows by 1 per day from 0, and y at ``rate``."""
    states = (State("x", "", 0, 1e-6), State("y", "", 0, 1e-6))
    parameters = (Parameter("n", "", 2.0), Parameter("c", "", 3.0))
    return System("m", states, parameters, reactions=(Reaction("a", 1, {"x": 1}), Reaction("b", rate, {"y": 1})))


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ((x / c) ** n / (1 + (x / c) ** n), lambda t: t - 3 * math.atan(t / 3)),
        ((TIME / c) ** n / (1 + (TIME / c) ** n), lambda t: t - 3 * math.atan(t / 3)),
        (x ** (n / 4), lambda t: t**1.5 / 1.5),
        (x**0.5, lambda t: t**1.5 / 1.5),
        ((x / c) ** (n / 2), lambda t: t**2 / 6),
    ],
)
def test_powers_of_what_starts_at_0(rate, expected):
    """The integrals of the rates with x = t, n = 2 and c = 3."""
    solution = solve(growing(rate), np.array([0.0, 1.0, 5.0]), observables=["y"], rtol=1e-9)
    assert solution["status"].values[0] == "ok"
    np.testing.assert_allclose(solution["y"].values[0], [0, expected(1.0), expected(5.0)], rtol=1e-6)


def test_what_is_rounded_has_the_derivative_of_a_constant():
    """A sawtooth of time, and of a state that equals it: each tooth of width 2 has the integral 2."""
    teeth = TIME - 2 * symengine.floor(TIME / 2) + x - 2 * symengine.ceiling(x / 2 - symengine.floor(x / 2) / 1e9) + 2
    solution = solve(growing(teeth), np.array([0.0, 1.0, 1.5]), observables=["y"], rtol=1e-9)
    np.testing.assert_allclose(solution["y"].values[0], [0, 1, 1.5**2], rtol=1e-6)
