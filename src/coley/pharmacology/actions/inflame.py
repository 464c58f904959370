"""Inflame: a drug on a surface or in a lesion inflames it without antigen: alarm, interferon, and killing in its reach.

Agonists of Toll-like receptor 7 make plasmacytoid dendritic cells release interferon and kill; T cells follow (Stary et
al., J Exp Med 204:1441, 2007). Tumour necrosis factor closes vessels of a perfused limb. For what has the kinetics
``instilled`` or ``local``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class Inflame(Action):
    """Local inflammation that lasts while the drug does.

    Attributes:
        half_dose: amount at the lesion for half the effect, in the unit of the amount.
        reach: depth of a lesion whose cells are met at half the rate of the surface.
        kill_rate: of cells within reach, at full effect.
        danger: danger signal of a volume within reach, in dead cells' worth.
        interferon: interferon-gamma that lymphocytes of the surface add, at full effect.
        entry: T cells that enter, relative to those that enter otherwise, less 1, at full effect.
    """

    kind: Literal["inflame"]
    half_dose: Quantity
    reach: Annotated[Quantity, like("mm")]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]
    danger: Annotated[Quantity, like("cell/mL", zero=True)]
    interferon: Annotated[Quantity, like("nM", zero=True)]
    entry: Annotated[Quantity, like("", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Killing, alarm, interferon and entry of T cells in each lesion that the drug meets."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"inflame_{name}", f"{title} inflames what it is put on.", context)
        half = m.constant(f"A_50_{name}", self.half_dose, "amount at the lesion for half the effect")
        reach = m.constant(f"d_reach_{name}", self.reach, "depth of a lesion met at half the rate of the surface")
        rate = m.constant(f"k_inflame_{name}", self.kill_rate, "killing of cells within reach at full effect")
        alarm = m.constant(f"danger_{name}", self.danger, "danger signal of a volume within reach")
        interferon = m.constant(f"IFNg_{name}", self.interferon, "interferon-gamma added at full effect")
        entry = m.constant(f"entry_{name}", self.entry, "T cells that enter at full effect, relative, less 1")
        for site in context.sites:
            amount = m[f"A_{name}_{site}"]
            within = 1 / (1 + (m[f"depth_{site}"] / reach) ** 2)
            effect = within * amount / (amount + half)
            m.rule(f"H_{name}_{site}", "", effect, f"inflammation by {title}, 0 to 1, site {site}")
            inflamed = m[f"H_{name}_{site}"]
            for clone in context.clones:
                m.contribute(f"kill_{clone.name}_{site}", rate * inflamed)
            m.contribute(f"danger_{site}", alarm * m[f"V_{site}"] * inflamed)
            m.contribute(f"IFNg_added_{site}", interferon * inflamed)
            m.contribute(f"infiltration_{site}", 1 + entry * inflamed)
        return m
