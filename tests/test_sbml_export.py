"""SBML that coley writes: valid, complete, and the same model to libSBML, libRoadRunner and COPASI."""

from __future__ import annotations

import locale
import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import symengine
from symengine import Max, Min, Piecewise, Rational, Symbol

import coley
from coley.catalogue import load_catalogue
from coley.errors import ColeyError
from coley.sbml.identifiers import identifiers
from coley.sbml.outline import outline
from coley.system import TIME, Delay, Event, Parameter, Reaction, Rule, State, System
from coley.trial import model
from diseases import WORKED
from sampling import SAMPLE

with warnings.catch_warnings():  # their wrappers, made with SWIG, warn of names that they themselves lack
    warnings.simplefilter("ignore", DeprecationWarning)
    import libsbml

    NO_WHEEL = "has no wheel for this Python or processor"
    roadrunner = pytest.importorskip("roadrunner", reason=f"libRoadRunner {NO_WHEEL}")
    language = locale.setlocale(locale.LC_ALL)
    COPASI = pytest.importorskip("COPASI", reason=f"COPASI {NO_WHEEL}")
    locale.setlocale(locale.LC_ALL, language)  # which its import changes, and with it how Python reads files

DAYS, POINTS = 100.0, 11
UNITS_OF_EXTENT = {10503, 99507}  # warnings: SBML has one unit of extent, and cells, drugs and hazards share none
START = {"C_wild_type_1": 1e9, "A1_nivolumab": 240.0, "A1_carboplatin": 500.0, "A1_gp100": 1.0}
DRUGS = ("carboplatin", "gp100", "nivolumab")
CATALOGUE = load_catalogue()
CANCERS = sorted((*WORKED, "melanoma"))
"""One of each kind of disease: cancers of a kind have the same equations."""
a, b, x, y, z = symengine.symbols("a b x y z")


@cache
def library(cancer: str, *drugs: str) -> System:
    """The model of a cancer as it is assembled, from a tumour with drug in the body, so that everything moves."""
    system = CATALOGUE.disease(cancer).model([CATALOGUE.drugs[name] for name in drugs])
    states = (replace(state, initial=START.get(state.name, state.initial)) for state in system.states)
    return replace(system, states=tuple(states))


def systems(*, drugs: tuple[str, ...], cancers: Sequence[str] = CANCERS) -> list[Any]:
    """The one-page model, that of each kind of disease without drugs, and those of ``cancers`` with ``drugs``."""
    named = [("basic", coley.basic())]
    named += [(cancer, library(cancer)) for cancer in CANCERS]
    named += [(f"{cancer} with drugs", library(cancer, *drugs)) for cancer in cancers]
    return [pytest.param(system, id=name) for name, system in named]


ALL = systems(drugs=SAMPLE, cancers=["melanoma"])
SOME = systems(drugs=DRUGS, cancers=["nsclc"])


def small(**parts: Any) -> System:
    """Two states, of which ``x`` decays at the rate 0.5 per day from 1, with other parts in place of these."""
    usual = {
        "states": (State("x", "", 1.0, 1e-3), State("y", "", 2.0, 1e-3)),
        "parameters": (Parameter("a", "", 3.0), Parameter("b", "", 0.7)),
        "reactions": (Reaction("decay", 0.5 * x, {"x": -1}),),
    }
    return System("small", **{name: tuple(part) for name, part in (usual | parts).items()})


def written(system: System, folder: Path, **more: Any) -> Path:
    path = folder / "model.xml"
    coley.save_sbml(system, path, **more)
    return path


def faults(path: Path) -> dict[int, str]:
    """What libSBML says against a file, its warnings included, by its number."""
    document = libsbml.readSBMLFromFile(str(path))
    document.checkConsistency()
    errors = (document.getError(i) for i in range(document.getNumErrors()))
    return {error.getErrorId(): f"{error.getSeverityAsString()}: {error.getMessage()}" for error in errors}


