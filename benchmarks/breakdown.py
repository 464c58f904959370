"""Where the time goes: kernels, driver, outputs and Python; and what share of the processor's peak the kernels reach.

    python benchmarks/breakdown.py

Kernels run by themselves, on states of the population, and are timed part by part. Their floating-point operations are
counted as they run: a copy of the code adds up in every block how many there are (a fused multiply-add is two, a
division or root one; choices and comparisons are none). The peak is that of independent fused multiply-adds in
registers, compiled in the same way. The part of the driver is what a whole run takes beyond its attempted steps at the
cost of a step; outputs are what 105 of them cost beyond two; Python is what solve() takes beyond its backend. All is on
one core, and the least of several times.
"""

from __future__ import annotations

import ctypes
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from models import DAYS_PER_YEAR, assembled, control, machine, network, population
from work_precision import BOTH

import coley
from coley.engine import rosenbrock
from coley.engine.batch import Batch
from coley.engine.compiler import machine as compiler
from coley.engine.compiler.ir import Function, constant, render
from coley.engine.compiler.program import Program, program
from coley.engine.tableau import RODAS4, Method
from coley.system import System

MANY, RTOL, METHOD, TURNS = 256, 1e-4, RODAS4, 200
_OPERATION = re.compile(r"= (fadd|fsub|fmul|fdiv|call <?[^@]*@llvm\.(fma|sqrt))\b")
_COUNT = "  %count.{0} = load i64, ptr @count\n  %more.{0} = add i64 %count.{0}, {1}\n  store i64 %more.{0}, ptr @count"


@dataclass(frozen=True)
class Parts:
    """Seconds of a step and of its parts, on all lanes; floating-point operations of a step on all lanes."""

    step: float
    start: float
    rates: float
    solve: float
    operations: int


def least(action: Callable[[], object], repeats: int) -> float:
    """Seconds of the processor for one call, the least of several."""
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        action()
        found.append(time.process_time() - begin)
    return min(found)


def repeated(name: str, calls: list[tuple[str, list[int]]]) -> str:
    """A function of a workspace that makes ``calls``, each of a function on some rows, TURNS times."""
    f = Function(name, ["ptr %work"])
    with f.loop(TURNS):
        for called, rows in calls:
            f.invoke(called, *(f.address("%work", row) for row in rows))
    f.emit("ret void")
    return str(f)


def seconds(library: compiler.Library, name: str, work: np.ndarray) -> float:
    """Seconds of one of its turns."""
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.addresses[name])
    return least(lambda: call(work.ctypes.data), 100) / TURNS


def parts(system: System, method: Method, batch: Batch) -> Parts:
    """The parts of a step at the first individuals of a batch."""
    made, width = program(system, method), compiler.lanes()
    rows = made.layout
    names = re.findall(r"define internal void @((?:begin|solve)\d*|rates)\(", made.template)
    point = [rows.y, rows.parameters, rows.time]
    first = [*point, rows.inverse, rows.probe_rates, rows.factors]
    code = [
        repeated("whole", [("coley_step", [0])]),
        repeated("start", [(n, first if n == "begin" else [rows.factors]) for n in names if n.startswith("begin")]),
        repeated("rate", [("rates", [*point, rows.probe_rates])]),
        repeated("solving", [(n, [rows.factors, rows.probe]) for n in names if n.startswith("solve")]),
    ]
    text = render("\n".join([made.template, *code]), width)
    library = compiler.Library(compiler.assemble(text), ["whole", "start", "rate", "solving"])
    work = workspace(rows.size)
    work[rows.y : rows.y + rows.states] = batch.states[:width].T
    work[rows.parameters : rows.parameters + rows.parameter_count] = batch.parameters[:width].T
    work[rows.step], work[rows.rtol], work[rows.atol : rows.atol + rows.states] = 1e-3, RTOL, RTOL
    work[rows.floor : rows.floor + rows.states] = -np.inf
    found = [seconds(library, name, work) for name in ("whole", "start", "rate", "solving")]
    return Parts(*found, operations(made, width, work))


def workspace(size: int) -> np.ndarray:
    """Rows of lanes, aligned; the right-hand side of the solves is 0 and stays so."""
    room = np.zeros((size + 1) * compiler.lanes() + 8)
    skip = -room.ctypes.data % 64 // 8
    return room[skip : skip + size * compiler.lanes()].reshape(size, -1)


