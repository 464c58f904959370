"""Restrain lymphocytes: a drug that is no glucocorticoid takes part of the function of T cells, or of their division.

The effect goes with the concentration in plasma, and with it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class RestrainLymphocytes(Action):
    """Suppression of lymphocytes.

    Attributes:
        half_effect: concentration in plasma for half the effect.
        function: share of the function of T cells that full effect takes.
        arrest: rate at which full effect kills dividing immune cells.
    """

    kind: Literal["restrain-lymphocytes"]
    half_effect: Annotated[Quantity, like("mg/L")]
    function: Annotated[Quantity, like("", zero=True, most=1.0)]
    arrest: Annotated[Quantity, like("1/day", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Function that is left, and arrest of division."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"restrain_lymphocytes_{name}", f"{title} holds lymphocytes back.", context)
        half = m.constant(f"EC50_lymphocytes_{name}", self.half_effect, "concentration for half the effect")
        taken = m.constant(f"f_lymphocytes_{name}", self.function, "share of function that full effect takes")
        arrest = m.constant(f"k_lymphocytes_{name}", self.arrest, "killing of dividing immune cells at full effect")
        level = m[f"Cp_{name}"]
        effect = m.rule(f"H_lymphocytes_{name}", "", level / (level + half), f"effect of {title}, 0 to 1")
        m.contribute("T_function", 1 - taken * effect)
        m.contribute("kill_dividing", arrest * effect)
        return m
