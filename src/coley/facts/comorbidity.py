"""What patients have besides their cancer that bears on immunotherapy: how many have it, and what it changes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from coley.facts.quantity import Entry, Quantity, Slug, Text, like

Share = Annotated[Quantity, like("", zero=True, most=1.0)]


class ComorbidityKind(Entry):
    """One form of a comorbidity, and the share of those who have it that have this one."""

    name: Slug
    title: Text
    share: Share


class HarmEffect(Entry):
    """A factor on the patient's susceptibility to harms.

    Attributes:
        harms: their names, or categories for all harms of these.
        kinds: of the comorbidity that it is of; none for all.
        active: whether it is of those alone in whom the comorbidity is active.
    """

    harms: Annotated[tuple[Text, ...], Field(min_length=1)]
    factor: Annotated[Quantity, like("", zero=True)]
    kinds: tuple[Slug, ...] = ()
    active: bool = False


class Measured(Entry):
    """What is measured in those who have the comorbidity, and the parameter of the model that goes with it.

    Attributes:
        covariate: what the column of covariates is called.
        normal: what it is where the parameter has its usual value: the parameter changes by the ratio.
    """

    covariate: Annotated[str, Field(pattern=r"[A-Z][A-Z0-9_]*")]
    title: Text
    value: Quantity
    normal: Quantity
    parameter: Text

    @model_validator(mode="after")
    def _unit(self) -> Self:
        if self.value.unit != self.normal.unit:
            raise ValueError("value and normal have the same unit")
        return self


class Comorbidity(Entry):
    """A comorbidity: patients of a trial have it only where its eligibility admits or requires it.

    Attributes:
        covariate: what its column of covariates is called: the kind that a patient has, Y where there are no kinds.
        prevalence: share of patients with cancer who have it.
        active: share of these in whom it is active; none where there is no such distinction.
        own: harms that nobody else can have, such as a flare of it.
    """

    name: Slug
    title: Text
    synonyms: tuple[str, ...] = ()
    covariate: Annotated[str, Field(pattern=r"[A-Z][A-Z0-9_]*")]
    prevalence: Share
    active: Share | None = None
    kinds: tuple[ComorbidityKind, ...] = ()
    effects: tuple[HarmEffect, ...] = ()
    own: tuple[Slug, ...] = ()
    measured: Measured | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [kind.name for kind in self.kinds]
        total = sum(kind.share.value for kind in self.kinds)
        if self.kinds and abs(total - 1) > 1e-6:
            raise ValueError(f"the shares of the kinds add up to {total:g}, not to 1")
        if len(set(names)) < len(names):
            raise ValueError("two kinds have the same name")
        for effect in self.effects:
            unknown = [name for name in effect.kinds if name not in names]
            if unknown:
                raise ValueError(f"an effect names {unknown[0]!r}, which is no kind of it")
            if effect.active and self.active is None:
                raise ValueError("an effect is of active disease; say with 'active' how often it is active")
        return self
