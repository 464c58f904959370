"""Resect: surgery removes all of a lesion but what is left behind. For what has the kinetics ``procedure``."""

from __future__ import annotations

from typing import Annotated, Literal

import symengine

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class Resect(Action):
    """Removal; ``residual`` is the share of the lesion that stays."""

    kind: Literal["resect"]
    residual: Annotated[Quantity, like("", most=1.0)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Rate of removal: its integral over the procedure is the logarithm of 1 / residual."""
        name = agent.symbol
        m = Mechanism(f"resect_{name}", f"{agent.title} removes a lesion but for what is left behind.", context)
        left = m.constant(f"residual_{name}", self.residual, "share of the lesion that stays")
        for site in context.sites:
            m.contribute(f"removal_{site}", -m[f"k_loss_{name}"] * symengine.log(left) * m[f"A_{name}_{site}"])
        return m
