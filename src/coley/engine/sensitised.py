"""A System that also follows how its states change with parameters and initial values, and what it finds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import symengine
import xarray as xr

from coley.engine.sensitivities import Course, named, names_in
from coley.errors import ColeyError, Problem, did_you_mean
from coley.system import Event, System

_FIRST = symengine.Integer(10) ** 9
"""Priority of what follows a change of rates: before all that a model has happen then."""


@dataclass(frozen=True)
class Sensitised:
    """A System with sensitivities.

    Attributes:
        system: its own states come first; derivatives of observables are states or rules named by :func:`named`.
        by: parameters and states (at the start) by which.
        observables: what these are of.
    """

    system: System
    by: tuple[str, ...]
    observables: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The observables, and their derivatives."""
        return [*self.observables, *(named(name, by) for name in self.observables for by in self.by)]

    def gathered(self, result: xr.Dataset) -> xr.Dataset:
        """``result`` with the derivatives of each observable as one variable, ``d(observable)``."""
        more: dict[str, tuple[object, ...]] = {}
        for name in self.observables:
            parts = [result[named(name, by)] for by in self.by]
            first, second = parts[0].dims
            units = {"units": f"{self.system.units[name]} per unit of by"}
            more[f"d({name})"] = ((first, "by", second), np.stack([part.to_numpy() for part in parts], axis=1), units)
        rest = result.drop_vars(self.names[len(self.observables) :])
        return rest.assign(more).assign_coords(by=np.array(self.by, dtype=str))


def sensitised(
    system: System,
    by: Sequence[str],
    observables: Sequence[str],
    given: Collection[str],
    doses: pd.DataFrame | None,
) -> Sensitised:
    """``system`` with the derivatives of ``observables``.

    Args:
        by: names of parameters, or of states, which stand for their values at the start.
        given: what each individual has a value of its own for; such an initial value follows from no parameter.
        doses: in which nothing is wrong besides.

    Raises:
        ColeyError: names that cannot be, or something whose derivative is not known; all at once.
    """
    problems = [*_name_problems(system, by, given), *_system_problems(system)]
    if problems:
        raise ColeyError(problems)
    built = _built(system, tuple(by), tuple(observables), frozenset(given))
    problems = [*built.problems, *_flow_problems(built.turning, doses)]
    if problems or built.whole is None:
        raise ColeyError(list(dict.fromkeys(problems)))
    return Sensitised(built.whole, tuple(by), tuple(observables))


class _Built(NamedTuple):
    """The larger System, or why there is none; and the states that decide when something jumps."""

    whole: System | None
    problems: tuple[Problem, ...]
    turning: frozenset[str]


@lru_cache(maxsize=32)
def _built(system: System, by: tuple[str, ...], observables: tuple[str, ...], given: frozenset[str]) -> _Built:
    courses = [Course(system, name, given) for name in by]
    turning = frozenset[str]().union(*(course.turning for course in courses))
    problems = tuple(problem for course in courses for problem in course.problems())
    if problems:
        return _Built(None, problems, turning)
    events = [_joined(event, [course.event(event) for course in courses]) for event in system.events]
    whole = replace(
        system,
        states=(*system.states, *(state for course in courses for state in course.states())),
        rules=(*system.rules, *(rule for course in courses for rule in course.rules(observables))),
        reactions=(*system.reactions, *(reaction for course in courses for reaction in course.reactions())),
        events=(*_jumps(courses), *events),
    )
    return _Built(whole, (), turning)


def _jumps(courses: Sequence[Course]) -> Iterator[Event]:
    """What sensitivities do where rates jump, at either passage."""
    thresholds = {str(g): g for course in courses for g in course.moving_thresholds}
    for _, g in sorted(thresholds.items()):
        for above in (True, False):
            jumps = {name: value for course in courses for name, value in course.jump(g, above).items()}
            if jumps:
                name, condition = f" {g} {'above' if above else 'below'} 0", g > 0 if above else g < 0
                yield Event(name, condition, jumps, priority=_FIRST, before=True, values_at_trigger=False)


def _joined(event: Event, more: Sequence[Event]) -> Event:
    """``event`` with the assignments of all."""
    return replace(event, assignments={k: v for one in (event, *more) for k, v in one.assignments.items()})


def _name_problems(system: System, by: Sequence[str], given: Collection[str]) -> Iterator[Problem]:
    allowed = (*system.parameter_names, *system.state_names)
    for name in dict.fromkeys(by):
        if name in allowed:
            continue
        hint = did_you_mean(name, allowed)
        if name in system.concentrations:
            hint = f"ask for {system.concentrations[name]!r}, the amount"
        elif name in system.constant_rules:
            used = sorted(names_in(system.inline(symengine.Symbol(name))))
            hint = f"give it in parameters, or ask for what it follows from: {', '.join(used)}"
        yield Problem("sensitivities", f"{name!r} is no parameter or state", hint)
    for name in sorted({name for name in by if list(by).count(name) > 1}):
        yield Problem("sensitivities", f"{name!r} is there twice")
    if not by:
        yield Problem("sensitivities", "name nothing", "names of parameters or states, or None")


def _system_problems(system: System) -> Iterator[Problem]:
    if system.delays:
        yield Problem(f"model {system.name}", "has delays, across which sensitivities are not followed")


def _flow_problems(turning: Collection[str], doses: pd.DataFrame | None) -> Iterator[Problem]:
    """Infusions into what decides when something jumps: how fast it comes there is not in the rates."""
    if doses is not None and not doses.empty:
        flowing = doses.loc[pd.to_numeric(doses["DUR"]) > 0, "CMT"]
        for name in sorted(set(turning).intersection(flowing)):
            what = f"flow into {name!r}, which decides when rates or states jump"
            yield Problem("sensitivities, doses", what, "give boluses")
