"""Suppress immunity: a drug holds T cells back and kills those that divide, while its effect lasts.

That of a glucocorticoid trails plasma, as it works through the expression of genes: an effect compartment after Sheiner
et al., Clin Pharmacol Ther 25:358 (1979). It reverses when the drug is gone.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.system import Expression


class SuppressImmunity(Action):
    """Suppression of T cells.

    Attributes:
        half_effect: concentration in plasma for half the effect; of prednisolone where there is a ``potency``.
        potency: of a glucocorticoid relative to prednisolone, by mass.
        delay: time by which the effect trails plasma, where it does.
        most: share of the function of T cells that full effect takes.
        kill_rate: rate at which full effect kills dividing immune cells.
    """

    kind: Literal["suppress-immunity"]
    half_effect: Annotated[Quantity, like("ng/mL")]
    potency: Annotated[Quantity, like("")] | None = None
    delay: Annotated[Quantity, like("hour")] | None = None
    most: Annotated[Quantity, like("", zero=True, most=1.0)]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Function that is left, and killing of dividing cells."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"suppress_{name}", f"{title} holds T cells back.", context)
        half = m.constant(f"EC50_{name}", self.half_effect, "concentration for half the effect")
        most = m.constant(f"f_T_{name}", self.most, "share of the function of T cells that full effect takes")
        rate = m.constant(f"k_arrest_{name}", self.kill_rate, "rate at which full effect kills dividing immune cells")
        seen = self._seen(m, name, title)
        effect = m.rule(f"H_{name}", "", seen / (seen + half), f"effect of {title}, 0 to 1")
        m.contribute("T_function", 1 - most * effect)
        m.contribute("kill_dividing", rate * effect)
        return m

    def _seen(self, m: Mechanism, name: str, title: str) -> Expression:
        """Concentration that cells answer to."""
        level: Expression = m[f"Cp_{name}"]
        if self.potency is not None:
            level = level * m.constant(f"potency_{name}", self.potency, "potency relative to prednisolone")
        if self.delay is None:
            return level
        delay = m.constant(f"tau_{name}", self.delay, "time by which the effect trails plasma")
        seen = m.state(f"Ce_{name}", "mg/mL", 0, 1e-6, f"{title} that cells answer to")
        m.reaction("delay", (level - seen) / delay, {f"Ce_{name}": 1})
        return seen
