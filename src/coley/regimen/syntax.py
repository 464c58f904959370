"""The syntax tree of a regimen, and its canonical text.

The tree keeps units as they were written (``q21d`` stays ``q21d``, ``24 months`` stays ``24 months``), so that
``parse(str(regimen)) == regimen``. Two trees are equal where their canonical texts are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from coley.regimen.vocabulary import TimeUnit

_MINUTES: dict[TimeUnit, float] = {
    "min": 1.0,
    "h": 60.0,
    "day": 1440.0,
    "week": 7 * 1440.0,
    "month": 30.4375 * 1440.0,
    "year": 365.25 * 1440.0,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in the unit in which it was written. A month is 30.4375 days, a year 365.25."""

    amount: float
    unit: TimeUnit

    @property
    def days(self) -> float:
        """Length in days."""
        return self.amount * _MINUTES[self.unit] / 1440.0

    @property
    def hours(self) -> float:
        """Length in hours."""
        return self.amount * _MINUTES[self.unit] / 60.0

    def __str__(self) -> str:
        plural = "s" if self.unit not in ("min", "h") and self.amount != 1 else ""
        return f"{number_text(self.amount)} {self.unit}{plural}"


@dataclass(frozen=True, slots=True)
class Place:
    """Columns (from 1) of an administration's fields in the text that it was read from; 0 where there was no text."""

    drug: int = 0
    dose: int = 0
    unit: int = 0
    route: int = 0


@dataclass(frozen=True, slots=True)
class Administration:
    """One drug, given one way on one schedule.

    Attributes:
        drug: name, one lower-case word of letters, digits and hyphens.
        dose: number, zero or more.
        unit: a key of ``vocabulary.UNITS``.
        route: one of ``vocabulary.ROUTES``.
        infusion: how long each dose takes, None where the text does not say.
        interval: length of a cycle in whole days or weeks; None for a single dose (``once``).
        days: days of the cycle on which doses fall, ascending from 1.
        cycles: number of cycles, None where no number limits them.
        limit: time from the start of the phase from which no dose is given any more, None where none is set.
        place: columns in the source text; no part of equality.
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

    @property
    def duration_hours(self) -> float | None:
        """Hours that each dose takes, None where the text does not say."""
        return None if self.infusion is None else self.infusion.hours

    @property
    def interval_days(self) -> float | None:
        """Length of a cycle in days, None for a single dose."""
        return None if self.interval is None else self.interval.days

    @property
    def limit_days(self) -> float | None:
        """Days from the start of the phase from which no dose is given any more, None where none is set."""
        return None if self.limit is None else self.limit.days

    @property
    def open_ended(self) -> bool:
        """Whether doses go on until something outside the regimen ends them."""
        return self.interval is not None and self.cycles is None and self.limit is None

    def __str__(self) -> str:
        over = f" over {self.infusion}" if self.infusion else ""
        return f"{self.drug} {_dose_text(self)} {self.route}{over} {_schedule_text(self)}"


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause without treatment, a phase of its own."""

    span: Span

    def __str__(self) -> str:
        return f"rest {self.span}"


Phase = tuple[Administration, ...] | Rest
"""Administrations that start together, or a rest."""


@dataclass(frozen=True, slots=True)
class Regimen:
    """Phases of treatment, one after the other. Its ``str`` is canonical text that parses back to it."""

    phases: tuple[Phase, ...]

    @property
    def administrations(self) -> tuple[Administration, ...]:
        """All administrations in the order in which they are written."""
        return tuple(self._walk())

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs, each once, in the order of first mention."""
        return tuple(dict.fromkeys(administration.drug for administration in self._walk()))

    def _walk(self) -> Iterator[Administration]:
        for phase in self.phases:
            if not isinstance(phase, Rest):
                yield from phase

    def __str__(self) -> str:
        return " then ".join(str(p) if isinstance(p, Rest) else " + ".join(map(str, p)) for p in self.phases)


def number_text(value: float) -> str:
    """Shortest decimal text that reads back as ``value``, scientific from a million up and below a thousandth."""
    exact = Decimal(repr(float(value))).normalize()
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return format(exact, "f")
    return format(exact, "e").replace("e+", "e")


def days_text(days: tuple[int, ...]) -> str:
    """Days of a cycle, runs of three and more as ranges: ``1-5,8``."""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), lambda pair: pair[1] - pair[0])]
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def _dose_text(administration: Administration) -> str:
    number = number_text(administration.dose)
    # Clinicians write the target before its value: carboplatin AUC 5.
    return f"AUC {number}" if administration.unit == "AUC" else f"{number} {administration.unit}"


def _schedule_text(administration: Administration) -> str:
    if administration.interval is None:
        return "once"
    words = []
    if administration.days != (1,):
        words += ["days" if len(administration.days) > 1 else "day", days_text(administration.days)]
    words.append(f"q{number_text(administration.interval.amount)}{administration.interval.unit[0]}")
    if administration.cycles is not None:
        words.append(f"x{administration.cycles}")
    if administration.limit is not None:
        words.append(f"up to {administration.limit}")
    return " ".join(words)
