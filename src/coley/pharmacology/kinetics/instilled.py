"""Instilled: a drug held in the bladder, or spread over skin, bathes every lesion of that surface until it is lost."""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, Unit, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics


class Instilled(Kinetics):
    """One depot for all lesions: ``unit`` is that of an amount (mg, PFU, IU), ``loss`` the rate of its loss."""

    kind: Literal["instilled"]
    unit: Unit
    loss: Annotated[Quantity, like("1/day")]

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """The depot."""
        return f"A_{agent.symbol}"

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Amount on the surface, which is what every lesion of it meets (``A_X_s``)."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"kinetics_{name}", f"{title} bathes a surface until it is lost.", context)
        rate = m.constant(f"k_loss_{name}", self.loss, f"rate at which {title} is lost")
        amount = m.state(f"A_{name}", self.unit, 0, 1e-2, f"{title} on the surface")
        m.reaction("loss", rate * amount, {f"A_{name}": -1})
        for site in context.sites:
            m.rule(f"A_{name}_{site}", self.unit, amount, f"{title} that meets the lesion, site {site}")
        return m
