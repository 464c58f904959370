"""Deplete: immune cells that bear a molecule die of a toxin, or by the cells that an antibody's constant part recruits.

Regulatory T cells of tumours bear most CTLA-4 (Romano et al., PNAS 112:6140, 2015), CCR4 (Kurose et al., Clin Cancer
Res 21:4327, 2015) and CD25; all lymphocytes bear CD52.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent

BEARERS = {"CTLA-4": "deplete_Treg", "CCR4": "deplete_Treg", "CD25": "deplete_Treg", "CD52": "deplete_T"}
"""Molecules by which immune cells can be depleted, and the shared rate: regulatory T cells of the tumour, or all T and
NK cells that circulate."""


class Deplete(Action):
    """Depletion of immune cells by one molecule; ``rate`` is that at full occupancy."""

    kind: Literal["deplete"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]
    rate: Annotated[Quantity, like("1/day", zero=True)]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Rate of depletion by occupancy in the tumour."""
        if self.molecule not in BEARERS:
            what = f"no mechanism to deplete cells by {self.molecule!r}"
            raise ColeyError(Problem(f"drug {agent.name}", what, did_you_mean(self.molecule, BEARERS)))
        name, label = agent.symbol, self.molecule.replace("-", "")
        meaning = f"{agent.title} has cells with {self.molecule} killed."
        m = Mechanism(f"deplete_{label}_{name}", meaning, context)
        affinity = m.constant(f"Kd_{label}_{name}", self.affinity, f"dissociation constant for {self.molecule}")
        rate = m.constant(f"k_deplete_{label}_{name}", self.rate, f"depletion of cells with {self.molecule} at most")
        molar = m[f"CT_{name}"] / agent.mass(m)
        m.contribute(BEARERS[self.molecule], rate * molar / (molar + affinity))
        return m
