"""Cells: a living product that divides on antigen, contracts, leaves memory and enters lesions.

Rates of expansion, contraction and loss of memory are those of Stein et al., CPT Pharmacometrics Syst Pharmacol 8:285
(2019), whose expansion ends at a fixed time. Here it ends with its causes: cells divide where there is antigen
(predator and prey, as in Liu et al., Clin Pharmacol Ther 109:716, 2021) and interleukins 7 and 15, which host
lymphocytes and the product itself take up. Lymphodepletion frees these (Gattinoni et al., J Exp Med 202:907, 2005);
they are used up as lymphocytes come back.
"""

from __future__ import annotations

from typing import Annotated, Literal

import symengine

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics, Shown
from coley.pharmacology.target import target
from coley.system import Expression


class Cells(Kinetics):
    """A product of T cells, dosed in cells. Cells of blood, node and spleen are one pool.

    Attributes:
        molecule: the antigen that makes it divide.
        distribution: rate at which infused cells leave the blood that they were put in; ``engraftment`` is the share
            of them that lives on.
        expansion: rate of division with all antigen and interleukin; ``contraction`` of loss without.
        memory: share of the cells that are lost to contraction which become memory; ``memory_loss`` is their loss.
        half_antigen: cells with antigen for half the stimulus.
        host_recovery: rate at which host lymphocytes return.
        consumption: cells of the product that take up as much interleukin as all host lymphocytes.
        half_interleukin: lymphocytes, relative to all of a healthy person, that leave half the interleukin;
            ``steepness`` is the Hill exponent.
        infiltration: cells that enter a volume of tumour, as a share of the pool; ``egress`` is the rate at which they
            leave it, ``lesion_loss`` that at which they wear out there.
    """

    kind: Literal["cells"]
    molecule: Text
    distribution: Annotated[Quantity, like("1/day")]
    engraftment: Annotated[Quantity, like("", most=1.0)]
    expansion: Annotated[Quantity, like("1/day")]
    contraction: Annotated[Quantity, like("1/day")]
    memory: Annotated[Quantity, like("", zero=True, most=1.0)]
    memory_loss: Annotated[Quantity, like("1/day")]
    half_antigen: Annotated[Quantity, like("cell")]
    host_recovery: Annotated[Quantity, like("1/day")]
    consumption: Annotated[Quantity, like("cell")]
    half_interleukin: Annotated[Quantity, like("")]
    steepness: Annotated[Quantity, like("")]
    infiltration: Annotated[Quantity, like("1/day/mL")]
    egress: Annotated[Quantity, like("1/day", zero=True)]
    lesion_loss: Annotated[Quantity, like("1/day", zero=True)]

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """The blood that cells are infused into; where given into a lesion, the cells of that lesion."""
        return f"E_{agent.symbol}_{site or '1'}" if route == "intralesional" else f"A_{agent.symbol}"

    def shown(self, agent: Agent) -> Shown:
        """Its effector cells: it is not measured in plasma."""
        return Shown(f"E_{agent.symbol}", f"{agent.title}, effector cells", "cell")

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Infused cells, effectors and memory, cells in lesions, and the lymphocytes that compete with them."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"kinetics_{name}", f"{title} divides on {self.molecule}, contracts and enters lesions.", context)
        homing = m.constant(f"k_homing_{name}", self.distribution, "rate at which infused cells distribute")
        share = m.constant(f"f_engraft_{name}", self.engraftment, "share of infused cells that lives on")
        divide = m.constant(f"k_expand_{name}", self.expansion, "division rate with all antigen and interleukin")
        divide *= self._fitness(m)
        contract = m.constant(f"k_contract_{name}", self.contraction, "loss rate without antigen or interleukin")
        kept = m.constant(f"f_memory_{name}", self.memory, "share of contracting cells that becomes memory")
        loss = m.constant(f"k_memory_{name}", self.memory_loss, "loss rate of memory")
        infused = m.state(f"A_{name}", "cell", 0, 1e3, f"{title} as infused")
        effectors = m.state(f"E_{name}", "cell", 0, 1e3, f"{title}, effector cells of blood and lymphoid tissue")
        memory = m.state(f"M_{name}", "cell", 0, 1e3, f"{title}, memory cells")
        stimulus = m.rule(f"stimulus_{name}", "", self._antigen(m, name) * self._interleukin(m, name), "0 to 1")
        m.reaction("distribution", homing * infused, {f"A_{name}": -1, f"E_{name}": share})
        m.rule(f"division_{name}", "1/day", divide * stimulus, "division rate of the product's cells")
        m.rule(f"contraction_{name}", "1/day", contract * (1 - stimulus), "rate at which they are lost")
        m.reaction("expansion", m[f"division_{name}"] * effectors, {f"E_{name}": 1})
        m.reaction("contraction", m[f"contraction_{name}"] * effectors, {f"E_{name}": -1, f"M_{name}": kept})
        m.reaction("memory_loss", (loss + m["deplete_T"]) * memory, {f"M_{name}": -1})
        m.reaction("depletion", m["deplete_T"] * effectors, {f"E_{name}": -1})
        for site in context.sites:
            self._lesion(m, name, title, site)
        return m

    def _fitness(self, m: Mechanism) -> Expression:
        """How fast cells made of this cancer's patients divide, relative to those of children with leukaemia."""
        if "product_fitness" not in m.context.quantities:
            return symengine.Integer(1)
        return m.parameter("product_fitness", "division of products made of these patients' T cells, relative")

    def _antigen(self, m: Mechanism, name: str) -> Expression:
        aim = target(m, self.molecule)
        if aim is None:
            return symengine.Integer(0)
        half = m.constant(f"antigen_50_{name}", self.half_antigen, "cells with antigen for half the stimulus")
        cells = sum(aim.cells(m, site) for site in m.context.sites)
        # many cells of the product share what antigen there is: more of it, more expansion
        return cells / (cells + half + self._product(m, name))

    def _product(self, m: Mechanism, name: str) -> Expression:
        return m[f"E_{name}"] + sum(m[f"E_{name}_{site}"] for site in m.context.sites)

    def _interleukin(self, m: Mechanism, name: str) -> Expression:
        """Interleukins 7 and 15 at quasi-steady state, relative to what there is without lymphocytes."""
        recovery = m.constant(f"k_host_{name}", self.host_recovery, "rate at which host lymphocytes return")
        equal = m.constant(f"E_50_{name}", self.consumption, "cells that take up as much as all host lymphocytes")
        half = m.constant(f"L_50_{name}", self.half_interleukin, "lymphocytes that leave half the interleukin")
        hill = m.constant(f"n_L_{name}", self.steepness, "Hill exponent of the uptake of interleukin")
        host = m.state(f"L_{name}", "", 1, 1e-2, "host lymphocytes, relative to those of a healthy person")
        m.reaction("host_recovery", recovery * (1 - host), {f"L_{name}": 1})
        m.reaction("host_depletion", m["deplete_T"] * host, {f"L_{name}": -1})
        takers = host + self._product(m, name) / equal
        return 1 / (1 + (takers / half) ** hill)

    def _lesion(self, m: Mechanism, name: str, title: str, site: str) -> None:
        rate = m.constant(f"q_{name}", self.infiltration, "cells that enter a volume of tumour, as a share of the pool")
        egress = m.constant(f"k_egress_{name}", self.egress, "rate at which cells leave a lesion")
        worn = m.constant(f"k_lesion_{name}", self.lesion_loss, "rate at which cells wear out in lesions")
        inside = m.state(f"E_{name}_{site}", "cell", 0, 1e2, f"{title}, cells in the lesion, site {site}")
        entry = rate * m[f"V_{site}"] * m[f"infiltration_{site}"] * m[f"E_{name}"]
        m.reaction(f"infiltration_{site}", entry, {f"E_{name}": -1, f"E_{name}_{site}": 1})
        m.reaction(f"egress_{site}", egress * inside, {f"E_{name}_{site}": -1, f"E_{name}": 1})
        m.reaction(f"expansion_{site}", m[f"division_{name}"] * inside, {f"E_{name}_{site}": 1})
        kept = m.constant(f"f_memory_{name}", self.memory, "share of contracting cells that becomes memory")
        contracting = m[f"contraction_{name}"] * inside
        m.reaction(f"contraction_{site}", contracting, {f"E_{name}_{site}": -1, f"M_{name}": kept})
        m.reaction(f"loss_{site}", (worn + m[f"removal_{site}"]) * inside, {f"E_{name}_{site}": -1})
        m.contribute(f"immune_volume_{site}", m.parameter("vol_Tcell", "volume of a T cell") * inside)
