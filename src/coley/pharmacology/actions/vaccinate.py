"""Vaccinate: antigen of a virus that leaves the muscle has B cells make antibody against the types it is of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class Vaccinate(Action):
    """Antibody against an infection, for drugs that are absorbed from a depot.

    Attributes:
        molecules: antigens of the vaccine; it does nothing against a virus that has none of them.
        full_dose: amount whose effect is that of one full dose.
        strength: antibody that a full dose gives, relative to the vaccine that the titres of the infection are of.
    """

    kind: Literal["vaccinate"]
    molecules: Annotated[tuple[Text, ...], Field(min_length=1)]
    full_dose: Annotated[Quantity, like("mg")]
    strength: Annotated[Quantity, like("")]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Full doses that B cells meet per time, for the share of infections with a type of the vaccine."""
        name = agent.symbol
        m = Mechanism(f"vaccinate_{name}", f"{agent.title} raises antibody against its types.", context)
        full = m.constant(f"full_{name}", self.full_dose, "amount of one full dose")
        strength = m.constant(f"strength_{name}", self.strength, "antibody that a full dose gives, relative")
        met = [antigen for molecule in self.molecules if (antigen := context.antigen(molecule)) is not None]
        for k, antigen in enumerate(met):
            share = m.constant(f"share_{name}_{k}", antigen.positive, f"share of infections with {antigen.molecule}")
            m.contribute("vaccination", strength * share * m[f"ka_{name}"] * m[f"A0_{name}"] / full)
        return m
