"""Deplete macrophages: without the signal of CSF-1 through its receptor (CSF1R), macrophages of a tumour die.

Ries et al., Cancer Cell 25:846 (2014). They are replaced within days, so that their number follows inhibition.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class DepleteMacrophages(Action):
    """Inhibition of CSF1R.

    Attributes:
        half_inhibition: unbound drug in the tumour for half inhibition.
        most: share of the macrophages of a tumour that full inhibition takes.
    """

    kind: Literal["deplete-macrophages"]
    half_inhibition: Annotated[Quantity, like("nM")]
    most: Annotated[Quantity, like("", zero=True, most=1.0)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Macrophages that are left in each lesion."""
        name = agent.symbol
        m = Mechanism(f"deplete_macrophages_{name}", f"{agent.title} takes macrophages their CSF-1.", context)
        half = m.constant(f"IC50_CSF1R_macrophages_{name}", self.half_inhibition, "unbound drug for half inhibition")
        most = m.constant(f"f_macrophages_{name}", self.most, "share of macrophages that full inhibition takes")
        molar = m[f"CT_{name}"] / agent.mass(m)
        for site in context.sites:
            m.contribute(f"macrophages_{site}", 1 - most * molar / (molar + half))
        return m
