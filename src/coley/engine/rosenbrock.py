"""The default backend: a Rosenbrock method, an individual in each lane of a vector, a chunk in each thread."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import numpy as np
from numpy.typing import NDArray

from coley.engine import delays
from coley.engine.batch import Batch, Control, Paths
from coley.engine.compiler.kernels import Kernels, kernels
from coley.engine.compiler.machine import workspace
from coley.engine.compiler.program import KERNELS
from coley.engine.driver import records
from coley.engine.driver.history import History
from coley.engine.driver.loop import drive
from coley.engine.failure import reason
from coley.engine.schedule import schedule
from coley.engine.switches import switch_times
from coley.engine.tableau import RODAS4
from coley.system import System

Floats = NDArray[np.float64]
_WORTH_A_CHUNK = 8  # fillings of the lanes
_CHUNKS_PER_THREAD = 4
_SMALL = 1e-2  # error of a step, of which the next one's length takes no notice
_SEE = 0.5  # what a branch's parameter is until the driver knows it: see :mod:`coley.engine.branches`
_TICK = 0.05  # seconds between two looks at the clock


def follow(system: System, batch: Batch, control: Control, threads: int, width: int | None = None) -> Paths:
    """A :class:`coley.engine.batch.Backend`: ``control.method``, default RODAS4.

    Args:
        width: lanes, default those of the processor; the result does not depend on it.
    """
    compiled = kernels(system, control.method or RODAS4, width)
    clock = np.array([time.perf_counter(), 0.0])
    task = partial(_follow, compiled, system, control=control, clock=clock)
    chunks = min(threads * _CHUNKS_PER_THREAD, len(batch) // (_WORTH_A_CHUNK * compiled.width))
    parts = list(batch.parts(chunks)) if threads > 1 and chunks > 1 else [batch]
    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        futures = [pool.submit(task, part) for part in parts]
        try:
            while wait(futures, _TICK).not_done:
                clock[records.NOW] = time.perf_counter()
        except BaseException:
            clock[records.STOP] = 1.0
            raise
        return Paths.joined([future.result() for future in futures])


def _follow(compiled: Kernels, system: System, batch: Batch, control: Control, clock: Floats) -> Paths:
    """Follow one chunk in this thread."""
    n, count = len(system.states), len(batch)
    method = control.method or RODAS4
    work = _workspace(compiled, system, control)
    work[compiled.layout.step] = 1.0
    at = compiled.addresses
    course = records.Course(
        np.ascontiguousarray(batch.start),
        np.ascontiguousarray(batch.states),
        _with_hidden(compiled, batch.parameters),
        np.ascontiguousarray(batch.times),
        np.ascontiguousarray(batch.outputs, dtype=np.int64),
    )
    outcome = records.Outcome(
        states=np.full((count, batch.times.shape[1], n + len(system.delays)), np.nan),
        last=np.empty((count, n)),
        time=np.empty(count),
        strange=np.empty(count, np.bool_),
        **{name: np.empty(count, np.int64) for name in ("code", "event", "attempts", "steps", "evaluations")},
    )
    budget = control.budget
    exponent = 1 / (method.error_order + 1)
    limits = records.Limits(control.rtol, budget.steps, budget.seconds, exponent, _SMALL**exponent)
    lanes = np.zeros(compiled.width, records.LANE)
    lanes["who"], lanes["code"] = records.NOBODY, records.OK
    memory = batch.memory.of(slice(None))
    dense = np.array(method.dense)
    follow_on = partial(
        drive,
        records.Addresses(**{name.removeprefix("coley_"): at[name] for name in KERNELS}, workspace=work.ctypes.data),
        work,
        compiled.layout,
        dense,
        course,
        schedule(batch, switch_times(system, batch.parameters, batch.start, batch.end, control.budget.steps)),
        _events(system),
        limits,
        lanes,
        clock,
        memory,
        outcome,
        np.zeros(1, np.int64),
    )
    history = _history(system, batch, compiled.width, dense)
    while not follow_on(history) and history is not None:
        history = history.roomier()
    parameters = _with_hidden(compiled, batch.parameters, None if history is None else history.last)
    status, reasons, events = _verdicts(compiled, system, parameters, control, outcome)
    return Paths(
        outcome.states,
        outcome.last,
        outcome.time,
        status,
        reasons,
        events,
        steps=outcome.steps,
        rejections=outcome.attempts - outcome.steps,
        evaluations=outcome.evaluations,
        jacobians=outcome.attempts.copy(),
        memory=memory,
    )


def _history(system: System, batch: Batch, width: int, dense: Floats) -> History | None:
    """The empty history of all lanes, where the system has delays."""
    if not system.delays:
        return None
    group = np.array(delays.groups(system)[1], dtype=np.int64)
    uses = np.array(delays.uses(system), dtype=np.int64)
    return History.fresh(delays.lags(system, batch.parameters), group, uses, width, dense)


def _with_hidden(compiled: Kernels, parameters: Floats, last: Floats | None = None) -> Floats:
    """Parameters and those that are hidden, so that the delays say ``last``."""
    rows = compiled.layout
    whole = np.zeros((len(parameters), rows.parameter_count))
    whole[:, : parameters.shape[1]] = parameters
    whole[:, rows.held - rows.parameters :] = _SEE
    if last is not None:
        first = rows.hidden - rows.parameters + 1
        whole[:, first : first + delays.COEFFICIENTS * rows.delayed : delays.COEFFICIENTS] = last
    return whole


def _events(system: System) -> records.Events:
    """The events of ``system``; assignments in the order of the kernels."""
    events, place = system.events, {name: j for j, name in enumerate(system.state_names)}
    targets = [[place[name] for name in sorted(event.assignments)] for event in events]
    return records.Events(
        persistent=np.array([event.persistent for event in events], dtype=np.bool_),
        at_trigger=np.array([event.values_at_trigger for event in events], dtype=np.bool_),
        ends=np.array([event.ends for event in events], dtype=np.bool_),
        prioritised=np.array([event.priority is not None for event in events], dtype=np.bool_),
        first=np.cumsum([0, *map(len, targets)]).astype(np.int64),
        target=np.array([j for theirs in targets for j in theirs], dtype=np.int64),
    )


def _workspace(compiled: Kernels, system: System, control: Control) -> Floats:
    """An aligned workspace (row × lane) that holds the tolerances and floors."""
    rows = compiled.layout
    work = workspace(rows.size, compiled.width)
    work[rows.rtol] = control.rtol
    work[rows.atol : rows.atol + rows.states] = control.atol[:, None]
    floors = [0.0 if state.nonnegative else -np.inf for state in system.states]
    work[rows.floor : rows.floor + rows.states] = np.array(floors)[:, None]
    return work


_STATUS = {
    records.STEP_TOO_SMALL: ("step_too_small", "found no step that is small enough at"),
    records.TOO_MANY_STEPS: ("too_many_steps", "took more than {budget.steps:,} steps to get to"),
    records.CANNOT_START: ("nonfinite", "cannot start on"),
    records.TIMEOUT: ("timeout", "took more than {budget.seconds:g} seconds to get to"),
    records.TOO_MANY_EVENTS: ("too_many_events", "met too many events at"),
    records.STRANGE_DELAY: ("nonfinite", "met an event whose delay is no number from 0 up at"),
}


def _verdicts(
    compiled: Kernels, system: System, parameters: Floats, control: Control, outcome: records.Outcome
) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Status, reason and event of each individual."""
    count = len(parameters)
    status, reasons, events = np.full(count, "ok", object), np.full(count, "", object), np.full(count, "", object)
    names = np.array([event.name for event in system.events], dtype=object)
    met = outcome.code == records.EVENT
    events[met] = names[outcome.event[met]]
    for row in np.flatnonzero(outcome.code > records.EVENT).tolist():
        status[row], what = _STATUS[int(outcome.code[row])]
        if status[row] == "step_too_small" and outcome.strange[row]:
            status[row] = "nonfinite"
        what = what.format(budget=control.budget)
        with np.errstate(all="ignore"):  # numbers are at the end of their range there
            reasons[row] = _reason(compiled, system, parameters[row], control, outcome, row, status[row], what)
    return status, reasons, events


