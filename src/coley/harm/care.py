"""Care: what is done about an event, and how the event then goes.

Healing counts from 0 to 1 and starts at onset. Untreated, it takes the duration of the grade, log-normal between
events; treatment makes it faster while it lasts, and an event that does not respond is given the second line. The grade
falls in steps, evenly in healing: an event of grade 3 is of grade 2 after a third of it. A drug that is held is given
again when the grade is low enough and treatment, with its taper, has ended; where that comes too late or never, it is
stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from coley.harm.events import Events, Floats, Ints, drawn
from coley.harm.medicine import Medicine
from coley.harm.schema import Care, CareRule, Harm
from coley.regimen import duration, parse
from coley.units import convert

_STRENGTH = ("", "none", "reduce", "hold", "stop")


@dataclass(frozen=True)
class Orders:
    """What care rules say of each event.

    Attributes:
        rules: the rule for each event, None where there is none.
        actions: what is done with each drug (events × drugs): "none", "reduce", "hold" or "stop", "" for one not given
            so far.
        resume: highest grade at which a held drug is given again (events × drugs); -1 for one that is not held so.
        after: days for which a drug is held (events × drugs); 0 for one that is not held so.
        within: days that a hold may come to (events × drugs); inf for any number.
        reduce: share of each dose that is given afterwards (events × drugs); 1 for all of it.
        least: share of the first dose below which a drug is stopped (events × drugs); 0 for none.
        related: whether a drug given is of a class that is known to cause such events.
    """

    rules: tuple[CareRule | None, ...]
    actions: NDArray[np.str_]
    resume: Ints
    after: Floats
    within: Floats
    reduce: Floats
    least: Floats
    related: NDArray[np.bool_]


@dataclass(frozen=True)
class Prescription:
    """A treatment of events: what, as regimen text, and for whom from which day on; one element per event."""

    regimen: str
    indication: str
    patients: Ints
    starts: Floats


@dataclass(frozen=True)
class Course:
    """How events go under care.

    Attributes:
        events: with their ends and treatment.
        withheld: day until which each drug is not given (events × drugs): -inf for no change, inf for good.
        reduce: share of each dose that is given afterwards (events × drugs); 1 for all of it.
        least: share of the first dose below which a drug is stopped (events × drugs); 0 for none.
        prescriptions: what to give for them.
    """

    events: Events
    withheld: Floats
    reduce: Floats
    least: Floats
    prescriptions: tuple[Prescription, ...]


def decide(
    events: Events,
    harms: Sequence[Harm],
    cares: Sequence[Care],
    drugs: Sequence[Medicine],
    given: NDArray[np.bool_],
) -> Orders:
    """What the rules say of each event: those for the harm itself, else those for its category.

    Of a drug that falls in several classes of a rule, the strongest action holds.

    Args:
        given: whether the patient of each event has been given each drug (events × drugs).
    """
    shape = (len(events), len(drugs))
    actions, resume = np.full(shape, "", dtype="<U6"), np.full(shape, -1, dtype=np.int64)
    after, within, reduce, least = np.zeros(shape), np.full(shape, np.inf), np.ones(shape), np.zeros(shape)
    rules: list[CareRule | None] = [None] * len(events)
    related = np.zeros(len(events), dtype=bool)
    for index, grade in {*zip(events.harm.tolist(), events.grade.tolist(), strict=True)}:
        rows = (events.harm == index) & (events.grade == grade)
        rule = _rule(harms[index], grade, cares)
        for row in np.flatnonzero(rows):
            rules[row] = rule
        for column, drug in enumerate(drugs):
            cells = rows & given[:, column]
            handling = _handling(rule, drug)
            for values, value in zip((actions, resume, after, within, reduce, least), handling, strict=True):
                values[cells, column] = value
            related[cells] |= bool(set(harms[index].causes) & set(drug.classes))
    return Orders(tuple(rules), actions, resume, after, within, reduce, least, related)


def _rule(harm: Harm, grade: int, cares: Sequence[Care]) -> CareRule | None:
    ordered = [care for event in (harm.name, harm.category) for care in cares if care.event == event]
    rules = (rule for care in ordered for rule in care.rules)
    return next((rule for rule in rules if rule.grades[0] <= grade <= rule.grades[1]), None)


def _handling(rule: CareRule | None, drug: Medicine) -> tuple[str, int, float, float, float, float]:
    """What the rule says of a drug: action, and the rest as orders have it."""
    found = [row for row in (rule.drugs if rule else ()) if set(row.classes) & set(drug.classes)]
    if not found:
        return "none", -1, 0.0, np.inf, 1.0, 0.0
    action = max((row.action for row in found), key=_STRENGTH.index)
    if action == "stop":
        return action, -1, 0.0, np.inf, 1.0, 0.0
    share = min((row.reduce for row in found if row.reduce is not None), default=1.0)
    least = max((row.least for row in found if row.least is not None), default=0.0)
    if action != "hold":
        return action, -1, 0.0, np.inf, share, least
    grades = [row.resume for row in found if row.resume is not None]
    within = min(row.within if row.within is not None else np.inf for row in found)
    return action, min(grades, default=-1), max(row.after or 0.0 for row in found), within, share, least


def resolve(events: Events, harms: Sequence[Harm], orders: Orders, *, seed: int) -> Course:
    """How the events go under the ``orders``: when they end, what is given and until when drugs are withheld."""
    untreated = np.ones(len(events))
    for index in np.unique(events.harm).tolist():
        rows = events.harm == index
        of = (events.number[rows], events.patient[rows], seed)
        untreated[rows] = _untreated(harms[index], events.grade[rows], *of)
    fatal = events.grade == 5
    healing = _healing(events, harms, orders, np.where(fatal, np.inf, untreated), seed)
    ended = replace(
        events,
        resolution=np.where(fatal, np.nan, healing.day(1.0)),
        death=np.where(fatal, events.onset + untreated, np.nan),
        treated=np.where(healing.lasting > 0, events.onset, np.nan),
        treated_until=np.where(healing.lasting > 0, events.onset + healing.lasting, np.nan),
        second_line=np.where(np.isfinite(healing.second), healing.second, np.nan),
        related=orders.related,
    )
    withheld = _withheld(ended, orders, healing)
    actions = np.where((orders.actions == "hold") & (withheld == np.inf), "stop", orders.actions)
    ended = replace(ended, action=_strongest(actions))
    return Course(ended, withheld, orders.reduce, orders.least, _prescriptions(ended, harms, orders))


@dataclass(frozen=True)
class _Healing:
    """Healing of events in time: its rate changes when the second line begins and when treatment ends.

    Attributes:
        onset: day of onset.
        work: days that healing takes untreated; inf for never.
        factor: how many times faster it goes on treatment.
        lasting: days of treatment.
        second: day on which the second line begins, inf for none.
        second_factor: how many times faster still from then on.
    """

    onset: Floats
    work: Floats
    factor: Floats
    lasting: Floats
    second: Floats
    second_factor: Floats

    def day(self, share: Floats | float) -> Floats:
        """The day on which ``share`` of healing is done."""
        need = self.work * share
        stop = self.onset + self.lasting
        early, late = np.minimum(stop, self.second), np.maximum(stop, self.second)
        between = np.where(self.second < stop, self.factor * self.second_factor, 1.0)
        after = np.where(np.isfinite(self.second), self.second_factor, 1.0)
        first = (early - self.onset) * self.factor
        with np.errstate(invalid="ignore"):  # inf - inf, where there is no second line or no end
            middle = np.where(np.isfinite(late), (late - early) * between, np.inf)
            days = np.select(
                [need <= first, need <= first + middle],
                [self.onset + need / self.factor, early + (need - first) / between],
                late + (need - first - middle) / after,
            )
        return np.where(np.isfinite(need), days, np.inf)


def _healing(events: Events, harms: Sequence[Harm], orders: Orders, untreated: Floats, seed: int) -> _Healing:
    work, factor, second_factor = untreated.copy(), np.ones(len(events)), np.ones(len(events))
    refractory = np.zeros(len(events), dtype=bool)
    for index in np.unique(events.harm).tolist():
        harm, rows = harms[index], np.flatnonzero(events.harm == index)
        of = (events.number[rows], events.patient[rows], seed)
        work[rows[drawn(harm, "permanent", *of) < harm.recovery.permanent.value]] = np.inf
        refractory[rows] = drawn(harm, "response", *of) < harm.recovery.refractory.value
        factor[rows] = np.where(refractory[rows], 1.0, harm.recovery.treated.value)
        second_factor[rows] = harm.recovery.second_line.value
    lasting = np.array([_length(rule.treatment) if rule else 0.0 for rule in orders.rules])
    none = np.full(len(events), np.inf)
    healing = _Healing(events.onset, work, np.where(lasting > 0, factor, 1.0), lasting, none, second_factor)
    patience = [rule.second_line.after if rule and rule.second_line else np.inf for rule in orders.rules]
    due = events.onset + np.array(patience)
    return replace(healing, second=np.where(refractory & (healing.day(1.0) > due), due, np.inf))


def _untreated(harm: Harm, grade: Ints, number: Ints, patients: Ints, seed: int) -> Floats:
    """Days that healing, or dying of grade 5, takes untreated: log-normal."""
    z = ndtri(np.clip(drawn(harm, "duration", number, patients, seed), 1e-9, 1 - 1e-9))
    median, sigma = np.empty(len(grade)), np.empty(len(grade))
    for row in harm.grades:
        here = grade == row.grade
        median[here] = convert(row.duration.value, row.duration.unit, "day")
        sigma[here] = np.sqrt(np.log1p((row.duration.cv or 0.0) ** 2))
    return np.asarray(median * np.exp(sigma * z))


@cache
def _length(regimen: str) -> float:
    return (duration(parse(regimen)) or np.inf) if regimen else 0.0


def _strongest(actions: NDArray[np.str_]) -> NDArray[np.str_]:
    """The strongest action on any drug, for each event."""
    strength = np.zeros(len(actions), dtype=np.int64)
    for level, name in enumerate(_STRENGTH):
        strength[(actions == name).any(axis=1)] = level
    return np.array(_STRENGTH, dtype="<U6")[strength]


def _withheld(events: Events, orders: Orders, healing: _Healing) -> Floats:
    until = np.full(orders.actions.shape, -np.inf)
    treated = np.where(np.isnan(events.treated_until), -np.inf, events.treated_until)
    for column in range(len(until.T)):
        resume, after = orders.resume[:, column], orders.after[:, column]
        better = healing.day(np.maximum(events.grade - resume, 0) / events.grade)
        healed = (orders.actions[:, column] == "hold") & (resume >= 0)
        until[healed, column] = np.maximum(better, treated)[healed]
        until[healed & (until[:, column] > events.onset + orders.within[:, column]), column] = np.inf
        replaced = (orders.actions[:, column] == "hold") & (after > 0)
        until[replaced, column] = np.maximum(until[:, column], events.onset + after)[replaced]
    until[orders.actions == "stop"] = np.inf
    return until


def _prescriptions(events: Events, harms: Sequence[Harm], orders: Orders) -> tuple[Prescription, ...]:
    wanted: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for row, rule in enumerate(orders.rules):
        indication = harms[events.harm[row]].title
        if rule and rule.treatment:
            wanted.setdefault((rule.treatment, indication), []).append((row, events.onset[row]))
        if rule and rule.second_line and np.isfinite(events.second_line[row]):
            wanted.setdefault((rule.second_line.regimen, indication), []).append((row, events.second_line[row]))
    return tuple(
        Prescription(text, indication, events.patient[[row for row, _ in rows]], np.array([day for _, day in rows]))
        for (text, indication), rows in wanted.items()
    )
