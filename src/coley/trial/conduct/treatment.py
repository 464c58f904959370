"""Doses of a treatment for the patients who are on it, window by window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.pharmacology import Drug
from coley.regimen import Administration, Regimen, State, amounts, expand
from coley.units import convert

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]
_KINDS: dict[str, type] = {
    "ID": int,
    "TIME": float,
    "AMT": float,
    "DUR": float,
    "CMT": object,
    "DRUG": object,
    "ROUTE": object,
    "UNIT": object,
    "LINE": int,
}
_NO_DOSES = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _KINDS.items()})
_DAILY = 1.0 + 1e-6  # days between doses, with room for rounding
_FACTS = ["DUR", "CMT", "DRUG", "ROUTE", "UNIT"]


@dataclass(frozen=True)
class _Layout:
    """Doses in time: the day of each, from the start of treatment, and which part of the regimen it is of."""

    days: Floats
    part: Integers


class Treatment:
    """A regimen made ready for a cohort: when each dose falls, how much each patient gets, and where it goes.

    Attributes:
        states: states of a patient on which the regimen ends or depends.
        last: (patients,) day of the last dose that falls before the horizon, counted from the start; -inf for none.
    """

    def __init__(
        self,
        regimen: Regimen | None,
        drugs: Mapping[str, Drug],
        people: pd.DataFrame,
        horizon: float,
        *,
        line: int = 0,
        sites: Sequence[str] = (),
    ) -> None:
        """Lay out ``regimen`` (None: nothing is given) up to day ``horizon``.

        The first dose falls on day 0: what a regimen gives on days before its day 1 moves the rest to later. Procedures
        that ``drugs`` do not have do nothing.

        Args:
            people: WEIGHT (kg), BSA (m²), GFR (mL/min) and AGE (years) of each patient.
            line: labels the doses.
            sites: of the disease, all of which a procedure takes in hand where the regimen names no lesion.
        """
        self._regimen, self._drugs, self._people, self._horizon, self._line = regimen, drugs, people, horizon, line
        self._sites = tuple(sites) or ("",)
        self._parts: dict[Administration, list[int]] = {}
        self._amounts = np.empty((0, len(people)))
        self._facts: dict[str, NDArray[Any]] = {name: np.empty(0, dtype=_KINDS[name]) for name in _FACTS}
        self._met: list[dict[State, float]] = [{} for _ in range(len(people))]
        self._layouts: dict[tuple[tuple[State, float], ...], int] = {}
        self._laid: list[_Layout] = []
        self._earliest = 0.0
        first = self._layout({})
        self._layout_of = np.full(len(people), first)
        self.states = tuple({c.state: None for c in regimen.conditions}) if regimen is not None else ()
        self.last = np.full(len(people), self._laid[first].days.max(initial=-np.inf))

    def meet(self, row: int, state: State, day: float) -> None:
        """Patient ``row`` is in ``state`` from ``day`` on, counted from the start of the treatment, for good."""
        self._met[row].setdefault(state, day)
        self._layout_of[row] = self._layout(self._met[row])
        self.last[row] = self._laid[self._layout_of[row]].days.max(initial=-np.inf)

    def window(self, start: Floats, begin: Floats, end: Floats) -> pd.DataFrame:
        """Doses in [begin, end) of each patient, whose treatment started on day ``start`` (NaN: not on it).

        Returns:
            ID (row of ``start``), TIME (day), AMT (in UNIT), DUR (day), CMT, DRUG, ROUTE, UNIT, LINE. A dose of zero
            is none.
        """
        return table(self.columns(start, begin, end))

    def columns(self, start: Floats, begin: Floats, end: Floats) -> Iterator[Columns]:
        """What ``window`` gives, in pieces, as columns of tables."""
        on = np.flatnonzero(~np.isnan(start))
        for number in np.unique(self._layout_of[on]).tolist():
            rows = on[self._layout_of[on] == number]
            yield self._planned(self._laid[number], rows, start[rows], begin[rows], end[rows])

    def _planned(self, layout: _Layout, rows: NDArray[np.intp], start: Floats, begin: Floats, end: Floats) -> Columns:
        first, last = (begin - start).min() - 1.0, (end - start).max() + 1.0  # a day more, for rounding
        near = np.flatnonzero((layout.days >= first) & (layout.days < last))
        time = start[:, None] + layout.days[near]
        row, column = np.nonzero((time >= begin[:, None]) & (time < end[:, None]))
        part, patient = layout.part[near[column]], rows[row]
        amount = self._amounts[part, patient]
        planned = {"ID": patient, "TIME": time[row, column], "AMT": amount}
        planned |= {name: values[part] for name, values in self._facts.items()}
        planned["LINE"] = np.full(len(amount), self._line)
        return {name: values[amount > 0] for name, values in planned.items()}

    def _layout(self, met: Mapping[State, float]) -> int:
        """Number of the layout for a patient who is in the states ``met`` from these days on."""
        key = tuple(met.items())
        if key not in self._layouts:
            shifted = {state: day + self._earliest for state, day in met.items()}
            doses = expand(self._regimen, self._horizon, met=shifted) if self._regimen is not None else ()
            doses = tuple(dose for dose in doses if dose.administration.drug in self._drugs)
            days = np.array([dose.day for dose in doses])
            if not met:
                self._earliest = min(days.min(initial=0.0), 0.0)
            parts = [self._rows(dose.administration) for dose in doses]
            when = np.repeat(days - self._earliest, [len(rows) for rows in parts])
            self._layouts[key] = len(self._laid)
            self._laid.append(_Layout(when, np.array([row for rows in parts for row in rows], dtype=np.int64)))
        return self._layouts[key]

    def _rows(self, part: Administration) -> list[int]:
        """Numbers of what a part of the regimen gives at a time: one dose, or one for each lesion taken in hand."""
        if part not in self._parts:
            drug, weight = self._drugs[part.drug], self._people["WEIGHT"].to_numpy(float)
            bsa, gfr, age = (self._people[name].to_numpy(float) for name in ("BSA", "GFR", "AGE"))
            days = part.infusion_days if part.infusion_days is not None else _usual_infusion(drug, part.route)
            self._parts[part] = []
            for state in self._entries(part, drug):
                self._parts[part].append(len(self._amounts))
                amount = amounts(part, weight=weight, bsa=bsa, gfr=gfr, age=age)
                self._amounts = np.concatenate([self._amounts, amount[None]])
                facts = (days, state, drug.name, part.route, part.base_unit)
                for name, fact in zip(_FACTS, facts, strict=True):
                    self._facts[name] = np.append(self._facts[name], np.array([fact], dtype=_KINDS[name]))
        return self._parts[part]

    def _entries(self, part: Administration, drug: Drug) -> tuple[str, ...]:
        """The states that a dose enters."""
        if part.lesion is not None:
            return (drug.entry(part.route, str(part.lesion)),)
        sites = self._sites if part.procedure else ("",)
        return tuple(dict.fromkeys(drug.entry(part.route, site) for site in sites))


def table(pieces: Iterable[Columns]) -> pd.DataFrame:
    """Columns of doses, one piece after the other, as one table."""
    given = [piece for piece in pieces if len(piece["ID"])]
    if not given:
        return _NO_DOSES.copy()
    return pd.DataFrame({name: np.concatenate([piece[name] for piece in given]) for name in _KINDS})


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Dose tables one after the other."""
    given = [frame for frame in frames if len(frame)]
    return pd.concat(given, ignore_index=True) if given else _NO_DOSES.copy()


