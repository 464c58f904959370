"""Facts of the system: what was seen of patients, lesions and cells, beside which the model is held."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from coley.facts.quantity import Reference, Slug, Text, Unit


class Fact(Reference):
    """A number that the system shows, with its interval or range and what it rests on."""

    name: Slug
    title: Text
    value: float
    unit: Unit
    lower: float | None = None
    upper: float | None = None
    n: Annotated[int, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _interval(self) -> Self:
        if (self.lower is not None and self.lower > self.value) or (self.upper is not None and self.upper < self.value):
            raise ValueError("value lies outside its interval")
        return self
