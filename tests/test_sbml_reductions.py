"""Algebraic rules and fast reactions: expected values are closed forms, worked out beside each test."""

from __future__ import annotations

import math

import numpy as np
import pytest
import symengine

from coley.engine import solve
from coley.errors import ColeyError
from coley.sbml.algebraic import UnsolvableError, explicit
from coley.sbml.fast import equilibrate
from coley.sbml.roots import NoClosedFormError, roots
from coley.system import TIME, Delay, Event, Parameter, Reaction, State, System

x, y, z, k, a, b, c, d = symengine.symbols("x y z k a b c d")


@pytest.mark.parametrize(
    ("equations", "unknowns", "solution"),
    [
        ([(k + 1) * x - y], [x], {x: y / (k + 1)}),
        ([k * TIME / 2 - x], [x], {x: k * TIME / 2}),
        ([x - symengine.exp(k)], [x], {x: symengine.exp(k)}),
        ([x + y - 3 * k, x - y - k], [x, y], {x: 2 * k, y: k}),
        ([x - y, y - z, z - k], [x, y, z], {x: k, y: k, z: k}),
        ([k / x - 2], [x], {x: k / 2}),
        ([x - k, 2 * x - 2 * k], [x], {x: k}),
    ],
)
def test_linear_rules_give_what_they_determine(equations, unknowns, solution):
    found = explicit(equations, unknowns)
    assert found.keys() == solution.keys()
    assert all(symengine.expand((found[u] - solution[u]).as_numer_denom()[0]) == 0 for u in solution)


def test_of_more_candidates_than_rules_the_first_is_determined():
    found = explicit([x + y - k], [y, x])
    assert found.keys() == {y}
    assert symengine.expand(found[y] - (k - x)) == 0


@pytest.mark.parametrize("start", [(1.0, 2.0), (2.0, 1.0)])
def test_the_start_decides_between_solutions(start):
    """x + y = 3 and x y = 2 hold for (1, 2) and for (2, 1)."""
    found = explicit([x + y - 3, x * y - 2], [x, y], dict(zip((x, y), start, strict=True)))
    assert (float(found[x]), float(found[y])) == pytest.approx(start)


def test_a_solution_that_is_the_only_real_one_needs_no_choice():
    """(x - 1)(x^2 + 1) = 0."""
    assert explicit([(x - 1) * (x**2 + k)], [x], {k: 1.0}) == {x: 1}


@pytest.mark.parametrize(
    ("equations", "unknowns", "reason"),
    [
        ([x**2 - k], [x], "2 solutions"),
        ([symengine.exp(x) + x - k], [x], "not linear or quadratic"),
        ([k - 1], [x], "nothing that it could determine"),
        ([x - 1, x - 2], [x], "nothing that it could determine"),
    ],
)
def test_rules_without_an_explicit_solution_are_refused(equations, unknowns, reason):
    with pytest.raises(UnsolvableError, match=reason):
        explicit(equations, unknowns)


def model(start: dict[str, float], reactions: list[Reaction], **others) -> System:
    states = tuple(State(name, "", value, 1e-6) for name, value in start.items())
    return System("m", states, (Parameter("k", "", 0.7),), reactions=tuple(reactions), **others)


def jump(system: System, at: dict[str, float]) -> dict[str, float] | None:
    """Where the equilibrium's event takes the states; None where it leaves them."""
    event = system.events[-1]
    values = at | {"k": 0.7}
    expressions = [symengine.Piecewise((1, event.trigger), (0, True)), *event.assignments.values()]
    function = symengine.Lambdify([symengine.Symbol(name) for name in values], expressions, backend="llvm")
    triggered, *there = map(float, function(list(values.values())))
    return at | dict(zip(event.assignments, there, strict=True)) if triggered else None


@pytest.mark.parametrize("start", [{"a": 1, "b": 3}, {"a": 4, "b": 0}, {"a": 0.5, "b": 3.5}])
def test_slow_decay_through_a_fast_isomer(start):
    """a and b are at 1 : 3 at once and stay there, so their sum of 4 decays at 3/4 of k."""
    isomers = Reaction("isomers", 3 * a - b, {"a": -1, "b": 1})
    system = equilibrate(model(start, [isomers, Reaction("decay", k * b, {"b": -1})]), {"isomers"})
    times = np.linspace(0, 5, 6)
    solution = solve(system, times, observables=["a", "b"], rtol=1e-9)
    expected = np.exp(-0.7 * 3 / 4 * times)
    np.testing.assert_allclose(solution["a"].values[0], expected, rtol=1e-7)
    np.testing.assert_allclose(solution["b"].values[0], 3 * expected, rtol=1e-7)


def test_fast_binding_follows_a_slow_supply():
    """a + b <-> c with dissociation constant 2; along the curve a b = 2 c, and a + c grows by 0.7 per day."""
    binding = Reaction("binding", a * b - 2 * c, {"a": -1, "b": -1, "c": 1})
    system = equilibrate(model({"a": 2, "b": 1, "c": 1}, [binding, Reaction("supply", k, {"a": 1})]), {"binding"})
    solution = solve(system, np.array([0.0, 4.0]), observables=["a", "b", "c"], rtol=1e-9)
    total = 3 + 0.7 * 4
    bound = (total + 2 + 2 - math.sqrt((total + 2 + 2) ** 2 - 4 * total * 2)) / 2
    assert float(solution["c"][0, 1]) == pytest.approx(bound, rel=1e-7)
    assert float(solution["a"][0, 1]) == pytest.approx(total - bound, rel=1e-7)


