"""Infect: cells that a virus has entered are lost, alarm the immune system, and may secrete what the virus codes for.

For viruses whose kinetics are ``virus``. An infected cell counts among the dead from its infection on, where it adds to
volume until it is cleared.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class Infect(Action):
    """What infection does.

    Attributes:
        receptor: molecule by which the virus enters; "" where all cells have it.
        danger: danger signal of an infected cell, in dead cells' worth.
        recruitment: mature dendritic cells that GM-CSF of one infected cell brings to the node, in all.
    """

    kind: Literal["infect"]
    receptor: Text | Literal[""] = ""
    danger: Annotated[Quantity, like("", zero=True)]
    recruitment: Annotated[Quantity, like("", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Loss of cells and alarm in each lesion."""
        name = agent.symbol
        m = Mechanism(f"infect_{name}", f"{agent.title} bursts cells and alarms the immune system.", context)
        alarm = m.constant(f"danger_{name}", self.danger, "danger signal of an infected cell, in dead cells' worth")
        brought = m.constant(f"DC_{name}", self.recruitment, "dendritic cells that one infected cell brings")
        for site in context.sites:
            for clone in context.clones:
                if self.receptor not in clone.lacks:
                    m.contribute(f"kill_{clone.name}_{site}", m[f"infection_{name}_{site}"])
            m.contribute(f"danger_{site}", alarm * m[f"I_{name}_{site}"])
            m.contribute("adjuvant", brought * m[f"k_lysis_{name}"] * m[f"I_{name}_{site}"])
        return m
