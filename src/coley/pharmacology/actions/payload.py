"""Payload: an antibody carries a cytotoxic drug into cells that bear its target, and what leaks out kills neighbours.

Binding and release in the cell after Singh et al., Pharm Res 32:3508 (2015); exchange of payload between cells and
their surroundings after Burton et al., AAPS J 22:12 (2019). A payload that does not cross membranes stays where it was
released. Antibody within a tumour counts as well mixed, so that the barrier of binding sites is left out.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Entry, Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.cytotoxic import sensitivity
from coley.pharmacology.target import Target, molecules_per_mole, target
from coley.system import Expression


class Permeation(Entry):
    """How a payload that crosses membranes spreads.

    Attributes:
        partition: concentration in cells relative to that around them, at rest.
        washout: exchange rate of the tissue with plasma.
        clearance: of free payload from plasma.
        volume: of distribution of free payload.
        immune_fraction: killing of dividing immune cells, relative to that of the first clone, by payload in plasma.
    """

    partition: Annotated[Quantity, like("")]
    washout: Annotated[Quantity, like("1/day")]
    clearance: Annotated[Quantity, like("L/day")]
    volume: Annotated[Quantity, like("L")]
    immune_fraction: Annotated[Quantity, like("", zero=True, most=1.0)]


class Payload(Action):
    """A cytotoxic drug that an antibody carries.

    Attributes:
        molecule: what the antibody binds.
        per_antibody: molecules of payload on one antibody.
        internalisation: rate at which cells take in bound antibody.
        release: share of the payload taken in that is set free in the cell.
        efflux: rate at which free payload leaves the cell.
        permeation: how it spreads, where it crosses membranes.
        kill_rate: at saturation; ``half_effect`` is the payload in a cell for half of it.
    """

    kind: Literal["payload"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]
    per_antibody: Annotated[Quantity, like("")]
    internalisation: Annotated[Quantity, like("1/day")]
    release: Annotated[Quantity, like("", most=1.0)]
    efflux: Annotated[Quantity, like("1/day")]
    permeation: Permeation | None = None
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]
    half_effect: Annotated[Quantity, like("molecule/cell")]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Payload in cells that bear the target, around them, in all other cells and in plasma."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"payload_{name}", f"{title} brings payload into cells with {self.molecule}.", context)
        if self.permeation is not None:
            self._plasma(m, agent, self.permeation)
        aim = target(m, self.molecule)
        if aim is None:
            return m
        affinity = m.constant(f"Kd_{aim.label}_{name}", self.affinity, f"dissociation constant for {self.molecule}")
        uptake = m.constant(f"k_uptake_{name}", self.internalisation, "rate at which cells take in bound antibody")
        share = m.constant(f"f_release_{name}", self.release, "share of payload that is set free in the cell")
        molar = m[f"CT_{name}"] / agent.mass(m)
        freed = share * self._ratio(m, name) * uptake * aim.density * molar / (molar + affinity)
        m.rule(f"delivery_{name}", "molecule/cell/day", freed, f"payload set free in a cell that bears {self.molecule}")
        for site in context.sites:
            meaning = f"payload in cells with the target, site {site}"
            inside = m.state(f"PB_{name}_{site}", "molecule/cell", 0, 1e3, meaning)
            m.reaction(f"delivery_{site}", m[f"delivery_{name}"], {f"PB_{name}_{site}": 1})
            if self.permeation is None:
                m.reaction(f"loss_{site}", self._efflux(m, name) * inside, {f"PB_{name}_{site}": -1})
            else:
                self._spread(m, name, site, aim, self.permeation)
            self._kill(m, name, site, aim)
        return m

    def _ratio(self, m: Mechanism, name: str) -> Expression:
        return m.constant(f"DAR_{name}", self.per_antibody, "molecules of payload on one antibody")

    def _efflux(self, m: Mechanism, name: str) -> Expression:
        return m.constant(f"k_efflux_{name}", self.efflux, "rate at which free payload leaves the cell")

    def _effect(self, m: Mechanism, name: str, inside: Expression) -> Expression:
        rate = m.constant(f"k_kill_{name}", self.kill_rate, "rate at which payload kills at saturation")
        half = m.constant(f"P50_{name}", self.half_effect, "payload in a cell for half that rate")
        return rate * inside / (inside + half)

    def _cell_at_rest(self, m: Mechanism, name: str, spreads: Permeation, outside: Expression) -> Expression:
        """Payload in a cell in balance with the concentration around it; a cell has its share of the tissue."""
        partition = m.constant(f"K_{name}", spreads.partition, "payload in cells relative to that around them")
        density = m.parameter("rho_cell", "cancer cells per volume of tumour")
        return partition * molecules_per_mole(m) * outside / density

    def _plasma(self, m: Mechanism, agent: Agent, spreads: Permeation) -> None:
        name = agent.symbol
        clearance = m.constant(f"CL_payload_{name}", spreads.clearance, "clearance of free payload")
        volume = m.constant(f"V_payload_{name}", spreads.volume, "volume of distribution of free payload")
        immune = m.constant(f"f_immune_{name}", spreads.immune_fraction, "killing of dividing immune cells, relative")
        amount = m.state(f"AP_{name}", "nmol", 0, 1e-2, f"free payload of {agent.title} in plasma")
        free = m.rule(f"CpP_{name}", "nmol/mL", amount / volume, f"free payload of {agent.title} in plasma")
        broken_down = self._ratio(m, name) * m[f"eliminated_{name}"] / agent.mass(m)
        m.reaction("breakdown", broken_down, {f"AP_{name}": 1})
        m.reaction("clearance", clearance * free, {f"AP_{name}": -1})
        m.contribute("kill_dividing", immune * self._effect(m, name, self._cell_at_rest(m, name, spreads, free)))

    def _spread(self, m: Mechanism, name: str, site: str, aim: Target, spreads: Permeation) -> None:
        """Exchange of each kind of cell with what is around it, and of that with plasma."""
        efflux = self._efflux(m, name)
        washout = m.constant(f"k_washout_{name}", spreads.washout, "exchange rate of payload of tissue with plasma")
        around = m.state(f"PF_{name}_{site}", "nmol/mL", 0, 1e-3, f"payload around the cells, site {site}")
        m.state(f"PN_{name}_{site}", "molecule/cell", 0, 1e3, f"payload in cells without the target, site {site}")
        rest = self._cell_at_rest(m, name, spreads, around)
        bearing = aim.cells(m, site)
        for kind, cells in (("PB", bearing), ("PN", m[f"C_total_{site}"] - bearing)):
            leaving = efflux * (m[f"{kind}_{name}_{site}"] - rest)
            per_volume = cells / (molecules_per_mole(m) * m[f"V_{site}"])
            m.reaction(f"{kind}_{site}", leaving, {f"{kind}_{name}_{site}": -1, f"PF_{name}_{site}": per_volume})
        m.reaction(f"washout_{site}", washout * (around - m[f"CpP_{name}"]), {f"PF_{name}_{site}": -1})

    def _kill(self, m: Mechanism, name: str, site: str, aim: Target) -> None:
        without = self._effect(m, name, m[f"PN_{name}_{site}"]) if self.permeation is not None else 0
        for clone in m.context.clones:
            rate = without
            if clone in aim.clones:
                # what leaks in from others is left out: it is little beside what cells with the target take up
                inside = aim.relative(m, clone) * m[f"PB_{name}_{site}"]
                rate = aim.positive * self._effect(m, name, inside) + (1 - aim.positive) * without
            if rate != 0:
                m.contribute(f"kill_{clone.name}_{site}", sensitivity(m, clone) * rate)