def _reason(
    compiled: Kernels,
    system: System,
    parameters: Floats,
    control: Control,
    outcome: records.Outcome,
    row: int,
    status: str,
    what: str,
) -> str:
    now, y = float(outcome.time[row]), outcome.last[row]
    rates = look(compiled, system, control, parameters, now, y)
    if outcome.strange[row]:
        rates = _ahead(partial(look, compiled, system, control, parameters, now), y, rates)
    return reason(system, control, status, what, now, y, rates)


def _ahead(rates_at: Callable[[Floats], Floats], y: Floats, rates: Floats) -> Floats:
    """The first rates in the direction of ``rates`` that are not all numbers, which is where steps have failed."""
    for days in 1e-15 * 2.0 ** np.arange(60):
        if not np.isfinite(rates).all():
            return rates
        rates = np.where(np.isfinite(rates_at(y + days * rates)), rates, np.nan)
    return rates


def look(compiled: Kernels, system: System, control: Control, parameters: Floats, now: float, y: Floats) -> Floats:
    """Rates of change at one point, as the kernels compute them; without what flows in."""
    rows = compiled.layout
    work = _workspace(compiled, system, control)
    work[rows.parameters : rows.parameters + rows.parameter_count] = parameters[:, None]
    work[rows.probe : rows.probe + rows.states] = y[:, None]
    work[rows.probe_time] = now
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(compiled.addresses["coley_probe"])(work.ctypes.data)
    return work[rows.probe_rates : rows.probe_rates + rows.states, 0].copy()
