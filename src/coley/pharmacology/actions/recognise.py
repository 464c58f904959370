"""Recognise: cells of a living product kill the cells whose antigen their receptor sees, without MHC.

Double saturation, as for T cells: De Boer and Perelson, J Theor Biol 175:567 (1995). A chimeric receptor needs more
antigen than a T-cell receptor does: some hundreds of molecules (Watanabe et al., J Immunol 194:911, 2015). For products
whose kinetics are ``cells``.
"""

from __future__ import annotations

from typing import Annotated, Literal

import symengine

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import lysis, target


class Recognise(Action):
    """Killing by receptor.

    Attributes:
        molecule: what the receptor sees.
        half_density: molecules on a target for half the killing.
        kill_rate: cancer cells that one cell of the product kills per time where targets abound.
        PD1_share: share of its killing that PD-1 can inhibit.
    """

    kind: Literal["recognise"]
    molecule: Text
    half_density: Annotated[Quantity, like("molecule/cell")]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]
    PD1_share: Annotated[Quantity, like("", zero=True, most=1.0)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Killing and interferon-gamma in each lesion."""
        name = agent.symbol
        m = Mechanism(f"recognise_{name}", f"{agent.title} kills cells with {self.molecule}.", context)
        aim = target(m, self.molecule)
        if aim is None:
            return m
        half = m.constant(f"density_50_{name}", self.half_density, "molecules on a target for half the killing")
        rate = m.constant(f"k_CAR_{name}", self.kill_rate, "cells that one cell of the product kills per time")
        share = m.constant(f"f_PD1_{name}", self.PD1_share, "share of its killing that PD-1 can inhibit")
        secretion = m.parameter("k_IFNg_sec", "secretion of interferon-gamma by an effector CD8 T cell")
        decay = m.parameter("k_IFNg_deg", "decay rate of interferon-gamma")
        for site in context.sites:
            E, C = m[f"E_{name}_{site}"], m[f"C_total_{site}"] + m["C_one"]
            held = m["T_function"] * m[f"restraint_{site}"] * (1 - share * m[f"H_PD1_{site}"])
            kill = aim.positive * rate * held * E / (E + C)
            meeting = symengine.Integer(0)
            for clone in aim.clones:
                density = aim.density_of(m, clone)
                seen = density / (density + half)
                m.contribute(f"kill_{clone.name}_{site}", lysis(m, clone) * seen * kill)
                meeting += seen * aim.share(m, site) * m[f"C_{clone.name}_{site}"] / C
            m.contribute(f"IFNg_added_{site}", secretion * meeting * E / (decay * m[f"V_{site}"]))
        return m