def test_states_off_the_equilibrium_jump_to_it():
    """4 a and 1 b become 3 c where a b = 2 c and a + c = 7, b + c = 4: c = (13 - sqrt(57)) / 2."""
    binding = Reaction("binding", a * b - 2 * c, {"a": -1, "b": -1, "c": 1})
    system = equilibrate(model({"a": 4, "b": 1, "c": 3}, [binding]), {"binding"})
    bound = (13 - math.sqrt(57)) / 2
    assert bound < 3
    there = jump(system, {"a": 4, "b": 1, "c": 3})
    assert there == pytest.approx({"a": 7 - bound, "b": 4 - bound, "c": bound})
    assert jump(system, there) is None


@pytest.mark.parametrize(
    ("rate", "there"),
    [
        (a * b, {"a": 0, "b": 5}),  # goes on until no a is left
        (-a * b, {"a": 5, "b": 0}),  # runs backwards until no b is left
        (symengine.Piecewise((a, k > 1), (-b, True)), {"a": 5, "b": 0}),  # k is 0.7
        (k * a / (3 + a), {"a": 0, "b": 5}),
        (0 * a, None),
        (-k * a, None),  # grows without end: there is no equilibrium to jump to
    ],
)
def test_an_irreversible_fast_reaction_runs_until_its_rate_is_0(rate, there):
    system = equilibrate(model({"a": 2, "b": 3}, [Reaction("fast", rate, {"a": -1, "b": 1})]), {"fast"})
    assert jump(system, {"a": 2, "b": 3}) == (there and pytest.approx(there))


def test_coupled_fast_reactions_share_their_equilibrium():
    """a : b : c is 1 : 2 : 6, and the sum of 9 stays."""
    chain = [Reaction("first", 2 * a - b, {"a": -1, "b": 1}), Reaction("second", 3 * b - c, {"b": -1, "c": 1})]
    slow = Reaction("decay", k * c, {"c": -1})
    system = equilibrate(model({"a": 9, "b": 0, "c": 0}, [*chain, slow]), {"first", "second"})
    assert len(system.events) == 1
    assert jump(system, {"a": 9, "b": 0, "c": 0}) == pytest.approx({"a": 1, "b": 2, "c": 6})
    at = {symengine.Symbol(name): value for name, value in {"a": 1, "b": 2, "c": 6, "k": 0.7}.items()}
    assert [float(rate.subs(at)) for rate in system.rates] == pytest.approx([-0.7 * 6 * n / 9 for n in (1, 2, 6)])


@pytest.mark.parametrize("factor", [k * (1 - TIME), (1 - TIME) ** 3, symengine.cos(TIME)])
def test_a_factor_of_a_fast_rate_may_go_through_0(factor):
    """What comes to a at 0.7 per day goes on to b at once, whatever the factor."""
    reactions = [Reaction("fast", factor * a, {"a": -1, "b": 1}), Reaction("supply", k, {"a": 1})]
    system = equilibrate(model({"a": 0, "b": 0}, reactions), {"fast"})
    solution = solve(system, np.linspace(0, 4, 41), observables=["a", "b"], rtol=1e-9)
    np.testing.assert_allclose(solution["b"].values[0], 0.7 * np.linspace(0, 4, 41), rtol=1e-7)
    np.testing.assert_allclose(solution["a"].values[0], 0, atol=1e-9)


def test_events_of_the_model_stay():
    event = Event("dose", TIME > 1, {"a": 5})
    system = equilibrate(model({"a": 0, "b": 0}, [Reaction("fast", a, {"a": -1, "b": 1})], events=(event,)), {"fast"})
    assert system.events[0] == event
    assert len(system.events) == 2


@pytest.mark.parametrize(
    ("rates", "reason"),
    [
        ([symengine.exp(a) - b], "closed form"),
        ([a - d], "delayed"),
        ([symengine.Piecewise((a, a > 1), (b, True))], "conditions"),
        ([a * b - c, b - c], "coupled and not linear"),
    ],
)
def test_equilibria_that_cannot_be_written_are_refused(rates, reason):
    reactions = [Reaction(f"fast{i}", rate, {"a": -1, "b": 1, "c": i}) for i, rate in enumerate(rates)]
    system = model({"a": 1, "b": 1, "c": 1}, reactions, delays=(Delay("d", "", a, 1),))
    with pytest.raises(ColeyError, match=reason):
        equilibrate(system, {reaction.name for reaction in reactions})


def test_what_is_no_polynomial_is_refused_at_once():
    """Sixty nested functions: their derivative, written out, would fill the memory."""
    nested = x
    for _ in range(60):
        nested = symengine.tanh(nested)
    with pytest.raises(NoClosedFormError, match="not linear or quadratic in x"):
        roots(2 * nested - y, x)
    assert roots((x + 1) ** 3 - x**3 - 3 * x**2 - 3 * k * x, x) == (-1 / (3 - 3 * k),)
