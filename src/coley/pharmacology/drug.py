"""Drug: what the catalogue says of one. Its modality is a label; what it does is its kinetics and its actions."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from coley.facts import Entry, Quantity, Reference, Slug, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology import actions, kinetics
from coley.pharmacology.agent import Action, Agent, Kinetics
from coley.pharmacology.kinds import any_of

if TYPE_CHECKING:
    AnyKinetics = Kinetics
    AnyAction = Action
else:
    AnyKinetics = any_of(kinetics, Kinetics)
    AnyAction = any_of(actions, Action)


class RegimenFact(Reference):
    """A regimen in use, as regimen text."""

    text: Text
    indication: Text


class Approval(Reference):
    """An approval by a named agency."""

    agency: Text
    year: Annotated[int, Field(ge=1900, le=2100)]
    indication: Text


class Drug(Entry):
    """A drug: what it is, how it is given, where it goes and what it does there.

    Attributes:
        classes: what it counts as where patients are described by what they were given, such as ``anti-PD-1``.
        infusion: how long an intravenous dose takes where a regimen does not say.
    """

    name: Slug
    title: Text
    synonyms: tuple[str, ...] = ()
    modality: Text
    classes: tuple[Text, ...] = ()
    mechanism: Text
    routes: tuple[Text, ...]
    dose_units: tuple[Text, ...]
    infusion: Annotated[Quantity, like("min")] | None = None
    molar_mass: Annotated[Quantity, like("g/mol")] | None = None
    kinetics: AnyKinetics
    actions: tuple[AnyAction, ...] = ()
    regimens: tuple[RegimenFact, ...] = ()
    approvals: tuple[Approval, ...] = ()

    @property
    def agent(self) -> Agent:
        """The drug as its kinetics and actions know it."""
        return Agent(self.name, self.title, self.molar_mass)

    def by(self, routes: Collection[str]) -> Drug:
        """The drug as doses by ``routes`` need it, such as without the depot of a subcutaneous form."""
        return self.model_copy(update={"kinetics": self.kinetics.by(routes)})

    def mechanisms(self, context: Context) -> list[Mechanism]:
        """What the drug adds to a model."""
        acting = [action.mechanism(context, self.agent) for action in self.actions]
        return [self.kinetics.mechanism(context, self.agent), *acting]

    def entry(self, route: str, site: str = "") -> str:
        """The state of the model that a dose by ``route`` enters, given to the lesion ``site`` where one is named."""
        return self.kinetics.entry(self.agent, route, site)


class NamedRegimen(Reference):
    """A regimen that has a name of its own, such as a platinum doublet."""

    name: Slug
    title: Text
    text: Text
