"""What every mechanism must keep to. Mechanisms, models and drugs are found, not listed."""

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
from coley.library import immuno_oncology
from coley.model import Context, Mechanism, assemble
from coley.model.check import dimensions, unit_problems
from coley.system import Parameter, Rule, State, System

SOURCE = Path(coley.__path__[0])
CATALOGUE = load_catalogue()
MODULES = [module.name for module in pkgutil.iter_modules(coley.mechanisms.__path__)]
CONTEXTS = {
    f"{name}, {'all drugs' if drugs else 'no drug'}": Context(cancer, CATALOGUE.physiology, drugs)
    for name, cancer in CATALOGUE.cancers.items()
    for drugs in ((), tuple(CATALOGUE.drugs.values()))
}
CONTEXTS |= {
    name: Context(next(iter(CATALOGUE.cancers.values())), CATALOGUE.physiology, (drug,))
    for name, drug in CATALOGUE.drugs.items()
}
Floats = NDArray[np.float64]


def module(name: str) -> ModuleType:
    return importlib.import_module(f"coley.mechanisms.{name}")


def functions(of: ModuleType) -> dict[str, object]:
    """Public functions that a module defines itself."""
    found = inspect.getmembers(of, inspect.isfunction)
    return {name: item for name, item in found if item.__module__ == of.__name__ and not name.startswith("_")}


@cache
def system(context: str) -> System:
    return assemble(context, immuno_oncology(CONTEXTS[context]))


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


def test_every_mechanism_is_in_some_model() -> None:
    used: set[object] = set()
    for found in pkgutil.iter_modules([str(SOURCE / "library")]):
        used |= set(_lists(importlib.import_module(f"coley.library.{found.name}")))
    assert {name for name in MODULES if functions(module(name))[name] not in used} == set()


def _lists(library: ModuleType) -> Iterator[object]:
    for value in vars(library).values():
        groups = value.values() if isinstance(value, dict) else [value]
        for group in groups:
            if isinstance(group, tuple):
                yield from group


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_declaration_has_a_meaning(context: str) -> None:
    for mechanism in immuno_oncology(CONTEXTS[context]):
        assert mechanism.name.startswith(tuple(MODULES))
        assert mechanism.meaning.endswith("."), mechanism.name
        for declared in _declared(mechanism):
            assert declared.meaning, f"{mechanism.name}, {declared.name}"
        for parameter in mechanism.parameters.values():
            assert parameter.known and parameter.source, f"{mechanism.name}, {parameter.name}"


def _declared(mechanism: Mechanism) -> list[State | Parameter | Rule]:
    shared = [*mechanism.totals, *mechanism.products]
    return [*mechanism.states, *mechanism.parameters.values(), *mechanism.rules, *shared]


def test_model_without_drugs_carries_none() -> None:
    for cancer in CATALOGUE.cancers:
        names = system(f"{cancer}, no drug").units
        assert not [name for name in names for drug in CATALOGUE.drugs if drug in name]


# --- no drug in code ------------------------------------------------------------------------------------------------

DRUGS = sorted({word for drug in CATALOGUE.drugs.values() for word in (drug.name, drug.title, *drug.synonyms)})
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


@pytest.mark.parametrize("context", CONTEXTS)
def test_units_balance(context: str) -> None:
    known = dimensions(system(context).units)
    for mechanism in immuno_oncology(CONTEXTS[context]):
        assert unit_problems(mechanism, known) == []


@cache
def _rates(context: str) -> symengine.Lambdify:
    made = system(context)
    names = [symengine.Symbol(name) for name in (*made.state_names, *made.parameter_names, "time")]
    return symengine.Lambdify(names, list(made.rates), backend="llvm", cse=True)


def rates(context: str, states: Floats, parameters: Floats) -> Floats:
    """Rates (row × state) of rows of states."""
    rows = np.column_stack([states, np.tile(parameters, (len(states), 1)), np.zeros(len(states))])
    return np.asarray(_rates(context)(rows))


def parameters(context: str) -> Floats:
    return np.array([parameter.value for parameter in system(context).parameters])


ALL = [context for context in CONTEXTS if context.endswith("all drugs")]


@pytest.mark.parametrize("context", ALL)
@settings(derandomize=True, max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_states_stay_non_negative(context: str, seed: int) -> None:
    """Whatever the others are, a state at 0 does not fall: so no state passes below 0."""
    random, n = np.random.default_rng(seed), len(system(context).states)
    smaller = parameters(context) * random.uniform(0.1, 1, len(system(context).parameters))  # fractions stay fractions
    state = 10 ** random.uniform(-6, 12, n) * (random.random(n) < 0.7)
    rows = np.tile(state, (n, 1))
    np.fill_diagonal(rows, 0)
    rate = np.diag(rates(context, rows, smaller))
    falling = [name for name, value in zip(system(context).state_names, rate, strict=True) if not value >= 0]
    assert falling == []


@pytest.mark.parametrize("context", ALL)
def test_rates_and_their_derivatives_are_finite_where_all_is_zero(context: str) -> None:
    """A cured patient without treatment: nothing may divide by zero, nor in the Jacobian that the solver takes."""
    made = system(context)
    zero = dict.fromkeys(made.state_names, 0.0) | {p.name: p.value for p in made.parameters} | {"time": 0.0}
    values = {symengine.Symbol(name): value for name, value in zero.items()}
    assert np.isfinite(rates(context, np.zeros((1, len(made.states))), parameters(context))).all()
    for name, rate in zip(made.state_names, made.rates, strict=True):
        for other in rate.free_symbols:
            if str(other) in made.state_names:
                slope = rate.diff(other).subs(values)
                assert np.isfinite(float(slope)), f"d({name})/dt by {other}"


@pytest.mark.parametrize("context", ALL)
def test_start_is_finite_and_non_negative(context: str) -> None:
    made = system(context)
    values = {symengine.Symbol(p.name): p.value for p in made.parameters}
    start = {state.name: float(made.inline(state.initial).subs(values)) for state in made.states}
    assert all(np.isfinite(value) and value >= 0 for value in start.values()), start


def test_every_mechanism_can_be_left_out_or_says_what_it_lacks() -> None:
    """Shared terms are neutral by default: a mechanism is missed for what it declares, not for what it contributes."""
    mechanisms = immuno_oncology(next(iter(CONTEXTS.values())))
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
    """Hidden and tolerant are drawn apart, and both may be nearly all: no clone is below 0, together they are all."""
    system = assemble("start", immuno_oncology(Context(CATALOGUE.cancer("melanoma"), CATALOGUE.physiology)))
    start = pd.DataFrame({"C_seed": [1e6], "f_hidden": [shares[0]], "f_tolerant": [shares[1]]})
    clones = solve(system, [0.0], parameters=start, observables=["C_visible", "C_hidden", "C_tolerant", "C_total"])
    assert all(clones[name].item() >= 0 for name in ("C_visible", "C_hidden", "C_tolerant"))
    assert clones["C_total"].item() == pytest.approx(1e6)
