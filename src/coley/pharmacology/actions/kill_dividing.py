"""Kill dividing cells: cytotoxic chemotherapy kills cancer cells and dividing immune cells while cells retain it.

An effect compartment after Sheiner et al., Clin Pharmacol Ther 25:358 (1979), drives a saturable rate of killing. Cells
that some drugs kill alarm the immune system more than others do: Casares et al., J Exp Med 202:1691 (2005).
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.cytotoxic import sensitivity


class KillDividing(Action):
    """How a cytotoxic drug kills: rate at saturation, concentration of half effect, retention in the cell.

    ``immune_fraction`` is the killing of dividing immune cells relative to that of the first clone. ``danger`` is the
    danger signal of a dead cell under full effect, relative to that of other dead cells, less 1; none where not given.
    """

    kind: Literal["kill-dividing"]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]
    half_effect: Annotated[Quantity, like("mg/L")]
    retention: Annotated[Quantity, like("day")]
    immune_fraction: Annotated[Quantity, like("", zero=True, most=1.0)]
    danger: Annotated[Quantity, like("", zero=True)] | None = None

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Effect of the drug, through the concentration that cells retain."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"kill_dividing_{name}", f"{title} kills cancer cells and dividing immune cells.", context)
        rate = m.constant(f"k_kill_{name}", self.kill_rate, "rate at which cancer cells are killed at saturation")
        half = m.constant(f"EC50_{name}", self.half_effect, "retained concentration for half that rate")
        retention = m.constant(f"tau_{name}", self.retention, "time for which cells retain the drug")
        meaning = "killing of dividing immune cells, relative to cancer cells of sensitivity 1"
        immune = m.constant(f"f_immune_{name}", self.immune_fraction, meaning)
        retained = m.state(f"Ce_{name}", "mg/mL", 0, 1e-5, f"{title} that cells retain, as plasma concentration")
        m.reaction("retention", (m[f"Cp_{name}"] - retained) / retention, {f"Ce_{name}": 1})
        effect = m.rule(f"H_{name}", "", retained / (retained + half), f"effect of {title}, 0 to 1")
        for clone in context.clones:
            for site in context.sites:
                m.contribute(f"kill_{clone.name}_{site}", sensitivity(m, clone) * rate * effect)
        m.contribute("kill_dividing", immune * rate * effect)
        if self.danger is not None:
            gain = m.constant(f"danger_{name}", self.danger, "added danger signal of a dead cell under full effect")
            for site in context.sites:
                m.contribute(f"danger_{site}", gain * effect * m[f"C_dead_{site}"])
        return m
