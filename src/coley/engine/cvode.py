"""SUNDIALS CVODE (BDF, dense, analytic Jacobian) for one individual at a time.

CVODE: Cohen and Hindmarsh, Computers in Physics 10:138 (1996); here through scikit-sundae.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sksundae.cvode import CVODE

from coley.engine.batch import Batch, Budget, Control, Paths
from coley.engine.doses import Doses, Segment, resolution, segments
from coley.engine.failure import reason
from coley.engine.functions import functions
from coley.engine.quiet import quiet
from coley.engine.switches import switch_times
from coley.errors import ColeyError, Problem
from coley.system import System

# SUNDIALS reads this when a solver is made; what it would warn of is a reason here, or mends itself
os.environ.setdefault("SUNLOGGER_WARNING_FILENAME", os.devnull)

Floats = NDArray[np.float64]
_NOT_NEGATIVE = 1  # as CVODE says it
_EVENT = 2  # scikit-sundae's status where a trigger crossed zero
_SHORTEST_STEP = 32 * np.finfo(float).eps  # relative to the time
_EVALUATIONS_PER_STEP = 4  # at most, of a step by Newton's method that is not hopeless
_PATIENCE = 50  # such steps in a row; CVODE tries a few when it looks for its first step


def follow(system: System, batch: Batch, control: Control) -> Paths:
    """Follow each individual of the batch; a solver that fails is a status, never an exception.

    Raises:
        ColeyError: what this backend cannot do.
    """
    _refuse(system, control)
    integrator = _Integrator(system, control)
    doses = batch.doses.of(batch.individual)
    n, steps = len(system.states), batch.times.shape[1]
    times = np.broadcast_to(batch.times, (len(batch), steps))
    individuals = zip(batch.start.tolist(), batch.states, batch.parameters, doses, times, strict=True)
    with quiet():
        paths = [integrator.follow(*individual) for individual in individuals]
    return Paths(
        states=np.array([path.states for path in paths]).reshape(len(paths), steps, n),
        last=np.array([path.last for path in paths]).reshape(len(paths), n),
        time=np.array([path.time for path in paths], dtype=float),
        status=np.array([path.status for path in paths], dtype=object),
        reason=np.array([path.reason for path in paths], dtype=object),
        event=np.array([path.event for path in paths], dtype=object),
        evaluations=np.array([path.evaluations for path in paths], dtype=np.int64),
        jacobians=np.array([path.jacobians for path in paths], dtype=np.int64),
        steps=np.full(len(paths), -1),
        rejections=np.full(len(paths), -1),
        memory=batch.memory.of(slice(None)),
    )


def _refuse(system: System, control: Control) -> None:
    """What this backend cannot do.

    Raises:
        ColeyError: events that do more than end a simulation, delays, or a method.
    """
    where = f"model {system.name}"
    problems = [
        Problem(f"{where}, event {event.name}", "does more than end a simulation", "the default backend can follow it")
        for event in system.events
        if not event.ends or event.assignments or event.delay != 0 or event.before
    ]
    problems += [
        Problem(f"{where}, delay {delay.name}", "is more than CVODE can follow", "the default backend can")
        for delay in system.delays
    ]
    if control.method is not None:
        problems.append(Problem("method", f"{control.method.name} is none of CVODE", "leave it out"))
    if problems:
        raise ColeyError(problems)


@dataclass
class _Path:
    """What became of one individual so far, as in Paths."""

    states: Floats
    last: Floats
    time: float
    status: str = "ok"
    reason: str = ""
    event: str = ""
    evaluations: int = 0
    jacobians: int = 0

    @property
    def stopped(self) -> bool:
        """Whether it goes no further."""
        return self.status != "ok" or self.event != ""


class _HopelessError(Exception):
    """There is no point in going on."""

    def __init__(self, status: str, what: str) -> None:
        super().__init__(what)
        self.status, self.what = status, what


class _Problem:
    """Right-hand side, Jacobian and triggers of one individual, as CVODE wants them."""

    def __init__(self, system: System, budget: Budget) -> None:
        self.compiled = functions(system)
        self.n = len(system.states)
        self.budget = budget
        self.evaluations = self.jacobians = 0
        self.late = np.inf
        self.time = np.nan
        self.tiny = 0
        self.infusion: Floats | None = None
        self.buffer = np.zeros(self.compiled.size)
        self.entries = np.zeros(max(len(self.compiled.entries), 1))

    def begin(self, parameters: Floats) -> None:
        self.buffer[self.n : -1] = parameters
        self.evaluations = self.jacobians = 0
        self.late = perf_counter() + self.budget.seconds

    def restart(self, start: float, infusion: Floats | None) -> None:
        self.time = start
        self.tiny = 0
        self.infusion = infusion

    def rates(self, time: float, y: Floats, yp: Floats) -> None:
        self.evaluations += 1
        if self.evaluations > _EVALUATIONS_PER_STEP * self.budget.steps:
            raise _HopelessError("too_many_steps", f"took more than {self.budget.steps:,} steps to get to")
        if perf_counter() > self.late:
            raise _HopelessError("timeout", f"took more than {self.budget.seconds:g} seconds to get to")
        moved = abs(time - self.time)
        if moved >= _SHORTEST_STEP * abs(time):
            self.tiny = 0
        elif moved > 0:
            self.tiny += 1
        if self.tiny > _PATIENCE:  # from here CVODE would warn on stderr, and go on and on without moving
            raise _HopelessError("step_too_small", "found no step that is small enough at")
        self.time = time
        self.evaluate(time, y, yp)

    def evaluate(self, time: float, y: Floats, yp: Floats) -> None:
        self.buffer[: self.n] = y
        self.buffer[-1] = time
        self.compiled.rates.unsafe_real(self.buffer, yp)
        if self.infusion is not None:
            yp += self.infusion

    def jacobian(self, time: float, y: Floats, yp: Floats, matrix: Floats) -> None:
        self.jacobians += 1
        self.buffer[: self.n] = y
        self.buffer[-1] = time
        self.compiled.jacobian.unsafe_real(self.buffer, self.entries)
        self.entries[~np.isfinite(self.entries)] = 0.0  # as in the kernels
        matrix.reshape(-1)[self.compiled.entries] = self.entries[: len(self.compiled.entries)]

    def triggers(self, time: float, y: Floats, values: Floats) -> None:
        self.buffer[: self.n] = y
        self.buffer[-1] = time
        self.compiled.triggers.unsafe_real(self.buffer, values)


class _Integrator:
    """CVODE for one System, used for one individual after another; none leaves a trace in the next."""

    def __init__(self, system: System, control: Control) -> None:
        self.system, self.control = system, control
        self.problem = _Problem(system, control.budget)
        self.solver = self._solver()

    def _solver(self) -> CVODE:
        floored = [j for j, state in enumerate(self.system.states) if state.nonnegative]
        options: dict[str, Any] = {}
        if floored:
            options = {"constraints_idx": floored, "constraints_type": [_NOT_NEGATIVE] * len(floored)}
        if self.system.events:
            evaluate = self.problem.triggers

            def triggers(time: float, y: Floats, values: Floats) -> None:  # scikit-sundae hangs attributes on it
                evaluate(time, y, values)

            options |= {"eventsfn": triggers, "num_events": len(self.system.events)}
        return CVODE(
            self.problem.rates,
            jacfn=self.problem.jacobian,
            rtol=self.control.rtol,
            atol=self.control.atol,
            max_num_steps=self.control.budget.steps,
            **options,
        )

    def follow(self, start: float, initial: Floats, parameters: Floats, doses: Doses, padded: Floats) -> _Path:
        """Follow one individual from ``start`` to its last output time (``padded`` with NaN, none before ``start``)."""
        times = padded[np.isfinite(padded)]
        path = _Path(np.full((len(padded), len(initial)), np.nan), initial.copy(), start)
        self.problem.begin(parameters)
        try:
            switches = self._switches(parameters, start, times)
            for segment in segments(start, float(times[-1]), doses, len(initial), switches):
                self._segment(path, segment, times)
                if path.stopped:
                    break
        except _HopelessError as hopeless:
            self._fail(
                path,
                hopeless.status,
                hopeless.what,
                self.problem.buffer[-1],
                self.problem.buffer[: self.problem.n].copy(),
            )
        if path.time >= times[-1] and path.status == "ok":
            path.states[len(times) - 1] = path.last
        path.evaluations, path.jacobians = self.problem.evaluations, self.problem.jacobians
        return path

    def _switches(self, parameters: Floats, start: float, times: Floats) -> Floats:
        """Days at which rates jump by time: CVODE would look for them by ever shorter steps."""
        ends = np.array([start]), np.array([times[-1]])
        days: Floats = switch_times(self.system, parameters[None], *ends, self.control.budget.steps)[0]
        return days

    def _segment(self, path: _Path, segment: Segment, times: Floats) -> None:
        """Go through one stretch without doses, and write what falls into it."""
        first, last = np.searchsorted(times, (segment.start, segment.end)).tolist()
        self.problem.restart(segment.start, segment.infusion)
        path.time = segment.start
        if segment.bolus is not None:
            path.last = path.last + segment.bolus
        if first < last and times[first] == segment.start:
            path.states[first] = path.last
            first += 1
        if not self._can_start(path) or segment.end - segment.start <= resolution(segment.end):
            return
        self.solver.init_step(segment.start, path.last)
        for k in range(first, last):
            self._step(path, float(times[k]), segment.end)
            if path.status == "ok" and path.time >= times[k]:
                path.states[k] = path.last
            if path.stopped:
                return
        self._step(path, segment.end, segment.end)

    def _can_start(self, path: _Path) -> bool:
        """Whether no trigger is up and all rates are finite where a stretch begins."""
        self._watch(path)
        if not path.event and not np.isfinite(self._rates(path.time, path.last)).all():
            self._fail(path, "nonfinite", "cannot start on", path.time, path.last)
        return not path.stopped

    def _step(self, path: _Path, stop: float, limit: float) -> None:
        """Go on to ``stop``, or to an event or failure before it, without looking past ``limit``."""
        result = self.solver.step(stop, "normal", limit)
        finite = bool(np.isfinite(result.y).all())
        if finite:
            path.last, path.time = result.y, float(result.t)
        if not result.success or not finite:
            strange = not np.isfinite(self._rates(path.time, path.last)).all()
            status = "nonfinite" if strange or not finite else "step_too_small"
            self._fail(path, status, "found no step that is small enough at", path.time, path.last)
        elif result.status == _EVENT:
            path.event = self.system.events[int(np.flatnonzero(result.i_events[-1])[0])].name
            self.solver = self._solver()  # the old one keeps its events for ever, and copies them at every step
        else:
            path.time = stop

    def _watch(self, path: _Path) -> None:
        """Note the first event whose trigger is up already."""
        if self.system.events:
            values = np.empty(len(self.system.events))
            self.problem.triggers(path.time, path.last, values)
            up = np.flatnonzero(values >= 0)
            if len(up):
                path.event = self.system.events[int(up[0])].name

    def _rates(self, time: float, y: Floats) -> Floats:
        rates = np.empty(len(y))
        self.problem.evaluate(time, y, rates)
        return rates

    def _fail(self, path: _Path, status: str, what: str, time: float, y: Floats) -> None:
        """Say what the solver could not do at ``time`` and ``y``, and which state is hardest to follow there."""
        path.status = status
        path.reason = reason(self.system, self.control, status, what, time, y, self._rates(time, y))