def operations(made: Program, width: int, work: np.ndarray) -> int:
    """Floating-point operations of a step on all lanes, counted as it runs."""
    lines, count, places = [], 0, 0
    for line in render(made.template, width).splitlines():
        found = _OPERATION.search(line)
        count += 0 if not found else 2 if found[2] == "fma" else 1
        if line.startswith(("  br ", "  ret ")):
            lines.append(_COUNT.format(places, count * width))
            count, places = 0, places + 1
        lines.append(line)
    lines += ["@count = internal global i64 0", "define i64 @counted() {\n  %n = load i64, ptr @count\n  ret i64 %n\n}"]
    library = compiler.Library(compiler.assemble("\n".join(lines)), ("coley_step", "counted"))
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.addresses["coley_step"])(work.ctypes.data)
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(library.addresses["counted"])())


def peak() -> float:
    """Floating-point operations per second of independent fused multiply-adds."""
    chains, turns = 12, 100_000
    f = Function("peak", ["ptr %work"])
    with f.sums(turns, [constant(1.0 + k) for k in range(chains)]) as (_, values, closing):
        closing += [f.fma(value, constant(0.999), constant(0.001)) for value in values]
    for k, value in enumerate(values):
        f.store(value, "%work", k)
    f.emit("ret void")
    library = compiler.Library(compiler.assemble(render(str(f), compiler.lanes())), ["peak"])
    call, work = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.addresses["peak"]), workspace(chains)
    return 2 * chains * turns * compiler.lanes() / least(lambda: call(work.ctypes.data), 50)


def show(label: str, system: System, days: float, doses: list[tuple[float, float, float, str]], top: float) -> None:
    many = population(system, MANY, np.linspace(0, days, 105), doses)
    few = population(system, MANY, np.array([0.0, days]), doses)
    how, found = control(system, RTOL, METHOD), parts(system, METHOD, many)
    paths = rosenbrock.follow(system, many, how, 1)
    steps = paths.jacobians.sum() / compiler.lanes()
    dense = least(lambda: rosenbrock.follow(system, many, how, 1), 9)
    sparse = least(lambda: rosenbrock.follow(system, few, how, 1), 9)
    stages, whole = METHOD.stages, dense / steps
    rest = found.step - found.start - (stages - 1) * found.rates - stages * found.solve
    print(f"\n{label}: {len(system.states)} states, {steps * compiler.lanes() / MANY:.0f} attempted steps each")
    print(f"  a step of {compiler.lanes()} lanes with its share of all else {whole * 1e6:9.2f} µs")
    for name, spent in (
        ("rates, Jacobian and factors at its start", found.start),
        (f"rates of {stages - 1} stages", (stages - 1) * found.rates),
        (f"solves of {stages} stages", stages * found.solve),
        ("sums of stages, error", rest),
        ("driver", sparse / steps - found.step),
        ("outputs", (dense - sparse) / steps),
    ):
        print(f"    {name:42} {spent * 1e6:9.2f} µs {spent / whole:6.0%}")
    speed = found.operations / found.step
    print(f"  {found.operations:,} operations a step, {speed / 1e9:.1f} GFLOP/s, {speed / top:.0%} of the peak")


def python(system: System) -> None:
    """What solve() takes beyond its backend, for 1,000 individuals with 105 outputs and all states kept."""
    spent = []

    def timed(*arguments: object, **named: object) -> object:
        begin = time.process_time()
        paths = rosenbrock.follow(*arguments, **named)  # type: ignore[arg-type]
        spent.append(time.process_time() - begin)
        return paths

    table = {p.name: np.full(1000, p.value) for p in system.parameters[:1]}
    begin = time.process_time()
    coley.solve(system, np.linspace(0, 10, 105), parameters=pd.DataFrame(table), rtol=RTOL, threads=1, backend=timed)
    whole = time.process_time() - begin
    print(
        f"\nsolve() of {system.name}, 1,000 individuals: backend {sum(spent):.3f} s, Python {whole - sum(spent):.3f} s"
    )


def main() -> None:
    top = peak()
    print(f"{machine()}; one core; {METHOD.name}, rtol {RTOL:g}; peak {top / 1e9:.1f} GFLOP/s")
    show("melanoma, nivolumab + ipilimumab, 2 years", assembled("melanoma", ("nivolumab", "ipilimumab")),
         2 * DAYS_PER_YEAR, BOTH, top)  # fmt: skip
    for n in (30, 100, 300):
        show(f"network of {n}, 10 days", network(n), 10.0, [], top)
    python(network(30))


if __name__ == "__main__":
    main()
