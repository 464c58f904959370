"""Facts of the system: what was seen of patients, lesions and cells, beside which the model is held."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from coley.facts.quantity import Entry, Reference, Slug, Text, Unit


class Baseline(Entry):
    """What of the virtual patients of a cancer, before treatment, a fact is held against.

    Attributes:
        measure: AGE, WEIGHT, a biomarker of the cancer, LESION (diameter of the largest target lesion), LESIONS (number
            of target lesions), SUMDIAM (sum of their diameters).
        statistic: of the patients: a median, a mean, or the share with ``least`` or more.
    """

    cancer: Slug
    measure: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    statistic: Literal["median", "mean", "share"]
    least: float | None = None

    @model_validator(mode="after")
    def _bound(self) -> Self:
        if (self.statistic == "share") != (self.least is not None):
            raise ValueError("a share, and nothing else, says in 'least' from which value on patients count")
        return self


class Fact(Reference):
    """A number that the system shows, with its interval or range and what it rests on.

    ``baseline`` says which virtual patients it is held against, where it is of patients before treatment.
    """

    name: Slug
    title: Text
    value: float
    unit: Unit
    lower: float | None = None
    upper: float | None = None
    n: Annotated[int, Field(gt=0)] | None = None
    baseline: Baseline | None = None

    @model_validator(mode="after")
    def _interval(self) -> Self:
        if self.baseline is not None and (self.lower is None or self.upper is None):
            raise ValueError("a fact that virtual patients are held against needs its lower and its upper bound")
        if (self.lower is not None and self.lower > self.value) or (self.upper is not None and self.upper < self.value):
            raise ValueError("value lies outside its interval")
        return self
