"""Inhibit division: a drug takes the signal of growth from cancer cells that depend on a molecule which they bear.

Cells that do not bear it divide on; of lines of breast cancer, those with much HER2 are the ones that need its signal
(Konecny et al., Cancer Res 66:1630, 2006). What is withheld is division: no cell dies of it. A cancer may say how far
its division hangs on the signal, as ``signal_EGFR``: 0 where a mutation downstream, as of RAS, makes it needless.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import Target, target
from coley.system import Expression


class InhibitDivision(Action):
    """Inhibition by occupancy in the tumour.

    Attributes:
        dependence: share of the division of cells with many molecules that full occupancy takes.
        half_density: molecules on a cell for half of that share, where it goes with their number.
    """

    kind: Literal["inhibit-division"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]
    dependence: Annotated[Quantity, like("", zero=True, most=1.0)]
    half_density: Annotated[Quantity, like("molecule/cell")] | None = None

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Divisions withheld, by clone and site."""
        name = agent.symbol
        meaning = f"{agent.title} takes the growth signal of {self.molecule}."
        m = Mechanism(f"inhibit_division_{self.molecule}_{name}", meaning, context)
        aim = target(m, self.molecule)
        if aim is None:
            return m
        affinity = m.constant(f"Kd_{aim.label}_{name}", self.affinity, f"dissociation constant for {self.molecule}")
        molar = m[f"CT_{name}"] / agent.mass(m)
        withheld = aim.positive * self._dependence(m, name, aim) * molar / (molar + affinity)
        turnover = m.parameter("k_turnover", "rate of spontaneous death that division makes good")
        for site in context.sites:
            growth = m.at_site("k_growth", site, "net growth rate of an unrestrained tumour")
            for clone in aim.clones:
                cells = m[f"C_{clone.name}_{site}"]
                rate = withheld * (growth + turnover) * m[f"division_{site}"] * cells
                m.reaction(f"withheld_{clone.name}_{site}", rate, {f"C_{clone.name}_{site}": -1})
        return m

    def _dependence(self, m: Mechanism, name: str, aim: Target) -> Expression:
        meaning = f"share of division that full occupancy of {self.molecule} takes"
        share = m.constant(f"f_division_{aim.label}_{name}", self.dependence, meaning)
        if self.half_density is not None:
            meaning = f"{self.molecule} on a cell for half of that share"
            half = m.constant(f"density_50_{aim.label}_{name}", self.half_density, meaning)
            share *= aim.density / (aim.density + half)
        of_cancer = f"signal_{aim.label}"
        if of_cancer in m.context.quantities:
            share *= m.parameter(of_cancer, f"how far division hangs on the signal of {self.molecule}, 0 to 1")
        return share
