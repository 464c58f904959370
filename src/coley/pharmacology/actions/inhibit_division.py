"""Inhibit division: a drug takes the signal of growth from cancer cells that depend on a molecule which they bear.

Cells that do not bear it divide on. What is withheld is division: no cell dies of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import target


class InhibitDivision(Action):
    """Inhibition by occupancy in the tumour: ``dependence`` is the share of division that full occupancy takes."""

    kind: Literal["inhibit-division"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]
    dependence: Annotated[Quantity, like("", zero=True, most=1.0)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Divisions withheld, by clone and site."""
        name = agent.symbol
        meaning = f"{agent.title} takes the growth signal of {self.molecule}."
        m = Mechanism(f"inhibit_division_{name}", meaning, context)
        aim = target(m, self.molecule)
        if aim is None:
            return m
        affinity = m.constant(f"Kd_{aim.label}_{name}", self.affinity, f"dissociation constant for {self.molecule}")
        share = m.constant(f"f_division_{name}", self.dependence, "share of division that full occupancy takes")
        molar = m[f"CT_{name}"] / agent.mass(m)
        withheld = aim.positive * share * molar / (molar + affinity)
        turnover = m.parameter("k_turnover", "rate of spontaneous death that division makes good")
        for site in context.sites:
            growth = m.at_site("k_growth", site, "net growth rate of an unrestrained tumour")
            for clone in aim.clones:
                cells = m[f"C_{clone.name}_{site}"]
                rate = withheld * (growth + turnover) * m[f"division_{site}"] * cells
                m.reaction(f"withheld_{clone.name}_{site}", rate, {f"C_{clone.name}_{site}": -1})
        return m
