"""Supply antigen: a vaccine's adjuvant brings dendritic cells that carry its antigen to the draining nodes.

Antigens are those that the model's T cells know already: it does not tell the vaccine's from the tumour's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class SupplyAntigen(Action):
    """Dendritic cells that one mg of vaccine brings to the node in all, by the time that its depot is used up."""

    kind: Literal["supply-antigen"]
    recruitment: Annotated[Quantity, like("cell/mg", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Dendritic cells go with what leaves the depot."""
        name = agent.symbol
        m = Mechanism(f"supply_antigen_{name}", f"{agent.title} brings dendritic cells to the node.", context)
        brought = m.constant(f"DC_{name}", self.recruitment, "dendritic cells that the vaccine brings, by mass")
        m.contribute("adjuvant", brought * m[f"ka_{name}"] * m[f"A0_{name}"])
        return m
