"""What solve() offers besides numbers: times of each individual, floors, budgets, results on disk, progress."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
import pandas as pd
import pytest
import symengine
import xarray as xr

import coley.engine.simulation
from coley.engine import Budget, Simulation, functions, solve
from coley.engine.compiler import machine
from coley.errors import ColeyError
from coley.system import Parameter, Reaction, Rule, State, System

A, k = map(symengine.Symbol, ("A", "k"))
NAN = np.nan


def decay() -> System:
    return System(
        "decay",
        (State("A", "mg", 10, 1.0),),
        (Parameter("k", "1/day", 0.3), Parameter("V", "L", 5.0)),
        (Rule("[A]", "mg/L", A / symengine.Symbol("V")),),
        (Reaction("leave", k * A, {"A": -1}),),
    )


def test_each_individual_has_its_own_start_times_and_end() -> None:
    times = np.array([[0, 1, 2, NAN], [5, 5.5, NAN, NAN], [-1, 0, 3, 9], [7, NAN, NAN, NAN]])
    doses = pd.DataFrame({"ID": [1, 2], "TIME": [5.25, 0.0], "AMT": [4.0, 2.0], "DUR": 0.0, "CMT": "A"})
    rates = [0.3, 0.5, 0.1, 0.2]
    got = solve(decay(), times, parameters=pd.DataFrame({"k": rates}), doses=doses, rtol=1e-9)
    assert got["A"].dims == ("individual", "observation")
    np.testing.assert_array_equal(got["time"], times)
    expected = np.full_like(times, NAN)
    expected[0, :3] = 10 * np.exp(-0.3 * np.arange(3))
    expected[1, :2] = 10, 10 * np.exp(-0.25) + 4 * np.exp(-0.125)
    at_0 = 10 * np.exp(-0.1) + 2
    expected[2] = 10, at_0, at_0 * np.exp(-0.3), at_0 * np.exp(-0.9)
    expected[3, 0] = 10
    np.testing.assert_allclose(got["A"], expected, rtol=1e-6)
    assert got["end_time"].to_numpy().tolist() == [2, 5.5, 9, 7]
    np.testing.assert_allclose(got["[A]"], expected / 5, rtol=1e-6)


def test_own_times_in_pieces() -> None:
    simulation = Simulation(decay(), pd.DataFrame({"k": [0.3, 0.5]}), rtol=1e-9)
    simulation.advance([[0, 1], [0, 3]])
    with pytest.raises(ColeyError, match="times, individual 1: start at 2, before the present 3"):
        simulation.advance([[1, 2], [2, 4]])
    got = simulation.advance([[1, 2], [3, 4]])
    np.testing.assert_allclose(got["A"][:, 1], 10 * np.exp([-0.6, -2.0]), rtol=1e-6)


def test_what_cannot_be_negative_is_not_and_the_rest_stays_exact() -> None:
    """A constant outflow that stops at nothing: A falls by 1 a day from 2, and a step past day 2 would overshoot."""
    flow = symengine.Piecewise((1, A > 0), (0, True))
    system = System(
        "tank",
        (State("A", "", 2, 1.0, nonnegative=True), State("B", "", 0, 1.0)),
        (),
        reactions=(Reaction("leave", flow, {"A": -1, "B": 1}),),
    )
    got = solve(system, np.linspace(0, 5, 51), rtol=1e-6)
    assert got["status"].item() == "ok"
    assert (got["A"] >= 0).all() and got["A"][0, -1] < 1e-5
    np.testing.assert_allclose(got["A"][0], np.maximum(2 - got["time"], 0), atol=1e-4)
    assert got["B"][0, -1].item() == pytest.approx(2, abs=1e-4)


def test_who_starts_below_what_can_be_is_told_so_and_harms_nobody() -> None:
    tank = System("tank", (State("A", "", k, 1.0, nonnegative=True),), (Parameter("k", "", 1.0),))
    got = solve(tank, [0, 1], parameters=pd.DataFrame({"k": [1.0, -1e-3]}))
    assert got["status"].to_numpy().tolist() == ["ok", "impossible"]
    assert got["reason"].to_numpy()[1] == "the initial value of 'A' is -0.001; it cannot be below 0"


def test_a_budget_of_seconds_stops_who_takes_longer() -> None:
    """An oscillator of 1e7 turns: hours, which nobody would wait for; the other individual takes no time."""
    x, y = map(symengine.Symbol, "xy")
    wheel = System(
        "wheel",
        (State("x", "", 1, 1.0), State("y", "", 0, 1.0)),
        (Parameter("k", "", 1.0),),
        reactions=(Reaction("x", k * y, {"x": 1}), Reaction("y", k * x, {"y": -1})),
    )
    speeds = pd.DataFrame({"k": [1e7, 0.0]})
    got = solve(wheel, [0, 6], parameters=speeds, budget=Budget(steps=10**12, seconds=0.5))
    assert got["status"].to_numpy().tolist() == ["timeout", "ok"]
    assert "took more than 0.5 seconds to get to day" in got["reason"].to_numpy()[0]
    assert "allow more seconds" in got["reason"].to_numpy()[0]


def test_counts_are_there() -> None:
    got = solve(decay(), [0, 1, 2])
    assert got["steps"].item() > 2 and got["rejections"].item() >= 0
    assert got["jacobians"].item() == got["steps"].item() + got["rejections"].item()


def test_a_system_without_states_has_a_result() -> None:
    """Rules of time alone: no state, nothing to step."""
    clock = symengine.Symbol("time")
    system = System("rules", (), (Parameter("k", "", 2.0),), (Rule("line", "", k * clock),))
    got = solve(system, [0, 1, 2], parameters=pd.DataFrame({"k": [2.0, 3.0]}), final_states=True)
    assert got["line"].to_numpy().tolist() == [[0, 2, 4], [0, 3, 6]]
    assert got["final_states"].to_numpy().shape == (2, 0) and got["status"].to_numpy().tolist() == ["ok", "ok"]


def test_rules_follow_the_course_of_each_individual() -> None:
    """More times than lanes and fewer, of one's own, with an individual who ends; beside numpy on the same states."""
    clock, rate = symengine.Symbol("time"), symengine.Symbol("rate")
    rules = (Rule("rate", "", k * A), Rule("clocked", "", symengine.exp(-rate) + clock / 7), Rule("slope", "", 3 * k))
    system = System("ruled", (State("A", "mg", 10, 1.0),), (Parameter("k", "1/day", 0.3),), rules,
                    (Reaction("leave", k * A, {"A": -1}),))  # fmt: skip
    people = pd.DataFrame({"k": [0.3, NAN, 0.1, 0.2]})
    times = np.full((4, 21), NAN)
    for who, many in enumerate((21, 5, 1, 9)):
        times[who, :many] = np.linspace(0, 3 + who, many)
    got = solve(system, times, parameters=people)
    a, each = got["A"].to_numpy(), people.to_numpy()
    assert np.isfinite(a).sum(axis=1).tolist() == [21, 0, 1, 9]
    there = np.where(np.isnan(a), NAN, 1.0)
    for name, value in {"rate": each * a, "clocked": np.exp(-each * a) + times / 7, "slope": 3 * each * there}.items():
        np.testing.assert_allclose(got[name].to_numpy(), value, rtol=1e-14)


