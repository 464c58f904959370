"""Equations on the page are those of the code: each is read back from its LaTeX and worked out with numbers."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import symengine
from typer.testing import CliRunner

from coley.catalogue import load_catalogue
from coley.cli.commands import app
from coley.errors import ColeyError
from coley.handbook.equations import ACTIONS, BIOLOGY, KINETICS, Chapter, chapters
from coley.handbook.latex import equation, latex, symbol
from coley.handbook.pages import chosen, equations_page
from coley.system import Expression

SOURCE = Path(__file__).parents[1] / "src" / "coley"
a, b, c, k_on = symengine.symbols("a b c k_on")


@pytest.fixture(scope="module")
def book() -> tuple[Chapter, ...]:
    return chapters(load_catalogue())


def value(text: str, names: dict[str, float]) -> float:
    """What LaTeX of this package is worth: turned into Python by rewriting its commands, innermost first."""
    for name in sorted(names, key=lambda name: -len(symbol(name))):
        text = re.sub(rf"(?<![A-Za-z\\]){re.escape(symbol(name))}(?![A-Za-z_])", f" ({names[name]!r}) ", text)
    text = text.replace(r"\left", "").replace(r"\right", "").replace(r"\mathrm{e}", f"({math.e!r})")
    while re.search(r"\\t?frac|\\sqrt|\^\{", text):
        text = re.sub(r"\\t?frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"((\1)**0.5)", text)
        text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text)
    for old, new in ((r"\exp", "exp"), (r"\ln", "log"), (r"\max", "max"), (r"\min", "min")):
        text = text.replace(old, new)
    text = text.replace(r"\,", "*").replace(r"\cdot", "*")
    return float(eval(text, {"__builtins__": {}}, {"exp": math.exp, "log": math.log, "max": max, "min": min}))


@pytest.mark.parametrize(
    "expression",
    [
        a + b - c,
        a - (b - c),
        -a - b,
        a * (b + c) / (a + k_on),
        a / (b * c),
        a / (b / c),
        (a / b) ** c,
        (a * b) ** 2,
        (-a) ** 2,
        2**a,
        a ** (-b),
        1 / (a + b) ** 2,
        symengine.sqrt(a + b) / 2,
        symengine.exp(-a * b),
        symengine.log(1 + a),
        1.5e-9 * a + 1e6,
        symengine.Rational(3, 4) * a,
        symengine.Max(a, b) - symengine.Min(a, c),
        a * b ** (-1) * c ** symengine.Rational(-1, 2),
    ],
)
def test_latex_reads_back_as_the_same_number(expression: Expression) -> None:
    names = {"a": 1.7, "b": 0.6, "c": 2.3, "k_on": 5.1}
    expected = float(symengine.sympify(expression).subs(names))
    assert value(latex(expression), names) == pytest.approx(expected, rel=1e-9)


def test_cases_and_names_are_written_as_people_write_them() -> None:
    assert symbol("k_on") == r"k_{\mathrm{on}}" and symbol("rho_cell") == r"\rho_{\mathrm{cell}}"
    assert symbol("IL2") == r"\mathrm{IL2}" and symbol("C_wild_type_1") == r"C_{\mathrm{wild,type,1}}"
    piecewise = symengine.Piecewise((a, a < b), (b, True))
    assert latex(piecewise) == r"\begin{cases}a & \text{if } a < b \\ b & \text{otherwise}\end{cases}"
    with pytest.raises(ColeyError, match="no LaTeX for the function"):
        latex(symengine.gamma(a))


def test_a_long_equation_is_broken_up_and_still_the_same() -> None:
    inner = (a + b * k_on) / (c + a * k_on) + symengine.sqrt(a + b * k_on)
    long = sum(((inner + number) ** 2 / (inner + c) for number in range(8)), symengine.Integer(0))
    names = {"a": 1.7, "b": 0.6, "c": 2.3, "k_on": 5.1}
    whole = equation("y", "=", long).removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}")
    rows = [row.split(" &= ") for row in whole.split(r" \\ ")]
    assert len(rows) > 1 and rows[-1][0] == "y"
    for number, (left, text) in enumerate(rows, 1):
        worth = value(text, names)
        if left != "y":
            assert left == symbol(f"x_{number}")
            names[f"x_{number}"] = worth
    assert worth == pytest.approx(float(long.subs({"a": 1.7, "b": 0.6, "c": 2.3, "k_on": 5.1})), rel=1e-9)


def test_every_mechanism_has_equations_and_a_table_of_symbols(book: tuple[Chapter, ...]) -> None:
    titles = {chapter.title.lower().replace(" ", "_") for chapter in book if chapter.part == BIOLOGY}
    assert titles == {path.stem for path in (SOURCE / "mechanisms").glob("*.py")} - {"__init__"}
    for chapter in book:
        assert chapter.text, chapter.title
        if chapter.equations:
            assert chapter.symbols, chapter.title
        for line in chapter.equations:
            assert line.count("{") == line.count("}"), line


@pytest.mark.parametrize(("part", "folder"), [(ACTIONS, "actions"), (KINETICS, "kinetics")])
def test_every_way_to_act_or_be_distributed_that_a_drug_has_is_there(
    book: tuple[Chapter, ...], part: str, folder: str
) -> None:
    titles = {chapter.title.lower() for chapter in book if chapter.part == part}
    drugs = load_catalogue().drugs.values()
    kinds = {drug.kinetics.kind for drug in drugs} | {action.kind for drug in drugs for action in drug.actions}
    files = {path.stem.replace("_", "-") for path in (SOURCE / "pharmacology" / folder).glob("*.py")}
    assert {kind.replace("-", " ") for kind in kinds & files} <= titles


def test_every_symbol_in_an_equation_is_in_the_table(book: tuple[Chapter, ...]) -> None:
    for chapter in book:
        known = {each.latex for each in chapter.symbols}
        for line in chapter.equations:
            for word in re.findall(r"\\mathrm\{[A-Za-z0-9]{2,}\}_\{\\mathrm\{[^{}]*\}\}", line):
                assert word in known, (chapter.title, word)


def test_the_quadratic_of_the_checkpoint_is_on_its_page(book: tuple[Chapter, ...]) -> None:
    (chapter,) = chosen(book, "checkpoint")
    assert any(r"\sqrt" in line and r"\mathrm{Kd}_{\mathrm{PD1,PDL1}}" in line for line in chapter.equations)
    (row,) = [each for each in chapter.symbols if each.name == "PD1_density"]
    assert "centimeter" in row.unit
    assert row.source and row.value


def test_the_page_holds_all_and_the_command_one(book: tuple[Chapter, ...], tmp_path: Path) -> None:
    page = equations_page(book)
    assert page.count("\n### ") == len(book) and page.count("$$") == 2 * sum(len(each.equations) for each in book)
    done = CliRunner().invoke(app, ["equations", "natural-killer_cells"])
    assert done.exit_code == 0 and "### Natural killer cells" in done.stdout
    out = tmp_path / "equations.md"
    assert CliRunner().invoke(app, ["equations", "--out", str(out)]).exit_code == 0
    assert out.read_text(encoding="utf-8") == page
    done = CliRunner().invoke(app, ["equations", "primin"])
    assert done.exit_code == 2 and "'priming'" in done.stderr
