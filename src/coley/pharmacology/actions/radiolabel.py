"""Radiolabel: an antibody carries a radioactive atom to cells that bear its target; its range reaches their neighbours.

What is bound decays and is shed; its electrons give their energy to all cells of the lesion, whether they bear the
target or not, so that dose follows from activity by volume alone (Bolch et al., J Nucl Med 50:477, 2009). Dose rates
are so low that damage is repaired as it is done, and the quadratic part of the linear-quadratic law is left out (Dale,
Br J Radiol 58:515, 1985). Antibody without label, which competes, is left out. For drugs dosed in MBq.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import target
from coley.system import Expression


class Radiolabel(Action):
    """A radioactive antibody.

    Attributes:
        binding: rate at which cells that bear the target take up what is in their tissue.
        loss: rate at which bound label leaves the tumour, by decay and otherwise.
        energy: dose by decays of an activity in a volume of tissue.
        alpha: killing of cancer cells per dose.
        dividing: killing of dividing immune cells and precursors per dose to blood, which marrow shares.
    """

    kind: Literal["radiolabel"]
    molecule: Text
    binding: Annotated[Quantity, like("1/day")]
    loss: Annotated[Quantity, like("1/day")]
    energy: Annotated[Quantity, like("gray*mL/MBq/day")]
    alpha: Annotated[Quantity, like("1/gray", zero=True)]
    dividing: Annotated[Quantity, like("1/gray", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Bound activity, dose rate and dose of each lesion; killing there and in the marrow."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"radiolabel_{name}", f"{title} irradiates cells with {self.molecule} and neighbours.", context)
        energy = m.constant(f"energy_{name}", self.energy, "dose by decays of an activity in a volume of tissue")
        alpha = m.constant(f"alpha_{name}", self.alpha, "killing of cancer cells per dose")
        dividing = m.constant(f"alpha_immune_{name}", self.dividing, "killing of dividing immune cells per dose")
        m.contribute("kill_dividing", dividing * energy * m[f"Cp_{name}"])
        for site in context.sites:
            activity = m[f"CT_{name}"] + self._bound(m, agent, site)
            rate = m.rule(f"dose_rate_{name}_{site}", "gray/day", energy * activity, f"dose rate, site {site}")
            dose = m.state(f"D_{name}_{site}", "gray", 0, 1e-2, f"dose of {title} so far, site {site}")
            m.reaction(f"dose_{site}", rate, {str(dose): 1})
            for clone in context.clones:
                m.contribute(f"kill_{clone.name}_{site}", alpha * rate)
        return m

    def _bound(self, m: Mechanism, agent: Agent, site: str) -> Expression | int:
        name, aim = agent.symbol, target(m, self.molecule)
        if aim is None:
            return 0
        binding = m.constant(f"k_binding_{name}", self.binding, "rate at which cells with the target take it up")
        loss = m.constant(f"k_label_{name}", self.loss, "rate at which bound label leaves the tumour")
        share = aim.cells(m, site) / (m[f"C_total_{site}"] + m["C_one"])
        bound = m.state(f"B_{name}_{site}", "MBq/mL", 0, 1e-4, f"{agent.title} bound in the lesion, site {site}")
        m.reaction(f"binding_{site}", binding * share * m[f"CT_{name}"], {str(bound): 1})
        m.reaction(f"loss_{site}", loss * bound, {str(bound): -1})
        return bound
