"""Assembly: mechanisms become one System, or every fault is named with its mechanism and a remedy; algebra of units."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
import pytest
import symengine
from hypothesis import given, settings
from pint.util import UnitsContainer

from coley.catalogue import load_catalogue
from coley.disease import disease_of
from coley.errors import ColeyError, Problem
from coley.facts import Quantity
from coley.modeling import REST, Mechanism, assemble
from coley.modeling.check import dimension_of
from coley.system import Expression
from coley.units import dimension

CATALOGUE = load_catalogue()
CONTEXT = CATALOGUE.disease("melanoma").context
PROPERTY = settings(derandomize=True, max_examples=60, deadline=None)


def mechanism(name: str = "growth") -> Mechanism:
    """Cells that double, and nothing wrong with them."""
    m = Mechanism(name, "Cells divide.", CONTEXT)
    rate = m.constant(f"k_{name}", quantity(0.5, "1/week"), "rate of division")
    cells = m.state(f"N_{name}", "cell", 0, 1.0, "cells")
    m.reaction("division", rate * cells, {f"N_{name}": 1})
    return m


def quantity(value: float, unit: str) -> Quantity:
    return Quantity(value=value, unit=unit, source="assumption", known="assumed")


def problems(*mechanisms: Mechanism) -> tuple[Problem, ...]:
    """What assembly finds wrong: each fault names its place and a remedy."""
    with pytest.raises(ColeyError) as caught:
        assemble("faulty", mechanisms)
    for problem in caught.value.problems:
        assert problem.where.startswith("mechanism ") and problem.what and problem.hint
    return caught.value.problems


def test_sound_mechanisms_assemble() -> None:
    first, second = mechanism("first"), mechanism("second")
    second.rule("both", "cell", second["N_first"] + second["N_second"], "all cells")
    system = assemble("two", [first, second])
    assert system.state_names == ("N_first", "N_second")
    assert [reaction.name for reaction in system.reactions] == ["first.division", "second.division"]
    assert {p.name: p.value for p in system.parameters} == {"k_first": 0.5 / 7, "k_second": 0.5 / 7}
    assert str(system.inline(system.rules[0].expression)) == "N_first + N_second"


# --- names ----------------------------------------------------------------------------------------------------------


def test_state_declared_twice() -> None:
    again = mechanism("again")
    again.state("N_growth", "cell", 0, 1.0, "the same cells")
    (problem,) = problems(mechanism(), again)
    assert problem.where == "mechanism again"
    assert "'N_growth'" in problem.what and "'growth'" in problem.what


@pytest.mark.parametrize(
    "declare",
    [
        lambda m: m.rule("N_growth", "cell", 1, "a rule"),
        lambda m: m.total("N_growth", "cell", "a sum"),
        lambda m: m.product("N_growth", "a product"),
        lambda m: m.state("k_growth", "1/day", 0, 1.0, "a state"),
        lambda m: m.constant("N_growth", quantity(1, "cell"), "a parameter"),
    ],
    ids=["rule", "total", "product", "state", "parameter"],
)
def test_name_of_another_kind(declare: Callable[[Mechanism], object]) -> None:
    other = mechanism("other")
    declare(other)
    (problem,) = problems(mechanism(), other)
    assert "_growth'" in problem.what


def test_shared_term_declared_twice() -> None:
    """It would lose what one of the two mechanisms counts on."""
    first, second = mechanism("first"), mechanism("second")
    first.total("death", "1/day", "deaths")
    second.product("death", "deaths")
    (problem,) = problems(first, second)
    assert problem.where == "mechanism second" and "'death'" in problem.what and "'first'" in problem.what


def test_parameter_with_two_values() -> None:
    first, second = mechanism("first"), mechanism("second")
    first.constant("k", quantity(1, "1/day"), "a rate")
    second.constant("k", quantity(2, "1/day"), "the rate, or not")
    (problem,) = problems(first, second)
    assert problem.where == "mechanism second" and "'k'" in problem.what
    with pytest.raises(ColeyError, match="two values"):
        first.constant("k", quantity(2, "1/day"), "the rate, or not")


def test_parameter_shared_by_mechanisms_that_agree() -> None:
    first, second = mechanism("first"), mechanism("second")
    first.constant("k", quantity(7, "1/week"), "a rate")
    second.constant("k", quantity(1, "1/day"), "the same rate")
    system = assemble("agreed", [first, second])
    assert [p.value for p in system.parameters if p.name == "k"] == [1.0]


def test_name_that_nobody_declares() -> None:
    m = mechanism()
    m.rule("half", "cell", m["N_grwth"] / 2, "half of them")
    (problem,) = problems(m)
    assert problem.where == "mechanism growth"
    assert "'N_grwth'" in problem.what and "did you mean 'N_growth'" in problem.hint


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.reaction("loss", m["k_growth"], {"nowhere": -1}),
        lambda m: m.reaction("loss", m["nowhere"], {"N_growth": -1}),
        lambda m: m.reaction("loss", m["k_growth"], {"N_growth": m["nowhere"]}),
        lambda m: m.state("M", "cell", m["nowhere"], 1.0, "more cells"),
        lambda m: (m.total("sum", "cell", "a sum"), m.contribute("sum", m["nowhere"])),
    ],
    ids=["state", "rate", "coefficient", "initial", "contribution"],
)
def test_every_place_is_searched_for_unknown_names(use: Callable[[Mechanism], object]) -> None:
    m = mechanism()
    use(m)
    (problem,) = problems(m)
    assert "'nowhere'" in problem.what


def test_contribution_to_a_term_that_nobody_shares() -> None:
    m, other = mechanism(), mechanism("other")
    m.total("death_rate", "1/day", "rate of death")
    other.contribute("death_rte", other["k_other"])
    (problem,) = problems(m, other)
    assert problem.where == "mechanism other"
    assert "'death_rte'" in problem.what and "did you mean 'death_rate'" in problem.hint


def test_all_faults_of_names_at_once() -> None:
    first, second = mechanism("first"), mechanism("second")
    first.rule("r", "cell", first["absent"], "a rule")
    second.rule("r", "cell", second["N_second"], "the same rule")
    second.contribute("nothing", second["k_second"])
    assert len(problems(first, second)) == 3


# --- order ----------------------------------------------------------------------------------------------------------


def test_rules_are_put_in_order() -> None:
    m = mechanism()
    m.rule("third", "", m["second"] + 1, "third")
    m.rule("second", "", m["first"] + 1, "second")
    m.rule("first", "", 1, "first")
    assert [rule.name for rule in assemble("ordered", [m]).rules] == ["first", "second", "third"]


def test_rules_in_a_circle() -> None:
    """The circle is named, and neither what leads to it nor what hangs on it."""
    first, second = mechanism("first"), mechanism("second")
    first.rule("a", "", first["b"] + 1, "a")
    second.rule("b", "", second["c"] + 1, "b")
    second.rule("c", "", second["a"] + 1, "c")
    first.rule("A_hangs_on", "", first["a"] + 1, "not of the circle")
    first.rule("leads_to", "", 1, "not of the circle")
    (problem,) = problems(first, second)
    assert problem.where == "mechanism first, second"
    assert problem.what.endswith(("a → b → c → a", "b → c → a → b", "c → a → b → c"))


def test_circle_through_a_shared_term() -> None:
    m = mechanism()
    m.total("sum", "", "a sum")
    m.contribute("sum", m["rule"])
    m.rule("rule", "", m["sum"], "what it is made of")
    (problem,) = problems(m)
    assert "sum" in problem.what and "rule" in problem.what


# --- units ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        (lambda m: m.rule("r", "cell", m["k_growth"], "cells?"), "rule r"),
        (lambda m: m.rule("r", "cell", m["N_growth"] + 1, "cells and a number"), "rule r"),
        (lambda m: m.rule("r", "", symengine.exp(m["N_growth"]), "e to the cells"), "rule r"),
        (lambda m: m.rule("r", "cell", m["N_growth"] ** m["N_growth"], "cells to the cells"), "rule r"),
        (lambda m: m.rule("r", "cell", symengine.Max(m["N_growth"], m["k_growth"]), "either"), "rule r"),
        (lambda m: m.state("S", "mL", m["k_growth"], 1.0, "a volume?"), "initial value of S"),
        (lambda m: m.reaction("r", m["N_growth"], {"N_growth": -1}), "reaction growth.r, N_growth"),
        (lambda m: m.reaction("r", m["k_growth"], {"N_growth": m["k_growth"]}), "reaction growth.r, N_growth"),
        (lambda m: (m.total("t", "cell", "a sum"), m.contribute("t", m["k_growth"])), "contribution to t"),
        (lambda m: (m.product("p", "a product"), m.contribute("p", m["N_growth"])), "contribution to p"),
    ],
)
def test_units_that_do_not_balance(fault: Callable[[Mechanism], object], place: str) -> None:
    m = mechanism()
    fault(m)
    (problem,) = problems(m)
    assert problem.where == f"mechanism growth, {place}"


def test_contribution_out_of_balance_names_who_contributes() -> None:
    m, other = mechanism(), mechanism("other")
    m.total("death", "1/day", "rate of death")
    other.contribute("death", other["k_other"])
    other.contribute("death", other["N_other"])
    (problem,) = problems(m, other)
    assert problem.where == "mechanism other, contribution to death"
    assert "cell" in problem.what and "time" in problem.what


@pytest.mark.parametrize(
    ("unit", "remedy"), [("1/week", "1/d"), ("mg/L", "milligram"), ("nM", "nanomole"), ("micrometer^2", "centimeter")]
)
def test_unit_that_is_not_coherent(unit: str, remedy: str) -> None:
    """Internal units are day, cell, cm, nmol, mg and molecule; anything else would need a factor in the rates."""
    m = mechanism()
    ways: list[Callable[[], object]] = [
        lambda: m.state("x", unit, 0, 1.0, "a state"),
        lambda: m.rule("x", unit, 1, "a rule"),
        lambda: m.total("x", unit, "a sum"),
    ]
    for declare in ways:
        with pytest.raises(ColeyError) as caught:
            declare()
        (problem,) = caught.value.problems
        assert problem.where == "mechanism growth, x" and unit in problem.what and remedy in problem.hint


@pytest.mark.parametrize("unit", ["parsnip", "kelvin"])
def test_unit_that_no_model_has(unit: str) -> None:
    with pytest.raises(ColeyError) as caught:
        mechanism().rule("x", unit, 1, "a rule")
    (problem,) = caught.value.problems
    assert problem.where == "mechanism growth, x" and unit in problem.what


def test_catalogue_lacks_a_parameter() -> None:
    with pytest.raises(ColeyError, match=r"did you mean.*'k_growth'"):
        mechanism().parameter("k_grwth", "net growth rate")


def test_quantity_of_the_cancer_goes_before_that_of_physiology() -> None:
    name, theirs = next(iter(CATALOGUE.physiology.parameters.items()))
    other = theirs.model_copy(update={"value": theirs.value + 1})
    melanoma = CATALOGUE.cancer("melanoma")
    cancer = melanoma.model_copy(update={"parameters": {**melanoma.parameters, name: other}})
    assert disease_of(cancer, CATALOGUE.physiology).context.quantity(name).value == theirs.value + 1
    assert CONTEXT.quantity(name).value == theirs.value


def test_parameter_of_a_site_keeps_the_name_of_its_quantity() -> None:
    """A lesion has its own parameter, and knows of which quantity it is and where."""
    m = Mechanism("lesions", "Each grows.", CONTEXT)
    for site in ("1", REST):
        m.at_site("k_growth", site, "net growth rate")
    assert {name: (v.base, v.site) for name, v in m.variables.items()} == {
        "k_growth_1": ("k_growth", "1"),
        f"k_growth_{REST}": ("k_growth", REST),
    }
    assert len({parameter.value for parameter in m.parameters.values()}) == 1


# --- shared terms ---------------------------------------------------------------------------------------------------


def shared(*terms: float) -> tuple[Expression, Expression]:
    """A total and a product to which another mechanism contributes ``terms``."""
    m, other = mechanism(), mechanism("other")
    m.total("sum", "", "a sum")
    m.product("product", "a product")
    for term in terms:
        other.contribute("sum", term)
        other.contribute("product", term)
    system = assemble("shared", [m, other])
    total, product = (rule.expression for rule in system.rules)
    return total, product


def test_shared_terms_are_neutral_by_default() -> None:
    assert shared() == (0, 1)


@PROPERTY
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5))
def test_shared_terms_add_and_multiply(terms: list[int]) -> None:
    expected = 1
    for term in terms:
        expected *= term
    assert shared(*terms) == (sum(terms), expected)


# --- algebra of units -----------------------------------------------------------------------------------------------

NAMES = {name: dimension(unit) for name, unit in {"n": "cell", "t": "day", "v": "mL", "c": "nmol/mL", "p": ""}.items()}
NAMED = st.sampled_from(sorted(NAMES)).map(lambda name: (symengine.Symbol(name), NAMES[name]))
Term = tuple[Expression, UnitsContainer]


def _times(pair: tuple[Term, Term]) -> Term:
    (a, of_a), (b, of_b) = pair
    return a * b, of_a * of_b


def _over(pair: tuple[Term, Term]) -> Term:
    (a, of_a), (b, of_b) = pair
    return a / b, of_a / of_b


def _power(pair: tuple[Term, int]) -> Term:
    (a, of_a), n = pair
    return a**n, of_a**n


TERMS: st.SearchStrategy[Term] = st.recursive(
    NAMED,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(_times),
        st.tuples(inner, inner).map(_over),
        st.tuples(inner, st.integers(-3, 3)).map(_power),
    ),
    max_leaves=6,
)


def same(a: UnitsContainer | None, b: UnitsContainer) -> bool:
    a = a if a is not None else UnitsContainer({})
    return all(float(a.get(key, 0)) == pytest.approx(float(b.get(key, 0))) for key in {*a, *b})  # type: ignore[arg-type]


@PROPERTY
@given(TERMS)
def test_dimension_of_products_quotients_and_powers(term: Term) -> None:
    """Expected: exponents worked out beside the expression while it is built."""
    expression, expected = term
    assert same(dimension_of(expression, NAMES), expected)


@PROPERTY
@given(TERMS, st.integers(1, 9), st.integers(1, 9))
def test_multiples_of_a_term_add(term: Term, a: int, b: int) -> None:
    expression, expected = term
    shifted = expression + symengine.Symbol("other")
    assert same(dimension_of(a * expression + b * expression, NAMES), expected)
    assert same(dimension_of(shifted * a, {**NAMES, "other": expected}), expected)


@PROPERTY
@given(TERMS, TERMS)
def test_sum_needs_one_dimension(one: Term, other: Term) -> None:
    of_a, of_b = one[1], other[1]
    names = {**NAMES, "a": of_a, "b": of_b}
    total = symengine.Symbol("a") + symengine.Symbol("b")
    if same(of_a, of_b):
        assert same(dimension_of(total, names), of_a)
    else:
        with pytest.raises(ColeyError, match="adds"):
            dimension_of(total, names)


@PROPERTY
@given(TERMS)
def test_functions_and_symbolic_powers_need_pure_numbers(term: Term) -> None:
    expression, expected = term
    pure, p = same(expected, UnitsContainer({})), symengine.Symbol("p")
    for made in (symengine.exp(expression), symengine.log(expression), expression**p, (p + 2) ** expression):
        if made.is_Number or made == expression:
            continue  # symengine made it simpler: log(exp(1)), 1**p
        if pure:
            assert same(dimension_of(made, NAMES), UnitsContainer({}))
        else:
            with pytest.raises(ColeyError, match="pure number"):
                dimension_of(made, NAMES)


def test_zero_fits_any_dimension_and_no_other_number_does() -> None:
    assert dimension_of(symengine.Integer(0), NAMES) is None
    assert dimension_of(symengine.Integer(2), NAMES) == UnitsContainer({})


def test_thirds_of_powers_add_up() -> None:
    """2/3 and 1/3 are no binary fractions: volume^(2/3) × volume^(1/3) is a volume all the same."""
    v, w = symengine.symbols("v w")
    whole = v ** (2 / 3) * w ** (1 / 3) + v
    assert same(dimension_of(whole, {**NAMES, "w": NAMES["v"]}), NAMES["v"])
