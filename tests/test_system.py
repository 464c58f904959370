"""System: what it refuses, what makes two of them equal, and that its order does not depend on its history."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import symengine
from hypothesis import given, settings
from hypothesis import strategies as st

from coley.catalogue import load_catalogue
from coley.engine.functions import functions
from coley.errors import ColeyError
from coley.system import TIME, Event, Parameter, Reaction, Rule, State, System, canonical, text
from sampling import SAMPLE

A, B, k, h = map(symengine.Symbol, ("A", "B", "k", "h"))


def system(**changes: object) -> System:
    """A → B at rate k h A, with the rule h = 2 k."""
    parts: dict[str, object] = {
        "name": "test",
        "states": (State("A", "mg", 3 * k, 1.0), State("B", "mg", 0, 1.0)),
        "parameters": (Parameter("k", "1/day", 0.5),),
        "rules": (Rule("h", "", 2 * k),),
        "reactions": (Reaction("step", k * h * A, {"A": -1, "B": 1}),),
    }
    return System(**(parts | changes))  # type: ignore[arg-type]


def problems(**changes: object) -> list[str]:
    with pytest.raises(ColeyError) as caught:
        system(**changes)
    return [str(problem) for problem in caught.value.problems]


def test_rates_are_sums_of_reactions_with_rules_written_out() -> None:
    assert [symengine.expand(rate) for rate in system().rates] == [-2 * k**2 * A, 2 * k**2 * A]
    assert system().inline(h + 1) == 2 * k + 1


def test_names_that_nobody_declares_are_all_named_with_the_nearest_known() -> None:
    found = problems(
        rules=(Rule("h", "", symengine.Symbol("kk")),),
        reactions=(Reaction("step", k * h * A, {"A": -1, "C": symengine.Symbol("hh")}),),
        events=(Event("end", symengine.Symbol("AA") >= 1, ends=True),),
    )
    assert len(found) == 4
    assert "rule h: uses 'kk', which nobody declares; did you mean 'k'?" in found[0]
    assert "uses 'hh'" in found[1] and "event end: uses 'AA'" in found[2] and "moves 'C', which is no state" in found[3]


TWO = (State("A", "mg", 0, 1.0), State("B", "mg", 0, 1.0))


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"parameters": (Parameter("k", "", 1.0), Parameter("A", "", 1.0))}, "'A' is declared 2 times"),
        ({"parameters": (Parameter("k", "", 1.0), Parameter("time", "", 1.0))}, "time is the independent variable"),
        ({"states": (State("A", "mg", B, 1.0), TWO[1])}, "initial value of A: uses 'B', which is not known there"),
        ({"states": (State("A", "mg", 0, 0.0), TWO[1])}, "state A: has scale 0"),
        ({"rules": (Rule("g", "", h), Rule("h", "", k))}, "rule g: uses 'h', which is not known there"),
        ({"rules": (Rule("h", "", B),), "states": (State("A", "", h, 1.0), TWO[1])}, "initial value of A: uses 'h'"),
        ({"rules": (Rule("h", "", symengine.oo * k),)}, "not a finite real number"),
        ({"rules": (Rule("h", "", k * float("nan")),)}, "not a finite real number"),
    ],
)
def test_a_system_that_cannot_be_is_refused(changes: dict[str, object], part: str) -> None:
    assert any(part in problem for problem in problems(**changes))


def test_initial_values_may_use_rules_of_parameters() -> None:
    assert system(states=(State("A", "mg", h, 1.0), State("B", "mg", 0, 1.0))).inline(h) == 2 * k


def test_systems_are_equal_where_they_do_the_same() -> None:
    one, other = system(), pickle.loads(pickle.dumps(system()))
    assert one == other and hash(one) == hash(other) and one.fingerprint == other.fingerprint
    assert one != "something else"


@pytest.mark.parametrize(
    "changes",
    [
        {"parameters": (Parameter("k", "1/day", float(np.nextafter(0.5, 1))),)},
        {"rules": (Rule("h", "", 2 * k * (1 + 2**-52)),)},  # differs beyond the 15 digits that symengine prints
        {"states": (State("A", "mg", 3 * k, 2.0), State("B", "mg", 0, 1.0))},
        {"reactions": (Reaction("step", k * h * A, {"A": -1, "B": 2}),)},
        {"events": (Event("end", A >= 1),)},
    ],
)
def test_whatever_changes_what_it_does_changes_the_fingerprint(changes: dict[str, object]) -> None:
    assert system(**changes).fingerprint != system().fingerprint
    assert system(**changes) != system()


def test_with_events_returns_a_new_system() -> None:
    plain = system()
    watched = plain.with_events(Event("end", B >= A))
    assert not plain.events and [event.name for event in watched.events] == ["end"]
    with pytest.raises(ColeyError, match="uses 'Q'"):
        plain.with_events(Event("end", symengine.Symbol("Q") >= 0))


x, y, z = symengine.symbols("x y z")
EXPRESSIONS = st.recursive(
    st.sampled_from([x, y, z, TIME, symengine.Integer(2), symengine.Rational(1, 3), symengine.RealDouble(0.1)]),
    lambda parts: st.one_of(
        st.builds(lambda a, b: a + b, parts, parts),
        st.builds(lambda a, b: a * b, parts, parts),
        st.builds(symengine.exp, parts),
        st.builds(lambda a: 1 / (1 + a**2), parts),
        st.builds(lambda a, b: symengine.Max(a, b), parts, parts),
        st.builds(lambda a, b: symengine.Piecewise((a, x < y), (b, True)), parts, parts),
    ),
    max_leaves=12,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(EXPRESSIONS)
def test_canonical_form_is_the_same_expression_and_survives_pickling(expression: object) -> None:
    assert canonical(expression) == expression
    copy = pickle.loads(pickle.dumps(expression))
    assert text(copy) == text(expression) == text(canonical(copy))


def test_order_of_terms_does_not_show() -> None:
    names = [symengine.Symbol(f"s{i}") for i in range(40)]
    assert text(sum(names)) == text(sum(reversed(names)))
    assert text(0.1 + x) != text(0.1 + 2**-55 + x)


def test_a_copy_compiles_to_the_same_bits() -> None:
    """What worker processes compile is a copy; without a canonical order it differs in the last bits."""
    catalogue = load_catalogue()
    model = catalogue.disease("melanoma").model(tuple(catalogue.drugs[name] for name in SAMPLE))
    here = functions(model)
    functions.cache_clear()
    there = functions(pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(model)))))
    assert there is not here
    points = np.random.default_rng(0).lognormal(0, 2, (100, here.size))
    assert np.array_equal(here.rates(points), there.rates(points), equal_nan=True)
    assert np.array_equal(here.jacobian(points), there.jacobian(points), equal_nan=True)