def calls_of(action: Callable[[], object]) -> int:
    """How many functions of Python are called."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counted)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def wide(columns: int) -> tuple[System, pd.DataFrame]:
    names = [f"k{i}" for i in range(columns)]
    total = sum(map(symengine.Symbol, names))
    system = System(f"wide {columns}", (State("A", "mg", 10, 1.0),), tuple(Parameter(n, "", 0.1) for n in names),
                    (Rule("all", "", total),), (Reaction("leave", total * A, {"A": -1}),))  # fmt: skip
    return system, pd.DataFrame({name: [0.1, 0.2] for name in names})


def test_a_call_again_compiles_nothing_and_a_column_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each column was some 140 calls of pandas, a model whose rule is given was made and compiled at every call."""
    models = [wide(10), wide(60)]
    for system, table in models:
        solve(system, [0, 1], parameters=table)
        solve(system, [0, 1], parameters={"all": [0.4, 0.5]})
    monkeypatch.setattr(functions, "compiled", lambda *_: pytest.fail("compiled again"))
    monkeypatch.setattr(machine, "assemble", lambda ir: pytest.fail("compiled again"))
    monkeypatch.setattr(System, "__post_init__", lambda self: pytest.fail("made again"))
    few, many = (calls_of(lambda given=given: solve(given[0], [0, 1], parameters=given[1])) for given in models)
    assert (many - few) / 50 < 10
    for system, _ in models:
        solve(system, [0, 1], parameters={"all": [0.4, 0.5]})