def errors(path: Path) -> list[str]:
    """What makes a file invalid; bare numbers as rates, which the systems below have, earn a warning of their units."""
    return [fault for fault in faults(path).values() if not fault.startswith("Warning")]


def by_roadrunner(
    path: Path, system: System, *, names: Sequence[str] = (), days: float = DAYS, points: int = POINTS
) -> np.ndarray:
    """Time × states (or what is named), simulated by libRoadRunner."""
    there = roadrunner.RoadRunner(str(path))
    for setting, value in (("relative_tolerance", 1e-10), ("absolute_tolerance", 1e-12)):
        there.integrator.setValue(setting, value)
    there.integrator.setValue("maximum_num_steps", 1_000_000)
    there.timeCourseSelections = [outline(system).names[name] for name in names or system.state_names]
    return np.array(there.simulate(0, days, points))


def by_copasi(path: Path, system: System, *, days: float = DAYS, points: int = POINTS) -> np.ndarray:
    """Time × states, simulated by COPASI; compartments have size 1, so that its concentrations are amounts."""
    data = COPASI.CRootContainer.addDatamodel()
    assert data.importSBML(str(path))
    task = data.getTask("Time-Course")
    task.setMethodType(COPASI.CTaskEnum.Method_deterministic)
    task.getProblem().setDuration(days)
    task.getProblem().setStepNumber(points - 1)
    task.getMethod().getParameter("Relative Tolerance").setDblValue(1e-10)
    task.getMethod().getParameter("Absolute Tolerance").setDblValue(1e-12)
    task.getMethod().getParameter("Max Internal Steps").setIntValue(1_000_000)
    assert task.process(True), task.getProcessError()
    course = task.getTimeSeries()
    column = {course.getSBMLId(i, data): i for i in range(course.getNumVariables())}
    found = [column[outline(system).names[name]] for name in system.state_names]
    values = [[course.getConcentrationData(step, i) for i in found] for step in range(points)]
    COPASI.CRootContainer.removeDatamodel(data)
    return np.array(values)


@cache
def here(system: System) -> np.ndarray:
    """Time × states, as coley computes them."""
    solution = coley.solve(system, np.linspace(0, DAYS, POINTS), rtol=1e-10)
    return np.column_stack([solution[name].values[0] for name in system.state_names])


def deviation(system: System, got: np.ndarray) -> float:
    """Largest deviation from what coley computes, relative to the value or the state's scale if larger."""
    ours = here(system)
    scales = np.array([state.scale for state in system.states])
    return float(np.max(np.abs(got - ours) / np.maximum(np.abs(ours), scales)))


@pytest.mark.parametrize("system", ALL)
def test_models_of_the_library_are_valid(system: System, tmp_path: Path) -> None:
    """No error, and of all warnings only the one that reactions differ in their unit of extent."""
    found = faults(written(system, tmp_path))
    assert found.keys() <= UNITS_OF_EXTENT, found


@pytest.mark.parametrize("system", SOME)
def test_models_of_the_library_run_the_same_in_libroadrunner(system: System, tmp_path: Path) -> None:
    assert deviation(system, by_roadrunner(written(system, tmp_path), system)) < 1e-6


@pytest.mark.parametrize("system", SOME)
def test_models_of_the_library_run_the_same_in_copasi(system: System, tmp_path: Path) -> None:
    assert deviation(system, by_copasi(written(system, tmp_path), system)) < 1e-6


def reloaded(system: System, path: Path) -> np.ndarray:
    """Time × states, simulated here after the file was read again."""
    names = [outline(system).names[name] for name in system.state_names]
    solution = coley.solve(coley.load_sbml(path), np.linspace(0, DAYS, POINTS), rtol=1e-10, observables=names)
    return np.column_stack([solution[name].values[0] for name in names])


