"""Deplete lymphocytes: chemotherapy that is given to make room for cells kills resting lymphocytes too.

An effect compartment, as active metabolites stay in the cell after the drug has left plasma.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class DepleteLymphocytes(Action):
    """Killing of circulating lymphocytes: rate at saturation, concentration of half effect, retention in the cell."""

    kind: Literal["deplete-lymphocytes"]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]
    half_effect: Annotated[Quantity, like("mg/L")]
    retention: Annotated[Quantity, like("day")]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Effect of the drug, through the concentration that lymphocytes retain."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"deplete_lymphocytes_{name}", f"{title} kills circulating lymphocytes.", context)
        rate = m.constant(f"k_T_{name}", self.kill_rate, "rate at which lymphocytes are killed at saturation")
        half = m.constant(f"EC50_T_{name}", self.half_effect, "retained concentration for half that rate")
        retention = m.constant(f"tau_T_{name}", self.retention, "time for which lymphocytes retain the drug")
        retained = m.state(f"CT_cells_{name}", "mg/mL", 0, 1e-5, f"{title} that lymphocytes retain, as in plasma")
        m.reaction("retention", (m[f"Cp_{name}"] - retained) / retention, {f"CT_cells_{name}": 1})
        m.contribute("deplete_T", rate * retained / (retained + half))
        return m