def test_a_stored_result_is_the_same_as_one_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = pd.DataFrame({"k": [0.3, NAN, 0.1, 0.2, 0.7]})
    doses = pd.DataFrame({"ID": [4, 0, 2, 4], "TIME": [1.0, 0.5, 1.0, 0.0], "AMT": 5.0, "DUR": 0.0, "CMT": "A"})
    asked = {"parameters": people, "doses": doses, "final_states": True}
    whole = solve(decay(), [0, 1, 2], **asked)
    monkeypatch.setattr(coley.engine.simulation, "_BLOCK", 32)
    kept = solve(decay(), [0, 1, 2], **asked, store=tmp_path / "deep" / "run.zarr")
    xr.testing.assert_identical(kept.load().astype(whole.dtypes), whole)
    again = xr.open_zarr(tmp_path / "deep" / "run.zarr", chunks=None, consolidated=False)
    assert again["A"].to_numpy().tobytes() == whole["A"].to_numpy().tobytes()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run.zarr"]
    with pytest.raises(ColeyError, match="is there already"):
        solve(decay(), [0, 1], store=tmp_path / "deep" / "run.zarr")


def streamed(people: int, folder: Path) -> int:
    """Bytes that are allocated at most, besides the input, where 20 infusions of everybody go to disk."""
    given = pd.DataFrame({"k": np.linspace(0.1, 0.5, people)})
    days = np.tile(np.arange(20.0), people)
    doses = pd.DataFrame({"ID": np.repeat(np.arange(people), 20), "TIME": days, "AMT": 1.0, "DUR": 0.25, "CMT": "A"})
    tracemalloc.start()
    try:
        solve(decay(), [0, 10, 20], parameters=given, doses=doses, observables=["A"], store=folder)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_store_holds_a_part_of_the_doses_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What more people cost are the checks of their own table, less than the 40 bytes of a row of it.

    Before doses counted in the size of a part, a dose cost some 500 bytes.
    """
    monkeypatch.setattr(coley.engine.simulation, "_BLOCK", 2**15)
    streamed(10, tmp_path / "first")  # whatever is kept for the model
    few, many = streamed(150, tmp_path / "few"), streamed(450, tmp_path / "many")
    assert (many - few) / (300 * 20) < 40
    files = [path for path in (tmp_path / "many" / "A" / "c").rglob("*") if path.is_file()]
    part = 2**15 // (3 + 16 * 20)
    assert len(files) == -(-450 // part)


def test_a_result_is_written_as_netcdf_whole(tmp_path: Path) -> None:
    got = solve(decay(), [0, 1, 2], parameters={"k": [0.3, 0.5]}, observables=["A"], final_states=True)
    got.to_netcdf(tmp_path / "run.nc")
    again = xr.load_dataset(tmp_path / "run.nc")
    xr.testing.assert_equal(again.astype(got.dtypes), got)
    assert again["final_states"].sel(state="A").to_numpy().tolist() == got["A"][:, -1].to_numpy().tolist()


def test_a_result_becomes_a_table_with_a_row_for_each_individual_and_time() -> None:
    got = solve(decay(), [0, 1, 2], parameters=pd.DataFrame({"k": [0.3, 0.5]}, index=["P-1", "P-2"])).to_dataframe()
    assert got.index.names == ["individual", "time"]
    assert got.index.tolist() == [(name, time) for name in ("P-1", "P-2") for time in (0, 1, 2)]
    np.testing.assert_allclose(got.loc["P-2", "A"], 10 * np.exp(-0.5 * np.arange(3)), rtol=1e-5)
    assert got["status"].tolist() == ["ok"] * 6


def test_individuals_keep_their_names(tmp_path: Path) -> None:
    people = pd.DataFrame({"k": [0.3, 0.5, 0.1]}, index=["P-1", "P-22", "P-333"])
    got = solve(decay(), [0, 1], parameters=people)
    assert got["A"].sel(individual="P-22").to_numpy().tolist() == [10, pytest.approx(10 * np.exp(-0.5))]
    kept = solve(decay(), [0, 1], parameters=people, store=str(tmp_path / "run"))
    assert kept["individual"].to_numpy().tolist() == list(people.index)
    with pytest.raises(ColeyError, match="have an index of 2 levels"):
        solve(decay(), [0, 1], parameters=pd.DataFrame({"k": [0.1]}, index=pd.MultiIndex.from_tuples([(1, 2)])))


def test_individuals_in_all_forms() -> None:
    table = solve(decay(), [0, 1], parameters=pd.DataFrame({"k": [0.3, 0.5], "V": [2.0, 2.0]}))
    xr.testing.assert_identical(solve(decay(), [0, 1], parameters={"k": [0.3, 0.5], "V": 2}), table)
    one = solve(decay(), [0, 1], parameters=pd.Series({"k": 0.5, "V": 2}, name="P-22"))
    assert one["individual"].to_numpy().tolist() == ["P-22"] and (one["[A]"].values == table["[A]"].values[1]).all()
    assert solve(decay(), [0, 1], parameters={}).sizes["individual"] == 1
    assert Simulation(decay(), {"k": np.array([0.1, 0.2, 0.3])}).individuals == 3
    with pytest.raises(ColeyError, match=r"parameters: hold columns of shapes k \(2,\), V \(3,\)"):
        solve(decay(), [0, 1], parameters={"k": [1, 2], "V": [1, 2, 3]})
    with pytest.raises(ColeyError, match="parameters: are a list; a table with a row for each individual"):
        solve(decay(), [0, 1], parameters=[0.3])  # type: ignore[arg-type]
    with pytest.raises(ColeyError, match="column 'k' holds something other than numbers"):
        solve(decay(), [0, 1], parameters={"k": "fast"})


def test_time_is_an_observable_that_every_result_has() -> None:
    got = solve(decay(), [0, 1], observables=["time", "A"])
    assert got["time"].to_numpy().tolist() == [0, 1] and got["A"].shape == (1, 2)


def test_a_name_of_the_results_own_is_refused() -> None:
    named = System("named", (State("steps", "", 1, 1.0),), ())
    with pytest.raises(ColeyError, match="'steps' is a name of the result's own; rename it"):
        solve(named, [0, 1])
    assert solve(named, [0, 1], observables=[], final_states=True)["final_states"].item() == 1


def test_a_run_that_breaks_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coley.engine.simulation, "_BLOCK", 6)
    calls: list[int] = []

    def breaks(done: int) -> None:
        calls.append(done)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(decay(), [0, 1, 2], parameters=pd.DataFrame({"k": [0.1] * 8}), store=tmp_path / "run", progress=breaks)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_everybody_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coley.engine.simulation, "_BLOCK", 10)
    told: list[int] = []
    solve(decay(), [0, 1], parameters=pd.DataFrame({"k": np.linspace(0, 1, 37)}), progress=told.append)
    assert sum(told) == 37 and len(told) > 3
