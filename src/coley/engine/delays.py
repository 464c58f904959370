"""Delays as kernels meet them: a polynomial of time over each step, whose coefficients are parameters.

Rates, derivatives and events of such a System need to know nothing of the past; the driver fits the polynomials to it.
Where a lag changes, the past may be that of the step itself: then the step is repeated until it settles
(:mod:`coley.engine.driver.recall`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, reduce

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.engine.functions import of_parameters
from coley.errors import ColeyError, Problem
from coley.system import TIME, Expression, Parameter, Rule, System

Floats = NDArray[np.float64]
COEFFICIENTS = 5
"""Of a polynomial over a step: as accurate as the methods are between the ends of theirs."""
_SINCE = " since"


@lru_cache(maxsize=64)
def present(system: System) -> System:
    """``system`` without delays: they are rules of time and hidden parameters, which come last.

    These are the time from which the polynomials count, and the coefficients of each delay in ascending order.
    """
    if not system.delays:
        return system
    hidden, rules = [Parameter(_SINCE, system.time_unit, 0)], []
    passed = TIME - symengine.Symbol(_SINCE)
    for delay in system.delays:
        names = [f" {delay.name} {k}" for k in range(COEFFICIENTS)]
        hidden += [Parameter(name, "", 0) for name in names]
        value = reduce(lambda high, low: low + passed * high, map(symengine.Symbol, reversed(names)))
        rules.append(Rule(delay.name, delay.unit, value, delay.meaning))
    return replace(system, parameters=(*system.parameters, *hidden), rules=(*rules, *system.rules), delays=())


@lru_cache(maxsize=64)
def delayed(system: System) -> tuple[Expression, ...]:
    """What the delays of ``system`` are of, in terms of :func:`present`."""
    plain = present(system)
    return tuple(plain.inline(delay.expression) for delay in system.delays)


@lru_cache(maxsize=64)
def before(system: System) -> tuple[Expression, ...]:
    """The same for times before the start, in initial states, parameters and time.

    Raises:
        ColeyError: a delay of itself, which had no value then.
    """
    expressions = {delay.name: system.inline(delay.expression) for delay in system.delays}
    lags = {delay.name: system.inline(delay.lag) for delay in system.delays}

    def past(name: str, within: tuple[str, ...]) -> Expression:
        if name in within:
            what = "is a delay of itself, which has no value before the start"
            raise ColeyError(Problem(f"model {system.name}, delay {name}", what, "start with a state that has one"))
        used = sorted(expressions.keys() & {str(symbol) for symbol in expressions[name].free_symbols})
        earlier = {n: past(n, (*within, name)).subs({TIME: TIME - lags[n]}) for n in used}
        return expressions[name].subs({symengine.Symbol(n): value for n, value in earlier.items()})

    return tuple(past(delay.name, ()) for delay in system.delays)


@lru_cache(maxsize=64)
def groups(system: System) -> tuple[tuple[Expression, ...], tuple[int, ...]]:
    """The different lags of ``system``, all rules written out, and which of them each delay has."""
    lags = [system.inline(delay.lag) for delay in system.delays]
    different = list(dict.fromkeys(lags))
    return tuple(different), tuple(different.index(lag) for lag in lags)


@lru_cache(maxsize=64)
def lag_expressions(system: System) -> tuple[Expression, ...]:
    """The lag of each delay, in terms of :func:`present`."""
    return tuple(map(system.inline, (delay.lag for delay in system.delays)))


def lags(system: System, parameters: Floats) -> Floats:
    """Individual × different lag; infinite where it changes on the way."""
    different, _ = groups(system)
    constant = [k for k, lag in enumerate(different) if lag.free_symbols <= _parameters(system)]
    found = np.full((len(parameters), len(different)), np.inf)
    found[:, constant] = of_parameters(system, tuple(different[k] for k in constant), parameters)
    return found


def _parameters(system: System) -> set[Expression]:
    return {symengine.Symbol(name) for name in system.parameter_names}


def lag_faults(system: System, parameters: Floats) -> Iterator[tuple[int, str]]:
    """The individuals who have a constant lag that is none, and why it is none."""
    if not system.delays:
        return
    values, (different, group) = lags(system, parameters), groups(system)
    for delay, of in zip(system.delays, group, strict=True):
        if not different[of].free_symbols <= _parameters(system):
            continue
        for row in np.flatnonzero(~(np.isfinite(values[:, of]) & (values[:, of] > 0))).tolist():
            yield row, f"the lag of {delay.name!r} is {values[row, of]:g}; a lag is a finite number above 0"


def uses(system: System) -> Sequence[int]:
    """Which states the past is made of."""
    used = (*delayed(system), *before(system), *lag_expressions(system))
    found = {str(symbol) for expression in used for symbol in expression.free_symbols}
    return [j for j, name in enumerate(system.state_names) if name in found]
