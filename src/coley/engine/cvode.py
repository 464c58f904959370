"""The reference backend: SUNDIALS CVODE (BDF, dense, analytic Jacobian) for one individual at a time.

CVODE: Cohen and Hindmarsh, Computers in Physics 10:138 (1996); here through scikit-sundae.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sksundae.cvode import CVODE

from coley.engine.doses import Segment, segments
from coley.engine.functions import Floats, Functions, functions
from coley.system import System

_SHORTEST = 1e-9  # days; output times nearer than this to a dose are taken at the dose


@dataclass(frozen=True)
class Tolerances:
    """Error control of one run: ``rtol`` relative, ``atol`` per state, and the budget of steps between two outputs."""

    rtol: float
    atol: Floats
    max_steps: int


@dataclass
class Path:
    """What became of one individual: states at the wanted times (NaN after a stop), the last state, and why it stopped."""

    states: Floats
    last: Floats
    time: float
    status: str = "ok"
    reason: str = ""
    event: str = ""
    steps: int = 0


class _Problem:
    """Right-hand side, Jacobian and triggers of one individual, as CVODE wants them."""

    def __init__(self, compiled: Functions, states: int, parameters: Floats) -> None:
        self.compiled = compiled
        self.n = states
        self.buffer = np.zeros(compiled.size)
        self.buffer[states:-1] = parameters
        self.entries = np.zeros(max(len(compiled.rows), 1))
        self.infusion: Floats | None = None

    def rates(self, time: float, y: Floats, yp: Floats) -> None:
        self.buffer[: self.n] = y
        self.buffer[-1] = time
        self.compiled.rates.unsafe_real(self.buffer, yp)
        if self.infusion is not None:
            yp += self.infusion

    def jacobian(self, time: float, y: Floats, yp: Floats, matrix: Floats) -> None:
        self.buffer[: self.n] = y
        self.buffer[-1] = time
        self.compiled.jacobian.unsafe_real(self.buffer, self.entries)
        matrix[self.compiled.rows, self.compiled.columns] = self.entries[: len(self.compiled.rows)]

    def triggers(self, time: float, y: Floats, values: Floats) -> None:
        self.buffer[: self.n] = y
        self.buffer[-1] = time
        values[:] = self.compiled.triggers(self.buffer)


def integrate(
    system: System, start: float, initial: Floats, parameters: Floats, times: Floats, doses: Floats, tolerances: Tolerances
) -> Path:
    """Follow one individual from ``start`` to the last of ``times``.

    Args:
        initial: states (m) at ``start``.
        parameters: its parameters, in the system's order.
        times: ascending, in days, none before ``start``.
        doses: rows of (time, amount, duration, index of state).

    Returns:
        A Path; a solver that fails is a status in it, never an exception.
    """
    problem = _Problem(functions(system), len(initial), parameters)
    path = Path(np.full((len(times), len(initial)), np.nan), initial.copy(), start)
    solver = _solver(system, problem, tolerances)
    for segment in segments(start, float(times[-1]), doses, len(initial)):
        path.last += segment.bolus
        problem.infusion = segment.infusion
        inside = (times >= segment.start - _SHORTEST) & (times < segment.end - _SHORTEST)
        if segment.last:
            inside |= np.abs(times - segment.end) <= _SHORTEST
        _follow(system, solver, path, segment, times, np.flatnonzero(inside))
        if path.status != "ok" or path.event:
            return path
    return path


def _solver(system: System, problem: _Problem, tolerances: Tolerances) -> CVODE:
    options = {}
    if system.events:
        events = problem.triggers

        def triggers(time: float, y: Floats, values: Floats) -> None:
            events(time, y, values)

        triggers.terminal = [True] * len(system.events)  # type: ignore[attr-defined]
        triggers.direction = [1] * len(system.events)  # type: ignore[attr-defined]
        options = {"eventsfn": triggers, "num_events": len(system.events)}
    return CVODE(
        problem.rates,
        jacfn=problem.jacobian,
        rtol=tolerances.rtol,
        atol=tolerances.atol,
        max_num_steps=tolerances.max_steps,
        **options,
    )


def _follow(system: System, solver: CVODE, path: Path, segment: Segment, times: Floats, wanted: Sequence[int]) -> None:
    """Integrate one stretch without doses, and write what falls into it."""
    at_start = [k for k in wanted if times[k] <= segment.start + _SHORTEST]
    for k in at_start:
        path.states[k] = path.last
    if segment.end - segment.start <= _SHORTEST:
        return
    later = [k for k in wanted if times[k] > segment.start + _SHORTEST]
    stops = [segment.start, *(min(float(times[k]), segment.end) for k in later)]
    if stops[-1] < segment.end:
        stops.append(segment.end)
    if len(stops) == 2:  # scikit-sundae reads two times as a span and returns every internal step
        stops.insert(1, 0.5 * (stops[0] + stops[1]))
    solution = solver.solve(np.array(stops), path.last)
    values = {float(t): y for t, y in zip(solution.t, solution.y, strict=True)}
    for k in later:
        reached = values.get(min(float(times[k]), segment.end))
        if reached is not None:
            path.states[k] = reached
    path.last, path.time = solution.y[-1].copy(), float(solution.t[-1])
    path.steps += int(solution.nfev)
    if solution.i_events is not None and len(solution.i_events):
        fired = np.flatnonzero(solution.i_events[-1] > 0)
        if len(fired):
            path.event = system.events[int(fired[0])].name
            return
    if not solution.success or not np.all(np.isfinite(path.last)):
        path.status, path.reason = "solver_failed", f"{solution.message.strip()} at day {path.time:.6g}"
