"""How doses enter by parameters of the model: at a rate or over a duration (R1, D1), by a share (F1), late (ALAG1).

The number is that of the compartment. What NONMEM calls so (Users Guide, part VI, chapter III) are here parameters of a
model that no equation of it names: one that does has its own use for them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.data.changing import column
from coley.data.record_checks import MOST_OVERLAPS
from coley.data.record_items import DOSE, RESET_AND_DOSE
from coley.errors import ColeyError, Problem
from coley.system import System, expressions

Floats = NDArray[np.float64]


def entering(system: System, rows: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The records with the durations, amounts and lags (column ``lag``) that parameters of the model say.

    Args:
        rows: as of :class:`coley.data.records.Records`, ``who`` being a position in ``table``.
        table: parameters of the individuals.

    Raises:
        ColeyError: parameters that say nothing possible.
    """
    if not rows["EVID"].isin((DOSE, RESET_AND_DOSE)).any():
        return rows.assign(lag=0.0)  # records without doses need not have what doses have
    problems: list[Problem] = []
    rows = _shared(system, rows, table, problems)
    rows = _modelled(system, rows, table, problems)
    rows = _lagging(system, rows, table, problems)
    if problems:
        raise ColeyError(problems)
    return rows


def _of(name: str, system: System, rows: pd.DataFrame, table: pd.DataFrame) -> Floats:
    """The value of a parameter for every record of ``rows``."""
    if column(name) in rows.columns:
        return rows[column(name)].to_numpy(dtype=float)
    value = next(parameter.value for parameter in system.parameters if parameter.name == name)
    each = table[name] if name in table.columns else pd.Series(value, index=table.index)
    return np.asarray(each.to_numpy(dtype=float)[rows["who"].to_numpy(dtype=np.intp)])


def idle(system: System) -> set[str]:
    """The parameters that no equation names."""
    named = {str(symbol) for expression in expressions(system) for symbol in expression.free_symbols}
    return {*system.parameter_names} - named


def _by_compartment(
    letter: str, system: System, rows: pd.DataFrame, table: pd.DataFrame, otherwise: float, problems: list[Problem]
) -> Floats:
    """What the parameters of a letter say for every record, of doses into a compartment that has one."""
    values, free = np.full(len(rows), otherwise), idle(system)
    dose = rows["EVID"].isin((DOSE, RESET_AND_DOSE)).to_numpy()
    for number, state in enumerate(system.state_names, start=1):
        name = f"{letter}{number}"
        here = dose & (rows["CMT"] == state).to_numpy()
        if name in free and here.any():
            values[here] = _of(name, system, rows[here], table)
            if not (np.isfinite(values[here]) & (values[here] >= 0)).all():
                problems.append(Problem(f"parameter {name}", "is not a number from 0 up for everyone who takes a dose"))
    return values


def _shared(system: System, rows: pd.DataFrame, table: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """The share of each amount that enters. An infusion whose rate is given is shorter then."""
    share = _by_compartment("F", system, rows, table, 1.0, problems)
    if (share == 1).all():
        return rows
    return rows.assign(AMT=rows["AMT"] * share, DUR=rows["DUR"] * np.where(rows["paced"], share, 1.0))


def _modelled(system: System, rows: pd.DataFrame, table: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """The durations that RATE -1 and -2 leave to the model."""
    lasts = rows["DUR"].to_numpy(dtype=float).copy()
    for name in rows["modelled"][rows["modelled"] != ""].unique():
        here = (rows["modelled"] == name).to_numpy()
        value = _of(name, system, rows[here], table)
        if not (np.isfinite(value) & (value > 0)).all():
            problems.append(Problem(f"parameter {name}", "is not above 0 for everyone who takes an infusion from it"))
            continue
        lasts[here] = rows["AMT"].to_numpy()[here] / value if name[0] == "R" else value
        if (rows["SS"].eq(1) & here & (lasts > MOST_OVERLAPS * rows["II"])).any():
            what = f"makes more than {MOST_OVERLAPS} infusions of a steady state run at once"
            problems.append(Problem(f"parameter {name}", what))
    return rows.assign(DUR=lasts)


def _lagging(system: System, rows: pd.DataFrame, table: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    """How long after its record each dose enters."""
    lag = _by_compartment("ALAG", system, rows, table, 0.0, problems)
    for state in rows["CMT"][(lag > 0) & rows["SS"].eq(1)].unique():
        name = f"ALAG{system.state_names.index(state) + 1}"
        problems.append(Problem(f"parameter {name}", "delays doses of a steady state", "write the doses before it out"))
    return rows.assign(lag=lag)
