"""Raise neutrophils: a growth factor of the marrow makes it form more of them.

That it also shortens their maturation, and that neutrophils take it up, is left out.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class RaiseNeutrophils(Action):
    """Effect of a growth factor.

    Attributes:
        half_effect: concentration in plasma for half the effect.
        gain: formation at full effect relative to formation without the drug, less 1.
    """

    kind: Literal["raise-neutrophils"]
    half_effect: Annotated[Quantity, like("ng/mL")]
    gain: Annotated[Quantity, like("", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Formation of neutrophils, relative to that without the drug."""
        name = agent.symbol
        m = Mechanism(f"raise_neutrophils_{name}", f"{agent.title} makes the marrow form neutrophils.", context)
        half = m.constant(f"EC50_neutrophils_{name}", self.half_effect, "concentration for half the effect")
        gain = m.constant(f"gain_neutrophils_{name}", self.gain, "formation at full effect, relative, less 1")
        level = m[f"Cp_{name}"]
        m.contribute("drive_neutrophils", 1 + gain * level / (level + half))
        return m
