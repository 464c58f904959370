"""The kernels of one System: a whole Rosenbrock step, its acceptance, and a look at one point, on all lanes at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import symengine

from coley.engine.branches import branches, held
from coley.engine.compiler import special
from coley.engine.compiler.elementary import prelude
from coley.engine.compiler.elimination import eliminate, solve
from coley.engine.compiler.expressions import Expressions
from coley.engine.compiler.ir import Function, Value, constant
from coley.engine.compiler.layout import LEAST_ERROR, Layout, layout
from coley.engine.compiler.linear import Elimination, plan
from coley.engine.compiler.pieces import Pieces
from coley.engine.delays import before, delayed, lag_expressions
from coley.engine.derivatives import by_time, condition, jacobian, may_be_singular, watched
from coley.engine.tableau import Method
from coley.errors import ColeyError, Problem
from coley.system import TIME, Expression, System

KERNELS = ("coley_step", "coley_commit", "coley_probe", "coley_react", "coley_recall", "coley_dense")
"""Each takes the address of a workspace and returns nothing."""


@dataclass(frozen=True)
class Program:
    """IR of the kernels, without a lane width (see :mod:`coley.engine.compiler.ir`), and the layout they work on."""

    template: str
    layout: Layout


def program(system: System, method: Method) -> Program:
    """The kernels of ``system``; its parameters' values do not matter.

    Raises:
        ColeyError: no states, or an expression that the engine cannot compute.
    """
    if not system.states:
        raise ColeyError(Problem(f"model {system.name}", "has no states", "there is nothing to solve"))
    past, whole = [*delayed(system), *before(system), *lag_expressions(system)], system
    system = held(system)
    entries = jacobian(system)
    n = len(system.states)
    elimination = plan(n, [(i, j) for i, j, _ in entries])
    rows = layout(whole, len(elimination.places), method)
    drift = by_time(system)
    triggers = [condition(trigger) for trigger in (*watched(system), *branches(whole))]
    (begin, eliminating), (solves, solving) = _begin(system, elimination, entries), solve(elimination)
    triggered = {"triggers": rows.probe_triggers} if rows.watching else {}
    functions = [
        _outputs(system, "rates", system.rates),
        _outputs(system, "triggers", triggers),
        *begin.functions,
        *solves.functions,
        _step(rows, method, bool(drift), len(begin.functions), len(solves.functions)),
        _commit(rows),
        _at_probe("coley_probe", rows, {"rates": rows.probe_rates} | triggered),
        _dense(rows, method),
        _outputs(system, "reactions", _reactions(system)),
        _at_probe("coley_react", rows, {"reactions": rows.delays}),
        _outputs(system, "past", past),
        _at_probe("coley_recall", rows, {"past": rows.past}),
    ]
    if drift:
        by = dict(drift)
        functions.append(_drift(system, [by.get(i, symengine.Integer(0)) for i in range(n)]))
    code = "\n".join(map(str, functions))
    return Program("\n".join([prelude(), special.definitions(code), *eliminating, *solving, code]), rows)


_POINT = ("ptr noalias readonly %y", "ptr noalias readonly %p", "ptr noalias readonly %t")
_INTERNAL = "internal"


def _symbols(system: System, f: Function) -> Mapping[Expression, Callable[[], Value]]:
    def reader(base: str, place: int) -> Callable[[], Value]:
        return lambda: f.load(base, place)

    known = {symengine.Symbol(name): reader("%y", i) for i, name in enumerate(system.state_names)}
    known |= {symengine.Symbol(name): reader("%p", i) for i, name in enumerate(system.parameter_names)}
    return known | {TIME: reader("%t", 0)}


def _outputs(system: System, name: str, expressions: Sequence[Expression]) -> Function:
    """A function that writes the values of ``expressions`` at a point."""
    f = Function(name, [*_POINT, "ptr noalias %out"], linkage=_INTERNAL)
    for i, value in enumerate(Expressions(f, _symbols(system, f)).write(expressions)):
        f.store(value, "%out", i)
    f.emit("ret void")
    return f


def _drift(system: System, derivatives: Sequence[Expression]) -> Function:
    """A function that writes the derivatives of the rates by time at a point."""
    f = Function("drift", [*_POINT, "ptr noalias %out"], linkage=_INTERNAL)
    for i, value in enumerate(Expressions(f, _symbols(system, f)).write(derivatives)):
        f.store(f.tamed(value) if may_be_singular(derivatives[i]) else value, "%out", i)
    f.emit("ret void")
    return f


def _begin(
    system: System, elimination: Elimination, entries: Sequence[tuple[int, int, Expression]]
) -> tuple[Pieces, list[str]]:
    """The rates at a point, and the LU factors of ``inverse`` I - J there, which share most of their parts.

    Returns:
        The code, and definitions that it needs.
    """
    more = ["ptr noalias readonly %inverse", "ptr noalias %out", "ptr noalias %lu"]
    pieces, n = Pieces("begin", [*_POINT, *more], ["%lu"]), len(system.states)
    f, places, position = pieces.function, elimination.places, elimination.position
    values = Expressions(f, _symbols(system, f)).write([*system.rates, *(e for _, _, e in entries)])
    for i in range(n):
        f.store(values[i], "%out", i)
    shift = f.load("%inverse")
    matrix = {}
    for (i, j, derivative), value in zip(entries, values[n:], strict=True):
        known = f.tamed(value) if may_be_singular(derivative) else value
        matrix[position[i], position[j]] = f.negative(known)
    for i in range(n):
        matrix[i, i] = f.binary("fadd", matrix[i, i], shift) if (i, i) in matrix else shift
    for entry, value in matrix.items():
        pieces.store(value, "%lu", places[entry])
    definitions = eliminate(pieces, elimination, set(matrix))
    pieces.end()
    return pieces, definitions


def _commit(rows: Layout) -> Function:
    """Move the accepted lanes to the end of their step."""
    f = Function("coley_commit", ["ptr %work"])
    accepted = f.compare("ogt", f.load("%work", rows.accepted), constant(0.0))
    y, end = f.address("%work", rows.y), f.address("%work", rows.end)
    with f.loop(rows.states) as i:
        f.store(f.select(accepted, f.load(end, i), f.load(y, i)), y, i)
    f.emit("ret void")
    return f


def _at_probe(name: str, rows: Layout, outputs: Mapping[str, int]) -> Function:
    """A kernel that has functions write what they find at the probe, each from a row on."""
    f = Function(name, ["ptr %work"])
    point = [f.address("%work", row) for row in (rows.probe, rows.parameters, rows.probe_time)]
    for function, row in outputs.items():
        f.invoke(function, *point, f.address("%work", row))
    f.emit("ret void")
    return f


def _dense(rows: Layout, method: Method) -> Function:
    """States at a share of the step just tried, at the probe."""
    f = Function("coley_dense", ["ptr %work"])
    parts = rows._asdict()
    y, end, floors, probe = (f.address("%work", parts[name]) for name in ("y", "end", "floor", "probe"))
    stage = [f.address("%work", rows.stages + i * rows.states) for i in range(method.stages)]
    share = f.load("%work", rows.share)
    rest = f.binary("fsub", constant(1.0), share)
    with f.loop(rows.states) as j:
        added = constant(0.0)
        for coefficients in reversed(method.dense):
            added = f.binary("fmul", share, added)
            for coefficient, u in zip(coefficients, stage, strict=True):
                if coefficient:
                    added = f.fma(constant(coefficient), f.load(u, j), added)
        start = f.load(y, j)
        slope = f.fma(rest, added, f.binary("fsub", f.load(end, j), start))
        value = f.fma(share, slope, start)
        floor = f.intrinsic("minnum", start, f.load(floors, j))
        f.store(f.select(f.compare("olt", value, floor), floor, value), probe, j)
    f.emit("ret void")
    return f


def _reactions(system: System) -> list[Expression]:
    """Delays and priorities of the events, what they assign, one event after another by name of the state, by what."""
    never, once = symengine.Integer(0), symengine.Integer(1)
    delays = [event.delay for event in system.events]
    priorities = [never if event.priority is None else event.priority for event in system.events]
    values = [value for event in system.events for _, value in sorted(event.assignments.items())]
    factors = [event.factors.get(name, once) for event in system.events for name in sorted(event.assignments)]
    return [system.inline(expression) for expression in (*delays, *priorities, *values, *factors)]


def _step(rows: Layout, method: Method, drifts: bool, begins: int, solves: int) -> Function:
    """One attempt at a step: see :mod:`coley.engine.tableau` for the equations.

    Args:
        begins, solves: in how many pieces these come.
    """
    f = Function("coley_step", ["ptr %work"])
    parts = rows._asdict()
    at = {name: f.address("%work", parts[name]) for name in _USED}
    stage = [f.address("%work", rows.stages + i * rows.states) for i in range(method.stages)]
    h, time = f.load(at["step"]), f.load(at["time"])
    per_step = f.binary("fdiv", constant(1.0), h)
    f.store(f.binary("fmul", per_step, constant(1 / method.gamma)), at["inverse"])
    f.invoke("begin", at["y"], at["parameters"], at["time"], at["inverse"], stage[0], at["factors"])
    for piece in range(1, begins):
        f.invoke(f"begin{piece}", at["factors"])
    if drifts:
        f.invoke("drift", at["y"], at["parameters"], at["time"], at["drift"])
    for i in range(method.stages):
        if i:
            f.store(f.fma(constant(method.alpha[i]), h, time), at["scratch_time"])
            _argument(f, rows, method, i, at, stage)
            f.invoke("rates", at["inside"], at["parameters"], at["scratch_time"], stage[i])
        scaled = [f.binary("fmul", per_step, constant(c)) for c in method.c[i]]
        slope = f.binary("fmul", h, constant(method.d[i])) if drifts and method.d[i] else None
        with f.loop(rows.states) as j:
            value = f.binary("fadd", f.load(stage[i], j), f.load(at["inflow"], j))
            for factor, earlier in zip(scaled, stage, strict=False):
                value = f.fma(factor, f.load(earlier, j), value)
            if slope:
                value = f.fma(slope, f.load(at["drift"], j), value)
            f.store(value, stage[i], j)
        for piece in range(solves):
            f.invoke(f"solve{piece or ''}", at["factors"], stage[i])
    _finish(f, rows, method, at, stage)
    if rows.watching:
        f.store(f.binary("fadd", time, h), at["scratch_time"])
        f.invoke("triggers", at["end"], at["parameters"], at["scratch_time"], at["end_triggers"])
    f.emit("ret void")
    return f


_USED = ("time", "step", "y", "parameters", "inflow", "rtol", "atol", "floor", "end", "error", "power", "end_triggers",
         "scratch_time", "inverse", "argument", "inside", "drift", "factors")  # fmt: skip


def _argument(f: Function, rows: Layout, method: Method, i: int, at: Mapping[str, Value], stage: list[Value]) -> None:
    """Where stage ``i`` evaluates the rates; what it shares with the stage before it is taken from there.

    Rates are evaluated inside the floors: a power of what is negative there would be no number.
    """
    before, now = method.a[i - 1], method.a[i]
    shared = bool(before) and now[: len(before)] == before
    with f.loop(rows.states) as j:
        value = f.load(at["argument"] if shared else at["y"], j)
        for k in range(len(before) if shared else 0, i):
            if now[k]:
                value = f.fma(constant(now[k]), f.load(stage[k], j), value)
        f.store(value, at["argument"], j)
        floor = f.intrinsic("minnum", f.load(at["y"], j), f.load(at["floor"], j))
        f.store(f.select(f.compare("olt", value, floor), floor, value), at["inside"], j)


def _finish(f: Function, rows: Layout, method: Method, at: Mapping[str, Value], stage: list[Value]) -> None:
    """The end of the step, and its error in root mean square, relative to the tolerance.

    What falls below its floor is an error too, and one within the tolerance is mended (Shampine, Thompson, Kierzenka
    and Byrne, Applied Mathematics and Computation 170:556, 2005).
    """
    rtol = f.load(at["rtol"])
    shared = method.m[: method.stages - 1] == method.a[-1]

    def term(j: Value, total: Value) -> Value:
        start = f.load(at["y"], j)
        end = f.load(at["argument"], j) if shared else start
        error = constant(0.0)
        for k in range(method.stages):
            u = f.load(stage[k], j)
            if method.m[k] and not (shared and k < method.stages - 1):
                end = f.fma(constant(method.m[k]), u, end)
            if method.e[k]:
                error = f.fma(constant(method.e[k]), u, error)
        floor = f.intrinsic("minnum", start, f.load(at["floor"], j))
        below = f.intrinsic("maxnum", f.binary("fsub", floor, end), constant(0.0))
        f.store(f.select(f.compare("olt", end, floor), floor, end), at["end"], j)
        size = f.intrinsic("maxnum", f.intrinsic("fabs", start), f.intrinsic("fabs", end))
        atol = f.load(at["atol"], j)
        relative = f.binary("fdiv", error, f.fma(rtol, size, atol))
        sunk = f.binary("fdiv", below, atol)
        total = f.fma(relative, relative, f.fma(sunk, sunk, total))
        return f.fma(end, constant(0.0), total)  # an end that is no number is an error that is none

    total = f.total(rows.states, term)
    mean = f.binary("fmul", total, constant(1 / rows.states))
    error = f.intrinsic("sqrt", mean)
    f.store(error, at["error"])
    least = f.select(f.compare("olt", error, constant(LEAST_ERROR)), constant(LEAST_ERROR), error)
    f.store(f.call("coley_pow", least, constant(1 / (method.error_order + 1))), at["power"])
