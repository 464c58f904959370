"""What the file of a claim may say: what the model is held to do, how that is measured, and when it passes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from coley.facts import Entry, Label, Reference, Slug, Text
from coley.protocol.schema import MAX_MONTHS, Range

MEASURES = {
    "ORR": r"ORR|CR|DCR",
    "OS_24mo": r"(?:OS|PFS|EFS|RFS|DOR)_[1-9]\d*mo",
    "OS_mean": r"(?:OS|PFS|EFS|RFS)_mean",
    "AE_colitis_G3": r"AE_[a-z0-9][a-z0-9-]*(?:_G[1-5])?",
    "onset_colitis": r"onset_[a-z0-9][a-z0-9-]*",
    "resolved_any_6mo": r"resolved_[a-z0-9][a-z0-9-]*_[1-9]\d*mo",
    "response-with_rash_6mo": r"response-with_[a-z0-9][a-z0-9-]*_[1-9]\d*mo",
    "eliminated": r"eliminated",
    "course_CD8_section_3mo": r"course_[A-Za-z]\w*_[1-9]\d*mo",
    "growth_2mo": r"growth_[1-9]\d*mo",
}
"""What can be measured of an arm: an example of each kind, and the pattern of its names."""


def _measure(name: str) -> str:
    if not any(re.fullmatch(pattern, name) for pattern in MEASURES.values()):
        raise ValueError(f"{name!r} cannot be measured; write one like {', '.join(MEASURES)}")
    return name


Measured = Annotated[str, AfterValidator(_measure)]


class ClaimArm(Entry):
    """An arm of a claim: who is given what, in which model.

    Attributes:
        regimen: what is given; ``observation`` for nothing.
        prior: what all patients had before.
        requires: comorbidities that all patients have; they have no other.
        biomarkers: bounds of who may enter.
        months: of follow-up.
        care: whether treatment is held and stopped, and medicine given, for harm.
        set: other values of numbers, as ``coley run --set`` has them.
    """

    name: Label
    cancer: Text
    regimen: Text = "observation"
    prior: tuple[Text, ...] = ()
    requires: tuple[Text, ...] = ()
    biomarkers: dict[str, Range] = Field(default={})
    months: Annotated[float, Field(gt=0, le=MAX_MONTHS)]
    care: bool = True
    set: tuple[Text, ...] = ()


class Difference(Entry):
    """The measure is larger in the arm ``more`` than in ``less``, by more than ``margin`` (whole interval above it)."""

    rule: Literal["difference"]
    measure: Measured
    more: Label
    less: Label
    margin: float = 0.0

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms that it speaks of."""
        return self.less, self.more


class Bounds(Entry):
    """The measure of ``arm`` lies between ``min`` and ``max``, with its whole interval."""

    rule: Literal["bounds"]
    measure: Measured
    arm: Label
    min: float | None = None
    max: float | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms that it speaks of."""
        return (self.arm,)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError("min is not below max")
        return self


class Equivalence(Entry):
    """The measure differs between ``first`` and ``second`` by less than ``margin`` (whole interval within it)."""

    rule: Literal["equivalence"]
    measure: Measured
    first: Label
    second: Label
    margin: Annotated[float, Field(gt=0)]

    @property
    def arms(self) -> tuple[str, ...]:
        """Arms that it speaks of."""
        return self.first, self.second


class Order(Entry):
    """Arms rank by the measure as they do by published values: Spearman's coefficient above ``least``.

    The whole interval lies above it. The published values are those of the claim's evidence that name an arm.
    """

    rule: Literal["order"]
    measure: Measured
    least: Annotated[float, Field(ge=-1, lt=1)] = 0.0

    @property
    def arms(self) -> tuple[str, ...]:
        """None by name: all that evidence has a value of."""
        return ()


Rule = Annotated[Difference | Bounds | Equivalence | Order, Field(discriminator="rule")]


class Evidence(Reference):
    """What was published of a claim, in one sentence; ``value`` where a rule compares that of an ``arm``."""

    says: Text
    arm: str = ""
    value: float | None = None


def _some(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    if not rules:
        raise ValueError("a claim needs at least one rule")
    return rules


class Claim(Entry):
    """A claim of the model as an experiment. It passes where every rule does.

    Attributes:
        title: a few words.
        claim: the claim in one plain sentence.
        patients: virtual patients of each arm.
        note: what the experiment leaves open.
    """

    name: Slug
    title: Label
    claim: Text
    patients: Annotated[int, Field(ge=10, le=100_000)] = 150
    arms: Annotated[tuple[ClaimArm, ...], Field(min_length=1, max_length=28)]
    rules: Annotated[tuple[Rule, ...], AfterValidator(_some)]
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    note: str = ""

    @property
    def id(self) -> str:
        """Its name as people write it, such as G8."""
        return self.name.upper()

    @property
    def published(self) -> dict[str, float]:
        """Published values by arm."""
        return {row.arm: row.value for row in self.evidence if row.arm and row.value is not None}

    @model_validator(mode="after")
    def _names(self) -> Self:
        problems = list(_clashes(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _clashes(claim: Claim) -> Iterator[str]:
    names = [arm.name for arm in claim.arms]
    if len(set(names)) < len(names):
        yield "two arms have the same name"
    for rule in claim.rules:
        yield from (f"a rule names {name!r}, which is no arm of this claim" for name in rule.arms if name not in names)
        if len(rule.arms) == 2 and rule.arms[0] == rule.arms[1]:
            yield f"a rule compares {rule.arms[0]!r} with itself"
        if isinstance(rule, Order) and len(set(claim.published) & set(names)) < 3:
            yield "an order needs evidence with 'arm' and 'value' of three arms or more"
    yield from (
        f"evidence names {row.arm!r}, which is no arm of this claim"
        for row in claim.evidence
        if row.arm and row.arm not in names
    )
