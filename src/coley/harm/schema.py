"""What the files of harms and of care may say."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from coley.facts import Entry, Quantity, Reference, Slug, Text, like
from coley.harm.autoimmunity import Autoimmunity
from coley.harm.cytokines import CytokineRelease
from coley.harm.exposure import Exposure
from coley.harm.marrow import Marrow

T = TypeVar("T")


def _some(rows: tuple[T, ...]) -> tuple[T, ...]:
    if not rows:
        raise ValueError("must have at least one entry")
    return rows


Action = Literal["none", "reduce", "hold", "stop"]
CtcaeGrade = Annotated[int, Field(ge=1, le=5)]
TAKEN = ("death", "lesion", "harm")
"""No names of harms: their hazards are those of the disease."""


class Grade(Entry):
    """One grade of an event, as CTCAE defines it.

    Attributes:
        share: of the events, those of which this is the highest grade.
        duration: days until the event has resolved where nothing is done about it; until death for grade 5.
    """

    grade: CtcaeGrade
    meaning: Text
    share: Annotated[Quantity, like("", zero=True, most=1.0)]
    duration: Annotated[Quantity, like("day")]


class Recovery(Entry):
    """What treatment does for how an event heals. Factors tell how many times faster than without.

    Attributes:
        treated: factor on the treatment that the care rule names, for those who respond to it.
        refractory: share of the events that do not respond.
        second_line: factor of the second line of treatment, on top.
        permanent: share of the events, below grade 5, that never resolve.
    """

    treated: Annotated[Quantity, like("")]
    refractory: Annotated[Quantity, like("", zero=True, most=1.0)]
    second_line: Annotated[Quantity, like("")]
    permanent: Annotated[Quantity, like("", zero=True, most=1.0)]


class InCancer(Entry):
    """A cancer whose patients have the event more or less often: its name, and the factor on the hazard."""

    name: Slug
    factor: Annotated[Quantity, like("", zero=True)]


class Harm(Entry):
    """An adverse event: how likely, how bad, how long.

    Attributes:
        title: its term in CTCAE v5.
        body_system: its system organ class in MedDRA.
        category: what kind of harm it is, such as ``immune-related``; care may be told for a whole category.
        causes: classes of drugs that are known to cause it: events of those who were given one count as related to it.
        background: hazard at rest, without any treatment, of a patient whose susceptibility is 1.
        autoimmunity: how self-reactive T cells of the organ raise that hazard; none where they do not.
        cytokines: how release of cytokines raises it; none where it does not.
        marrow: how damage to marrow raises it; none where it does not.
        exposure: the rate that drugs of some classes add while they are given; none where they do not.
        cancers: those in which the hazard is another, as the organ bears the tumour or shares antigens with it.
        elsewhere: factor on the hazard in all other cancers, 1 by default.
    """

    name: Slug
    title: Text
    synonyms: tuple[str, ...] = ()
    organ: Text
    body_system: Text
    category: Text
    causes: tuple[Text, ...] = ()
    background: Annotated[Quantity, like("1/day", zero=True)]
    autoimmunity: Autoimmunity | None = None
    cytokines: CytokineRelease | None = None
    marrow: Marrow | None = None
    exposure: Exposure | None = None
    cancers: tuple[InCancer, ...] = ()
    elsewhere: Annotated[Quantity, like("", zero=True)] | None = None
    grades: Annotated[tuple[Grade, ...], AfterValidator(_some)]
    recovery: Recovery

    @model_validator(mode="after")
    def _grades(self) -> Self:
        levels = [row.grade for row in self.grades]
        if levels != sorted(set(levels)):
            raise ValueError("grades stand in ascending order, each once")
        total = sum(row.share.value for row in self.grades)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the shares of the grades add up to {total:g}, not to 1")
        if self.name in TAKEN:
            raise ValueError(f"a harm cannot be called {self.name!r}: the model has a hazard of that name")
        return self

    @property
    def symbol(self) -> str:
        """The harm's name as it stands in the names of its states and parameters."""
        return self.name.replace("-", "_")

    @property
    def susceptibility(self) -> str:
        """The parameter of the model that is the patient's susceptibility, of a harm that has one."""
        return f"susceptibility_{self.symbol}"

    @property
    def modelled(self) -> bool:
        """Whether the model has a state for its hazard; the rate of exposure needs none."""
        return not (self.autoimmunity is None and self.cytokines is None and self.marrow is None)

    @property
    def sources(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Classes of drugs that cause it as its mechanisms have it, and where each is said."""
        rates = self.exposure.rates if self.exposure else ()
        kills = self.marrow.kills if self.marrow else ()
        return (
            *((f"exposure.rates[{k}].classes", row.classes) for k, row in enumerate(rates)),
            *((f"marrow.kills[{k}].classes", row.classes) for k, row in enumerate(kills)),
        )

    def within(self, cancer: str) -> Harm | None:
        """The harm as patients with that cancer have it; None where they do not."""
        factor = next((row.factor for row in self.cancers if row.name == cancer), self.elsewhere)
        if factor is None or factor.value == 1:
            return self
        if factor.value == 0:
            return None
        background = self.background.model_copy(update={"value": self.background.value * factor.value})
        return self.model_copy(update={"background": background})

    @property
    def hazard(self) -> str:
        """The state of the model that is its cumulative hazard."""
        return f"hazard_{self.symbol}"


class Handling(Entry):
    """What is done with the drugs of some classes: nothing, reduce the dose, hold, or stop.

    A drug that was held is given again: once the event is of grade ``resume``, or ``after`` so many days where it is
    replaced rather than healed, as a hormone is. A drug that was stopped is not, nor one whose hold comes to more than
    ``within`` days. Where the dose is reduced, what is given from then on, or after the hold, is the share ``reduce``
    of what it was; a drug is stopped where that would come to less than the share ``least`` of the first dose.
    """

    classes: Annotated[tuple[Text, ...], AfterValidator(_some)]
    action: Action
    resume: Annotated[int, Field(ge=0, le=4)] | None = None
    after: Annotated[float, Field(gt=0, le=365)] | None = None
    within: Annotated[float, Field(gt=0, le=365)] | None = None
    reduce: Annotated[float, Field(gt=0, lt=1)] | None = None
    least: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _reduced(self) -> Self:
        if self.action == "reduce" and self.reduce is None:
            raise ValueError("says by how much: reduce = 0.8, the share that is given")
        if self.reduce is not None and self.action not in ("reduce", "hold"):
            raise ValueError("reduce = 0.8 is for a drug that goes on: action = 'reduce' or 'hold'")
        if self.least is not None and self.reduce is None:
            raise ValueError("least = 0.5 is for a dose that is reduced: reduce = 0.8")
        return self

    @model_validator(mode="after")
    def _resumed(self) -> Self:
        said = (self.resume is not None) + (self.after is not None)
        if said != (self.action == "hold"):
            what = "says when the drug is given again: resume = 1, a grade, or after = 14, days"
            raise ValueError(f"a hold, and nothing else, {what}")
        if self.within is not None and self.resume is None:
            raise ValueError("within = 84, days, is for a hold that ends with the grade: resume = 1")
        return self


class SecondLine(Entry):
    """What is given, as regimen text, where the event has not responded to treatment ``after`` so many days."""

    regimen: Text
    after: Annotated[float, Field(gt=0, le=365)]


class CareRule(Reference):
    """What is done about events of some grades.

    Attributes:
        grades: lowest and highest grade, both included.
        drugs: what is done with drugs, by class; one that is in none of the classes goes on.
        treatment: what is given for the event, as regimen text with its taper; "" for nothing.
    """

    grades: tuple[CtcaeGrade, CtcaeGrade]
    drugs: tuple[Handling, ...] = ()
    treatment: str = ""
    second_line: SecondLine | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.grades[0] > self.grades[1]:
            raise ValueError("grades are [lowest, highest] with lowest <= highest")
        if any(row.resume is not None and row.resume >= self.grades[0] for row in self.drugs):
            raise ValueError("resume must be below the lowest grade of the rule: else nothing is held")
        classes = [name for row in self.drugs for name in row.classes]
        if len(set(classes)) < len(classes):
            raise ValueError("a class of drugs is listed twice")
        if self.second_line is not None and not self.treatment:
            raise ValueError("a second line needs a treatment that it follows")
        return self


class Care(Entry):
    """Care of one event: ``event`` is the name of a harm, or a category for every harm of it.

    Rules for a harm go before rules for its category.
    """

    name: Slug
    title: Text
    event: Text
    rules: Annotated[tuple[CareRule, ...], AfterValidator(_some)]