@pytest.mark.parametrize("system", SOME)
def test_models_of_the_library_come_back(system: System, tmp_path: Path) -> None:
    path = written(system, tmp_path)
    assert len(coley.load_sbml(path).states) == len(system.states)
    assert deviation(system, reloaded(system, path)) < 1e-6


def test_model_of_an_arm_can_be_written(tmp_path: Path) -> None:
    system = model(coley.load_trial("checkmate-067"), "nivolumab")
    assert "A1_nivolumab" in system.state_names
    assert faults(written(system, tmp_path)).keys() <= UNITS_OF_EXTENT


def test_unknown_arm_is_refused_with_a_hint() -> None:
    with pytest.raises(ColeyError, match="did you mean 'nivolumab'"):
        model(coley.load_trial("checkmate-067"), "nivolumap")


def test_sources_are_told_and_annotated(tmp_path: Path) -> None:
    path = written(library("melanoma"), tmp_path, references=CATALOGUE.sources)
    document = libsbml.readSBMLFromFile(str(path))
    there = document.getModel().getParameter("k_growth_1")
    source = CATALOGUE.sources["lee-2009"]
    notes = there.getNotesString()
    assert "net growth rate of an unrestrained tumour" in notes and "Known: calibrated" in notes
    assert source.citation in notes
    term = there.getCVTerm(0)
    assert term.getBiologicalQualifierType() == libsbml.BQB_IS_DESCRIBED_BY
    resources = {term.getResourceURI(i) for i in range(term.getNumResources())}
    assert resources == {f"https://identifiers.org/pubmed:{source.pmid}", f"https://identifiers.org/doi:{source.doi}"}


def test_text_of_notes_is_text(tmp_path: Path) -> None:
    system = small(parameters=(Parameter("a", "", 3.0, "a < b & c"), Parameter("b", "", 0.7)))
    path = written(system, tmp_path)
    assert not errors(path)
    document = libsbml.readSBMLFromFile(str(path))
    notes = document.getModel().getParameter("a").getNotesString()
    assert "a &lt; b &amp; c" in notes


