"""Inhibit vessels: a drug that takes VEGF, or blocks its receptor, lowers how many cells a tumour's vessels carry."""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class InhibitVessels(Action):
    """Inhibition by occupancy in the tumour: ``most`` is the share of vascular capacity that full occupancy takes."""

    kind: Literal["inhibit-vessels"]
    affinity: Annotated[Quantity, like("nM")]
    most: Annotated[Quantity, like("", zero=True, most=0.99)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Vascular capacity that is left in each lesion."""
        name = agent.symbol
        meaning = f"{agent.title} takes the signal of VEGF from the vessels of tumours."
        m = Mechanism(f"inhibit_vessels_{name}", meaning, context)
        affinity = m.constant(f"Kd_VEGF_{name}", self.affinity, "dissociation constant for VEGF or its receptor")
        most = m.constant(f"f_vessels_{name}", self.most, "share of vascular capacity that full occupancy takes")
        molar = m[f"CT_{name}"] / agent.mass(m)
        for site in context.sites:
            m.contribute(f"vessels_{site}", 1 - most * molar / (molar + affinity))
        return m
