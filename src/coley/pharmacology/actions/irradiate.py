"""Irradiate: radiation kills by the linear-quadratic law, alarms the immune system and depletes lymphocytes.

Survival exp(-alpha D - beta D²) of an acute dose; between two hits that only together kill, the first is repaired:
Lea and Catcheside, J Genet 44:216 (1942), as a rate in Dale, Br J Radiol 58:515 (1985). DNA of irradiated cells in
their cytosol adds to the danger signal of the dead: Harding et al., Nature 548:466 (2017); that high doses per fraction
switch this off again is left out. Lymphocytes die as blood passes through the field: Yovino et al., Cancer Invest
31:140 (2013). For what has the kinetics ``external-beam``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.system import Expression


class Irradiate(Action):
    """Effect of radiation.

    Attributes:
        alpha: killing that goes with dose; alpha over ``alpha_beta`` is beta, killing that goes with its square.
        repair: rate at which damage is repaired.
        immunogenicity: danger signal of a dead cell that was irradiated, relative to other dead cells, less 1.
        half_alarm: dose within memory for half of that; ``alarm_loss`` is the rate at which it is forgotten.
        lymphocytes: killing of circulating lymphocytes per dose to a lesion.
    """

    kind: Literal["irradiate"]
    alpha: Annotated[Quantity, like("1/gray", zero=True)]
    alpha_beta: Annotated[Quantity, like("gray")]
    repair: Annotated[Quantity, like("1/day")]
    immunogenicity: Annotated[Quantity, like("", zero=True)]
    half_alarm: Annotated[Quantity, like("gray")]
    alarm_loss: Annotated[Quantity, like("1/day")]
    lymphocytes: Annotated[Quantity, like("1/gray", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Killing and alarm in each lesion, and loss of lymphocytes."""
        name = agent.symbol
        m = Mechanism(f"irradiate_{name}", f"{agent.title} kills cells of a lesion and raises alarm.", context)
        depletion = m.constant(f"alpha_T_{name}", self.lymphocytes, "killing of circulating lymphocytes per dose")
        for site in context.sites:
            rate = m[f"k_loss_{name}"] * m[f"A_{name}_{site}"]
            self._kill(m, name, site, rate)
            self._alarm(m, name, site, rate)
            m.contribute("deplete_T", depletion * rate)
        return m

    def _kill(self, m: Mechanism, name: str, site: str, rate: Expression) -> None:
        alpha = m.constant(f"alpha_{name}", self.alpha, "killing that goes with dose")
        ratio = m.constant(f"alpha_beta_{name}", self.alpha_beta, "alpha over beta")
        repair = m.constant(f"k_repair_{name}", self.repair, "rate at which damage is repaired")
        unrepaired = m.state(f"Q_{name}_{site}", "gray", 0, 1e-3, f"dose whose damage is not repaired, site {site}")
        m.reaction(f"damage_{site}", rate, {f"Q_{name}_{site}": 1})
        m.reaction(f"repair_{site}", repair * unrepaired, {f"Q_{name}_{site}": -1})
        for clone in m.context.clones:
            m.contribute(f"kill_{clone.name}_{site}", alpha * rate * (1 + 2 * unrepaired / ratio))

    def _alarm(self, m: Mechanism, name: str, site: str, rate: Expression) -> None:
        gain = m.constant(f"danger_{name}", self.immunogenicity, "added danger signal of a dead irradiated cell")
        half = m.constant(f"D_50_{name}", self.half_alarm, "dose within memory for half of it")
        forget = m.constant(f"k_alarm_{name}", self.alarm_loss, "rate at which the alarm is lost")
        recent = m.state(f"D_{name}_{site}", "gray", 0, 1e-2, f"dose within memory, site {site}")
        m.reaction(f"alarm_{site}", rate, {f"D_{name}_{site}": 1})
        m.reaction(f"calm_{site}", forget * recent, {f"D_{name}_{site}": -1})
        m.contribute(f"danger_{site}", gain * recent / (recent + half) * m[f"C_dead_{site}"])
