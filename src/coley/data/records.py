"""Records of doses and observations as NONMEM has them: one table for all individuals, read for a model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.data.changing import column
from coley.data.cohort import identities
from coley.data.record_checks import record_problems
from coley.data.record_items import ITEMS, compartments, event_kinds, filled, modelled
from coley.data.table import Source, Table, read_table
from coley.errors import ColeyError, Problem
from coley.system import System

Floats = NDArray[np.float64]
_ZERO_WHERE_MISSING = ("AMT", "RATE", "II", "ADDL", "SS")


@dataclass(frozen=True, eq=False)
class Records:
    """Records that belong to a model, as :func:`read_records` found them.

    Attributes:
        rows: one row per record, in the order of the table: ``who`` (position in ``parameters``), TIME, EVID, AMT, DUR
            (0 is a bolus), CMT (a state), II, ADDL, SS, DV; ``rate`` of a constant infusion until TIME (else 0); and
            ``modelled``, the parameter that says how fast or how long an infusion is where RATE is -1 or -2 (else "");
            ``paced``, whether RATE says how fast it is; and of each parameter that changes its value
            (:func:`coley.data.changing.column`).
        parameters: a row per individual, with its ID as index: the columns of the table that are parameters or states,
            as its first record has them.
        everyone: whether the table has no ID, so that its course is that of every individual.
        unused: columns that mean nothing to the model.
    """

    rows: pd.DataFrame
    parameters: pd.DataFrame
    everyone: bool = False
    unused: tuple[str, ...] = field(default=())


def read_records(source: Source, system: System) -> Records:
    """Read a dose and observation table from CSV or Parquet.

    Columns, in any case: ID, TIME, AMT, RATE, DUR, EVID, CMT, II, ADDL, SS, DV, MDV; only TIME is needed. A column
    named as a parameter or state of the model gives its value (of a state, the initial value). A parameter may change
    from record to record (:mod:`coley.data.changing`). Other columns are left alone and listed in ``Records.unused``. A
    dot is a missing value.

    - Without ID the course is that of every individual. Records of an individual stand together, in order of TIME; a
      reset (EVID 3 or 4) may set TIME back.
    - EVID: 0 observation, 1 dose, 2 other (does nothing), 3 reset to the initial state, 4 reset and dose. Without EVID
      a record with AMT, RATE or SS is a dose.
    - CMT: name of a state, or its number in the order of the model's states, counted from 1. Observations ignore it.
    - RATE above 0 or DUR make a dose an infusion; with both, RATE times DUR is AMT within 0.1 %. RATE -1 takes the rate
      from the parameter R1 of the model for compartment 1, RATE -2 the duration from D1; likewise for others.
    - A parameter F1 or ALAG1 that no equation of the model names is the share of doses into compartment 1 that enters,
      or how long after TIME they do; at a given rate less is infused for a shorter time.
    - II and ADDL: as many doses more at this interval.
    - SS 1: the individual is in the steady state of this dose every II, whatever came before; with II and AMT 0 and
      RATE above 0, in that of an infusion that ends at TIME.
    - An observation before a dose in the table sees the state before it, one after it the state after it, at the same
      TIME too. A dose of ADDL that falls on an observation comes first.

    Args:
        source: path of a file, or a DataFrame.
        system: the model that the table is for.

    Raises:
        ColeyError: everything in the table that is wrong, contradictory or means different things to different tools,
            at once, with file, line and column.
    """
    table = _named(read_table(source))
    problems = list(record_problems(table, system))
    if problems:
        raise ColeyError(problems)
    everyone = "ID" not in table.columns
    ids = identities(table, "ID") if not everyone else pd.Index(np.zeros(len(table), dtype=np.int64), name="ID")
    individuals = ids.unique()
    who = individuals.get_indexer(ids)
    known = {*system.settable} - system.concentrations.keys()
    extra = [name for name in table.columns if name not in ITEMS]
    first = np.unique(who, return_index=True)[1]
    parameters = pd.DataFrame({name: table.floats(name)[first] for name in extra if name in known}, index=individuals)
    unused = tuple(name for name in extra if name not in known)
    rows = _rows(table, who, system)
    for name in parameters.columns.intersection(list(system.parameter_names)):
        if (table.floats(name) != parameters[name].to_numpy()[who]).any():
            rows[column(name)] = table.floats(name)
    return Records(rows, parameters, everyone, unused)


def _named(table: Table) -> Table:
    """The table with its items in capitals."""
    names = [name.upper() if name.upper() in ITEMS else name for name in table.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ColeyError([Problem(f"{table.source}, column {name}", "is there twice") for name in twice])
    columns = dict(zip(names, table.columns.values(), strict=True))
    return Table(table.source, table.counted, table.numbers, columns)


def _rows(table: Table, who: NDArray[np.intp], system: System) -> pd.DataFrame:
    items = {name: filled(table, name) for name in _ZERO_WHERE_MISSING}
    rate, amount = items.pop("RATE"), items["AMT"]
    lasts = filled(table, "DUR")
    lasts = np.where((rate > 0) & (amount > 0) & (lasts == 0), amount / np.where(rate > 0, rate, 1), lasts)
    rows = pd.DataFrame({"who": who, "TIME": table.floats("TIME"), "EVID": event_kinds(table).astype(int)} | items)
    rows["DUR"] = lasts
    rows["CMT"] = compartments(table, system)
    rows["DV"] = table.floats("DV") if "DV" in table.columns else np.nan
    rows["rate"] = np.where((rate > 0) & (amount == 0), rate, 0.0)
    rows["modelled"] = modelled(table, system)
    rows["paced"] = (rate > 0) & (amount > 0)
    return rows
