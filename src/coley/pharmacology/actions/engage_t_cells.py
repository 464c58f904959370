"""Engage T cells: a bispecific molecule ties T cells, whatever they recognise, to cells that bear its target.

Complexes of T cell, drug and target are at equilibrium with free drug, binding of one arm not changing that of the
other: Douglass et al., J Am Chem Soc 135:6092 (2013). Too much drug fills both partners apart: fewest dissociate at the
geometric mean of the two constants, (K1 + c) (K2 + c) / c. Complexes on a T cell drive it, after Betts et al., AAPS J
21:66 (2019). T cells that are driven divide, as in Hosseini et al., NPJ Syst Biol Appl 6:28 (2020). Killing needs no
MHC. Release of cytokines needs more complexes than killing (Faroudi et al., PNAS 100:14145, 2003), and fades in T cells
that were driven before, if by little, while they kill on (Li et al., Sci Transl Med 11:eaax8861, 2019): what step-up
dosing rests on.
"""

from __future__ import annotations

from typing import Annotated, Literal

import symengine

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import Target, lysis, molecules_per_mole, target
from coley.system import Expression


class EngageTCells(Action):
    """A bispecific T-cell engager.

    Attributes:
        molecule: what it binds on cancer cells, with ``affinity``.
        CD3_affinity: of the other arm, for CD3.
        CD3_density: CD3 on a T cell.
        half_complexes: complexes on a T cell that drive it at half its rate; ``half_release`` the same for cytokines.
        adaptation: rate at which T cells get used to being driven, and forget it again.
        kill_rate: cancer cells that one fully driven T cell kills per time where targets abound.
        PD1_share: share of its killing that PD-1 can inhibit.
        division: rate at which fully driven T cells divide, slowed by half when those that have come of it are ``fold``
            times the others; ``loss`` is the rate at which they die.
    """

    kind: Literal["engage-t-cells"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]
    CD3_affinity: Annotated[Quantity, like("nM")]
    CD3_density: Annotated[Quantity, like("molecule/cell")]
    half_complexes: Annotated[Quantity, like("molecule/cell")]
    half_release: Annotated[Quantity, like("molecule/cell")]
    adaptation: Annotated[Quantity, like("1/day", zero=True)]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]
    PD1_share: Annotated[Quantity, like("", zero=True, most=1.0)]
    division: Annotated[Quantity, like("1/day", zero=True)]
    fold: Annotated[Quantity, like("")]
    loss: Annotated[Quantity, like("1/day")]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Complexes, killing and interferon-gamma in each lesion; ``T_releasing_X`` is what drives cytokine release."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"engage_{name}", f"{title} ties T cells to cells with {self.molecule}.", context)
        aim = target(m, self.molecule)
        if aim is None:
            self._sums(m, agent, symengine.Integer(0), symengine.Integer(0))
            return m
        rate = m.constant(f"k_engaged_{name}", self.kill_rate, "cells that one fully driven T cell kills per time")
        share = m.constant(f"f_PD1_{name}", self.PD1_share, "share of its killing that PD-1 can inhibit")
        secretion = m.parameter("k_IFNg_sec", "secretion of interferon-gamma by an effector CD8 T cell")
        decay = m.parameter("k_IFNg_deg", "decay rate of interferon-gamma")
        for site in context.sites:
            T = self._lymphocytes(m, agent, site)
            driven = self._driven(m, agent, site, aim)
            self._expansion(m, name, site, driven)
            held = m["T_function"] * m[f"restraint_{site}"] * (1 - share * m[f"H_PD1_{site}"])
            kill = aim.positive * rate * held * T / (T + m[f"C_total_{site}"] + m["C_one"])
            for clone in aim.clones:
                against = lysis(m, clone) * self._against(m, name, site, aim.relative(m, clone))
                m.contribute(f"kill_{clone.name}_{site}", against * kill)
            m.contribute(f"IFNg_added_{site}", secretion * driven * T / (decay * m[f"V_{site}"]))
        engaged = sum(m[f"H_{name}_{site}"] * m[f"T_{name}_{site}"] for site in context.sites)
        self._sums(m, agent, engaged, sum(self._releasing(m, agent, site) for site in context.sites))
        return m

    def _sums(self, m: Mechanism, agent: Agent, engaged: Expression, releasing: Expression) -> None:
        name, title = agent.symbol, agent.title
        m.rule(f"T_engaged_{name}", "cell", engaged, f"T cells that {title} drives, in all lesions")
        m.rule(f"T_releasing_{name}", "cell", releasing, f"T cells that release cytokines under {title}")

    def _releasing(self, m: Mechanism, agent: Agent, site: str) -> Expression:
        name = agent.symbol
        meaning = "complexes on a T cell for half the release of cytokines"
        half = m.constant(f"complexes_50_release_{name}", self.half_release, meaning)
        rate = m.constant(f"k_adaptation_{name}", self.adaptation, "rate at which T cells get used to being driven")
        complexes = m[f"complexes_{name}_{site}"]
        roused = complexes / (complexes + half)
        meaning = f"how far T cells are used to {agent.title}, 0 to 1, site {site}"
        used = m.state(f"U_{name}_{site}", "", 0, 1e-3, meaning)
        m.reaction(f"adaptation_{site}", rate * (m[f"H_{name}_{site}"] - used), {f"U_{name}_{site}": 1})
        return roused * (1 - used) * m[f"T_{name}_{site}"]

    def _lymphocytes(self, m: Mechanism, agent: Agent, site: str) -> Expression:
        name = agent.symbol
        born = m.state(f"N_{name}_{site}", "cell", 0, 1e2, f"T cells that {agent.title} made divide, site {site}")
        return m.rule(f"T_{name}_{site}", "cell", m[f"CD8_T_{site}"] + born, f"T cells in all, site {site}")

    def _expansion(self, m: Mechanism, name: str, site: str, driven: Expression) -> None:
        rate = m.constant(f"k_divide_{name}", self.division, "rate at which fully driven T cells divide")
        fold = m.constant(f"fold_{name}", self.fold, "T cells that came of it, relative to others, at half the rate")
        loss = m.constant(f"k_loss_{name}", self.loss, "rate at which they die")
        born = m[f"N_{name}_{site}"]
        room = fold * m[f"CD8_T_{site}"] + m["C_one"]
        m.reaction(
            f"division_{site}", rate * driven * m[f"T_{name}_{site}"] * room / (room + born), {f"N_{name}_{site}": 1}
        )
        dying = loss + m["kill_dividing"] + m["deplete_T"] + m[f"removal_{site}"]
        m.reaction(f"loss_{site}", dying * born, {f"N_{name}_{site}": -1})
        m.contribute(f"immune_volume_{site}", m.parameter("vol_Tcell", "volume of a T cell") * born)

    def _against(self, m: Mechanism, name: str, site: str, relative: Expression) -> Expression:
        """How far T cells are driven by cells with ``relative`` times the target, 0 to 1."""
        if relative == 1:
            return m[f"H_{name}_{site}"]
        complexes = relative * m[f"complexes_{name}_{site}"]
        return complexes / (complexes + m[f"complexes_50_{name}"])

    def _driven(self, m: Mechanism, agent: Agent, site: str, aim: Target) -> Expression:
        """How far the T cells of a lesion are driven, 0 to 1."""
        name = agent.symbol
        to_target = m.constant(f"Kd_{aim.label}_{name}", self.affinity, f"dissociation constant for {self.molecule}")
        to_CD3 = m.constant(f"Kd_CD3_{name}", self.CD3_affinity, "dissociation constant for CD3")
        CD3 = m.constant(f"CD3_{name}", self.CD3_density, "CD3 on a T cell")
        half = m.constant(f"complexes_50_{name}", self.half_complexes, "complexes on a T cell for half its rate")
        free = m[f"CT_{name}"] / agent.mass(m)
        in_lesion = molecules_per_mole(m) * m[f"V_{site}"]
        receptors, targets = CD3 * m[f"T_{name}_{site}"] / in_lesion, aim.density * aim.cells(m, site) / in_lesion
        # the smaller root of x² - (R + T + (K1 + c) (K2 + c) / c) x + R T = 0, times c so that nothing divides by 0
        total = free * (receptors + targets) + (to_target + free) * (to_CD3 + free)
        root = symengine.sqrt(total**2 - 4 * free**2 * receptors * targets)
        per_T_cell = 2 * free * CD3 * targets / (total + root)
        m.rule(f"complexes_{name}_{site}", "molecule/cell", per_T_cell, f"complexes on a T cell, site {site}")
        complexes = m[f"complexes_{name}_{site}"]
        meaning = f"how far {agent.title} drives T cells, 0 to 1, site {site}"
        return m.rule(f"H_{name}_{site}", "", complexes / (complexes + half), meaning)
