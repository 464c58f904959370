"""Antibody-dependent killing: NK cells kill and macrophages engulf the cells that an antibody coats; complement may.

Killing rises with the number of antibodies on a cell and with the affinity of their constant part for the Fc receptor
IIIa of NK cells, which depends on the subclass, on fucose and on the patient's allele (158V or 158F: Koene et al.,
Blood 90:1109, 1997). Macrophages engulf through receptor IIa, whose alleles are left out.

Affinity for receptor IIIa relative to IgG1 with fucose, after Bruhns et al., Blood 113:3716 (2009): IgG2 0.03, IgG3 5,
IgG4 0.1; without sugar, or with the changes that silence it, 0. Without fucose, some 10 (Shields et al., J Biol Chem
277:26733, 2002, up to 50), and for receptor IIa as before.

Cells of blood, nodes and marrow are met by the effector cells of spleen and liver too, which a solid tumour keeps out:
a cancer may say how many meet its cells, as ``effectors_met``, relative to those that are found within a tumour. In
marrow they pass normal cells on their way, so that few cancer cells are not met more often than many.
"""

from __future__ import annotations

from typing import Annotated, Literal

import symengine

from coley.facts import Quantity, Text, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent
from coley.pharmacology.target import stained, target
from coley.system import Expression


class AntibodyDependentKilling(Action):
    """Killing through the constant part of an antibody.

    Attributes:
        molecule: what it coats cells by.
        fc_affinity: of the constant part, relative to a human IgG1 with fucose; 0 for one that binds no receptor.
        fc_affinity_IIa: the same for the receptor of macrophages, where it differs.
        half_coat: antibodies on a cell for half the effect on a receptor of full affinity.
        cytotoxicity: cancer cells that one NK cell kills per time where all are coated (ADCC).
        phagocytosis: cancer cells that one macrophage engulfs per time where all are coated (ADCP).
        complement: rate at which complement kills a coated cell (CDC), where it does.
    """

    kind: Literal["antibody-dependent-killing"]
    molecule: Text
    affinity: Annotated[Quantity, like("nM")]
    fc_affinity: Annotated[Quantity, like("", zero=True)]
    fc_affinity_IIa: Annotated[Quantity, like("", zero=True)] | None = None
    half_coat: Annotated[Quantity, like("molecule/cell")]
    cytotoxicity: Annotated[Quantity, like("1/day", zero=True)]
    phagocytosis: Annotated[Quantity, like("1/day", zero=True)]
    complement: Annotated[Quantity, like("1/day", zero=True)] | None = None

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        """Rates at which coated cells are killed, by clone and site."""
        name, title = agent.symbol, agent.title
        m = Mechanism(f"antibody_killing_{name}", f"{title} has cells with {self.molecule} killed, engulfed.", context)
        aim = target(m, self.molecule) or stained(m, self.molecule)
        if aim is None:
            return m
        affinity = m.constant(f"Kd_{aim.label}_{name}", self.affinity, f"dissociation constant for {self.molecule}")
        molar = m[f"CT_{name}"] / agent.mass(m)
        coat = aim.density * molar / (molar + affinity)
        m.rule(f"coat_{name}", "molecule/cell", coat, f"{title} on a cancer cell that bears {self.molecule}")
        for clone in aim.clones:
            killing = self._effectors(m, name, aim.relative(m, clone) * m[f"coat_{name}"])
            for site in context.sites:
                m.contribute(f"kill_{clone.name}_{site}", aim.share(m, site) * killing[site])
        return m

    def _effectors(self, m: Mechanism, name: str, coat: Expression) -> dict[str, Expression]:
        """Rate of killing of a cell that bears ``coat`` antibodies, by site."""
        half = m.constant(f"coat_50_{name}", self.half_coat, "antibodies on a cell for half the effect")
        subclass = m.constant(f"Fc_{name}", self.fc_affinity, "affinity for Fc receptors, relative to IgG1")
        allele = m.parameter("FCGR3A", "affinity of the patient's Fc receptor IIIa, relative to 158V")
        adcc = m.constant(f"k_ADCC_{name}", self.cytotoxicity, "coated cells that one NK cell kills per time")
        adcp = m.constant(f"k_ADCP_{name}", self.phagocytosis, "coated cells that one macrophage engulfs per time")
        met = self._met(m)
        seen = by_macrophages = subclass * coat
        if self.fc_affinity_IIa is not None:
            by_macrophages = coat * m.constant(f"Fc_IIa_{name}", self.fc_affinity_IIa, "the same of macrophages")
        rates: dict[str, Expression] = {}
        for site in m.context.sites:
            cells, NK = m[f"C_total_{site}"] + m[f"crowd_{site}"] + m["C_one"], met * m[f"NK_{site}"]
            macrophages = met * (m[f"M1_{site}"] + m[f"M2_{site}"])
            killed = adcc * m[f"restraint_{site}"] * NK / (NK + cells) * allele * seen / (allele * seen + half)
            engulfed = adcp * macrophages / (macrophages + cells) * by_macrophages / (by_macrophages + half)
            rates[site] = killed + engulfed
            if self.complement is not None:
                cdc = m.constant(f"k_CDC_{name}", self.complement, "rate at which complement kills a coated cell")
                rates[site] += cdc * coat / (coat + half)
        return rates

    def _met(self, m: Mechanism) -> Expression:
        """Effector cells that meet cells of this cancer, relative to those that are found within a tumour."""
        if "effectors_met" not in m.context.quantities:
            return symengine.Integer(1)
        return m.parameter("effectors_met", "effector cells that meet coated cells, relative to those within a tumour")