# libSBML reads a subnormal number as NaN, whoever wrote it
@hypothesis.given(number=st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False))
@hypothesis.settings(max_examples=50, deadline=None, derandomize=True)
def test_numbers_keep_every_bit(number: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    parameters = (Parameter("a", "", number), Parameter("b", "", 0.7))
    rules = (Rule("r", "", symengine.RealDouble(number) * symengine.log(b)),)
    states = (State("x", "", number, 1e-3), State("y", "", 2.0, 1e-3))
    path = written(small(rules=rules, parameters=parameters, states=states), tmp_path_factory.mktemp("bits"))
    document = libsbml.readSBMLFromFile(str(path))  # what it holds lives as long as it does
    there = document.getModel()
    assert there.getParameter("a").getValue().hex() == number.hex()
    assert there.getSpecies("x").getInitialAmount().hex() == number.hex()
    if number not in (0, 1, -1):
        formula = there.getAssignmentRuleByVariable("r").getMath()
        numbers = [formula.getChild(i) for i in range(formula.getNumChildren())]
        assert any(node.isNumber() and node.getValue() == number for node in numbers)


FUNCTIONS = {
    "sum": a - b - 2 + 3 * a * b,
    "minus": -a - b,
    "quotient": a / (b * (1 + a) ** 2),
    "third": a ** Rational(2, 3),
    "root": symengine.sqrt(a) / symengine.sqrt(b),
    "power": a**b,
    "rational": a * Rational(1, 3),
    "large": a * symengine.Integer(2**40),
    "exp": symengine.exp(-a * b),
    "constants": symengine.pi * a + symengine.E,
    "log": symengine.log(a),
    "floor": symengine.floor(-a * b) + symengine.ceiling(a * b),
    "abs": symengine.Abs(-a) + symengine.sign(-b),
    "extremes": Max(a, b, 1) - Min(a, b, 1),
    "trigonometric": symengine.sin(a) + symengine.cos(a) + symengine.tan(a) + 1 / symengine.cosh(a),
    "inverse": symengine.asin(b) + symengine.acos(b) + symengine.atan(a) + symengine.tanh(b) + symengine.asinh(a),
    "pieces": Piecewise((a, a < b), (b, symengine.And(a > 2, symengine.Not(symengine.Eq(b, 1)))), (0, True)),
    "logic": Piecewise((1, symengine.Or(a < b, symengine.Ne(a, 4))), (2, symengine.Not(b >= 1)), (3, True)),
    "time": Piecewise((1, TIME < 0), (a, True)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_formulas_mean_what_expressions_mean(name: str, tmp_path: Path) -> None:
    """libRoadRunner computes from the file what symengine computes from the expression."""
    system = small(rules=[Rule("r", "", FUNCTIONS[name])])
    path = written(system, tmp_path)
    assert not errors(path)
    got = by_roadrunner(path, system, names=["r"], days=1, points=2)[0, 0]
    values = {a: 3.0, b: 0.7, TIME: 0.0}
    assert got == pytest.approx(float(symengine.sympify(FUNCTIONS[name]).subs(values).n()), rel=1e-14)


@pytest.mark.parametrize("first", [1.0, 5.0])
@pytest.mark.parametrize("second", [0.0, 1.0])
def test_exclusive_or(first: float, second: float, tmp_path: Path) -> None:
    """Against Python's own: symengine 0.15 finds exclusive or to be false wherever it puts in values."""
    parameters = (Parameter("a", "", first), Parameter("b", "", second))
    rules = [Rule("r", "", Piecewise((1, symengine.Xor(a > 2, b < 0.5)), (0, True)))]
    system = small(parameters=parameters, rules=rules)
    got = by_roadrunner(written(system, tmp_path), system, names=["r"], days=1, points=2)
    assert bool(got[0, 0]) == ((first > 2) != (second < 0.5))


def test_function_that_sbml_lacks_is_refused_with_its_place(tmp_path: Path) -> None:
    rules = [Rule("r", "", symengine.gamma(a)), Rule("s", "", symengine.atan2(a, b))]
    with pytest.raises(ColeyError) as caught:
        written(small(rules=rules), tmp_path)
    assert [problem.where for problem in caught.value.problems] == ["model small, rule r", "model small, rule s"]
    assert not list(tmp_path.iterdir())


def test_symbol_named_e_is_no_constant(tmp_path: Path) -> None:
    states = (State("E", "", 2.0, 1e-3), State("y", "", 2.0, 1e-3))
    system = small(states=states, reactions=[Reaction("r", Symbol("E") ** (1 + b) / 10, {"E": -1})])
    assert deviation(system, by_roadrunner(written(system, tmp_path), system)) < 1e-6


@hypothesis.given(names=st.lists(st.text(max_size=5), unique=True), taken=st.sets(st.text("ab_", max_size=2)))
@hypothesis.settings(max_examples=200, deadline=None, derandomize=True)
def test_every_name_has_its_own_identifier(names: list[str], taken: set[str]) -> None:
    found = identifiers(names, taken)
    assert list(found) == names
    assert len(set(found.values()) | taken) == len(names) + len(taken)
    assert all(libsbml.SyntaxChecker.isValidSBMLSId(identifier) for identifier in found.values())


def test_names_that_are_no_identifiers_are_kept_as_names(tmp_path: Path) -> None:
    parameters = (Parameter("k-1", "1/day", 1.0), Parameter("k_1", "1/day", 2.0), Parameter("α β", "", 3.0))
    reactions = [Reaction("r.1", (Symbol("k-1") + Symbol("k_1")) * x, {"x": -1}), Reaction("x", x, {"y": 1})]
    path = written(small(parameters=parameters, reactions=reactions), tmp_path)
    assert not errors(path)
    document = libsbml.readSBMLFromFile(str(path))
    there = document.getModel()
    found = {there.getParameter(i).getName(): there.getParameter(i).getId() for i in range(3)}
    assert found == {"k-1": "k_1_2", "k_1": "k_1", "α β": "_"}
    assert [there.getReaction(i).getName() for i in range(2)] == ["r.1", "x"]


def test_coefficients_that_are_no_numbers(tmp_path: Path) -> None:
    """Both simulators move y by a for each x that goes: y = 2 + 3 (1 - exp(-t/2))."""
    system = small(reactions=[Reaction("burst", 0.5 * x, {"x": -1, "y": a})])
    path = written(system, tmp_path)
    assert not errors(path)
    for got in (by_roadrunner(path, system, days=1, points=2), by_copasi(path, system, days=1, points=2)):
        assert got[1, 1] == pytest.approx(2 + 3 * (1 - math.exp(-0.5)), rel=1e-8)


def test_concentrations_put_species_into_compartments(tmp_path: Path) -> None:
    """A rule named [x] is how a System from SBML says in which compartment x is; the file says it in SBML's own way."""
    states = (State("x", "nanomole", 6.0, 1e-3), State("y", "mL", 2.0, 1e-3), State("z", "nanomole/mL", 0, 1e-3))
    rules = [Rule("[x]", "nanomole/mL", x / y), Rule("twice", "nanomole/mL", 2 * Symbol("[x]"))]
    moves = [Reaction("follow", b * (Symbol("twice") - z), {"z": 1}), Reaction("grow", 0.1 * y, {"y": 1})]
    parameters = (Parameter("a", "", 3.0), Parameter("b", "1/day", 0.7))
    system = small(states=states, rules=rules, reactions=moves, parameters=parameters)
    path = written(system, tmp_path)
    document = libsbml.readSBMLFromFile(str(path))
    there = document.getModel()
    assert not errors(path)
    assert there.getSpecies("x").getCompartment() == "y"
    assert [there.getSpecies(i).getId() for i in range(there.getNumSpecies())] == ["x"]
    assert there.getCompartment("y").getSpatialDimensions() == 3 and not there.getCompartment("y").getConstant()
    assert {there.getRule(i).getVariable() for i in range(there.getNumRules())} == {"twice", "y", "z"}
    assert deviation(system, by_roadrunner(path, system)) < 1e-6
    again = coley.load_sbml(path)
    assert deviation(system, reloaded(system, path)) < 1e-6
    assert again.inline(Symbol("[x]")) == x / y and "[x]" not in system.state_names


def test_events(tmp_path: Path) -> None:
    """Closed forms: x decays from 1 and becomes a on day 2 + 0.5; y becomes on day 1 + 0.25 what 10 x was on day 1."""
    half = Event("half", x < math.exp(-0.5), {"y": 10 * x}, delay=0.25, values_at_trigger=True)
    reset = Event("reset 1", TIME >= 2, {"x": a, "y": y + 1}, delay=Rational(1, 2), priority=b, values_at_trigger=False)
    ends = Event("death", y > 1e6, ends=True, before=True, persistent=False)
    system = small(events=[half, reset, ends])
    path = written(system, tmp_path)
    assert not errors(path)
    got = by_roadrunner(path, system, days=4, points=9)
    t = np.linspace(0, 4, 9)
    after = t >= 2.5
    assert got[~after, 0] == pytest.approx(np.exp(-t[~after] / 2), rel=1e-7)
    assert got[t > 2.5, 0] == pytest.approx(3 * np.exp(-(t[t > 2.5] - 2.5) / 2), rel=1e-7)
    assert got[t <= 1, 1] == pytest.approx(2)
    assert got[(t > 1.3) & ~after, 1] == pytest.approx(10 * math.exp(-0.5), rel=1e-6)
    document = libsbml.readSBMLFromFile(str(path))
    assert deviation(system, by_roadrunner(path, system)) < 1e-6
    assert deviation(system, reloaded(system, path)) < 1e-6
    there = document.getModel()
    death = there.getEvent(2)
    assert there.getEvent(1).getName() == "reset 1" and there.getEvent(1).getPriority() is not None
    assert death.getTrigger().getInitialValue() and not death.getTrigger().getPersistent()
    assert death.getNumEventAssignments() == 0 and "ends here" in death.getNotesString()


def test_delays(tmp_path: Path) -> None:
    """By the formula alone: libRoadRunner has no delays, and COPASI 4.48 none in rules."""
    past = Delay("past", "", x + 2 * Symbol("[y]"), 2 * a)
    system = small(delays=(past,), rules=[Rule("[y]", "", y / b)], reactions=[Reaction("r", Symbol("past"), {"x": 1})])
    path = written(system, tmp_path)
    assert not errors(path)
    document = libsbml.readSBMLFromFile(str(path))
    formula = libsbml.formulaToL3String(document.getModel().getAssignmentRuleByVariable("past").getMath())
    assert formula == "delay(x + 2 dimensionless * (y / b), 2 dimensionless * a)"


def test_initial_values_are_expressions(tmp_path: Path) -> None:
    states = (State("x", "", a * Symbol("r"), 1e-3), State("y", "mL", 2 * b, 1e-3))
    parameters = (Parameter("a", "", 3.0), Parameter("b", "mL", 0.7))
    system = small(states=states, parameters=parameters, rules=[Rule("r", "", a + 1)])
    path = written(system, tmp_path)
    assert not errors(path)
    assert by_roadrunner(path, system, days=1, points=2)[0] == pytest.approx([12, 1.4])


UNITS = {
    "1/day": "(86400 second)^-1",
    "nM": "(1e-06 mole)^1, (1 metre)^-3",
    "mL": "(0.01 metre)^3",
    "mg/kg": "(0.001 gram)^1, (1000 gram)^-1",
    "percent": "(0.01 dimensionless)^1",
    "cell/centimeter**3/day": "(1 item)^1, (0.01 metre)^-3, (86400 second)^-1",
    "molecule**0.5": "(1 item)^0.5",
    "kelvin": "(1 kelvin)^1",
    "count / day": "(1 item)^1, (86400 second)^-1",
    "1 / (360 * second)": "(0.00277778 dimensionless)^1, (1 second)^-1",
}


@pytest.mark.parametrize("text", UNITS)
def test_units(text: str, tmp_path: Path) -> None:
    """Definitions by the SI."""
    path = written(small(parameters=(Parameter("a", text, 3.0), Parameter("b", "", 1.0))), tmp_path)
    assert not errors(path)
    document = libsbml.readSBMLFromFile(str(path))
    there = document.getModel()
    definition = there.getUnitDefinition(there.getParameter("a").getUnits())
    units = [definition.getUnit(i) for i in range(definition.getNumUnits())]
    sizes = [unit.getMultiplier() * 10.0 ** unit.getScale() for unit in units]
    kinds = [libsbml.UnitKind_toString(unit.getKind()) for unit in units]
    powers = [unit.getExponentAsDouble() for unit in units]
    parts = [f"({size:g} {kind})^{power:g}" for size, kind, power in zip(sizes, kinds, powers, strict=True)]
    assert ", ".join(parts) == UNITS[text]


def test_unit_that_sbml_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColeyError, match="no unit for bit"):
        written(small(parameters=(Parameter("a", "bit", 3.0), Parameter("b", "", 1.0))), tmp_path)


def test_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = written(small(), tmp_path)
    before = path.read_bytes()
    coley.save_sbml(small(), path)
    assert path.read_bytes() == before  # the same system, the same bytes
    with pytest.raises(ColeyError):
        coley.save_sbml(small(rules=[Rule("r", "", symengine.gamma(a))]), path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_path_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColeyError, match="cannot be written"):
        coley.save_sbml(small(), tmp_path / "missing" / "model.xml")
