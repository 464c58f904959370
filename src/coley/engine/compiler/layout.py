"""Where everything stands in the workspace of a kernel: rows of doubles, a lane in each column."""

from __future__ import annotations

from typing import NamedTuple

from coley.engine.branches import branches
from coley.engine.branches import held as held_by
from coley.engine.derivatives import watched
from coley.engine.tableau import Method
from coley.system import System

LEAST_ERROR = 1e-8
"""Of a step, relative to the tolerance: what is less counts as this where the next one is chosen."""


class Layout(NamedTuple):
    """First row of each part, and the lengths that recur. All integers, so that compiled code can read it.

    Attributes:
        time, step, y, parameters, inflow, rtol, atol: what the driver gives to a step.
        floor: per state, what it cannot fall below; minus infinity where there is nothing.
        accepted: 1 in the lanes that a commit moves on to ``end``.
        end, error, power, end_triggers, stages: what a step leaves; the error is relative to the tolerance, and its
            power says how much too long that makes the step. Triggers are those of events, what they are made of, and
            then the branches of rates.
        middle_triggers: the same halfway through the step, where rates have branches.
        share: of the step just tried, at which dense output is wanted; it is written to the probe.
        probe_time, probe: the point that a probe looks at, besides the parameters;
        probe_rates, probe_triggers: what it finds there.
        delays, priorities, values, multipliers: what a reaction to events finds there: per event, per event, and twice
            per assignment.
        hidden: those of the parameters that hold the polynomials of delays (see :mod:`coley.engine.delays`);
        held: those that say which branches hold (see :mod:`coley.engine.branches`);
        past: what delays are of, at the probe; the same, as it is before the start; and the lags.
        scratch_time, argument, inside, drift, factors: for the step's own use.
    """

    states: int
    parameter_count: int
    events: int
    watching: int
    holding: int
    stage_count: int
    assignments: int
    delayed: int
    hidden: int
    held: int
    time: int
    step: int
    y: int
    parameters: int
    inflow: int
    rtol: int
    atol: int
    floor: int
    accepted: int
    end: int
    error: int
    power: int
    end_triggers: int
    middle_triggers: int
    stages: int
    share: int
    probe_time: int
    probe: int
    probe_rates: int
    probe_triggers: int
    delays: int
    priorities: int
    values: int
    multipliers: int
    past: int
    scratch_time: int
    inverse: int
    argument: int
    inside: int
    drift: int
    factors: int
    size: int


def layout(system: System, factors: int, method: Method) -> Layout:
    """The layout for a system with this many entries of LU factors."""
    states, parameters, events = len(system.states), len(held_by(system).parameters), len(system.events)
    holding, delayed = len(branches(system)), len(system.delays)
    watching = len(watched(system)) + holding
    assignments = sum(len(event.assignments) for event in system.events)
    lengths = {
        "time": 1, "step": 1, "y": states, "parameters": parameters, "inflow": states, "rtol": 1, "atol": states,
        "floor": states, "accepted": 1, "end": states, "error": 1, "power": 1, "end_triggers": watching,
        "middle_triggers": watching if holding else 0,
        "stages": states * method.stages,
        "share": 1, "probe_time": 1, "probe": states, "probe_rates": states, "probe_triggers": watching,
        "delays": events, "priorities": events, "values": assignments, "multipliers": assignments,
        "past": 3 * delayed,
        "scratch_time": 1, "inverse": 1, "argument": states, "inside": states, "drift": states, "factors": factors,
    }  # fmt: skip
    place, first = 0, {}
    for name, length in lengths.items():
        first[name] = place
        place += length
    hidden = first["parameters"] + len(system.parameters)
    held = first["parameters"] + parameters - holding
    counts = (states, parameters, events, watching, holding, method.stages, assignments, delayed)
    return Layout(*counts, hidden, held, **first, size=place)
