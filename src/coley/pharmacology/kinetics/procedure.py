"""Procedure: something done once to one lesion within hours; its dose is 1."""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics
from coley.pharmacology.depots import depot, depots


class Procedure(Kinetics):
    """A dose of 1 to a lesion; ``pace`` is the rate at which it is carried out."""

    kind: Literal["procedure"]
    pace: Annotated[Quantity, like("1/day")]

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """What is left to do at the lesion."""
        return depot(agent, site)

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """What is left to do, of each lesion."""
        return depots(context, agent, "", 1e-3, self.pace)
