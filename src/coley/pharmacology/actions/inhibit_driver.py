"""Inhibit driver: cancer cells die that depend on a molecule which a drug inhibits.

A driver kinase is one such molecule (oncogene addiction: Weinstein, Science 297:63, 2002); so is what a lineage or a
defect makes cells depend on: BCL-2, the proteasome in plasma cells, PARP where homologous recombination fails, RANKL
for giant cells of bone (Branstetter et al., Clin Cancer Res 18:4415, 2012). Cells of a cancer depend on what is listed
among its ``antigens``, by their share ``positive``; clones that lack it escape. The rate is that of their loss, by
death and by division that stops; inhibition goes with unbound drug in the tumour.
"""

from __future__ import annotations

from typing import Annotated, Literal

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import target


class InhibitDriver(Action):
    """Inhibition of what cells depend on.

    Attributes:
        molecule: that, as the cancer lists it: ``BRAF V600`` where the mutation is what counts.
        half_inhibition: unbound drug in the tumour for half inhibition.
        kill_rate: loss of cells that depend on it, under full inhibition.
        dividing: killing of dividing cells of marrow and immune system under full inhibition, where there is any.
    """

    kind: Literal["inhibit-driver"]
    molecule: Text
    half_inhibition: Annotated[Quantity, like("nM")]
    kill_rate: Annotated[Quantity, like("1/day", zero=True)]
    dividing: Annotated[Quantity, like("1/day", zero=True)] | None = None

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Inhibition, and loss of the cells that depend."""
        name, label = agent.symbol, "".join(filter(str.isalnum, self.molecule))
        m = Mechanism(f"inhibit_{label}_{name}", f"{agent.title} inhibits {self.molecule}.", context)
        aim = target(m, self.molecule)
        if aim is None and self.dividing is None:
            return m
        half = m.constant(f"IC50_{label}_{name}", self.half_inhibition, "unbound drug for half inhibition")
        molar = m[f"CT_{name}"] / agent.mass(m)
        effect = m.rule(f"H_{label}_{name}", "", molar / (molar + half), f"inhibition of {self.molecule}, 0 to 1")
        if self.dividing is not None:
            harm = m.constant(f"k_dividing_{label}_{name}", self.dividing, "killing of dividing normal cells")
            m.contribute("kill_dividing", harm * effect)
        if aim is not None:
            rate = m.constant(f"k_{label}_{name}", self.kill_rate, f"loss of cells that depend on {self.molecule}")
            for site in context.sites:
                for clone in aim.clones:
                    m.contribute(f"kill_{clone.name}_{site}", aim.positive * rate * effect)
        return m
