"""SBML import: models of our own with closed-form courses, every function of MathML, and files that mean harm."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import libsbml
import numpy as np
import pandas as pd
import pytest

import coley
from coley.errors import ColeyError
from coley.sbml import limits
from coley.sbml.limits import REFUSED, Refused

MODELS = Path(__file__).parent / "sbml"
TIMES = np.linspace(0.0, 6.0, 13)
Course = Callable[[np.ndarray], np.ndarray]
MATHS = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
HEAD = '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m">'


def volume(t: np.ndarray) -> np.ndarray:
    return 2 * np.exp(0.1 * t)


# Solutions by hand of what the files say.
COURSES: Mapping[str, Mapping[str, Course]] = {
    "volumes": {  # amounts stay when a compartment grows; the rate rule of P is one of its concentration
        "V": volume,
        "S": lambda t: 6 * np.exp(-0.5 * t),
        "[S]": lambda t: 3 * np.exp(-0.6 * t),
        "[P]": lambda t: 1 + 0.3 * t,
        "P": lambda t: (1 + 0.3 * t) * volume(t),
        "Q": lambda t: 4 + 0 * t,
        "[Q]": lambda t: 4 / volume(t),
        "R": lambda t: 3 * np.exp(-0.5 * t),
    },
    "level1": {  # names in formulas are concentrations; the stoichiometry has a denominator
        "A": lambda t: 6 * np.exp(-0.4 * t),
        "B": lambda t: 9 - 9 * np.exp(-0.4 * t),
    },
    "level2": {  # stoichiometry by formula; an event assigns, after its delay, what A was at its trigger
        "A": lambda t: 8 * np.exp(-0.25 * t),
        "B": lambda t: 32 - 32 * np.exp(-0.25 * t),
        "switched": lambda t: np.where(t < 4 * math.log(2) + 0.5, 0, 4),
    },
    "beginnings": {  # initial assignments by rules, time and each other; a parameter called time
        "[A]": lambda t: 4.5 + 0 * t,
        "A": lambda t: 18 + 0 * t,
        "B": lambda t: 18 * t,
        "C": lambda t: 2 + 0 * t,
        "line": lambda t: 4 + t,
        "time*": lambda t: 7 + 0 * t,
    },
    "events": {  # priorities; values at the trigger or at the assignment; a concentration as an amount
        "V": lambda t: np.where(t < 1, 1, 4),
        "S": lambda t: np.where(t < 2, 1, 2),
        "seen": lambda t: np.where(t < 1, 0, 0.25),
        "early": lambda t: np.where(t < 1, 0, 1),
    },
    "history": {  # an initial assignment says what was before the start; rates of change were 0 then
        "x": lambda t: 3 * np.exp(-0.4 * t),
        "late": lambda t: np.where(t < 1, 3 * np.cos(t - 1), 3 * np.exp(-0.4 * (t - 1))),
        "slope": lambda t: np.where(t < 1, 0, -1.2 * np.exp(-0.4 * (t - 1))),
    },
    "reduced": {  # a fast reaction at equilibrium, and an algebraic rule
        "[A]": lambda t: np.exp(-0.4 * t),
        "[B]": lambda t: 2 * np.exp(-0.4 * t),
        "rest": lambda t: 20 - 2 * np.exp(-0.4 * t),
    },
}


@pytest.mark.parametrize("name", COURSES)
def test_courses_are_the_closed_forms(name: str) -> None:
    system = coley.load_sbml(MODELS / f"{name}.xml")
    course = coley.solve(system, TIMES, observables=list(COURSES[name]), rtol=1e-9)
    assert course["status"].item() == "ok"
    for observable, expected in COURSES[name].items():
        np.testing.assert_allclose(course[observable].values[0], expected(TIMES), rtol=1e-6, atol=1e-8)


def test_every_model_has_its_course() -> None:
    assert {path.stem for path in MODELS.glob("*.xml")} == set(COURSES)


def test_units_and_meanings_are_kept() -> None:
    system = coley.load_sbml(MODELS / "volumes.xml")
    assert system.time_unit == "hour"
    assert [system.units[name] for name in ("S", "V", "[S]", "R")] == [
        "nanomole",
        "litre",
        "nanomole / litre",
        "nanomole / hour",
    ]
    assert system.states[0].name == "V" and next(s for s in system.states if s.name == "S").meaning == "substrate"


def test_a_cohort_varies_what_initial_assignments_depend_on() -> None:
    """With base = 3 the start of A is 6.5 and B grows by 10 × 6 × 0.1 × 6.5 per unit of time."""
    system = coley.load_sbml(MODELS / "beginnings.xml")
    course = coley.solve(system, TIMES, parameters=pd.DataFrame({"base": [2.0, 3.0]}), observables=["B"])
    np.testing.assert_allclose(course["B"].values, np.outer([18, 39], TIMES), rtol=1e-6, atol=1e-9)


def test_whatever_is_constant_can_be_varied_and_concentrations_can_be_set() -> None:
    """A starts at twice + 0.5 in a volume of 4, and B grows by 10 × twice × 0.1 × [A]; twice is 2 × 2 as given."""
    system = coley.load_sbml(MODELS / "beginnings.xml")
    people = pd.DataFrame({"twice": [4.0, 10.0]})
    course = coley.solve(system, TIMES, parameters=people)
    np.testing.assert_allclose(course["B"].values, np.outer([18, 105], TIMES), rtol=1e-6, atol=1e-9)
    assert (course["twice"] == people["twice"].to_numpy()[:, None]).all() and (course["[C]"] == 0.5).all()
    assert (course["C"] == 2).all()
    course = coley.solve(system, TIMES, parameters={"[A]": 2.0, "[B]": 0.5, "V": [4.0, 5.0]})
    np.testing.assert_allclose(course["A"].values[:, 0], [8, 10])
    np.testing.assert_allclose(course["B"].values - np.outer([8, 8], TIMES), [[2.0], [2.5]] * np.ones(13), rtol=1e-6)
    with pytest.raises(ColeyError) as refused:
        coley.solve(system, TIMES, parameters={"line": 1, "[B]": 1, "B": 2, "bas": 1})
    assert [str(problem) for problem in refused.value.problems] == [
        "parameters: set both 'B' and '[B]'; one follows from the other",
        "parameters: 'line' is a rule of what changes with time; set what it follows from: base, time",
        "parameters: no 'bas' in the model; did you mean 'base'?",
    ]


def test_local_parameters_bear_the_name_of_their_reaction() -> None:
    assert "R.k" in coley.load_sbml(MODELS / "volumes.xml").parameter_names


# Formulas in libSBML's infix, as MathML by libSBML; their values by Python's math module, x being 0.7 and y 5.
X, Y = 0.7, 5.0
FUNCTIONS: Mapping[str, float] = {
    "x^3": X**3, "pow(x, y)": X**Y, "sqrt(x)": math.sqrt(X), "root(3, y)": Y ** (1 / 3), "exp(x)": math.exp(X),
    "ln(x)": math.log(X), "log10(x)": math.log10(X), "log(2, x)": math.log2(X), "abs(-x)": X, "-x": -X,
    "floor(-x)": -1, "ceil(-x)": 0, "factorial(y)": 120, "quotient(-7, 2)": -3, "rem(-7, 2)": -1,
    "rem(y, 3)": 2, "quotient(y + 2, -2)": -3, "max(x, y, 3)": Y, "min(x, y, 3)": X,
    "sin(x)": math.sin(X), "cos(x)": math.cos(X), "tan(x)": math.tan(X),
    "sec(x)": 1 / math.cos(X), "csc(x)": 1 / math.sin(X), "cot(x)": 1 / math.tan(X),
    "sinh(x)": math.sinh(X), "cosh(x)": math.cosh(X), "tanh(x)": math.tanh(X),
    "sech(x)": 1 / math.cosh(X), "csch(x)": 1 / math.sinh(X), "coth(x)": 1 / math.tanh(X),
    "asin(x)": math.asin(X), "acos(x)": math.acos(X), "atan(x)": math.atan(X),
    "arcsec(y)": math.acos(1 / Y), "arccsc(y)": math.asin(1 / Y), "arccot(y)": math.atan(1 / Y),
    "arcsinh(-y)": math.asinh(-Y), "arccosh(y)": math.acosh(Y), "arctanh(x)": math.atanh(X),
    "arcsech(x)": math.acosh(1 / X), "arccsch(x)": math.asinh(1 / X), "arccoth(y)": math.atanh(1 / Y),
    "piecewise(1, x > y, 2, x > 0.5, 3)": 2, "piecewise(1, and(x < y, y < 3), 3)": 3,
    "lt(x, 1, y)": 1, "geq(y, 5, x, 2)": 0, "eq(y, 5)": 1, "neq(x, y)": 1, "gt(y, x) + 1": 2,
    "piecewise(4, x, 5)": 4, "piecewise(4, 0, 5)": 5, "piecewise(1, not(x > y), 0)": 1,
    "piecewise(1, or(x > y, y == 5), 0)": 1, "piecewise(1, xor(x < y, y == 5, x == x), 0)": 1,
    "piecewise(1, implies(x < y, y < x), 0)": 0, "avogadro": 6.02214179e23, "pi * exponentiale": math.pi * math.e,
    "piecewise(1, true, 0) + false": 1, "log2(8)": 3, "1/0": math.inf,
}  # fmt: skip


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, float]:
    """Value of each formula by coley, all from one file, x and y being states that stand still."""
    names = {f"f{i}": formula for i, formula in enumerate(FUNCTIONS)}
    declared = "".join(f'<parameter id="{name}" constant="false"/>' for name in names)
    rules = "".join(rule(name, infix(formula)) for name, formula in names.items())
    moved = "".join(f'<rateRule variable="{name}">{MATHS}<cn>0</cn></math></rateRule>' for name in "xy")
    given = "".join(f'<parameter id="{n}" value="{v}" constant="false"/>' for n, v in (("x", X), ("y", Y)))
    path = tmp_path_factory.mktemp("sbml") / "functions.xml"
    path.write_text(document(given + declared, rules + moved), encoding="utf-8")
    course = coley.solve(coley.load_sbml(path), [0.0, 1.0], observables=list(names))
    return {formula: float(course[name].values[0, -1]) for name, formula in names.items()}


def infix(formula: str) -> str:
    text = libsbml.writeMathMLToString(libsbml.parseL3Formula(formula))
    found = re.search(r"<math[^>]*>(.*)</math>", text, flags=re.DOTALL)
    assert found, formula
    return found[1]


def rule(variable: str, content: str) -> str:
    return f'<assignmentRule variable="{variable}">{MATHS}{content}</math></assignmentRule>'


def document(parameters: str, rules: str, before: str = "") -> str:
    listed = f"<listOfParameters>{parameters}</listOfParameters><listOfRules>{rules}</listOfRules>"
    return f"{HEAD}{before}{listed}</model></sbml>"


@pytest.mark.parametrize("formula", FUNCTIONS)
def test_functions_of_mathml(functions: Mapping[str, float], formula: str) -> None:
    np.testing.assert_allclose(functions[formula], FUNCTIONS[formula], rtol=1e-12)


TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'
P = '<parameter id="p" constant="false"/>'
PQ = P + '<parameter id="q" constant="false"/>'


def function(name: str, body: str) -> str:
    made = f"{MATHS}<lambda><bvar><ci>x</ci></bvar>{body}</lambda></math>"
    return f'<functionDefinition id="{name}">{made}</functionDefinition>'


def doubling(n: int) -> str:
    """Functions each of which calls the next twice: 2^n calls, written out."""
    calls = "<apply><ci>{0}</ci><ci>x</ci></apply><apply><ci>{0}</ci><apply><sin/><ci>x</ci></apply></apply>"
    bodies = [f"<apply><plus/>{calls.format(f'f{i + 1}')}</apply>" for i in range(n)] + ["<ci>x</ci>"]
    listed = "".join(function(f"f{i}", body) for i, body in enumerate(bodies))
    return f"<listOfFunctionDefinitions>{listed}</listOfFunctionDefinitions>"


def squares(n: int) -> tuple[str, str]:
    """Rules each of which holds the next twice."""
    parameters = "".join(f'<parameter id="p{i}" constant="false"/>' for i in range(n + 1))
    body = "<apply><plus/><apply><sin/><ci>{0}</ci></apply><apply><cos/><ci>{0}</ci></apply></apply>"
    return parameters, "".join(rule(f"p{i}", body.format(f"p{i + 1}")) for i in range(n))


RECURSIVE = (
    f"<listOfFunctionDefinitions>{function('f', '<apply><ci>f</ci><ci>x</ci></apply>')}</listOfFunctionDefinitions>"
)
HARMFUL: Mapping[str, tuple[str, str]] = {
    "empty": ("not-readable", ""),
    "table": ("not-sbml", "time,dose\n0,3\n"),
    "page": ("not-sbml", "<html><body/></html>"),
    "truncated": ("not-sbml", document(P, rule("p", "<cn>1</cn>"))[:-30]),
    "no model": ("not-sbml", HEAD.replace('<model id="m">', "") + "</sbml>"),
    "nesting": ("too-deep", HEAD + "<notes>" * 100_000),
    "deep formula": ("too-deep", document(P, rule("p", "<apply><sin/>" * 100_000 + "<pi/>" + "</apply>" * 100_000))),
    "long formula": ("too-deep", document(P, rule("p", "<apply><plus/>" + TIME * 30_000 + "</apply>"))),
    "long attribute": ("too-deep", HEAD.replace('id="m"', f'id="m" name="{"-" * 30_000}"') + "</model></sbml>"),
    "entities": ("doctype", '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><sbml>&c;</sbml>'),
    "functions": ("too-large", document(P, rule("p", f"<apply><ci>f0</ci>{TIME}</apply>"), doubling(18))),
    "rules": ("too-large", document(*squares(30))),
    "circle": ("circular", document(PQ, rule("p", "<ci>q</ci>") + rule("q", "<ci>p</ci>"))),
    "recursion": ("recursion", document(P, rule("p", "<apply><ci>f</ci><pi/></apply>"), RECURSIVE)),
    "function": ("function", document(P, rule("p", "<apply><ci>system</ci><pi/></apply>"))),
    "towers": (
        "infinite",
        document(
            P,
            rule("p", "<apply><power/>" * 99 + f"<apply><times/><cn>2</cn>{TIME}</apply>" + "<cn>60</cn></apply>" * 99),
        ),
    ),
    "two faults": (
        "function",
        document(PQ, rule("p", "<apply><ci>a</ci><pi/></apply>") + rule("q", "<apply><ci>b</ci><pi/></apply>")),
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harm_is_refused_by_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coley.sbml.importer.formulas.LARGEST_MODEL", 100_000)  # the same, sooner
    code, text = HARMFUL[name]
    path = tmp_path / "model.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ColeyError) as caught:
        coley.load_sbml(path)
    problems = caught.value.problems
    assert {problem.code for problem in problems if isinstance(problem, Refused)} == {code}
    assert all(str(path) in problem.where for problem in problems)
    assert len(problems) == (2 if name == "two faults" else 1)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_bytes(b'<?xml version="1.0" encoding="ISO-8859-1"?><sbml a="\xe9"/>')
    with pytest.raises(ColeyError, match="UTF-8"):
        coley.load_sbml(path)


def test_a_file_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColeyError, match="cannot be read"):
        coley.load_sbml(tmp_path / "absent.xml")


def test_a_file_above_the_limit_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coley.sbml.importer.document.LARGEST_FILE", 10)
    with pytest.raises(ColeyError, match="is larger than"):
        coley.load_sbml(MODELS / "level1.xml")


def test_powers_of_numbers_stay_small(tmp_path: Path) -> None:
    """9^(9^99) has 10^94 digits; as a float it is infinite."""
    path = tmp_path / "model.xml"
    path.write_text(document(P, rule("p", infix("9^(9^99)"))), encoding="utf-8")
    assert coley.solve(coley.load_sbml(path), [0.0, 1.0])["p"].values[0, 0] == math.inf


def test_sums_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_text(document(P, rule("p", f"<apply><plus/>{TIME * 900}</apply>")), encoding="utf-8")
    assert coley.solve(coley.load_sbml(path), [0.0, 2.0])["p"].values[0, 1] == 1800


def test_a_model_without_anything_is_a_model(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_text(f"{HEAD}</model></sbml>", encoding="utf-8")
    assert coley.load_sbml(path).states == ()


def test_the_page_shows_the_same_refusals() -> None:
    page = (Path(__file__).parent.parent / "docs" / "sbml.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", page, flags=re.MULTILINE)) == dict(REFUSED)


def test_refusals_bear_known_codes() -> None:
    with pytest.raises(AssertionError):
        limits.RefusalError("no-such-code", "")


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Two cases in the format of the SBML Test Suite, of which the second expects what is not so."""
    folder = tmp_path / "suite"
    for number, factor in (("00001", 1.0), ("00002", 1.5)):
        case = folder / number
        case.mkdir(parents=True)
        (case / f"{number}-sbml-l1v2.xml").write_text((MODELS / "level1.xml").read_text())
        (case / f"{number}-settings.txt").write_text(
            "start: 0\nduration: 6\nsteps: 12\nvariables: A, B\nabsolute: 1e-6\nrelative: 1e-4\namount: B\n"
            "concentration: A\n"
        )
        (case / f"{number}-tags.txt").write_text(f"componentTags: Species, Tag{number}\ntestTags:\n")
        values = np.column_stack([TIMES, COURSES["level1"]["A"](TIMES) / 2, factor * COURSES["level1"]["B"](TIMES)])
        np.savetxt(case / f"{number}-results.csv", values, delimiter=",", header="time,A,B", comments="")
    return folder


