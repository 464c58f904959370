"""What can be wrong with a table of records, each fault as a Problem with its lines and column."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from coley.data.record_items import (
    DOSE,
    ITEMS,
    OTHER,
    RESET,
    RESET_AND_DOSE,
    compartments,
    event_kinds,
    filled,
    modelled,
)
from coley.data.table import Table
from coley.errors import Problem, did_you_mean
from coley.system import System

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MOST_OVERLAPS = 100
"""How many infusions of one steady state may run at the same time."""
_CODES = "0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose"
_ADAPTERS = re.compile(r"(ALAG|F|R|D)\d+")
_ROUNDING = 1e-3


def record_problems(table: Table, system: System) -> Iterator[Problem]:
    """All that is wrong with a table whose items are named in capitals."""
    if "TIME" not in table.columns:
        hint = did_you_mean("TIME", table.columns)
        yield Problem(f"{table.source}, column TIME", "is missing", hint or f"items: {', '.join(ITEMS)}")
        return
    if not len(table):
        yield Problem(table.source, "holds no record")
        return
    for name in ITEMS:
        if name in table.columns and name not in ("ID", "CMT"):
            yield from table.strange(name)
    yield from _identity_problems(table)
    yield from _code_problems(table)
    yield from _order_problems(table)
    kinds = event_kinds(table)
    doses = np.isin(kinds, (DOSE, RESET_AND_DOSE))
    yield from _idle_problems(table, kinds, ~doses)
    yield from _amount_problems(table, doses)
    yield from _compartment_problems(table, doses, system)
    yield from _infusion_problems(table, doses, system)
    yield from _repeat_problems(table, doses)
    yield from _steady_problems(table, doses, system)
    yield from _column_problems(table, system)


def _identity_problems(table: Table) -> Iterator[Problem]:
    yield from table.faults(np.isnan(table.floats("TIME")) & table.missing("TIME"), "TIME", "is no time")
    if "ID" not in table.columns:
        return
    text = table.text("ID")
    yield from table.faults(text == "", "ID", "is no ID", "leave the column out where all share one course")
    starts = (text != text.shift()).to_numpy()
    again = starts & text.where(starts).duplicated().to_numpy() & (text != "").to_numpy()
    yield from table.faults(again, "ID", "came before", "records of an individual stand together")


def _code_problems(table: Table) -> Iterator[Problem]:
    if "EVID" in table.columns:
        codes = table.floats("EVID")
        bad = ~np.isnan(codes) & ~np.isin(codes, range(5))
        yield from table.faults(bad, "EVID", "is a code that tools do not share", _CODES)
    if "MDV" in table.columns:
        missing = table.floats("MDV")
        yield from table.faults(~np.isnan(missing) & ~np.isin(missing, (0, 1)), "MDV", "is no MDV", "0 or 1")


def _order_problems(table: Table) -> Iterator[Problem]:
    times, kinds = table.floats("TIME"), event_kinds(table)
    text = table.text("ID").to_numpy() if "ID" in table.columns else np.zeros(len(table))
    back = np.zeros(len(table), dtype=bool)
    back[1:] = (times[1:] < times[:-1]) & (text[1:] == text[:-1]) & ~np.isin(kinds[1:], (RESET, RESET_AND_DOSE))
    yield from table.faults(back, "TIME", "is before the record above", "only EVID 3 and 4 may go back")


def _idle_problems(table: Table, kinds: Floats, idle: Flags) -> Iterator[Problem]:
    """Records that give nothing."""
    for name in ("AMT", "RATE", "SS"):
        some = idle & (filled(table, name) != 0)
        yield from table.faults(some & (kinds != RESET), name, "belongs to a dose", "EVID 1")
        hint = "EVID 4 is a reset and dose"
        yield from table.faults(some & (kinds == RESET), name, "does not belong to a reset", hint)
    if "CMT" in table.columns:
        off = (kinds == OTHER) & table.text("CMT").str.startswith("-").to_numpy()
        yield from table.faults(off, "CMT", "turns a compartment off, which models here cannot", "leave the record out")


def _amount_problems(table: Table, doses: Flags) -> Iterator[Problem]:
    if "AMT" not in table.columns:
        if doses.any():
            yield Problem(f"{table.source}, column AMT", "is missing, but there are doses")
        return
    amount, rate, steady = table.floats("AMT"), filled(table, "RATE"), filled(table, "SS") != 0
    nothing = np.nan_to_num(amount) == 0
    yield from table.faults(doses & (amount < 0), "AMT", "is no dose", "a number from 0 up")
    constant = steady & (rate > 0)
    yield from table.faults(doses & table.missing("AMT") & ~constant, "AMT", "is no dose")
    idle = doses & nothing & (rate != 0) & ~constant
    yield from table.faults(idle, "RATE", "is the rate of an infusion of nothing", "give AMT")
    yield from table.faults(doses & nothing & steady & (rate == 0), "SS", "is the steady state of no dose", "give AMT")


def _compartment_problems(table: Table, doses: Flags, system: System) -> Iterator[Problem]:
    hint = ", ".join(f"{number} {name}" for number, name in enumerate(system.state_names[:8], start=1))
    hint += ", ..." if len(system.state_names) > 8 else ""
    if "CMT" not in table.columns:
        if doses.any():
            yield Problem(f"{table.source}, column CMT", "is missing, but there are doses", f"states: {hint}")
        return
    text = table.text("CMT")
    unknown = doses & (compartments(table, system) == "").to_numpy()
    negative = unknown & text.str.startswith("-").to_numpy()
    number = unknown & ~negative & text.str.fullmatch(r"[\d.]*").to_numpy(dtype=bool)
    yield from table.faults(negative, "CMT", "turns a compartment off, which models here cannot")
    yield from table.faults(number, "CMT", "is no compartment of the model", f"states: {hint}")
    for name in text[unknown & ~negative & ~number].unique():
        near = did_you_mean(name, system.state_names) or f"states: {hint}"
        yield from table.faults(unknown & (text == name), "CMT", "is no state of the model", near)


def _infusion_problems(table: Table, doses: Flags, system: System) -> Iterator[Problem]:
    amount, rate, lasts = (filled(table, name) for name in ("AMT", "RATE", "DUR"))
    yield from table.faults(doses & (lasts < 0), "DUR", "is no duration", "a number from 0 up")
    strange = doses & (rate < 0) & ~np.isin(rate, (-1, -2))
    yield from table.faults(strange, "RATE", "is no rate", "above 0, or -1 or -2 for a parameter of the model")
    both = doses & (lasts > 0) & (rate != 0) & (amount > 0)
    off = np.abs(rate * lasts - amount) > _ROUNDING * amount
    yield from table.faults(both & off, "RATE", "contradicts DUR", "AMT is RATE times DUR; give one of the two")
    wanted = modelled(table, system)
    for name in wanted[doses & (wanted != "")].unique():
        if len(name) > 1 and name not in system.parameter_names:
            meaning = "rate" if name[0] == "R" else "duration"
            what = f"takes the {meaning} of the infusion from {name}, which is no parameter of the model"
            yield from table.faults(doses & (wanted == name), "RATE", what, "give DUR or a RATE above 0")


def _repeat_problems(table: Table, doses: Flags) -> Iterator[Problem]:
    interval, more = filled(table, "II"), filled(table, "ADDL")
    yield from table.faults(doses & (interval < 0), "II", "is no interval", "a number from 0 up")
    yield from table.faults(doses & (more < 0), "ADDL", "is less than none", "for a steady state give SS 1 and II")
    yield from table.faults(doses & (more != np.floor(more)), "ADDL", "is no whole number")
    yield from table.faults(doses & (more > 0) & (interval == 0), "ADDL", "needs the interval II")


def _steady_problems(table: Table, doses: Flags, system: System) -> Iterator[Problem]:
    if "SS" not in table.columns:
        return
    steady, interval = filled(table, "SS"), filled(table, "II")
    amount, rate, lasts = (filled(table, name) for name in ("AMT", "RATE", "DUR"))
    adds = "adds a steady state to what is there; tools do so for linear models alone, and differ in what they keep"
    yield from table.faults(doses & (steady == 2), "SS", adds, "write the doses before it out")
    starts = "starts the search for a steady state elsewhere, which NONMEM alone does"
    yield from table.faults(doses & (steady == 3), "SS", starts, "give SS 1")
    yield from table.faults(doses & ~np.isin(steady, range(4)), "SS", "is no code that tools share", "0 or 1")
    known = doses & (steady == 1)
    constant = known & (amount == 0) & (rate > 0)
    yield from table.faults(known & ~constant & (interval == 0), "II", "is no interval of a steady state", "above 0")
    more = (interval != 0) | (filled(table, "ADDL") != 0) | (lasts > 0)
    yield from table.faults(constant & more, "SS", "without AMT is a constant infusion", "no II, DUR or ADDL then")
    long = np.maximum(lasts, np.where((rate > 0) & (amount > 0), amount / np.where(rate > 0, rate, 1), 0))
    overlap = known & (interval > 0) & (long > MOST_OVERLAPS * interval)
    yield from table.faults(overlap, "II", f"is so short that more than {MOST_OVERLAPS} infusions run at once")
    if system.events or system.delays:
        what = "a model with events" if system.events else "a model with delays"
        yield from table.faults(known, "SS", f"asks for the steady state of {what}, which has none that is defined")


def _column_problems(table: Table, system: System) -> Iterator[Problem]:
    known = {*system.settable} - system.concentrations.keys()
    text = table.text("ID").to_numpy() if "ID" in table.columns else np.zeros(len(table))
    same = text[1:] == text[:-1]
    for name in table.columns:
        if name in ITEMS:
            continue
        where = f"{table.source}, column {name}"
        if re.fullmatch(r"DATE|DAT[123]", name.upper()):
            yield Problem(where, "gives TIME another meaning", "write TIME as a number that grows")
        elif name not in known and _ADAPTERS.fullmatch(name.upper()):
            what = "changes how doses enter, and is no parameter of the model"
            yield Problem(where, what, did_you_mean(name, known) or "take the column out")
        elif name in known:
            yield from table.strange(name)
            yield from table.faults(table.missing(name), name, "is no value", "every record needs it")
            if name in system.parameter_names:
                continue  # it may change
            values = table.floats(name)
            changes = np.zeros(len(table), dtype=bool)
            changes[1:] = same & (values[1:] != values[:-1]) & ~np.isnan(values[1:]) & ~np.isnan(values[:-1])
            what = f"is another {name} than the record above; it is how an individual begins"
            yield from table.faults(changes, name, what)
