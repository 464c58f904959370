"""Systems and populations that the benchmarks share, and where they ran."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import symengine

from coley.catalogue import load_catalogue
from coley.engine.batch import Batch, Control
from coley.engine.doses import Doses
from coley.engine.functions import initial_states
from coley.engine.memory import Memory
from coley.engine.tableau import Method
from coley.system import Parameter, Reaction, State, System

DAYS_PER_YEAR = 365.25


def assembled(cancer: str, drugs: Sequence[str] | None = None) -> System:
    """The model of a cancer with some drugs of the catalogue, default all of them."""
    catalogue = load_catalogue()
    names = sorted(catalogue.drugs) if drugs is None else drugs
    return catalogue.disease(cancer).model([catalogue.drugs[name] for name in names])


def versions(cancer: str, copies: int) -> System:
    """The model of a cancer with every drug of the catalogue in ``copies`` versions."""
    catalogue = load_catalogue()
    drugs = list(catalogue.drugs.values())
    for i in range(2, copies + 1):
        drugs += [drug.model_copy(update={"name": f"{drug.name}-v{i}"}) for drug in catalogue.drugs.values()]
    return replace(catalogue.disease(cancer).model(drugs), name=f"{cancer} {copies}")


def network(n: int, reach: int = 4) -> System:
    """A stiff network of ``n`` species: a cycle of saturable conversions, with a binding to a neighbour for each.

    Rate constants spread over six decades, by a fixed seed. The farther neighbours ``reach``, the more does elimination
    fill the matrix.
    """
    generator = np.random.default_rng(n)
    states = tuple(State(f"x{i}", "", 1.0 if i % 3 == 0 else 0.0, 1e-3) for i in range(n))
    x = [symengine.Symbol(state.name) for state in states]
    speeds = 10 ** generator.uniform(-3, 3, (n, 2))
    parameters = [Parameter(f"k{i}_{j}", "1/day", float(speeds[i, j])) for i in range(n) for j in range(2)]
    k = {parameter.name: symengine.Symbol(parameter.name) for parameter in parameters}
    reactions = []
    for i in range(n):
        near = (i + generator.integers(-reach, reach + 1, 2)) % n
        following, partner, product = (f"x{j}" for j in ((i + 1) % n, *near))
        reactions.append(Reaction(f"convert{i}", k[f"k{i}_0"] * x[i] / (1 + x[i]), {f"x{i}": -1, following: 1}))
        bind = k[f"k{i}_1"] / 100 * x[i] * symengine.Symbol(partner)
        moved = {f"x{i}": -1}
        moved[product] = moved.get(product, 0) + 1
        reactions.append(Reaction(f"bind{i}", bind, moved))
    return System(f"network {n}", states, tuple(parameters), reactions=tuple(reactions))


def mass_action(name: str, start: dict[str, tuple[float, float]], steps: Sequence[tuple[float, str, str]]) -> System:
    """Reactions as (rate constant, what meets, what comes of it), apart by spaces; from initial values and scales."""
    states = tuple(State(label, "", *values) for label, values in start.items())
    reactions = []
    for number, (_, before, after) in enumerate(steps):
        moved = Counter(after.split())
        moved.subtract(before.split())
        rate = symengine.Symbol(f"k{number}") * symengine.Mul(*map(symengine.Symbol, before.split()))
        reactions.append(Reaction(f"r{number}", rate, {label: count for label, count in moved.items() if count}))
    parameters = tuple(Parameter(f"k{number}", "", value) for number, (value, _, _) in enumerate(steps))
    return System(name, states, parameters, reactions=tuple(reactions))


def robertson() -> System:
    """Problem ROBER of the test set of Bari; its slow, fast and fastest step."""
    start = {"a": (1.0, 1.0), "b": (0.0, 1e-6), "c": (0.0, 1.0)}
    return mass_action("Robertson", start, [(0.04, "a", "b"), (1e4, "b c", "a c"), (3e7, "b b", "b c")])


def hires() -> System:
    """Problem HIRES of the test set of Bari: high irradiance responses of plants."""
    start = {f"y{i}": (0.0, 1e-4) for i in range(1, 9)} | {"y1": (1.0, 1e-4), "y8": (0.0057, 1e-4)}
    steps = [
        (0.0007, "", "y1"), (1.71, "y1", "y2"), (0.43, "y2", "y1"), (8.32, "y3", "y1"), (8.32, "y2", "y4"),
        (1.71, "y3", "y4"), (0.43, "y4", "y3"), (0.69, "y4", "y6"), (0.035, "y5", "y3"), (1.71, "y5", "y6"),
        (0.43, "y6", "y5"), (280.0, "y6 y8", "y7"), (0.43, "y7", "y5 y8"), (0.69, "y7", "y6 y8"), (0.69, "y7", "y8"),
    ]  # fmt: skip
    return mass_action("HIRES", start, steps)


def error(states: np.ndarray, exact: np.ndarray, system: System) -> float:
    """Root mean square of the deviation, relative to the state or its scale, whichever is larger."""
    scales = np.array([state.scale for state in system.states])
    return float(np.sqrt(np.mean(((states - exact) / np.maximum(np.abs(exact), scales)) ** 2)))


def population(
    system: System, n: int, times: np.ndarray, doses: Sequence[tuple[float, float, float, str]] = (), *, seed: int = 1
) -> Batch:
    """``n`` individuals whose rate constants differ by 20 %, with the same ``doses`` (day, amount, duration, state)."""
    generator = np.random.default_rng(seed)
    values = np.tile([parameter.value for parameter in system.parameters], (n, 1)).astype(float)
    for j, name in enumerate(system.parameter_names):
        if name.startswith("k"):
            values[:, j] *= generator.lognormal(0, 0.2, n)
    states = initial_states(system, values)
    if "C_wild_type_1" in system.state_names:
        states[:, system.state_names.index("C_wild_type_1")] = 1e9
    rows = [(i, *dose) for i in range(n) for dose in doses]
    table = pd.DataFrame(rows, columns=["ID", "TIME", "AMT", "DUR", "CMT"])
    given = Doses.read(table, {name: i for i, name in enumerate(system.state_names)})
    return Batch(np.arange(n), np.zeros(n), states, values, Memory.fresh(system, n), given, np.atleast_2d(times))


def control(system: System, rtol: float, method: Method | None = None) -> Control:
    """Error control as ``solve`` sets it."""
    return Control(rtol, np.array([rtol * state.scale for state in system.states]), method=method)


def machine() -> str:
    """The processor, its cores, and how busy they are besides."""
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text().splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} cores{busy}"
