"""Functions that models may use, in compiled kernels, against numpy and scipy; their derivatives too."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.special
import symengine
from numpy.typing import NDArray

from coley.engine import derivatives
from coley.engine.batch import Control
from coley.engine.compiler import cache
from coley.engine.compiler.kernels import kernels
from coley.engine.compiler.program import program
from coley.engine.rosenbrock import look
from coley.engine.tableau import RODAS4
from coley.system import Reaction, State, System

Floats = NDArray[np.float64]
x = symengine.Symbol("x")


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "kernels")


def system(rate: object) -> System:
    return System("function", (State("x", "", 1, 1.0),), (), reactions=(Reaction("r", rate, {"x": 1}),))


CASES: list[tuple[object, Callable[[Floats], Floats], float, float]] = [
    (symengine.sin(x), np.sin, -9, 9),
    (symengine.cos(x), np.cos, -9, 9),
    (symengine.tan(x), np.tan, -1.5, 1.5),
    (symengine.asin(x), np.arcsin, -1, 1),
    (symengine.acos(x), np.arccos, -1, 1),
    (symengine.atan(x), np.arctan, -9, 9),
    (symengine.sinh(x), np.sinh, -9, 9),
    (symengine.cosh(x), np.cosh, -9, 9),
    (symengine.tanh(x), np.tanh, -9, 9),
    (symengine.sec(x), lambda v: 1 / np.cos(v), -1.5, 1.5),
    (symengine.csc(x), lambda v: 1 / np.sin(v), 0.1, 3),
    (symengine.cot(x), lambda v: 1 / np.tan(v), 0.1, 3),
    (symengine.sech(x), lambda v: 1 / np.cosh(v), -9, 9),
    (symengine.csch(x), lambda v: 1 / np.sinh(v), 0.1, 9),
    (symengine.coth(x), lambda v: 1 / np.tanh(v), 0.1, 9),
    (symengine.asinh(x), np.arcsinh, -30, 30),
    (symengine.asinh(x), np.arcsinh, -1e-5, 1e-5),
    (symengine.acosh(x), np.arccosh, 1, 30),
    (symengine.atanh(x), np.arctanh, -1, 1),
    (symengine.asec(x), lambda v: np.arccos(1 / v), 1.1, 9),
    (symengine.acsc(x), lambda v: np.arcsin(1 / v), 1.1, 9),
    (symengine.acot(x), lambda v: np.arctan(1 / v), -9, 9),
    (symengine.asech(x), lambda v: np.arccosh(1 / v), 0.1, 0.9),
    (symengine.acsch(x), lambda v: np.arcsinh(1 / v), -9, 9),
    (symengine.acoth(x), lambda v: np.arctanh(1 / v), 1.1, 9),
    (symengine.atan2(x, -2), lambda v: np.arctan2(v, -2), -9, 9),
    (symengine.gamma(x), scipy.special.gamma, -4, 4),
    (symengine.gamma(x + 1), lambda v: scipy.special.gamma(v + 1), 0, 150),
    (symengine.loggamma(x), scipy.special.gammaln, 3, 300),
    (symengine.log(x, 10), np.log10, 1e-3, 1e3),
    (symengine.log(x, 2), np.log2, 1e-3, 1e3),
    (x - 3 * symengine.floor(x / 3), lambda v: np.mod(v, 3), -9, 9),
    (symengine.ceiling(x / 2) * x, lambda v: np.ceil(v / 2) * v, -9, 9),
    (symengine.sqrt(x) * x, lambda v: np.sqrt(v) * v, 0.1, 9),
    (symengine.Max(x, 1) + symengine.Min(x, 2), lambda v: np.maximum(v, 1) + np.minimum(v, 2), 0, 3),
    (symengine.Abs(x), np.abs, -9, 9),
    (symengine.sign(x) * x**2, lambda v: np.sign(v) * v**2, -9, 9),
]  # fmt: skip
each = pytest.mark.parametrize(("rate", "expected", "low", "high"), CASES, ids=lambda part: str(part)[:24])


@each
def test_functions(rate: object, expected: Callable[[Floats], Floats], low: float, high: float) -> None:
    """To twenty units in the last place of the value, or of its change by such a unit of x."""
    model = system(rate)
    compiled = kernels(model, RODAS4)
    points = np.random.default_rng(21).uniform(low, high, 60)
    control = Control(1e-6, np.ones(1))
    got = np.array([look(compiled, model, control, np.zeros(0), 0.0, np.array([point]))[0] for point in points])
    unit = np.spacing(np.abs(points))
    change = np.abs(expected(np.clip(points + unit, low, high)) - expected(points))
    exact = expected(points)
    keeps = change < 1e-3 * (1 + np.abs(exact))  # not where a rounding jumps
    assert keeps.mean() > 0.9
    assert (np.abs(got - exact) <= 20 * (np.spacing(np.abs(exact)) + change))[keeps].all()


@each
def test_derivatives(rate: object, expected: Callable[[Floats], Floats], low: float, high: float) -> None:
    """The one factor of a step is 1 / (1 / (gamma h) - J); J against central differences, between jumps."""
    compiled, h = kernels(system(rate), RODAS4), 0.1
    rows, width = compiled.layout, compiled.width
    room = np.zeros(rows.size * width + 8)
    work = room[-room.ctypes.data % 64 // 8 :][: rows.size * width].reshape(rows.size, width)
    points = np.random.default_rng(22).uniform(low + 0.05 * (high - low), high - 0.05 * (high - low), width)
    step = 1e-5 * (high - low)
    work[rows.y], work[rows.step] = points, h
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(compiled.addresses["coley_step"])(work.ctypes.data)
    got = 1 / (RODAS4.gamma * h) - 1 / work[rows.factors]
    slopes = (expected(points + step) - expected(points - step)) / (2 * step)
    one_sided = np.abs(expected(points + step) - 2 * expected(points) + expected(points - step)) / step
    smooth = one_sided < 1e-2 * (1 + np.abs(slopes))
    assert smooth.sum() >= 1
    np.testing.assert_allclose(got[smooth], slopes[smooth], rtol=1e-4, atol=1e-8)


def test_pieces_become_a_choice_between_values() -> None:
    """No branch: both values are there, and every lane takes its own."""
    rate = symengine.Piecewise((x**2, x < 1), (2 * x - 1, x < 3), (5, True))
    model = system(rate)
    code = program(model, RODAS4).template
    rates = code[code.index("@rates(") :]
    rates = rates[: rates.index("}")]
    assert rates.count("select $B") == 2 and "br " not in rates
    compiled, control = kernels(model, RODAS4), Control(1e-6, np.ones(1))
    for value, expected in ((0.5, 0.25), (1.0, 1.0), (2.0, 3.0), (3.0, 5.0), (9.0, 5.0)):
        held = np.array([value < 1, value < 3], float)
        assert look(compiled, model, control, held, 0.0, np.array([value]))[0] == expected


def test_roundings_are_constant_to_a_derivative() -> None:
    ((_, _, entry),) = derivatives.jacobian(
        system(x * symengine.floor(x / 3) + symengine.ceiling(symengine.floor(x) * x))
    )
    assert entry == symengine.floor(x / 3)
