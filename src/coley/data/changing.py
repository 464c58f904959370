"""Parameters that change from record to record: covariates that vary in time, and occasions.

As in NONMEM, the values of a record hold from the record before it up to its own time (Users Guide, part VI, chapter
III): it is with these that the model is advanced to the record. A dose takes what its own record says of how doses
enter (F1, ALAG1, R1, D1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import symengine
from numpy.typing import NDArray

from coley.engine.doses import resolution
from coley.system import Expression, Parameter, Rule, State, System

Floats = NDArray[np.float64]
AFTER = 2
"""Resolutions of time after a record at which the values of the next one hold: what is seen at it is its own."""


def column(name: str) -> str:
    """The column of records that holds the value of parameter ``name`` in each."""
    return f"value of {name}"


def changing(rows: pd.DataFrame) -> list[str]:
    """Names of the parameters that change within records."""
    return [name.removeprefix(column("")) for name in rows.columns if name.startswith(column(""))]


def at_start(name: str) -> str:
    """The parameter that says with what value an episode begins."""
    return f"{name} at the start"


def with_changing(system: System, names: Sequence[str]) -> System:
    """``system``, where each of ``names`` is a rule of how it was at the start, and of two states that only doses move.

    These states, how far it has risen and how far it has fallen, come last, and are what :func:`changes` doses.
    """
    if not names:
        return system
    instead = {symengine.Symbol(name): symengine.Symbol(at_start(name)) for name in names}

    def began(expression: Expression) -> Expression:
        return system.inline(expression).subs(instead)

    of = {parameter.name: parameter for parameter in system.parameters if parameter.name in names}
    moving = [State(part, of[n].unit, 0, abs(of[n].value) or 1.0) for n in names for part in _ways(n)]
    rules = [Rule(n, of[n].unit, _value(n), of[n].meaning) for n in names]
    return replace(
        system,
        states=(*(replace(state, initial=began(state.initial)) for state in system.states), *moving),
        parameters=tuple(_renamed(parameter, names) for parameter in system.parameters),
        rules=(*rules, *system.rules),
    )


def _ways(name: str) -> tuple[str, str]:
    return f"rise of {name}", f"fall of {name}"


def _value(name: str) -> Expression:
    rise, fall = map(symengine.Symbol, _ways(name))
    return symengine.Symbol(at_start(name)) + rise - fall


def _renamed(parameter: Parameter, names: Sequence[str]) -> Parameter:
    return replace(parameter, name=at_start(parameter.name)) if parameter.name in names else parameter


def everywhere(rows: pd.DataFrame) -> pd.DataFrame:
    """The records, where those that were added for their times have the values of the next record, or else the last."""
    for name in map(column, changing(rows)):
        by_individual = rows.groupby("who")[name]
        rows = rows.assign(**{name: by_individual.bfill().fillna(by_individual.ffill())})
    return rows


def values_at_start(rows: pd.DataFrame, begins: NDArray[np.bool_], names: Sequence[str]) -> pd.DataFrame:
    """The values with which each episode begins, a column :func:`at_start` for each name."""
    return pd.DataFrame({at_start(name): rows.loc[begins, column(name)].to_numpy() for name in names})


def changes(rows: pd.DataFrame, end: Floats, names: Sequence[str]) -> pd.DataFrame:
    """Doses that move the states of :func:`with_changing`.

    Args:
        rows: records with ``episode`` and ``at``, when each happens.
        end: of each episode.
    """
    parts = []
    same = rows["episode"].eq(rows["episode"].shift(-1))
    moment = rows["at"] + AFTER * resolution(rows["at"].to_numpy())
    inside = same & (moment.to_numpy() < end[rows["episode"].to_numpy(dtype=np.intp)])
    for name in names:
        step = rows[column(name)].shift(-1) - rows[column(name)]
        for way, sign in zip(_ways(name), (1, -1), strict=True):
            here = inside & (sign * step > 0)
            given = {"ID": rows["episode"], "TIME": moment, "AMT": sign * step, "DUR": 0.0, "CMT": way}
            parts.append(pd.DataFrame(given)[here])
    together: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return together
