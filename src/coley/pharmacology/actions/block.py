"""Block: a drug occupies a receptor, its ligand or an enzyme, which then does not act.

Occupancy at equilibrium, C / (C + Kd), with the drug in excess of its target. Drugs against one target are
taken to bind apart from each other: what two leave free is the product of what each leaves.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent

PLACES = {
    "PD-1": "T",
    "PD-L1": "T",
    "CTLA-4": "N",
    "LAG-3": "T",
    "TIGIT": "T",
    "IDO1": "T",
    "TGF-beta": "T",
    "IL-1": "p",
    "IL-6": "p",
    "TNF": "p",
}
"""Molecules whose blockade the model knows, and where it counts: T tumour, N draining node, p plasma. Harms that follow
a cytokine read what is left free of it."""


class Block(Action):
    """Blockade of one molecule."""

    kind: Literal["block"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Occupancy, and the share of the molecule that is left free."""
        if self.molecule not in PLACES:
            what = f"no mechanism to block {self.molecule!r}"
            raise ColeyError(Problem(f"drug {agent.name}", what, did_you_mean(self.molecule, PLACES)))
        name, label, tissue = agent.symbol, self.molecule.replace("-", ""), PLACES[self.molecule]
        m = Mechanism(f"block_{label}_{name}", f"{agent.title} occupies {self.molecule} and blocks it.", context)
        affinity = m.constant(f"Kd_{label}_{name}", self.affinity, f"dissociation constant for {self.molecule}")
        molar = m[f"C{tissue}_{name}"] / agent.mass(m)
        occupied = molar / (molar + affinity)
        m.rule(f"RO_{label}_{tissue}_{name}", "", occupied, f"occupancy of {self.molecule}, 0 to 1")
        m.contribute(f"free_{label}", 1 - m[f"RO_{label}_{tissue}_{name}"])
        return m
