"""Infiltrating lymphocytes: T cells grown from a patient's own tumour go back to the pool of those that know it.

They see what the patient's T cells see, with MHC, and are held by what holds these: beyond engraftment the model of
T cells follows them. Host lymphocytes take up the interleukins that infused cells live on: after lymphodepletion they
persist, without it hardly (Dudley et al., Science 298:850, 2002; Gattinoni et al., J Exp Med 202:907, 2005).
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Agent, Kinetics
from coley.system import Expression


class InfiltratingLymphocytes(Kinetics):
    """A product of T cells of the tumour, dosed in cells.

    Attributes:
        distribution: rate at which infused cells leave the blood that they were put in.
        engraftment: share of them that lives on where no host lymphocyte competes.
        specific: share that knows the tumour; ``memory`` is the share of these that is memory.
        half_host: host lymphocytes, relative to all of a healthy person, that halve engraftment; ``steepness`` is the
            Hill exponent.
        host_recovery: rate at which host lymphocytes return.
    """

    kind: Literal["infiltrating-lymphocytes"]
    distribution: Annotated[Quantity, like("1/day")]
    engraftment: Annotated[Quantity, like("", most=1.0)]
    specific: Annotated[Quantity, like("", most=1.0)]
    memory: Annotated[Quantity, like("", zero=True, most=1.0)]
    half_host: Annotated[Quantity, like("")]
    steepness: Annotated[Quantity, like("")]
    host_recovery: Annotated[Quantity, like("1/day")]

    def entry(self, agent: Agent, route: str, site: str) -> str:
        """The blood that cells are infused into."""
        return f"A_{agent.symbol}"

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Infused cells, and what joins the circulating and memory T cells that know the tumour."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"kinetics_{name}", f"{title} joins the T cells that know the tumour.", context)
        homing = m.constant(f"k_homing_{name}", self.distribution, "rate at which infused cells distribute")
        share = m.constant(f"f_engraft_{name}", self.engraftment, "share of infused cells that lives on")
        known = m.constant(f"f_specific_{name}", self.specific, "share of the product that knows the tumour")
        kept = m.constant(f"f_memory_{name}", self.memory, "share of these that is memory")
        infused = m.state(f"A_{name}", "cell", 0, 1e3, f"{title} as infused")
        joining = homing * share * known * self._room(m, name) * infused
        m.reaction("distribution", homing * infused, {f"A_{name}": -1})
        m.reaction("engraftment", joining, {"CD8_S": 1 - kept, "M8": kept})
        return m

    def _room(self, m: Mechanism, name: str) -> Expression:
        """What host lymphocytes leave of engraftment, 1 for all."""
        recovery = m.constant(f"k_host_{name}", self.host_recovery, "rate at which host lymphocytes return")
        half = m.constant(f"L_50_{name}", self.half_host, "host lymphocytes that halve engraftment")
        hill = m.constant(f"n_L_{name}", self.steepness, "Hill exponent of that")
        host = m.state(f"L_{name}", "", 1, 1e-2, "host lymphocytes, relative to those of a healthy person")
        m.reaction("host_recovery", recovery * (1 - host), {f"L_{name}": 1})
        m.reaction("host_depletion", m["deplete_T"] * host, {f"L_{name}": -1})
        return 1 / (1 + ((host + _NEVER_ZERO) / half) ** hill)


_NEVER_ZERO = 1e-9
"""The derivative of a power at 0 is not defined."""
