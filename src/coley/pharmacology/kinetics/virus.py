"""Virus: an oncolytic virus put into a lesion infects its cells, which make more of it and burst.

Free virus, infected cells and clearance as in the basic model of virus dynamics, for oncolytic virus Wodarz, Hum Gene
Ther 14:153 (2003); interferon speeds clearance. Cells that do not bear the virus's receptor are not infected. Virus in
blood is neutralised, so that no lesion but the injected one is reached.
"""

from __future__ import annotations

from typing import Annotated, Literal

import symengine

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics


class Virus(Kinetics):
    """A virus that replicates, dosed in plaque-forming units.

    Attributes:
        receptor: molecule by which it enters; "" where all cells have it.
        infection: rate at which a cell is infected, per concentration of virus.
        lysis: rate at which infected cells burst; ``burst`` is the virus that one sets free.
        clearance: of free virus; times 1 + ``interferon`` under full interferon-gamma.
    """

    kind: Literal["virus"]
    receptor: Text | Literal[""] = ""
    infection: Annotated[Quantity, like("mL/PFU/day")]
    lysis: Annotated[Quantity, like("1/day")]
    burst: Annotated[Quantity, like("PFU/cell")]
    clearance: Annotated[Quantity, like("1/day")]
    interferon: Annotated[Quantity, like("", zero=True)]

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """Free virus of the lesion, the largest where none is named."""
        return f"A_{agent.symbol}_{site or '1'}"

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Free virus and infected cells of each lesion; ``infection_X_s`` is the rate at which a cell is infected."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"kinetics_{name}", f"{title} infects cells of a lesion, replicates and is cleared.", context)
        rate = m.constant(f"beta_{name}", self.infection, "rate of infection per concentration of virus")
        lysis = m.constant(f"k_lysis_{name}", self.lysis, "rate at which infected cells burst")
        burst = m.constant(f"burst_{name}", self.burst, "virus that one infected cell sets free")
        clearance = m.constant(f"k_clear_{name}", self.clearance, "clearance of free virus")
        speed = m.constant(f"r_IFN_{name}", self.interferon, "how much faster under full interferon-gamma")
        hosts = [clone for clone in context.clones if self.receptor not in clone.lacks]
        for site in context.sites:
            free = m.state(f"A_{name}_{site}", "PFU", 0, 1e3, f"{title}, free, site {site}")
            infected = m.state(f"I_{name}_{site}", "cell", 0, 1e2, f"cells infected with {title}, site {site}")
            meaning = f"rate at which a cell that virus can enter is infected, site {site}"
            m.rule(f"infection_{name}_{site}", "1/day", rate * free / m[f"V_{site}"], meaning)
            susceptible = sum((m[f"C_{clone.name}_{site}"] for clone in hosts), symengine.Integer(0))
            m.reaction(f"infection_{site}", m[f"infection_{name}_{site}"] * susceptible, {f"I_{name}_{site}": 1})
            m.reaction(f"lysis_{site}", lysis * infected, {f"I_{name}_{site}": -1, f"A_{name}_{site}": burst})
            lost = clearance * (1 + speed * m[f"H_IFNg_{site}"]) + m[f"removal_{site}"]
            m.reaction(f"clearance_{site}", lost * free, {f"A_{name}_{site}": -1})
            m.reaction(f"removal_{site}", m[f"removal_{site}"] * infected, {f"I_{name}_{site}": -1})
        return m
