"""Compiled kernels: elementary functions, order of the method, lanes, cache, and the way to a GPU."""

from __future__ import annotations

import ctypes
import math
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from decimal import Decimal, localcontext
from itertools import pairwise
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pandas as pd
import pytest
import symengine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from coley.catalogue import load_catalogue
from coley.engine import reference, solve
from coley.engine.batch import Batch, Control
from coley.engine.compiler import cache, linear, machine
from coley.engine.compiler.elementary import prelude
from coley.engine.compiler.ir import Function, render
from coley.engine.compiler.kernels import _kernels as compiled_here
from coley.engine.compiler.kernels import kernels
from coley.engine.compiler.linear import plan
from coley.engine.compiler.program import Program, program
from coley.engine.derivatives import jacobian
from coley.engine.doses import Doses, segments
from coley.engine.driver import native
from coley.engine.functions import functions
from coley.engine.memory import Memory
from coley.engine.rosenbrock import follow, look
from coley.engine.schedule import schedule
from coley.engine.tableau import METHODS, RODAS4, Method
from coley.errors import ColeyError
from coley.system import TIME, Event, Parameter, Reaction, State, System
from sampling import SAMPLE

Floats = NDArray[np.float64]
CATALOGUE = load_catalogue()
x, y, k = map(symengine.Symbol, ("x", "y", "k"))


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "kernels")
    return tmp_path / "kernels"


def melanoma() -> System:
    drugs = tuple(CATALOGUE.drugs[name] for name in ("nivolumab", "ipilimumab"))
    plain = CATALOGUE.disease("melanoma").model(drugs)
    return plain.with_events(Event("big", symengine.Symbol("V_tumour") >= 40, ends=True))


# --- elementary functions, against Python's decimal arithmetic with 40 digits


