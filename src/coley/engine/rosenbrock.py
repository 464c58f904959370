"""The default backend: a Rosenbrock method, an individual in each lane of a vector, a chunk in each thread."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from coley.engine import driver
from coley.engine.batch import Batch, Control, Paths
from coley.engine.compiler.kernels import Kernels, kernels
from coley.engine.failure import reason
from coley.engine.schedule import schedule
from coley.engine.tableau import RODAS4, Method
from coley.system import System

Floats = NDArray[np.float64]
_WORTH_A_CHUNK = 8  # fillings of the lanes
_CHUNKS_PER_THREAD = 4
_ALIGNMENT = 64  # bytes; vectors may be as wide


def follow(system: System, batch: Batch, control: Control, threads: int) -> Paths:
    """A :class:`coley.engine.batch.Backend`, with RODAS4."""
    return follow_with(RODAS4, system, batch, control, threads)


def follow_with(
    method: Method, system: System, batch: Batch, control: Control, threads: int, width: int | None = None
) -> Paths:
    """The same with another method, or in so many lanes; the number of lanes does not change the result."""
    compiled = kernels(system, method, width)
    task = partial(_follow, compiled, method, system, control=control)
    chunks = min(threads * _CHUNKS_PER_THREAD, len(batch) // (_WORTH_A_CHUNK * compiled.width))
    if threads < 2 or chunks < 2:
        return task(batch)
    with ThreadPoolExecutor(threads) as pool:
        return Paths.joined(list(pool.map(task, batch.parts(chunks))))


def _follow(compiled: Kernels, method: Method, system: System, batch: Batch, control: Control) -> Paths:
    """Follow one chunk in this thread."""
    n, count = len(system.states), len(batch)
    work = _workspace(compiled, control)
    at = compiled.addresses
    addresses = driver.Addresses(at["coley_step"], at["coley_commit"], at["coley_probe"], work.ctypes.data)
    given = (batch.start, batch.states, batch.parameters, batch.times)
    course = driver.Course(*(np.ascontiguousarray(values, dtype=np.float64) for values in given))
    outcome = driver.Outcome(
        states=np.full((count, len(batch.times), n), np.nan),
        last=np.empty((count, n)),
        time=np.empty(count),
        code=np.empty(count, np.int64),
        event=np.empty(count, np.int64),
        evaluations=np.empty(count, np.int64),
        strange=np.empty(count, np.bool_),
    )
    limits = driver.Limits(control.rtol, control.max_evaluations, 1 / (method.error_order + 1))
    dense = np.array(method.dense)
    lanes = np.zeros(compiled.width, driver.LANE)
    driver.drive(addresses, work, compiled.layout, dense, course, schedule(batch), limits, lanes, outcome)
    return _paths(compiled, system, batch, control, outcome)


def _workspace(compiled: Kernels, control: Control) -> Floats:
    """An aligned workspace (row × lane) that holds the tolerances."""
    shape = (compiled.layout.size, compiled.width)
    room = np.zeros(shape[0] * shape[1] + _ALIGNMENT // 8)
    skip = -room.ctypes.data % _ALIGNMENT // 8
    work = room[skip : skip + shape[0] * shape[1]].reshape(shape)
    work[compiled.layout.rtol] = control.rtol
    work[compiled.layout.atol : compiled.layout.atol + compiled.layout.states] = control.atol[:, None]
    return work


def _paths(compiled: Kernels, system: System, batch: Batch, control: Control, outcome: driver.Outcome) -> Paths:
    count = len(batch)
    status, reasons, events = np.full(count, "ok", object), np.full(count, "", object), np.full(count, "", object)
    names = np.array([event.name for event in system.events], dtype=object)
    met = outcome.code == driver.EVENT
    events[met] = names[outcome.event[met]]
    for row in np.flatnonzero(outcome.code > driver.EVENT).tolist():
        status[row], reasons[row] = "solver_failed", _reason(compiled, system, batch, control, outcome, row)
    return Paths(outcome.states, outcome.last, outcome.time, status, reasons, events, outcome.evaluations)


_WHAT = {
    driver.STEP_TOO_SMALL: "found no step that is small enough at",
    driver.TOO_MANY_EVALUATIONS: "took more than {budget:,} evaluations of the rates to get to",
    driver.CANNOT_START: "cannot start on",
}


def _reason(
    compiled: Kernels, system: System, batch: Batch, control: Control, outcome: driver.Outcome, row: int
) -> str:
    what = _WHAT[int(outcome.code[row])].format(budget=control.max_evaluations)
    time, y = float(outcome.time[row]), outcome.last[row]
    rates = look(compiled, control, batch.parameters[row], time, y)
    if outcome.strange[row]:
        rates = _ahead(partial(look, compiled, control, batch.parameters[row], time), y, rates)
    return reason(system, control, what, time, y, rates)


def _ahead(rates_at: Callable[[Floats], Floats], y: Floats, rates: Floats) -> Floats:
    """The first rates in the direction of ``rates`` that are not all numbers, which is where steps have failed."""
    for days in 1e-15 * 2.0 ** np.arange(60):
        if not np.isfinite(rates).all():
            return rates
        rates = np.where(np.isfinite(rates_at(y + days * rates)), rates, np.nan)
    return rates


def look(compiled: Kernels, control: Control, parameters: Floats, time: float, y: Floats) -> Floats:
    """Rates of change at one point, as the kernels compute them; without what flows in."""
    rows = compiled.layout
    work = _workspace(compiled, control)
    work[rows.parameters : rows.parameters + rows.parameter_count] = parameters[:, None]
    work[rows.probe : rows.probe + rows.states] = y[:, None]
    work[rows.probe_time] = time
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(compiled.addresses["coley_probe"])(work.ctypes.data)
    return work[rows.probe_rates : rows.probe_rates + rows.states, 0].copy()
