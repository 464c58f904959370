"""Dendritic cells: cells that carry an antigen are infused; a few of them reach nodes and prime T cells there."""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics


class DendriticCells(Kinetics):
    """A product of antigen-presenting cells, dosed in cells.

    Its antigen counts as one of those that the model's T cells know: it does not tell the vaccine's from the tumour's.

    Attributes:
        loss: rate at which infused cells leave blood; ``homing`` is the share of them that reaches nodes.
    """

    kind: Literal["dendritic-cells"]
    loss: Annotated[Quantity, like("1/day")]
    homing: Annotated[Quantity, like("", zero=True, most=1.0)]

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """The blood that cells are infused into."""
        return f"A_{agent.symbol}"

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Infused cells, some of which join the mature dendritic cells of the node."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"kinetics_{name}", f"{title} reaches nodes from blood.", context)
        loss = m.constant(f"k_loss_{name}", self.loss, "rate at which infused cells leave blood")
        share = m.constant(f"f_homing_{name}", self.homing, "share of them that reaches nodes")
        infused = m.state(f"A_{name}", "cell", 0, 1e3, f"{title} as infused")
        m.reaction("loss", loss * infused, {f"A_{name}": -1})
        m.contribute("adjuvant", share * loss * infused)
        return m