def elementary(name: str, arity: int) -> Callable[..., Floats]:
    """The function on arrays, eight numbers at a time."""
    f = Function("run", ["ptr %a", "ptr %b", "ptr %out"])
    f.store(f.call(name, *(f.load(base) for base in ("%a", "%b")[:arity])), "%out")
    f.emit("ret void")
    library = machine.Library(machine.assemble(render(prelude() + str(f), 8)), ["run"])
    run = ctypes.CFUNCTYPE(None, *3 * [ctypes.c_void_p])(library.addresses["run"])

    def apply(a: Floats, b: Floats | None = None, keep: object = library) -> Floats:
        size = -(-len(a) // 8) * 8
        first, second, out = (np.zeros(size + 8) for _ in range(3))
        offsets = [-array.ctypes.data % 64 // 8 for array in (first, second, out)]
        first[offsets[0] :][: len(a)] = a
        second[offsets[1] :][: len(a)] = 0 if b is None else b
        for i in range(0, size, 8):
            run(*(array.ctypes.data + 8 * (o + i) for array, o in zip((first, second, out), offsets, strict=True)))
        return out[offsets[2] :][: len(a)].copy()

    return apply


def ulps(got: Floats, exact: list[Decimal]) -> Floats:
    with localcontext(prec=40):
        return np.array(
            [float(abs(Decimal(g) - e) / Decimal(math.ulp(float(e)))) for g, e in zip(got, exact, strict=True)]
        )


def test_exp_is_accurate_over_its_whole_range() -> None:
    generator = np.random.default_rng(1)
    values = np.concatenate(
        [generator.uniform(-708, 709.7, 2000), generator.normal(0, 1, 2000), generator.normal(0, 1e-8, 99)]
    )
    with localcontext(prec=40):
        exact = [Decimal(v).exp() for v in values]
    assert ulps(elementary("coley_exp", 1)(values), exact).max() < 1.5
    edges = np.array([0.0, -0.0, 709.782712893384, 709.79, 1e4, np.inf, -745.0, -746.0, -1e9, -np.inf, np.nan])
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(elementary("coley_exp", 1)(edges)[3:], np.exp(edges)[3:])
        np.testing.assert_allclose(elementary("coley_exp", 1)(edges)[:3], np.exp(edges)[:3], rtol=1e-15)


def test_log_is_accurate_over_its_whole_range() -> None:
    generator = np.random.default_rng(2)
    values = np.concatenate(
        [10 ** generator.uniform(-320, 308, 2000), generator.lognormal(0, 1, 2000), 1 + generator.normal(0, 1e-9, 99)]
    )
    with localcontext(prec=40):
        exact = [Decimal(v).ln() for v in values]
    assert ulps(elementary("coley_log", 1)(values), exact).max() < 1.5
    edges = np.array([0.0, 1.0, -1.0, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(elementary("coley_log", 1)(edges), [-np.inf, 0, np.nan, np.inf, np.nan, np.nan])


def test_pow_is_accurate_over_its_whole_range() -> None:
    generator = np.random.default_rng(3)
    base = 10 ** np.concatenate([generator.uniform(-30, 30, 2000), generator.uniform(-300, 300, 1000)])
    power = np.concatenate([generator.normal(0, 3, 2000), generator.uniform(-1, 1, 1000)])
    with localcontext(prec=40):
        exact = [Decimal(a) ** Decimal(b) for a, b in zip(base, power, strict=True)]
    assert ulps(elementary("coley_pow", 2)(base, power), exact).max() < 2
    bases = np.array([0.0, 1.0, -1.0, 2.0, -2.0, np.inf, -np.inf, np.nan, 1e-300, 1e300])
    powers = np.array([0.0, 1.0, -1.0, 2.0, 3.0, 0.5, -0.5, 2 / 3, 500.0, -500.0])
    a, b = (part.ravel() for part in np.meshgrid(bases, powers))
    with np.errstate(all="ignore"):
        expected = np.power(a, b)
    expected[(a == -np.inf) & (b % 1 != 0)] = np.nan  # C calls this infinite or 0; no model means it
    expected[np.isnan(a) & (b == 0)] = 1
    got = elementary("coley_pow", 2)(a, b)
    np.testing.assert_allclose(got, expected, rtol=1e-15)


# --- kernels


def test_rates_are_those_of_the_reference() -> None:
    system = melanoma()
    compiled, theirs, n = kernels(system, RODAS4), functions(system), len(system.states)
    control = Control(1e-6, np.ones(n))
    values = np.array([parameter.value for parameter in system.parameters])
    generator = np.random.default_rng(4)
    for _ in range(20):
        states = np.array([state.scale for state in system.states]) * generator.lognormal(3, 2, n)
        expected = theirs.rates(np.concatenate([states, values, [17.0]]))
        matrix = np.zeros(n * n)
        matrix[theirs.entries] = theirs.jacobian(np.concatenate([states, values, [17.0]]))
        size = np.abs(matrix.reshape(n, n)) @ states + np.abs(expected)  # rates are differences of such terms
        got = look(compiled, system, control, values, 17.0, states)
        assert (np.abs(got - expected) <= 1e-12 * size).all()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.tuples(*2 * [st.integers(0, n - 1)])))),
    st.sampled_from([0, linear.STRAIGHT]),
)
def test_elimination_stores_every_entry_that_it_fills(case: tuple[int, set[tuple[int, int]]], limit: int) -> None:
    """Against elimination of a random matrix of that pattern, whose diagonal dominates; with and without a block."""
    n, pattern = case
    generator = np.random.default_rng(n)
    matrix = np.diag(np.full(n, 100.0))
    for i, j in sorted(pattern):
        matrix[i, j] += generator.uniform(0.5, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "STRAIGHT", limit)
        found = plan(n, pattern)
    assert sorted(found.order) == list(range(n))
    factors = matrix[np.ix_(found.order, found.order)]
    for i in range(n):
        for row in range(i + 1, n):
            factors[row, i] /= factors[i, i]
            factors[row, i + 1 :] -= factors[row, i] * factors[i, i + 1 :]
    assert set(zip(*(a.tolist() for a in np.nonzero(factors)), strict=True)) <= set(found.places)
    assert sorted(found.places.values()) == list(range(sum(map(len, found.rows))))
    block, size = range(found.first, n), len(found.places)
    assert [found.places[i, j] for i in block for j in block] == list(range(size - len(block) ** 2, size))


