"""Quantity: a number with its unit, its spread between patients and lesions, its source, and how it is known."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from coley.errors import ColeyError
from coley.units import dimension, parse_unit

Known = Literal["measured", "label", "derived", "calibrated", "assumed"]


def _unit(text: str) -> str:
    try:
        parse_unit(text)
    except ColeyError as error:
        raise ValueError(str(error)) from None
    return text


Unit = Annotated[str, AfterValidator(_unit)]
def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("must be one line, without tabs")
    return text


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal or turn the direction of text; not the tab and the end of a line."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Text = Annotated[str, Field(min_length=1)]
LONGEST_LABEL = 200
Label = Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL), AfterValidator(_one_line)]
"""Text of one line, such as a figure shows."""


class Entry(BaseModel):
    """Base of everything in the catalogue: frozen, and no field beyond those declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        texts = (value,) if isinstance(value, str) else value if isinstance(value, tuple | dict) else ()
        for found in (_CONTROL.search(text) for text in texts if isinstance(text, str)):
            if found:
                raise ValueError(f"holds the control character U+{ord(found[0]):04X}; write it without")
        return value


class Reference(Entry):
    """Where a fact comes from: ``source`` is a citation key, ``at`` the place in it.

    ``read`` says whether the figure was read there (or in a page that quotes it); else it was recalled, which holds for
    nothing that is assumed or calibrated.
    """

    source: Annotated[str, Field(min_length=1)]
    at: str = ""
    known: Known
    read: bool = False
    note: str = ""

    @property
    def provenance(self) -> str:
        """How it is known, in words: ``measured, read``, ``label, recalled``, ``assumed``."""
        if self.known in ("assumed", "calibrated"):
            return self.known
        return f"{self.known}, {'read' if self.read else 'recalled'}"


class Quantity(Reference):
    """A number with its unit, its spread between patients, its source, and how it is known.

    ``value`` is the median patient's. At most one of the spreads is given:

    * ``cv``: coefficient of variation of a log-normal (0.3 is 30 %);
    * ``sd``: standard deviation of a normal, in ``unit``; draws stay within ``bounds``;
    * ``logit_sd``: standard deviation on the logit scale, for fractions between 0 and 1;
    * ``distribution``: any other, in ``unit``, such as ``beta(mean=0.3, sd=0.2)``; ``value`` is then its median;
    * ``levels``: values from low to high, each with its share of patients, such as of genotypes; likewise.

    ``bounds`` truncates the spread (both ends included), in ``unit``. ``within`` is the share of the variance (on the
    scale of the spread) that lies between the lesions of one patient, for what differs from lesion to lesion.
    """

    value: float
    unit: Unit
    cv: Annotated[float, Field(gt=0)] | None = None
    sd: Annotated[float, Field(gt=0)] | None = None
    logit_sd: Annotated[float, Field(gt=0)] | None = None
    distribution: str = ""
    levels: tuple[tuple[float, float], ...] = ()
    bounds: tuple[float, float] | None = None
    within: Annotated[float, Field(ge=0, le=1)] = 0.0

    @model_validator(mode="after")
    def _one_spread(self) -> Self:
        spreads = ("cv", "sd", "logit_sd", "distribution", "levels")
        given = [name for name in spreads if getattr(self, name) not in (None, "", ())]
        if len(given) > 1:
            raise ValueError(f"give one of {', '.join(spreads)}, not {' and '.join(given)}")
        if self.within and not given:
            raise ValueError("within is a share of a spread: give cv, sd, logit_sd or distribution too")
        if self.levels:
            self._check_levels()
        if self.distribution:
            self._check_distribution()
        if self.cv is not None and self.value <= 0:
            raise ValueError("a log-normal spread (cv) needs a value above zero")
        if self.logit_sd is not None and not 0 < self.value < 1:
            raise ValueError("a logit-normal spread (logit_sd) needs a value between 0 and 1")
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise ValueError("bounds must be [lower, upper] with lower < upper")
        if self.bounds is not None and not self.bounds[0] <= self.value <= self.bounds[1]:
            raise ValueError("value lies outside its bounds")
        return self


    def _check_distribution(self) -> None:
        from coley.data.variation import read_distribution  # with the engine: too slow to import for all who need none

        try:
            median = float(read_distribution(self.distribution).quantiles(np.array([0.5]))[0])
        except ColeyError as error:
            raise ValueError(str(error)) from None
        if abs(self.value - median) > 0.01 * abs(median):
            raise ValueError(f"value {self.value:g} is not the median of its distribution, {median:.4g}")
        if self.bounds is not None:
            raise ValueError("bounds of a distribution are its own: write min and max in it")


    def _check_levels(self) -> None:
        values, shares = zip(*self.levels, strict=True)
        if list(values) != sorted(set(values)) or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
            raise ValueError("levels are [value, share] with rising values and shares above 0 that add up to 1")
        median = values[int(np.searchsorted(np.cumsum(shares), 0.5))]
        if self.value != median:
            raise ValueError(f"value {self.value:g} is not the median of its levels, {median:g}")


class Source(Entry):
    """A publication, label or data set. ``pmid``, ``doi`` or ``url`` says where to find it."""

    citation: Text
    pmid: str = ""
    doi: str = ""
    url: str = ""


def like(unit: str, *, zero: bool = False, most: float | None = None) -> AfterValidator:
    """The demand on a field that its Quantity has the dimension of ``unit`` and lies above zero.

    Args:
        zero: whether it may be zero.
        most: the largest value that it may have, in its own unit.
    """

    def check(quantity: Quantity) -> Quantity:
        if dimension(quantity.unit) != dimension(unit):
            raise ValueError(f"{quantity.unit!r} is no unit of this field: write one like {unit!r}")
        if quantity.value < 0 or (quantity.value == 0 and not zero):
            raise ValueError(f"{quantity.value:g} cannot be: it is {'not below' if zero else 'above'} zero")
        if most is not None and quantity.value > most:
            raise ValueError(f"{quantity.value:g} cannot be: it is at most {most:g}")
        return quantity

    return AfterValidator(check)