def test_conformance_passes_and_fails(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from coley.sbml.conformance.__main__ import main

    table = suite.parent / "verdicts.csv"
    assert main([str(suite), "--workers", "1", "--out", str(table)]) == 1
    verdicts = pd.read_csv(table, dtype=str).set_index("case")
    assert verdicts["outcome"].to_dict() == {"00001": "passed", "00002": "failed"}
    assert "B at 0.5" in verdicts["detail"]["00002"]
    assert "1 passed (50.0 %)" in capsys.readouterr().out


def test_conformance_takes_tags_and_zips(suite: Path) -> None:
    from coley.sbml.conformance.cases import find, unpack

    archive = suite.parent / "suite.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for path in suite.rglob("*.*"):
            out.write(path, f"cases/{path.relative_to(suite)}")
        out.writestr("../00003/00003-settings.txt", "")
        out.writestr("/etc/other.txt", "")
    folder = suite.parent / "unpacked"
    folder.mkdir()
    assert [case.name for case in find(unpack(archive, folder), frozenset({"Tag00002"}))] == ["00002"]
    assert {path.name for path in folder.iterdir()} == {"00001", "00002", "00003"}  # and nothing beside it


def hang(case: object) -> None:
    """A judge that never comes to a verdict on the first case, and dies of the second."""
    import os
    import time

    if getattr(case, "name") == "00002":  # noqa: B009
        os._exit(1)
    time.sleep(600)


def test_conformance_ends_what_hangs_or_dies(suite: Path) -> None:
    from coley.sbml.conformance.cases import find
    from coley.sbml.conformance.workers import run

    verdicts = {verdict.case: verdict.outcome for verdict in run(find(suite), hang, workers=2, seconds=3)}  # type: ignore[arg-type]
    assert verdicts == {"00001": "timeout", "00002": "crashed"}


@pytest.mark.parametrize(("symbol", "arguments"), [("delay", 1), ("delay", 5), ("rateOf", 3)])
def test_delays_and_rates_of_too_much_or_too_little(tmp_path: Path, symbol: str, arguments: int) -> None:
    """Where libSBML finds other faults first, it does not count."""
    url = f"http://www.sbml.org/sbml/symbols/{symbol}"
    csymbol = f'<csymbol encoding="text" definitionURL="{url}">f</csymbol>'
    path = tmp_path / "model.xml"
    content = f"<apply>{csymbol}{'<ci>q</ci>' * arguments}</apply>"
    path.write_text(document(PQ, rule("p", content)), encoding="utf-8")
    with pytest.raises(ColeyError, match="arguments"):
        coley.load_sbml(path)
