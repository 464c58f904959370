"""Which numbers of a harm are free, and how far: data of ``data/calibration/harms/harms.toml``."""

from __future__ import annotations

from importlib import resources
from typing import Annotated

from pydantic import Field

from coley.calibration.plan import Parameter, Scale
from coley.catalogue import Catalogue
from coley.catalogue.reading import entry_of, read_document
from coley.errors import ColeyError
from coley.facts import Entry, Slug, Text

FILE = resources.files("coley.catalogue").joinpath("data", "calibration", "harms", "harms.toml")


class Free(Entry):
    """A number that is free in each harm.

    Attributes:
        path: below the harm, such as ``autoimmunity.PD1.value``.
        low, high: four standard deviations of the prior apart on ``scale``, and the range searched.
        centre: of the prior; by default what the harm's file has.
        only: harms in which it is free; all by default.
    """

    path: Text
    low: float
    high: float
    scale: Scale
    centre: float | None = None
    only: tuple[Slug, ...] = ()


class HarmPlan(Entry):
    """A calibration of harms.

    Attributes:
        floor, share: what the mechanism cannot get right of a rate, standard deviation: percent points, and a share of
            the rate; added to its binomial error.
        onset: the same of a median onset, on the log scale.
        pooled: patients that a rate counts for at most: those of several trials were never one arm.
    """

    name: Slug
    title: Text
    summary: str = ""
    floor: Annotated[float, Field(gt=0)]
    share: Annotated[float, Field(ge=0)]
    onset: Annotated[float, Field(gt=0)]
    pooled: Annotated[int, Field(ge=1)]
    free: Annotated[tuple[Free, ...], Field(min_length=1)]

    def parameters(self, harm: str) -> list[Parameter]:
        """The free numbers of a harm, by their paths in the catalogue."""
        return [
            Parameter(
                name=f"{harm}: {row.path}",
                paths=(f"harms.{harm}.{row.path}",),
                low=row.low,
                high=row.high,
                scale=row.scale,
                group="physiology",
                centre=row.centre,
            )
            for row in self.free
            if not row.only or harm in row.only
        ]


def read_harm_plan() -> HarmPlan:
    """The plan that ships.

    Raises:
        ColeyError: every problem of its file.
    """
    document = read_document(FILE, "harms.toml")
    plan = entry_of(HarmPlan, document.data)
    if isinstance(plan, list):
        raise ColeyError(document.problems(plan))
    return plan


def fitted_harms(catalogue: Catalogue) -> list[str]:
    """Names of the harms that self-reactive T cells cause, but for those of one comorbidity alone."""
    own = {name for comorbidity in catalogue.comorbidities.values() for name in comorbidity.own}
    return [name for name, harm in catalogue.harms.items() if harm.autoimmunity is not None and name not in own]
