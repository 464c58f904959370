"""The syntax tree of a regimen, and its canonical text.

The tree keeps units as they were written (``q21d`` stays ``q21d``, ``24 months`` stays ``24 months``), so that
``parse(str(regimen)) == regimen``. Two trees are equal where their canonical texts are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from coley.regimen.terms import (
    UNTAILORED,
    Amount,
    Before,
    Condition,
    Span,
    Start,
    Tailoring,
    days_text,
    number_text,
)
from coley.regimen.vocabulary import CONCENTRATIONS, EXTERNAL_BEAM, PROCEDURE, UNITS, Kind

TIMES_A_DAY = {2: "bid", 3: "tid", 4: "qid"}
"""How several doses a day are written."""


@dataclass(frozen=True, slots=True)
class Place:
    """Columns (from 1) of an administration's fields in the text that it was read from; 0 where there was no text."""

    drug: int = 0
    dose: int = 0
    unit: int = 0
    route: int = 0


@dataclass(frozen=True, slots=True)
class Administration:
    """One drug, given one way on one schedule; or a procedure, which has no dose.

    Attributes:
        drug: name, one lower-case word of letters, digits and hyphens; of a procedure, its name.
        dose: number, zero or more: the standing dose. 1 for a procedure.
        unit: a key of ``vocabulary.UNITS``; ``procedure`` for a procedure.
        route: one of ``vocabulary.ROUTES``; ``procedure`` for a procedure.
        infusion: how long each dose takes, None where the text does not say.
        interval: length of a cycle in whole hours, days or weeks; None where doses fall once, on ``days``.
        days: days of the cycle on which doses fall, ascending; day 1 is its first day, day -1 the day before.
        cycles: number of cycles (of doses with ``before``), None where no number limits them.
        limit: time from its start from which no dose is given any more, None where none is set.
        place: columns in the source text; no part of equality.
        ceiling: whether the dose is the most that may be given, as where lesions of an unknown volume take it up.
        concentration: what a mL holds where the dose is a volume of it, otherwise None.
        fractions: number of equal doses into which ``dose`` is divided, None where it is the dose of each time.
        tailoring: what makes the dose differ between patients or over time.
        site: ``lesion 1`` (1 is the largest), ``whole body``, ``leg`` or ``arm``; None where the text does not say.
        times: doses a day, equally spaced.
        doses: number of doses after which it ends, None where no such number is set.
        start: day or week of the phase on which it starts, None for the first day.
        before: what each dose precedes; None where doses have days of their own.
        condition: state of the patient on which it ends or depends, None where it depends on none.
    """

    drug: str
    dose: float
    unit: str
    route: str
    infusion: Span | None = None
    interval: Span | None = None
    days: tuple[int, ...] = (1,)
    cycles: int | None = None
    limit: Span | None = None
    place: Place = field(default=Place(), compare=False, repr=False)
    ceiling: bool = False
    concentration: Amount | None = None
    fractions: int | None = None
    tailoring: Tailoring = UNTAILORED
    site: str | None = None
    times: int = 1
    doses: int | None = None
    start: Start | None = None
    before: Before | None = None
    condition: Condition | None = None

    @property
    def procedure(self) -> bool:
        """Whether this is a procedure, not a drug."""
        return self.unit == PROCEDURE

    @property
    def kind(self) -> Kind | None:
        """What the dose counts, None for a procedure."""
        if self.procedure:
            return None
        return (CONCENTRATIONS[self.concentration.unit] if self.concentration else UNITS[self.unit]).kind

    @property
    def base_unit(self) -> str:
        """The unit of ``amounts``, such as mg, cells, PFU, IU, mL, MBq or Gy; empty for a procedure."""
        if self.procedure:
            return ""
        return (CONCENTRATIONS[self.concentration.unit] if self.concentration else UNITS[self.unit]).base

    @property
    def label(self) -> str:
        """What is given, without its schedule: ``nivolumab 240 mg iv over 30 min``."""
        return _label(self)

    @property
    def infusion_days(self) -> float | None:
        """Days that each dose takes, None where the text does not say."""
        return None if self.infusion is None else self.infusion.days

    @property
    def duration_hours(self) -> float | None:
        """Hours that each dose takes, None where the text does not say."""
        return None if self.infusion is None else self.infusion.hours

    @property
    def interval_days(self) -> float | None:
        """Length of a cycle in days, None where doses fall once."""
        return None if self.interval is None else self.interval.days

    @property
    def limit_days(self) -> float | None:
        """Days from its start from which no dose is given any more, None where none is set."""
        return None if self.limit is None else self.limit.days

    @property
    def dose_limit(self) -> int | None:
        """Number of doses after which it ends, as a number of doses or of fractions; None where neither is set."""
        return self.fractions if self.fractions is not None else self.doses

    @property
    def lesion(self) -> int | None:
        """Number of the lesion that the dose goes to, 1 being the largest; None where the text names no lesion."""
        return int(self.site.removeprefix("lesion ")) if self.site and self.site.startswith("lesion ") else None

    @property
    def open_ended(self) -> bool:
        """Whether doses go on until something outside the regimen ends them."""
        ends = (self.cycles, self.limit, self.dose_limit)
        return self.interval is not None and all(end is None for end in ends) and not _stops(self.condition)

    def __str__(self) -> str:
        schedule = _schedule_text(self)
        return self.drug if self.procedure and schedule == "once" else f"{self.label} {schedule}"


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause without treatment, a phase of its own."""

    span: Span

    def __str__(self) -> str:
        return f"rest {self.span}"


@dataclass(frozen=True, slots=True)
class Bracket:
    """A regimen inside a regimen: in brackets, or one that is called by its name.

    Attributes:
        regimen: what stands in it.
        name: name of the regimen, empty where it is written out in brackets.
        cycles: where ``regimen`` ends by itself, how often it is given; otherwise the number of its longest cycles
            after which everything in it ends. None for neither.
        limit: time from its start from which nothing in it is given any more, None where none is set.
        start: day or week of the phase on which it starts, None for the first day.
        condition: state of the patient on which it ends or depends, None where it depends on none.
    """

    regimen: Regimen
    name: str = ""
    cycles: int | None = None
    limit: Span | None = None
    start: Start | None = None
    condition: Condition | None = None

    @property
    def limit_days(self) -> float | None:
        """Days from its start from which nothing in it is given any more, None where none is set."""
        return None if self.limit is None else self.limit.days

    @property
    def open_ended(self) -> bool:
        """Whether something in it goes on until something outside the regimen ends it."""
        bounded = self.cycles is not None or self.limit is not None or _stops(self.condition)
        return not bounded and self.regimen.open_ended

    def __str__(self) -> str:
        return " ".join([self.name or f"({self.regimen})", *_end_words(self)])


Item = Administration | Bracket
"""What can start together with others."""
Phase = tuple[Item, ...] | Rest
"""Items that start together, or a rest."""


@dataclass(frozen=True, slots=True)
class Regimen:
    """Phases of treatment, one after the other. Its ``str`` is canonical text that parses back to it."""

    phases: tuple[Phase, ...]

    @property
    def administrations(self) -> tuple[Administration, ...]:
        """All administrations, procedures included, those inside brackets too, in the order of the text."""
        return tuple(self._walk())

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs, each once, in the order of first mention."""
        return tuple(dict.fromkeys(item.drug for item in self._walk() if not item.procedure))

    @property
    def procedures(self) -> tuple[str, ...]:
        """Names of the procedures, each once, in the order of first mention."""
        return tuple(dict.fromkeys(item.drug for item in self._walk() if item.procedure))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition in it, each once, in the order of the text: their states are what ``expand`` may be told."""
        return tuple(dict.fromkeys(self._conditions()))

    @property
    def open_ended(self) -> bool:
        """Whether something in its last phase goes on until something outside the regimen ends it."""
        return bool(self.endless)

    @property
    def endless(self) -> tuple[Administration, ...]:
        """Administrations of the last phase, those inside brackets too, that nothing in the regimen ends."""
        last = self.phases[-1]
        found = [item for item in last if item.open_ended] if not isinstance(last, Rest) else []
        return tuple(
            inner for item in found for inner in (item.regimen.endless if isinstance(item, Bracket) else (item,))
        )

    def map(self, change: Callable[[Administration], Administration]) -> Regimen:
        """The same regimen with every administration replaced by what ``change`` makes of it."""
        return Regimen(
            tuple(p if isinstance(p, Rest) else tuple(_changed(item, change) for item in p) for p in self.phases)
        )

    def _walk(self) -> Iterator[Administration]:
        for item in self._items():
            if isinstance(item, Bracket):
                yield from item.regimen._walk()
            else:
                yield item

    def _conditions(self) -> Iterator[Condition]:
        for item in self._items():
            if item.condition is not None:
                yield item.condition
            if isinstance(item, Bracket):
                yield from item.regimen._conditions()
            elif item.tailoring.step is not None and item.tailoring.step.until is not None:
                yield Condition("until", item.tailoring.step.until)

    def _items(self) -> Iterator[Item]:
        for phase in self.phases:
            if not isinstance(phase, Rest):
                yield from phase

    def __str__(self) -> str:
        return " then ".join(str(p) if isinstance(p, Rest) else " + ".join(map(str, p)) for p in self.phases)


def _stops(condition: Condition | None) -> bool:
    return condition is not None and condition.word == "until"


def _changed(item: Item, change: Callable[[Administration], Administration]) -> Item:
    return replace(item, regimen=item.regimen.map(change)) if isinstance(item, Bracket) else change(item)


def _label(item: Administration) -> str:
    if item.procedure:
        return item.drug
    words = [item.drug]
    words += ["up to"] if item.ceiling else []
    words.append(str(Amount(item.dose, item.unit)))
    words += [f"of {item.concentration}"] if item.concentration else []
    words += [f"in {item.fractions} fraction{'s' if item.fractions > 1 else ''}"] if item.fractions else []
    words += [f"({item.tailoring})"] if item.tailoring != UNTAILORED else []
    silent = item.route == EXTERNAL_BEAM and item.kind == "absorbed dose"
    words += [] if silent else [item.route]
    words += [f"over {item.infusion}"] if item.infusion else []
    words += [f"to {item.site}"] if item.site else []
    return " ".join(words)


def _schedule_text(item: Administration) -> str:
    if item.before is not None:
        return " ".join([str(item.before), *_end_words(item)])
    words = [TIMES_A_DAY[item.times]] if item.times > 1 else []
    if item.days != (1,) or (item.interval is None and item.times > 1):
        words += ["days" if len(item.days) > 1 else "day", days_text(item.days)]
    if item.interval is not None:
        words.append(f"q{number_text(item.interval.amount)}{item.interval.unit[0]}")
    elif not words and item.start is None:
        words.append("once")
    return " ".join([*words, *_end_words(item)])


def _end_words(item: Item) -> list[str]:
    """When it ends, when it starts where that is not at once, and on what it depends."""
    words = [f"x{item.cycles}"] if item.cycles is not None else []
    if isinstance(item, Administration) and item.doses is not None:
        words.append(f"for {item.doses} doses")
    if item.limit is not None:
        words.append(f"up to {item.limit}")
    if item.start is not None:
        single = isinstance(item, Administration) and item.interval is None and item.days == (1,) and item.times == 1
        words.append(f"{'at' if single else 'from'} {item.start}")
    if item.condition is not None:
        words.append(str(item.condition))
    return words