@pytest.mark.parametrize("cancer", ["b-all", "melanoma"])
def test_factors_are_those_of_the_derivative_of_the_rates(cancer: str) -> None:
    """L U = I / (gamma h) - J, with the model with all drugs; J by central differences of the kernel's own rates.

    Their error is about eps^(2/3) of the largest term of a rate, which cancels in places, and h is as long as what
    changes fastest takes: 1e-6 of the largest entry of the row, scaled by its states.
    """
    system = CATALOGUE.disease(cancer).model(tuple(CATALOGUE.drugs[name] for name in SAMPLE))
    compiled, n = kernels(system, RODAS4), len(system.states)
    found, rows = plan(n, [(i, j) for i, j, _ in jacobian(system)]), compiled.layout
    values = np.array([parameter.value for parameter in system.parameters])
    scales = np.array([state.scale for state in system.states])
    states = scales * np.random.default_rng(12).lognormal(3, 2, n)
    steps = np.cbrt(np.finfo(float).eps) * states
    moved = np.concatenate([states + np.diag(steps), states - np.diag(steps)])
    rates = np.array([look(compiled, system, Control(1e-6, scales), values, 17.0, point) for point in moved])
    numeric = ((rates[:n] - rates[n:]) / np.diag(moved[:n] - moved[n:])[:, None]).T
    size = np.abs(numeric * states).max(axis=1)
    h = 1 / (size / states).max()

    room = np.zeros(rows.size * compiled.width + 8)
    work = room[-room.ctypes.data % 64 // 8 :][: rows.size * compiled.width].reshape(rows.size, -1)
    work[rows.y : rows.y + n], work[rows.parameters : rows.parameters + len(values)] = states[:, None], values[:, None]
    work[rows.time], work[rows.step] = 17.0, h
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(compiled.addresses["coley_step"])(work.ctypes.data)
    factors = np.zeros((n, n))
    for (i, j), place in found.places.items():
        factors[i, j] = work[rows.factors + place, 0]
    upper = np.triu(factors, 1) + np.diag(1 / np.diag(factors))
    product = (np.eye(n) + np.tril(factors, -1)) @ upper
    matrix = np.zeros((n, n))
    matrix[np.ix_(found.order, found.order)] = -product
    matrix += np.eye(n) / (RODAS4.gamma * h)
    assert (np.abs(numeric - matrix) * states <= 1e-6 * size[:, None] + 1e-300).all()


def one_step(made: Program, width: int, seed: int = 5) -> Floats:
    """Everything that a step leaves, lane by lane, from states and parameters at random."""
    library, rows = machine.Library(machine.assemble(render(made.template, width)), ["coley_step"]), made.layout
    room = np.full(rows.size * 8 + 8, np.nan)
    work = room[-room.ctypes.data % 64 // 8 :][: rows.size * width].reshape(rows.size, width)
    given = np.random.default_rng(seed).uniform(0.5, 1.5, (rows.end, 8))
    work[: rows.end], work[rows.step] = given[:, :width], 0.1
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.addresses["coley_step"])(work.ctypes.data)
    return work[rows.end : rows.share].copy()


@pytest.mark.parametrize("limit", [0, 20, 100])
def test_a_full_block_changes_no_bit(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells that exchange with neighbours on a ring and across it, so that elimination fills the matrix."""
    names = [f"y{i}" for i in range(21)]
    cells = [symengine.Symbol(name) for name in names]
    reactions = tuple(
        Reaction(f"{a} {b}", k * cells[a] * (1 + cells[b]), {names[a]: -1, names[b]: 1})
        for a in range(21)
        for b in ((a + 1) % 21, (5 * a + 3) % 21)
        if a != b
    )
    system = System("ring", tuple(State(name, "", 1, 1.0) for name in names), (Parameter("k", "", 1.0),),
                    reactions=reactions)  # fmt: skip
    monkeypatch.setattr(linear, "STRAIGHT", math.inf)
    plain = program(system, RODAS4)
    monkeypatch.setattr(linear, "STRAIGHT", limit)
    blocked = program(system, RODAS4)
    assert "solve_block" in blocked.template and "solve_block" not in plain.template
    expected = one_step(plain, 8)
    assert np.isfinite(expected).all()
    for width in (8, 4, 1):
        np.testing.assert_array_equal(one_step(blocked, width), expected[:, :width])


def test_agrees_with_the_reference_on_an_assembled_model() -> None:
    """Ten patients with doses over sixty days, some of whom meet the event; the reference has a thousandth of rtol."""
    system, rtol = melanoma(), 1e-6

    def control(rtol: float) -> Control:
        return Control(rtol, np.array([rtol * state.scale for state in system.states]))

    ours = follow(system, batch(10), control(rtol), 1)
    theirs = reference.follow(system, batch(10), control(rtol / 1000), 1)
    assert ours.status.tolist() == theirs.status.tolist() == ["ok"] * 10
    assert ours.event.tolist() == theirs.event.tolist() and 0 < (ours.event == "big").sum() < 10
    np.testing.assert_allclose(ours.time, theirs.time, rtol=10 * rtol)
    scales = np.array([state.scale for state in system.states])
    difference = np.abs(ours.states - theirs.states) / np.maximum(np.abs(theirs.states), scales)
    assert np.nanmax(difference) < 10 * rtol
    np.testing.assert_array_equal(np.isnan(ours.states), np.isnan(theirs.states))


def test_a_system_without_states_is_refused() -> None:
    with pytest.raises(ColeyError, match="has no states"):
        kernels(System("empty", (), ()), RODAS4)


# --- order of the method


def fixed_steps(method: Method, system: System, start: Floats, end: float, steps: int) -> tuple[Floats, Floats]:
    """States at the end, and in the middle of every step by dense output, without any control of the error."""
    compiled = kernels(system, method)
    rows, run = compiled.layout, ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    room = np.zeros(rows.size * compiled.width + 8)
    work = room[-room.ctypes.data % 64 // 8 :][: rows.size * compiled.width].reshape(rows.size, -1)
    h, n = end / steps, rows.states
    work[rows.y : rows.y + n] = start[:, None]
    work[rows.rtol], work[rows.atol : rows.atol + n], work[rows.step], work[rows.accepted] = 1, 1, h, 1
    middles = []
    for i in range(steps):
        work[rows.time] = i * h
        run(compiled.addresses["coley_step"])(work.ctypes.data)
        u = work[rows.stages : rows.stages + n * method.stages, 0].reshape(method.stages, n)
        correction = sum(row @ u / 2**power for power, row in enumerate(np.array(method.dense)))
        ends = work[rows.y : rows.y + n, 0] + work[rows.end : rows.end + n, 0]
        middles.append((ends + correction / 2) / 2)
        run(compiled.addresses["coley_commit"])(work.ctypes.data)
    return work[rows.y : rows.y + n, 0].copy(), np.array(middles)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_order_of_convergence(method: Method) -> None:
    """x' = x (2 - x) cos t from 1/2 is 2 / (1 + 3 exp(-2 sin t)); y' = x cos t + y (2 - x) cos t from 0 is x sin t.

    Errors at the end fall with the order of the method; those of dense output with the order of its polynomial, or one
    more, as a step's worth of it is.
    """
    turn = symengine.cos(TIME)
    rates = (x * (2 - x) * turn, x * turn + y * (2 - x) * turn)
    system = System("order", (State("x", "", 1, 1.0), State("y", "", 0, 1.0)), (),
                    reactions=(Reaction("x", rates[0], {"x": 1}), Reaction("y", rates[1], {"y": 1})))  # fmt: skip

    def closed_form(t: Floats | float) -> Floats:
        first = 2 / (1 + 3 * np.exp(-2 * np.sin(t)))
        return np.array([first, first * np.sin(t)]).T

    end, errors, dense = 2.0, [], []
    for steps in (80, 160, 320):
        final, middles = fixed_steps(method, system, closed_form(0.0), end, steps)
        errors.append(np.abs(final - closed_form(end)))
        dense.append(np.abs(middles - closed_form((np.arange(steps) + 0.5) * end / steps)).max())
    np.testing.assert_allclose([np.log2(a / b) for a, b in pairwise(errors)], method.order, atol=0.3)
    for coarse, fine in pairwise(dense):
        assert len(method.dense) + 1 - 0.3 < math.log2(coarse / fine) < method.order + 0.3


# --- lanes, chunks, threads


def people(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    known = {parameter.name: parameter.value for parameter in melanoma().parameters}
    generator = np.random.default_rng(8)
    varied = [name for name in known if name.startswith(("k_", "rho_cell"))]
    table = pd.DataFrame({name: known[name] * generator.lognormal(0, 0.3, n) for name in varied})
    table["C_wild_type_1"] = 1e9
    doses = pd.DataFrame([(i, 14.0 * j, 240.0, 0.02, "A1_nivolumab") for i in range(n) for j in range(3)],
                         columns=["ID", "TIME", "AMT", "DUR", "CMT"])  # fmt: skip
    return table, doses


def batch(n: int) -> Batch:
    system = melanoma()
    table, doses = people(n)
    values = np.array([[p.value for p in system.parameters]] * n)
    for name in table.columns.intersection(system.parameter_names):
        values[:, system.parameter_names.index(name)] = table[name]
    states = np.array([[state.scale for state in system.states]] * n)
    states[:, system.state_names.index("C_wild_type_1")] = 5e9
    read = Doses.read(doses, {name: i for i, name in enumerate(system.state_names)})
    return Batch(
        np.arange(n), np.zeros(n), states, values, Memory.fresh(system, n), read, np.array([[0.0, 13.0, 28.0, 60.0]])
    )


def test_same_bits_in_any_number_of_lanes() -> None:
    """Every width that a processor is given. Of scalars, which none is, LLVM may fuse other products and sums."""
    system, control = melanoma(), Control(1e-5, np.array([1e-5 * s.scale for s in melanoma().states]))
    wide = follow(system, batch(19), control, 1, width=8)
    assert (wide.status == "ok").all() and len(set(wide.evaluations)) > 1
    for width in (2, 4):
        other = follow(system, batch(19), control, 1, width=width)
        assert other.states.tobytes() == wide.states.tobytes()
        assert other.evaluations.tolist() == wide.evaluations.tolist() and other.event.tolist() == wide.event.tolist()


def test_same_bits_in_any_chunks_and_threads() -> None:
    system, control = melanoma(), Control(1e-4, np.array([1e-4 * s.scale for s in melanoma().states]))
    whole = follow(system, batch(200), control, 1)
    for threads in (2, 3):
        other = follow(system, batch(200), control, threads)
        assert other.states.tobytes() == whole.states.tobytes()
    part = follow(system, batch(200).part(37, 51), control, 1)
    assert part.states.tobytes() == whole.states[37:51].tobytes()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 9), st.integers(0, 12), st.sampled_from("AB")),
        max_size=12,
    ),
    st.lists(st.integers(0, 40), min_size=4, max_size=4),
    st.integers(0, 40),
)
def test_schedule_of_many_is_the_segments_of_each(
    rows: list[tuple[int, int, int, int, str]], starts: list[int], end: int
) -> None:
    """Individuals 0, 1 and 3 are in the batch; an individual that stands at the end or beyond has one empty segment."""
    table = pd.DataFrame(
        [(i, t / 4, a, d / 4, c) for i, t, a, d, c in rows], columns=["ID", "TIME", "AMT", "DUR", "CMT"]
    )
    doses = Doses.read(table, {"A": 0, "B": 1})
    who, last = np.array([0, 1, 3]), max(end, *starts) / 4
    start = np.array([starts[i] / 4 for i in who])
    got = schedule(
        Batch(who, start, np.zeros((3, 2)), np.zeros((3, 0)), Memory.fresh(growth(), 3), doses, np.array([[last]])),
        np.zeros((3, 0)),
    )
    for row, theirs in enumerate(doses.of(who)):
        expected = list(segments(start[row], last, theirs, 2))
        assert got.first[row + 1] - got.first[row] == len(expected)
        for s, segment in enumerate(expected, start=got.first[row]):
            assert (got.start[s], got.end[s]) == (segment.start, segment.end)
            bolus, inflow = np.zeros(2), np.zeros(2)
            np.add.at(
                bolus,
                *(part[got.bolus_first[s] : got.bolus_first[s + 1]] for part in (got.bolus_state, got.bolus_amount)),
            )
            np.add.at(
                inflow,
                *(part[got.inflow_first[s] : got.inflow_first[s + 1]] for part in (got.inflow_state, got.inflow_rate)),
            )
            np.testing.assert_array_equal(bolus, np.zeros(2) if segment.bolus is None else segment.bolus)
            if segment.start < segment.end:  # nothing can flow in no time
                np.testing.assert_array_equal(inflow, np.zeros(2) if segment.infusion is None else segment.infusion)


# --- compiled once


def growth(value: float = 0.5, name: str = "growth") -> System:
    return System(name, (State("y", "", 1, 1.0),), (Parameter("k", "1/day", value),),
                  reactions=(Reaction("growth", k * y + symengine.log(y) / 100, {"y": 1}),))  # fmt: skip


def test_values_of_parameters_compile_nothing(fresh_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels(growth(), RODAS4)
    assert len(list(fresh_cache.iterdir())) == 1
    monkeypatch.setattr(machine, "assemble", lambda ir: pytest.fail("compiled again"))
    assert kernels(growth(0.7, "another name"), RODAS4) is kernels(growth(), RODAS4)


SCRIPT = """
import sys
from pathlib import Path
from coley.engine.compiler import cache, machine
cache.folder = lambda: Path(sys.argv[1])
assemble, count = machine.assemble, []
machine.assemble = lambda ir: count.append(1) or assemble(ir)
import symengine
from coley.engine import reference, solve
from coley.system import Parameter, Reaction, State, System
y, k = symengine.symbols("y k")
system = System("twice", (State("y", "", 1, 1.0),), (Parameter("k", "", 0.5),),
                reactions=(Reaction("r", k * y**0.7, {"y": 1}),))
print(len(count), solve(system, [0, 1], final_states=True)["final_states"].to_numpy()[0, 0].hex(), len(count))
"""


def run(folder: Path) -> list[str]:
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(folder)], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_kernels_are_kept_on_disk_and_damaged_ones_are_made_anew(tmp_path: Path) -> None:
    first, second = run(tmp_path), run(tmp_path)
    assert (first[2], second[2]) == ("1", "0") and first[1] == second[1]
    (stored,) = tmp_path.iterdir()
    whole = stored.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1] + b"?", b""):
        stored.write_bytes(damaged)
        assert cache_says(tmp_path, stored.name) is None
    assert run(tmp_path) == first and stored.read_bytes() == whole


def cache_says(folder: Path, key: str) -> bytes | None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "folder", lambda: folder)
        return cache.load(key)


def test_a_cache_that_cannot_be_written_costs_only_time_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(cache, "folder", lambda: blocked / "kernels")
    cache.unkept.cache_clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for power in (1.3, 1.4):
            states = (State("y", "", 1, 1.0),)
            system = System("uncached", states, (), reactions=(Reaction("r", -(y**power), {"y": 1}),))
            assert solve(system, [0, 1])["status"].item() == "ok"
    (only,) = said
    assert str(only.message).startswith(f"compiled code: cannot be kept in {blocked / 'kernels'} (Not a directory)")
    assert "every process compiles it again" in str(only.message)


def test_kernels_of_a_cache_that_can_only_be_read_are_used_in_silence(
    fresh_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled_here.cache_clear()  # else they may be of a test before
    kernels(growth(), RODAS4)
    compiled_here.cache_clear()
    monkeypatch.setattr(cache, "_write", lambda *_: pytest.fail("written"))
    monkeypatch.setattr(machine, "assemble", lambda ir: pytest.fail("compiled again"))
    assert kernels(growth(), RODAS4).addresses["coley_step"]


def test_a_driver_that_cannot_be_kept_is_compiled_in_every_process_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """As numba does it where neither its own folder nor the user's can be written."""

    def nowhere(**flags: object) -> Callable[[object], object]:
        if flags.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(native, "njit", nowhere)
    cache.unkept.cache_clear()
    with pytest.warns(UserWarning, match=r"compiled code: cannot be kept in .*NUMBA_CACHE_DIR"):
        assert native.kept(nowhere) is nowhere


# --- other processors


ELSEWHERE = """
import sys
from coley.engine.compiler import cache, machine
cache.load = lambda key: None
cache.store = lambda key, payload: None
if sys.argv[1] != "here":
    machine.llvm.get_host_cpu_name = lambda: sys.argv[1]
    known = machine._known_features()
    machine._known_features = lambda: {name: there and name in sys.argv[2].split(",") for name, there in known.items()}
import numpy as np, symengine
from coley.engine.compiler.kernels import _kernels as compiled_here
from coley.engine.compiler.kernels import kernels
from coley.engine.tableau import RODAS4
from coley.system import Parameter, Reaction, State, System
y, z, k = symengine.symbols("y z k")
rates = {"y": k * symengine.exp(-z) - y**1.7 / (1 + y) * z, "z": symengine.log(1 + y) - k * symengine.tanh(z) * y * z}
system = System("two", (State("y", "", 1, 1.0), State("z", "", 2, 1.0)), (Parameter("k", "", 0.5),),
                reactions=tuple(Reaction(n, r, {n: 1}) for n, r in rates.items()))
made = kernels(system, RODAS4)
rows, work = made.layout, machine.workspace(made.layout.size, made.width)
work[rows.step], work[rows.rtol], work[rows.atol : rows.atol + 2] = 0.3, 1e-6, 1e-6
work[rows.floor : rows.floor + 2] = -np.inf
import ctypes
step = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(made.addresses["coley_step"])
print(made.width)
for individual in range(64):
    work[rows.y], work[rows.y + 1] = 0.1 + 0.37 * individual, 2 / (1 + individual)
    work[rows.parameters] = 0.3 + individual
    step(work.ctypes.data)
    print(*(float(v).hex() for v in work[[rows.end, rows.end + 1, rows.error, rows.power], 0]))
"""


def test_a_processor_with_narrower_vectors_gives_the_same_bits() -> None:
    """The code that a processor with AVX2 and without AVX-512 would be given runs here, and gives the bits of ours."""
    if not machine._known_features().get("avx2"):
        pytest.skip("this processor has no AVX2 itself")
    known = "sse,sse2,sse3,ssse3,sse4.1,sse4.2,avx,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,movbe,cx16,64bit,cmov,fxsr,mmx"
    ours, theirs = (
        subprocess.run([sys.executable, "-c", ELSEWHERE, *a], capture_output=True, text=True, check=True).stdout.split()
        for a in (["here"], ["haswell", known])
    )
    assert theirs[0] == "4" and theirs[1:] == ours[1:] and len(set(ours)) > 200


def test_the_oldest_kernels_go_first(fresh_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_KEPT", 2)
    for age, key in enumerate(("old", "middle", "new")):
        cache.store(key, key.encode())
        os.utime(fresh_cache / key, (1000 + age, 1000 + age))
    cache.store("newest", b"newest")
    assert sorted(path.name for path in fresh_cache.iterdir()) == ["new", "newest"]
    assert cache.load("newest") == b"newest" and cache.load("old") is None


# --- what cannot be computed, and the way to a GPU


def test_a_function_that_the_engine_does_not_know_is_refused_by_name() -> None:
    odd = System("odd", (State("y", "", 1, 1.0),), (), reactions=(Reaction("r", symengine.erf(y), {"y": 1}),))
    with pytest.raises(ColeyError, match=r"cannot compute erf\(y\)"):
        kernels(odd, RODAS4)


def ptx(system: System) -> str:
    """What LLVM writes for a GPU."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    triple = "nvptx64-nvidia-cuda"
    target = llvm.Target.from_triple(triple).create_target_machine(cpu="sm_80", opt=2)
    module = llvm.parse_assembly(f'target triple = "{triple}"\n' + render(program(system, RODAS4).template, 1))
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    builder = llvm.create_pass_builder(target, options)
    builder.getModulePassManager().run(module, builder)
    return str(target.emit_assembly(module))


@pytest.mark.parametrize("limit", [10, linear.STRAIGHT])
def test_the_same_ir_lowers_to_ptx(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One lane is one thread of a GPU. LLVM writes what an NVIDIA driver takes; running it needs a GPU."""
    monkeypatch.setattr(linear, "STRAIGHT", limit)
    code = ptx(melanoma())
    for name in ("coley_step", "coley_commit", "coley_probe"):
        assert f".visible .func {name}" in code or f".visible .func  {name}" in code
    assert "fma.rn.f64" in code and "<8 x double>" not in code
    assert ("solve_block" in code) == (limit == 10)


def test_special_functions_lower_to_ptx_too() -> None:
    """They are written in IR. Sines and the like are left to the C library, which a GPU does not have."""
    rate = symengine.gamma(y) + symengine.loggamma(y) + symengine.asinh(y) + symengine.acosh(y) + symengine.atanh(y)
    code = ptx(System("special", (State("y", "", 1, 1.0),), (), reactions=(Reaction("r", rate, {"y": 1}),)))
    assert ".extern" not in code and "fma.rn.f64" in code
