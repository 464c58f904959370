"""Depots: what is put into a lesion acts there and is lost at a rate; none of it reaches another."""

from __future__ import annotations

from coley.facts import Quantity
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent


def depots(context: Context, agent: Agent, unit: str, scale: float, loss: Quantity) -> Mechanism:
    """An amount ``A_X_s`` in ``unit`` for each lesion, lost at the rate ``k_loss_X``."""
    name = agent.symbol
    m = Mechanism(f"kinetics_{name}", f"{agent.title} acts in the lesion that it is given to.", context)
    rate = m.constant(f"k_loss_{name}", loss, f"rate at which {agent.title} is spent")
    for site in context.sites:
        amount = m.state(f"A_{name}_{site}", unit, 0, scale, f"{agent.title} in the lesion, site {site}")
        m.reaction(f"loss_{site}", rate * amount, {f"A_{name}_{site}": -1})
    return m


def depot(agent: Agent, site: str) -> str:
    """The state of the lesion ``site``, the largest where none is named."""
    return f"A_{agent.symbol}_{site or '1'}"