def steady(doses: pd.DataFrame, course: Integers) -> pd.DataFrame:
    """The same amounts, but doses that are repeated daily or more often flow evenly until the next would be due.

    A course of steroids is then as many pieces as it has steps, not as many as it has days; what trails the drug by
    half a day or more hardly tells the two apart.

    Args:
        course: number of the course of treatment that each dose is of; no dose flows into that of another.
    """
    if doses.empty:
        return doses
    order = np.lexsort((doses["TIME"], pd.factorize(doses["CMT"], sort=True)[0], doses["ID"], course))
    ordered, course = doses.iloc[order], course[order]
    time, amount = ordered["TIME"].to_numpy(float), ordered["AMT"].to_numpy(float)
    follows = np.zeros(len(ordered), dtype=np.bool_)
    follows[1:] = (np.diff(time) <= _DAILY) & (np.diff(course) == 0)
    for name in ("ID", "CMT", "AMT", "LINE"):
        values = ordered[name].to_numpy()
        follows[1:] &= values[1:] == values[:-1]
    first = np.flatnonzero(~follows)
    last = np.append(first[1:], len(ordered)) - 1
    count = last - first + 1
    flowing = ordered.iloc[first].reset_index(drop=True)
    interval = (time[last] - time[first]) / np.maximum(count - 1, 1)
    flowing["AMT"] = amount[first] * count
    flowing["DUR"] = np.where(count > 1, interval * count, flowing["DUR"].to_numpy(float))
    return flowing


def _usual_infusion(drug: Drug, route: str) -> float:
    """Days that an intravenous dose takes where the regimen does not say; other routes are given at once."""
    if route != "iv" or drug.infusion is None:
        return 0.0
    return convert(drug.infusion.value, drug.infusion.unit, "day")
