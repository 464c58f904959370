"""Inhibit vessels: a drug that takes VEGF, or blocks its receptor, leaves a tumour fewer vessels.

Vessels that VEGF keeps wither within days when it is taken: Baluk et al., Curr Opin Genet Dev 15:102 (2005). Two things
follow. The lesion carries fewer cells at most. And cells whose supply hangs on such vessels, the share ``positive`` of
``VEGF`` among the cancer's antigens, divide less, while cell loss goes on: a tumour shrinks as fast as it turns over.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import target


class InhibitVessels(Action):
    """Inhibition by occupancy in the tumour: ``most`` is the share of vessels that VEGF keeps, at full occupancy."""

    kind: Literal["inhibit-vessels"]
    affinity: Annotated[Quantity, like("nM")]
    most: Annotated[Quantity, like("", zero=True, most=0.99)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Vascular capacity that is left in each lesion, and division where cells hang on such vessels."""
        name = agent.symbol
        meaning = f"{agent.title} takes the signal of VEGF from the vessels of tumours."
        m = Mechanism(f"inhibit_vessels_{name}", meaning, context)
        affinity = m.constant(f"Kd_VEGF_{name}", self.affinity, "dissociation constant for VEGF or its receptor")
        most = m.constant(f"f_vessels_{name}", self.most, "share of the vessels that VEGF keeps, at full occupancy")
        molar = m[f"CT_{name}"] / agent.mass(m)
        lost = m.rule(f"lost_vessels_{name}", "", most * molar / (molar + affinity), "share of vessels that is lost")
        aim = target(m, "VEGF")
        for site in context.sites:
            m.contribute(f"vessels_{site}", 1 - lost)
            if aim is not None:
                m.contribute(f"division_{site}", 1 - aim.positive * lost)
        return m
