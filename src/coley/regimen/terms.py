"""The smaller parts of the syntax tree: lengths of time, amounts, conditions, and what changes a dose.

The ``str`` of each is its canonical text.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Literal

from coley.regimen.vocabulary import TimeUnit

_MINUTES: dict[TimeUnit, float] = {
    "min": 1.0,
    "h": 60.0,
    "day": 1440.0,
    "week": 7 * 1440.0,
    "month": 30.4375 * 1440.0,
    "year": 365.25 * 1440.0,
}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
"""Doses that may differ from the standing dose: those that load or step up."""


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
class Start:
    """The day or week of its phase, counted from 1, on which something starts."""

    number: int
    unit: Literal["day", "week"]

    @property
    def days(self) -> float:
        """Days from the start of the phase."""
        return (self.number - 1) * (7.0 if self.unit == "week" else 1.0)

    def __str__(self) -> str:
        return f"{self.unit} {self.number}"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and a unit: a key of ``vocabulary.UNITS``, or of ``vocabulary.CONCENTRATIONS``."""

    number: float
    unit: str

    def __str__(self) -> str:
        # Clinicians write the target before its value: carboplatin AUC 5.
        return f"AUC {number_text(self.number)}" if self.unit == "AUC" else f"{number_text(self.number)} {self.unit}"


@dataclass(frozen=True, slots=True)
class State:
    """What may be true of a patient.

    Attributes:
        name: a response that is reached or bettered (``CR``, ``VGPR``, ``PR``), ``MRD-negative``, or ``grade 1`` for a
            harm of that grade or less.
        held: for how long it has been true, None where that does not matter.
    """

    name: str
    held: Span | None = None

    def __str__(self) -> str:
        return f"{self.name} for {self.held}" if self.held else self.name


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule that the conduct of a trial reads.

    Attributes:
        word: ``until`` the state is true; ``if`` it is, or ``unless`` it is, at the start of what the rule stands with.
        state: the state.
    """

    word: Literal["until", "if", "unless"]
    state: State

    def __str__(self) -> str:
        return f"{self.word} {self.state}"


@dataclass(frozen=True, slots=True)
class Early:
    """One of the first doses, where it differs from the standing one: ``first 8 mg/kg over 90 min``."""

    amount: Amount
    infusion: Span | None = None

    def __str__(self) -> str:
        return f"{self.amount} over {self.infusion}" if self.infusion else str(self.amount)


@dataclass(frozen=True, slots=True)
class Band:
    """Another dose for some patients: ``1400 mg from 80 kg``.

    Attributes:
        amount: their dose.
        edge: ``from`` (at least), ``above`` or ``below`` the bound.
        bound: where the band begins or ends.
        measure: of what: ``kg`` body weight, ``m2`` body surface, ``years`` of age, ``mL/min`` glomerular filtration
            rate, ``% blasts`` of the marrow.
    """

    amount: Amount
    edge: Literal["from", "above", "below"]
    bound: float
    measure: str

    def __str__(self) -> str:
        return f"{self.amount} {self.edge} {number_text(self.bound)} {self.measure}"


@dataclass(frozen=True, slots=True)
class Step:
    """A dose that rises or falls: ``50 ug more each dose until CR``, ``0.25 mg/kg less each week``.

    Attributes:
        amount: the size of a step.
        rising: whether steps add to the dose. A dose that falls to nothing ends.
        every: time between steps, None where each dose is one step from the last.
        until: state from which the dose stays as it is, None where only the cap stops it.
    """

    amount: Amount
    rising: bool
    every: Span | None = None
    until: State | None = None

    def __str__(self) -> str:
        every = "dose" if self.every is None else self.every.unit if self.every.amount == 1 else str(self.every)
        until = f" until {self.until}" if self.until else ""
        return f"{self.amount} {'more' if self.rising else 'less'} each {every}{until}"


@dataclass(frozen=True, slots=True)
class Tailoring:
    """What makes a dose differ between patients or over time; in the text it stands in brackets after the dose.

    Attributes:
        early: the first doses, where they load or step up.
        bands: other doses for some patients; where several hold, the last one counts.
        step: how the dose rises or falls from one time to the next, None where it stays.
        cap: the most that one dose may be, whatever the patient's size; None where there is no such bound.
    """

    early: tuple[Early, ...] = ()
    bands: tuple[Band, ...] = ()
    step: Step | None = None
    cap: Amount | None = None

    def __str__(self) -> str:
        items = [f"{word} {early}" for word, early in zip(ORDINALS, self.early, strict=False)]
        items += [str(band) for band in self.bands]
        items += [str(self.step)] if self.step else []
        items += [f"at most {self.cap}"] if self.cap else []
        return ", ".join(items)


UNTAILORED = Tailoring()
"""The same dose for every patient, every time."""


@dataclass(frozen=True, slots=True)
class Before:
    """A dose a time before each dose of something else: ``30 min before each infusion``.

    Attributes:
        lead: how long before.
        drug: before which drug; empty for every intravenous dose.
    """

    lead: Span
    drug: str = ""

    def __str__(self) -> str:
        return f"{self.lead} before each {self.drug or 'infusion'}"


def number_text(value: float) -> str:
    """Shortest decimal text that reads back as ``value``, scientific from a million up and below a thousandth."""
    exact = Decimal(repr(float(value))).normalize()
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return format(exact, "f")
    return format(exact, "e").replace("e+", "e")


def days_text(days: tuple[int, ...]) -> str:
    """Days of a cycle, runs of three and more as ranges: ``1-5,8``, ``-5 to -3``."""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), lambda pair: pair[1] - pair[0])]
    return ",".join(_run_text(run) for run in runs)


def _run_text(run: list[int]) -> str:
    if len(run) <= 2:
        return ",".join(map(str, run))
    return f"{run[0]} to {run[-1]}" if run[0] < 0 else f"{run[0]}-{run[-1]}"
