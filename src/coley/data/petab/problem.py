"""A PEtab problem in the terms of a System, whichever version of the format it was written in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd
import symengine

from coley.errors import ColeyError, Problem, did_you_mean
from coley.system import TIME, Expression, Parameter, System

PREEQUILIBRATION = -math.inf
"""Time of a period in which states come to rest before time begins."""


@dataclass(frozen=True)
class Observable:
    """What is measured, and how measurements scatter around it.

    Attributes:
        formula, noise: expressions of the system's names, ``time``, parameters of the problem and placeholders.
        placeholders: names of what each measurement puts in, of the formula and of the noise.
        laplace: whether noise is Laplace distributed with scale ``noise``; else normal with that standard deviation.
        base: base of the logarithm on whose scale noise adds; 0 where it adds to the value itself.
    """

    name: str
    formula: Expression
    noise: Expression
    placeholders: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    laplace: bool = False
    base: float = 0.0


@dataclass(frozen=True)
class Period:
    """A stretch of an experiment: what is set at its start, by name of a parameter or state of the system."""

    time: float
    changes: Mapping[str, Expression]


@dataclass(frozen=True, eq=False)
class PetabProblem:
    """A System with experiments and measurements.

    Attributes:
        name: the name of its file.
        parameters: nominal values on linear scale.
        experiments: the periods of each, in order of time.
        measurements: a row per measurement: ``observable``, ``experiment``, ``time``, ``measurement``, and
            ``overrides``, the values that it puts in for placeholders of formula and noise.
        table: the measurement table as it was read, row by row the same.
        compartments: by species that conditions set as a concentration, the compartment that makes an amount of it.
    """

    name: str
    system: System
    parameters: Mapping[str, float]
    observables: Mapping[str, Observable]
    experiments: Mapping[str, tuple[Period, ...]]
    measurements: pd.DataFrame
    table: pd.DataFrame
    compartments: Mapping[str, str]


def checked(problem: PetabProblem) -> PetabProblem:
    """``problem``, whose rules that something else sets have become parameters.

    Raises:
        ColeyError: names that neither the model nor the problem knows, and what cannot be set; all at once.
    """
    changed = {name for periods in problem.experiments.values() for period in periods for name in period.changes}
    system = _opened(problem.system, changed | set(problem.parameters))
    settable = {*system.parameter_names, *system.state_names}
    problems = [
        Problem(
            f"{problem.name}, conditions", f"{name} is no parameter or state of the model", did_you_mean(name, settable)
        )
        for name in sorted(changed - settable)
    ]
    known = {*system.units, *problem.parameters, *problem.observables, str(TIME)}
    for observable in problem.observables.values():
        for kind, expression in (("observable", observable.formula), ("noise", observable.noise)):
            extra = {name for names in observable.placeholders for name in names}
            problems += _unknown(f"{problem.name}, {kind} formula of {observable.name}", expression, known | extra)
    for name, periods in problem.experiments.items():
        for expression in (value for period in periods for value in period.changes.values()):
            problems += _unknown(f"{problem.name}, condition of {name}", expression, known)
    if problems:
        raise ColeyError(dict.fromkeys(problems))
    return replace(problem, system=system)


def _opened(system: System, names: Iterable[str]) -> System:
    """``system`` with rules of these names as parameters."""
    opened = [rule for rule in system.rules if rule.name in set(names)]
    parameters = tuple(Parameter(rule.name, rule.unit, math.nan, rule.meaning) for rule in opened)
    values = {symengine.Symbol(parameter.name): parameter.value for parameter in system.parameters}
    inlined = [_number(system.inline(rule.expression).subs(values)) for rule in opened]
    parameters = tuple(replace(p, value=value) for p, value in zip(parameters, inlined, strict=True))
    rules = tuple(rule for rule in system.rules if rule not in opened)
    return replace(system, parameters=(*system.parameters, *parameters), rules=rules) if opened else system


def _number(expression: Expression) -> float:
    return float(expression) if not expression.free_symbols else math.nan


def _unknown(where: str, expression: Expression, known: set[str]) -> list[Problem]:
    names = sorted(map(str, symengine.sympify(expression).free_symbols))
    return [
        Problem(where, f"uses {name!r}, which nobody declares", did_you_mean(name, known))
        for name in names
        if name not in known
    ]
