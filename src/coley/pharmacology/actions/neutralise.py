"""Neutralise: a drug takes a cytokine from its receptor, or the receptor from it.

Occupancy at equilibrium in plasma, C / (C + Kd). Harms that follow a cytokine read what is left free of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent

SIGNALS = {"IL-1": "free_IL1", "IL-6": "free_IL6", "TNF": "free_TNF"}
"""Cytokines whose signal can be taken, and the shared product that says what is left of it."""


class Neutralise(Action):
    """Blockade of one cytokine, by the affinity for it or for its receptor."""

    kind: Literal["neutralise"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Share of the signal that is left."""
        if self.molecule not in SIGNALS:
            what = f"no mechanism to neutralise {self.molecule!r}"
            raise ColeyError(Problem(f"drug {agent.name}", what, did_you_mean(self.molecule, SIGNALS)))
        name, label = agent.symbol, self.molecule.replace("-", "")
        m = Mechanism(f"neutralise_{label}_{name}", f"{agent.title} takes {self.molecule} its signal.", context)
        affinity = m.constant(f"Kd_{label}_{name}", self.affinity, f"dissociation constant, for {self.molecule}")
        molar = m[f"Cp_{name}"] / agent.mass(m)
        m.contribute(SIGNALS[self.molecule], affinity / (molar + affinity))
        return m
