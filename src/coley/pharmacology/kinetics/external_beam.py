"""External beam: a fraction of radiation to one lesion, given within minutes.

What is left to give of a fraction (Gy) falls exponentially: its loss is the dose rate.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics
from coley.pharmacology.depots import depot, depots


class ExternalBeam(Kinetics):
    """Dose to a lesion in Gy; ``delivery`` is the rate at which a fraction is given."""

    kind: Literal["external-beam"]
    delivery: Annotated[Quantity, like("1/day")]

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """What is left to give to the lesion."""
        return depot(agent, site)

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """What is left to give, of each lesion."""
        return depots(context, agent, "gray", 1e-3, self.delivery)
