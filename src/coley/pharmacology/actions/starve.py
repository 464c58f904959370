"""Starve: cells that live on a signal die when an antibody takes it, as osteoclast-like giant cells do without RANKL.

Denosumab all but clears giant cells from giant cell tumours of bone, while the stromal cells that make RANKL and grow
the tumour live on and divide less: Branstetter et al., Clin Cancer Res 18:4415 (2012). Clones that lack the molecule do
not need it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import target


class Starve(Action):
    """Death by occupancy in the tumour; ``rate`` is that of cells that have no signal left."""

    kind: Literal["starve"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]
    rate: Annotated[Quantity, like("1/day", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Rate of death of the cells that live on the signal."""
        name = agent.symbol
        m = Mechanism(f"starve_{name}", f"{agent.title} takes {self.molecule} from cells that live on it.", context)
        aim = target(m, self.molecule)
        if aim is None:
            return m
        affinity = m.constant(f"Kd_{aim.label}_{name}", self.affinity, f"dissociation constant for {self.molecule}")
        rate = m.constant(f"k_starve_{name}", self.rate, f"death of cells without {self.molecule}")
        molar = m[f"CT_{name}"] / agent.mass(m)
        for site in context.sites:
            for clone in aim.clones:
                m.contribute(f"kill_{clone.name}_{site}", aim.positive * rate * molar / (molar + affinity))
        return m
