"""Local: a drug injected into one lesion, where it acts until it is lost."""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, Unit, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics
from coley.pharmacology.depots import depot, depots


class Local(Kinetics):
    """An intralesional depot: ``unit`` is that of an amount (mg, PFU, IU, cell), ``loss`` the rate of its loss."""

    kind: Literal["local"]
    unit: Unit
    loss: Annotated[Quantity, like("1/day")]

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """The depot of the lesion."""
        return depot(agent, site)

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Amount in each lesion."""
        return depots(context, agent, self.unit, 1e-3, self.loss)
