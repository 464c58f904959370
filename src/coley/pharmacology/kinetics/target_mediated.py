"""Target-mediated: linear clearance, and uptake by all cells that bear the target, which saturates.

Quasi-steady state with a constant number of targets after Gibiansky et al., J Pharmacokinet Pharmacodyn 35:573 (2008):
free drug is the root of a quadratic in total drug, total target and the constant Kss = (koff + kint) / kon. The target
of the tumour goes with its cells; that of normal tissue is a fixed amount.
"""

from __future__ import annotations

from typing import Annotated, Literal

import symengine

from coley.facts import Quantity, Text, like
from coley.modeling import Mechanism
from coley.pharmacology.agent import Agent
from coley.pharmacology.disposition import Disposition
from coley.pharmacology.target import molecules_per_mole, target
from coley.system import Expression


class TargetMediated(Disposition):
    """Compartments with target-mediated drug disposition.

    Attributes:
        molecule: the target.
        steady_state_constant: Kss, the concentration at which half of the target is bound.
        internalisation: rate at which cells take in bound drug, and replace the target.
        normal_target: target on normal tissue, all of it together.
        accessible: share of the tumour's target that drug reaches from plasma.
    """

    kind: Literal["target-mediated"]
    molecule: Text
    steady_state_constant: Annotated[Quantity, like("nM")]
    internalisation: Annotated[Quantity, like("1/day")]
    normal_target: Annotated[Quantity, like("nmol", zero=True)]
    accessible: Annotated[Quantity, like("", most=1.0)]

    def unbound(self, m: Mechanism, agent: Agent, total: Expression) -> Expression:
        """Free drug, of total drug and total target."""
        name = agent.symbol
        half = m.constant(f"Kss_{name}", self.steady_state_constant, "free drug at which half of the target is bound")
        amount = m.constant(f"R_normal_{name}", self.normal_target, f"{self.molecule} on normal tissue")
        aim = target(m, self.molecule)
        if aim is not None:
            share = m.constant(f"f_access_{name}", self.accessible, "share of the tumour's target that drug reaches")
            cells = sum(aim.cells(m, site) for site in m.context.sites)
            amount += share * aim.density * cells / molecules_per_mole(m)
        receptor = m.rule(f"R_{name}", "nmol/mL", amount / m[f"V1_{name}"], f"{self.molecule} within reach of plasma")
        molar = total / agent.mass(m)
        rest = receptor + half - molar
        free = 2 * half * molar / (rest + symengine.sqrt(rest**2 + 4 * half * molar))
        return free * agent.mass(m)

    def consumed(self, m: Mechanism, agent: Agent, serum: Expression) -> Expression:
        """Drug that cells take in with its target."""
        name = agent.symbol
        rate = m.constant(f"k_int_{name}", self.internalisation, "rate at which cells take in bound drug")
        half = m[f"Kss_{name}"] * agent.mass(m)
        return rate * agent.mass(m) * m[f"R_{name}"] * m[f"V1_{name}"] * serum / (serum + half)
