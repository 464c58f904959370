"""Suppress immunity: a glucocorticoid holds T cells back and kills those that divide, while its effect lasts.

The effect trails plasma, as it works through the expression of genes: an effect compartment after Sheiner et al., Clin
Pharmacol Ther 25:358 (1979). It reverses when the drug is gone.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class SuppressImmunity(Action):
    """Effect of a glucocorticoid.

    Attributes:
        potency: relative to prednisolone, by mass.
        half_effect: prednisolone in plasma for half the effect; ``delay`` is how long the effect trails it.
        most: share of the function of T cells that full effect takes.
        kill_rate: rate at which full effect kills dividing immune cells.
    """

    kind: Literal["suppress-immunity"]
    potency: Annotated[Quantity, like("")]
    half_effect: Annotated[Quantity, like("ng/mL")]
    delay: Annotated[Quantity, like("hour")]
    most: Annotated[Quantity, like("", zero=True, most=1.0)]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Effect through the concentration that cells answer to."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"suppress_{name}", f"{title} holds T cells back.", context)
        potency = m.constant(f"potency_{name}", self.potency, "potency relative to prednisolone")
        half = m.constant(f"EC50_{name}", self.half_effect, "prednisolone for half the effect")
        delay = m.constant(f"tau_{name}", self.delay, "time by which the effect trails plasma")
        most = m.constant(f"f_T_{name}", self.most, "share of the function of T cells that full effect takes")
        rate = m.constant(f"k_arrest_{name}", self.kill_rate, "rate at which full effect kills dividing immune cells")
        meaning = f"{title} that cells answer to, as prednisolone"
        seen = m.state(f"Ce_{name}", "mg/mL", 0, 1e-6, meaning)
        m.reaction("delay", (potency * m[f"Cp_{name}"] - seen) / delay, {f"Ce_{name}": 1})
        effect = m.rule(f"H_{name}", "", seen / (seen + half), f"effect of {title}, 0 to 1")
        m.contribute("T_function", 1 - most * effect)
        m.contribute("kill_dividing", rate * effect)
        return m
