"""What a table of individuals may set besides parameters and states: rules of parameters, and concentrations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import symengine
from numpy.typing import NDArray

from coley.engine.functions import at
from coley.errors import Problem, did_you_mean
from coley.system import Parameter, System

Floats = NDArray[np.float64]


def with_given(system: System, names: Collection[str]) -> System:
    """``system``, where those of its constant rules that are named are parameters: a number replaces the formula."""
    replaced = system.constant_rules.intersection(names)
    return _without(system, replaced) if replaced else system


@lru_cache(maxsize=32)
def _without(system: System, names: frozenset[str]) -> System:
    given = [rule for rule in system.rules if rule.name in names]
    parameters = [Parameter(rule.name, rule.unit, np.nan, rule.meaning) for rule in given]
    rules = tuple(rule for rule in system.rules if rule.name not in names)
    return replace(system, parameters=(*system.parameters, *parameters), rules=rules)


def set_concentrations(system: System, given: Mapping[str, Floats], parameters: Floats, states: Floats) -> None:
    """Give the states (individual × state) the values that given concentrations say, each as a rule has it."""
    for name, state in system.concentrations.items():
        if name not in given:
            continue
        slope = system.inline(symengine.Symbol(name)).diff(symengine.Symbol(state))
        column = system.state_names.index(state)
        with np.errstate(all="ignore"):
            per_amount = at(system, [slope], states, parameters)[:, 0]
            states[:, column] = given[name] / per_amount


def unknown(system: System, name: str) -> Iterator[Problem]:
    """Why a column cannot be set, if it cannot."""
    if name in system.settable:
        return
    if name in {rule.name for rule in system.rules}:
        used = sorted(str(symbol) for symbol in system.inline(symengine.Symbol(name)).free_symbols)
        hint = f"set what it follows from: {', '.join(used)}"
        yield Problem("parameters", f"{name!r} is a rule of what changes with time", hint)
    else:
        yield Problem("parameters", f"no {name!r} in the model", did_you_mean(name, system.settable))


def contradictions(system: System, names: Collection[str]) -> Iterator[Problem]:
    """Concentrations that are set beside their amounts."""
    rules = {rule.name for rule in system.rules}
    for name in names:
        if f"[{name}]" in names and {name, f"[{name}]"} & rules:
            yield Problem("parameters", f"set both {name!r} and '[{name}]'", "one follows from the other")
