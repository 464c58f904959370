"""The items of a record: what stands for what where a table leaves it out or writes it shortly."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.data.table import Table
from coley.system import System

Floats = NDArray[np.float64]
ITEMS = ("ID", "TIME", "AMT", "RATE", "DUR", "EVID", "CMT", "II", "ADDL", "SS", "DV", "MDV")
"""Columns with a meaning of their own, in any case."""
OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
"""Values of EVID."""


def filled(table: Table, name: str) -> Floats:
    """A column as numbers, 0 where missing; of a column that is not there, zeros."""
    return np.nan_to_num(table.floats(name)) if name in table.columns else np.zeros(len(table))


def event_kinds(table: Table) -> Floats:
    """EVID of every record, found from AMT, RATE and SS where it is missing."""
    gives = (filled(table, "AMT") != 0) | (filled(table, "RATE") != 0) | (filled(table, "SS") != 0)
    given = table.floats("EVID") if "EVID" in table.columns else np.full(len(table), np.nan)
    return np.where(np.isnan(given), np.where(gives, DOSE, OBSERVATION), given)


def compartments(table: Table, system: System) -> pd.Series:
    """The state of every record's CMT, "" where there is none such."""
    if "CMT" not in table.columns:
        return pd.Series([""] * len(table), dtype=object)
    text = table.text("CMT")
    names = {str(number): name for number, name in enumerate(system.state_names, start=1)}
    return text.map(names | {name: name for name in system.state_names}).fillna("")


def modelled(table: Table, system: System) -> pd.Series:
    """The parameter that RATE -1 or -2 asks for in every record, "" where RATE is something else."""
    numbers = {name: str(number) for number, name in enumerate(system.state_names, start=1)}
    number = compartments(table, system).map(numbers).fillna("")
    letter = pd.Series(filled(table, "RATE")).map({-1.0: "R", -2.0: "D"}).fillna("")
    return (letter + number).where(letter != "", "")
