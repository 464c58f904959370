"""Contact immunity: live bacteria on a surface inflame it; the inflammation kills what lies within its reach.

Inflammation builds up over weekly instillations as immunity to the bacteria forms, then lapses: for BCG Biot et al.,
Sci Transl Med 4:137ra72 (2012), and the model of Bunimovich-Mendrazitsky et al., Bull Math Biol 70:2055 (2008). It
needs no antigen of the cancer, does not reach deep into a large lesion, and spares clones that resist lysis.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import lysis
from coley.system import Expression


class ContactImmunity(Action):
    """Local inflammation.

    Attributes:
        half_dose: amount on the surface for half the stimulus, in the unit of the amount.
        onset: rate at which full stimulus inflames a surface; ``resolution`` is the rate at which it calms down.
        naive: onset before there is immunity to the bacteria, relative to after.
        priming: rate at which that forms under full stimulus; ``lapse`` is the rate of its loss.
        kill_rate: of cells within reach of full inflammation.
        reach: depth of a lesion whose cells are killed at half the rate of the surface.
        danger: danger signal of a volume under full inflammation, in dead cells' worth.
    """

    kind: Literal["contact-immunity"]
    half_dose: Quantity
    onset: Annotated[Quantity, like("1/day")]
    resolution: Annotated[Quantity, like("1/day")]
    naive: Annotated[Quantity, like("", zero=True, most=1.0)]
    priming: Annotated[Quantity, like("1/day")]
    lapse: Annotated[Quantity, like("1/day")]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]
    reach: Annotated[Quantity, like("mm")]
    danger: Annotated[Quantity, like("cell/mL", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Immunity to the bacteria; inflammation, killing and danger in each lesion."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"contact_{name}", f"{title} inflames the surface that it touches.", context)
        rate = m.constant(f"k_contact_{name}", self.kill_rate, "killing of cells within reach of full inflammation")
        reach = m.constant(f"d_reach_{name}", self.reach, "depth of a lesion killed at half the rate of the surface")
        alarm = m.constant(f"danger_{name}", self.danger, "danger signal of a volume under full inflammation")
        immune = self._immunity(m, name, title)
        for site in context.sites:
            inflamed = self._inflammation(m, name, site, immune)
            volume = m[f"V_{site}"]
            within = 1 / (1 + (m[f"depth_{site}"] / reach) ** 2)
            for clone in context.clones:
                m.contribute(f"kill_{clone.name}_{site}", lysis(m, clone) * rate * within * inflamed)
            m.contribute(f"danger_{site}", alarm * volume * within * inflamed)
        return m

    def _stimulus(self, m: Mechanism, name: str, site: str) -> Expression:
        half = m.constant(f"A_50_{name}", self.half_dose, "amount on the surface for half the stimulus")
        return m[f"A_{name}_{site}"] / (m[f"A_{name}_{site}"] + half)

    def _immunity(self, m: Mechanism, name: str, title: str) -> Expression:
        form = m.constant(f"k_priming_{name}", self.priming, "rate at which immunity to it forms under full stimulus")
        lapse = m.constant(f"k_lapse_{name}", self.lapse, "rate at which that immunity is lost")
        immune = m.state(f"I_{name}", "", 0, 1e-3, f"immunity to {title}, 0 to 1")
        stimulus = sum(self._stimulus(m, name, site) for site in m.context.sites) / len(m.context.sites)
        m.reaction("priming", form * stimulus * (1 - immune), {f"I_{name}": 1})
        m.reaction("lapse", lapse * immune, {f"I_{name}": -1})
        return immune

    def _inflammation(self, m: Mechanism, name: str, site: str, immune: Expression) -> Expression:
        onset = m.constant(f"k_onset_{name}", self.onset, "rate at which full stimulus inflames a surface")
        calm = m.constant(f"k_calm_{name}", self.resolution, "rate at which inflammation resolves")
        naive = m.constant(f"naive_{name}", self.naive, "onset without immunity, relative to with it")
        inflamed = m.state(f"H_{name}_{site}", "", 0, 1e-3, f"inflammation, 0 to 1, site {site}")
        readiness = naive + (1 - naive) * immune
        begun = onset * readiness * self._stimulus(m, name, site) * (1 - inflamed)
        m.reaction(f"onset_{site}", begun, {f"H_{name}_{site}": 1})
        m.reaction(f"resolution_{site}", calm * inflamed, {f"H_{name}_{site}": -1})
        return inflamed
