"""What every mechanism must keep to, on one disease of each kind. Mechanisms and drugs are found, not listed."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import symengine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import coley
import coley.mechanisms
from coley.catalogue import load_catalogue
from coley.engine import solve
from coley.engine.derivatives import jacobian, may_be_singular
from coley.engine.functions import functions as compiled
from coley.modeling import Mechanism, assemble
from coley.modeling.check import dimensions, unit_problems
from coley.system import Parameter, Rule, State, System
from diseases import WORKED
from sampling import SAMPLE

SOURCE = Path(coley.__path__[0])
CATALOGUE = load_catalogue()
MODULES = [module.name for module in pkgutil.iter_modules(coley.mechanisms.__path__)]
CANCERS = sorted((*WORKED, "melanoma"))
"""One of each kind of disease: cancers of a kind have the same equations."""
CASES = [(cancer, treated) for cancer in CANCERS for treated in (False, True)]
Floats = NDArray[np.float64]


def module(name: str) -> ModuleType:
    return importlib.import_module(f"coley.mechanisms.{name}")


def functions(of: ModuleType) -> dict[str, object]:
    """Public functions that a module defines itself."""
    found = inspect.getmembers(of, inspect.isfunction)
    return {name: item for name, item in found if item.__module__ == of.__name__ and not name.startswith("_")}


@cache
def parts(cancer: str, treated: bool) -> tuple[Mechanism, ...]:
    """Mechanisms of a cancer, without drugs or with some of every kind."""
    return tuple(CATALOGUE.disease(cancer).parts(tuple(CATALOGUE.drugs[name] for name in SAMPLE) if treated else ()))


@cache
def system(cancer: str, treated: bool) -> System:
    return assemble(cancer, parts(cancer, treated))


# --- form -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_one_public_function_named_as_the_file(name: str) -> None:
    assert list(functions(module(name))) == [name]
    tree = ast.parse(Path(str(module(name).__file__)).read_text())
    assert not [node for node in tree.body if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("name", MODULES)
def test_says_what_it_does(name: str) -> None:
    assert module(name).__doc__
    assert inspect.getdoc(functions(module(name))[name])


@pytest.mark.parametrize("name", MODULES)
def test_imports_no_other_mechanism(name: str) -> None:
    tree = ast.parse(Path(str(module(name).__file__)).read_text())
    for node in ast.walk(tree):
        imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        imported += [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []
        assert not [target for target in imported if target.startswith("coley.mechanisms")]


def test_every_mechanism_is_used() -> None:
    """Some other part of the code imports it."""
    texts = [path.read_text() for path in SOURCE.rglob("*.py") if path.parent.name != "mechanisms"]
    unused = [name for name in MODULES if not any(f"from coley.mechanisms.{name} import" in text for text in texts)]
    assert unused == []


@pytest.mark.parametrize("cancer", CANCERS)
def test_every_mechanism_of_a_disease_is_named_as_its_file(cancer: str) -> None:
    for mechanism in CATALOGUE.disease(cancer).mechanisms():
        assert mechanism.name.startswith(tuple(MODULES)), mechanism.name


@pytest.mark.parametrize(("cancer", "treated"), CASES)
def test_every_declaration_has_a_meaning(cancer: str, treated: bool) -> None:
    for mechanism in parts(cancer, treated):
        assert mechanism.meaning.endswith("."), mechanism.name
        for declared in _declared(mechanism):
            assert declared.meaning, f"{mechanism.name}, {declared.name}"
        for parameter in mechanism.parameters.values():
            assert parameter.known and parameter.source, f"{mechanism.name}, {parameter.name}"


def _declared(mechanism: Mechanism) -> list[State | Parameter | Rule]:
    shared = [*mechanism.totals, *mechanism.products]
    return [*mechanism.states, *mechanism.parameters.values(), *mechanism.rules, *shared]


@pytest.mark.parametrize("cancer", CANCERS)
def test_model_without_drugs_carries_none(cancer: str) -> None:
    symbols = [drug.agent.symbol for drug in CATALOGUE.drugs.values()]
    assert not [name for name in system(cancer, False).units for drug in symbols if name.endswith(f"_{drug}")]


# --- no drug in code ------------------------------------------------------------------------------------------------

PROCEDURES = ("surgery", "radiation")
"""Modalities that have no name but the common one."""
COMMON = {"IL-2", "Immunoglobulin", "immunoglobulin", "interleukin-2", "prednisolone"}
"""What the body makes itself; and the steroid by which the potency of others is measured."""
NAMES = {
    word
    for drug in CATALOGUE.drugs.values()
    if drug.modality not in PROCEDURES
    for word in (drug.name, drug.title, *drug.synonyms)
}
DRUGS = sorted(NAMES - COMMON)
NAMED = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, DRUGS))})(?![\w-])", re.IGNORECASE)
EXAMPLE = re.compile(rf"{NAMED.pattern} \d", re.IGNORECASE)  # a regimen in a hint, such as "… 3 mg/kg iv q2w"


def _words(tree: ast.AST) -> Iterator[str]:
    """Names and texts of a program, without its docstrings."""
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.value
        for field in ("id", "attr", "name", "arg"):
            if isinstance(word := getattr(node, field, None), str):
                yield word.replace("_", " ")


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_code_names_a_drug(path: Path) -> None:
    """What holds for one drug only belongs in its file of the catalogue. A regimen shown as an example may name one."""
    named = [text for text in _words(ast.parse(path.read_text())) if NAMED.search(EXAMPLE.sub("", text))]
    assert named == []


def test_search_for_drugs_finds_them() -> None:
    name = next(iter(CATALOGUE.drugs))
    for code in (f"if drug == {name!r}: pass", f"{name}_dose = 1", f"def dose(*, {name}): ..."):
        assert any(NAMED.search(EXAMPLE.sub("", text)) for text in _words(ast.parse(code)))


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cancer", "treated"), CASES)
def test_units_balance(cancer: str, treated: bool) -> None:
    known = dimensions(system(cancer, treated).units)
    for mechanism in parts(cancer, treated):
        assert unit_problems(mechanism, known) == []


def rates(made: System, states: Floats, values: Floats) -> Floats:
    """Rates (row × state) of rows of states, on day 0."""
    return compiled(made).rates(np.column_stack([states, np.tile(values, (len(states), 1)), np.zeros(len(states))]))


def parameters(made: System) -> Floats:
    return np.array([parameter.value for parameter in made.parameters])


@pytest.mark.parametrize("cancer", CANCERS)
@settings(derandomize=True, max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_states_stay_non_negative(cancer: str, seed: int) -> None:
    """Whatever the others are, a state at 0 does not fall: so no state passes below 0."""
    made = system(cancer, True)
    random, n = np.random.default_rng(seed), len(made.states)
    smaller = parameters(made) * random.uniform(0.1, 1, len(made.parameters))  # fractions stay fractions
    state = 10 ** random.uniform(-6, 12, n) * (random.random(n) < 0.7)
    rows = np.tile(state, (n, 1))
    np.fill_diagonal(rows, 0)
    rate = np.diag(rates(made, rows, smaller))
    falling = [name for name, value in zip(made.state_names, rate, strict=True) if not value >= 0]
    assert falling == []


@pytest.mark.parametrize("cancer", CANCERS)
def test_rates_and_their_derivatives_are_finite_where_all_is_zero(cancer: str) -> None:
    """A cured patient without treatment: nothing may divide by zero, nor in the Jacobian that the solver takes.

    Only of a power of what is 0 the derivative may have no value: 0 stands in for it, and the solution is the same.
    """
    made = system(cancer, True)
    point = np.concatenate([np.zeros(len(made.states)), parameters(made), [0.0]])
    assert np.isfinite(compiled(made).rates(point[None])).all()
    found = jacobian(made)
    values = compiled(made).jacobian(point)[: len(found)]
    names = made.state_names
    faults = [
        f"d({names[i]})/dt by {names[j]}"
        for (i, j, derivative), value in zip(found, values, strict=True)
        if not np.isfinite(value) and not may_be_singular(derivative)
    ]
    assert faults == []


@pytest.mark.parametrize("cancer", CANCERS)
def test_start_is_finite_and_non_negative(cancer: str) -> None:
    made = system(cancer, True)
    values = {symengine.Symbol(p.name): p.value for p in made.parameters}
    start = {state.name: float(made.inline(state.initial).subs(values)) for state in made.states}
    assert all(np.isfinite(value) and value >= 0 for value in start.values()), start


@pytest.mark.parametrize("cancer", CANCERS)
def test_drugs_in_the_model_that_are_not_given_change_no_rate(cancer: str) -> None:
    """A shared product gets the factor 1 and a shared sum the term 0: equal to rounding, at random states."""
    without, within = system(cancer, False), system(cancer, True)
    random = np.random.default_rng(3)
    drawn = {state.name: state.scale * 10 ** random.uniform(-2, 6, 20) for state in without.states}
    rows = np.column_stack([drawn[name] for name in without.state_names])
    blank = np.zeros(20)
    alone = rates(without, rows, parameters(without))
    beside = rates(within, np.column_stack([drawn.get(name, blank) for name in within.state_names]), parameters(within))
    for j, name in enumerate(without.state_names):
        np.testing.assert_allclose(beside[:, within.state_names.index(name)], alone[:, j], rtol=1e-9, err_msg=name)


def test_every_mechanism_can_be_left_out_or_says_what_it_lacks() -> None:
    """Shared terms are neutral by default: a mechanism is missed for what it declares, not for what it contributes."""
    mechanisms = parts("melanoma", False)
    for left_out in mechanisms:
        rest = [mechanism for mechanism in mechanisms if mechanism is not left_out]
        assert _lacking(rest) <= {declared.name for declared in _declared(left_out)}


def _lacking(mechanisms: list[Mechanism]) -> set[str]:
    try:
        assemble("rest", mechanisms)
    except coley.ColeyError as error:
        quoted = [re.search(r"'(\w+)'", problem.what) for problem in error.problems]
        return {found.group(1) for found in quoted if found}
    return set()


@pytest.mark.parametrize("shares", [(0.0, 0.0), (1.0, 1.0), (0.9, 0.8), (1e-9, 1.0)])
def test_clones_at_the_start_are_shares_of_the_seed_however_they_are_drawn(shares: tuple[float, float]) -> None:
    """The shares are drawn apart, and both may be nearly all: no clone is below 0, together they are all."""
    start = pd.DataFrame({"C_seed_1": [1e6], "f_MHC_low": [shares[0]], "f_tolerant": [shares[1]]})
    names = ["C_wild_type_1", "C_MHC_low_1", "C_tolerant_1", "C_total_1"]
    clones = solve(system("melanoma", False), [0.0], parameters=start, observables=names)
    assert all(clones[name].item() >= 0 for name in names)
    assert clones["C_total_1"].item() == pytest.approx(1e6)
