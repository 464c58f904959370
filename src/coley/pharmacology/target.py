"""Target: a molecule on cancer cells, as the equations of a drug against it need it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import symengine

from coley.facts import Clone
from coley.modeling import Mechanism
from coley.system import Expression


@dataclass(frozen=True)
class Target:
    """An antigen of the cancer.

    Attributes:
        label: its name as it stands in the names of parameters.
        density: molecules on a cell that bears it.
        positive: share of the cells of the bearing clones that do.
        clones: those that bear it.
    """

    label: str
    density: Expression
    positive: Expression
    clones: tuple[Clone, ...]

    def density_of(self, m: Mechanism, clone: Clone) -> Expression:
        """Molecules on a cell of ``clone`` that bears it."""
        return self.density * self.relative(m, clone)

    def relative(self, m: Mechanism, clone: Clone) -> Expression:
        """The same, relative to the first clone."""
        for molecule, fewer in clone.density.items():
            if re.sub(r"[^A-Za-z0-9]", "", molecule) == self.label:
                meaning = f"{molecule} on {clone.meaning}, relative to the first clone"
                return m.constant(f"density_{self.label}_{clone.name}", fewer, meaning)
        return symengine.Integer(1)

    def share(self, m: Mechanism, site: str) -> Expression:
        """Share of the cells of the bearing clones at ``site`` that bear it."""
        return self.positive

    def cells(self, m: Mechanism, site: str) -> Expression:
        """Cells at ``site`` that bear it."""
        return self.share(m, site) * sum((m[f"C_{clone.name}_{site}"] for clone in self.clones), symengine.Integer(0))


class Stained(Target):
    """PD-L1 on cancer cells: the share of them that stain for it differs from lesion to lesion."""

    def share(self, m: Mechanism, site: str) -> Expression:
        """The tumour proportion score of the lesion."""
        return m.at_site("TPS", site, "share of cancer cells that stain for PD-L1")


def stained(m: Mechanism, molecule: str) -> Target | None:
    """PD-L1 as a target, by the score that pathologists give it; None for another molecule, or without a score."""
    if molecule != "PD-L1" or not {"TPS", "PDL1_max"} <= m.context.quantities.keys():
        return None
    surface = m.parameter("A_cell", "surface of a cancer cell")
    density = m.parameter("PDL1_max", "PD-L1 on a cancer cell that stains") * surface
    return Stained("PDL1", density, symengine.Integer(1), m.context.clones)


def target(m: Mechanism, molecule: str) -> Target | None:
    """What the cancer of ``m`` has of ``molecule``; None where no cell of it bears it."""
    antigen = m.context.antigen(molecule)
    clones = tuple(clone for clone in m.context.clones if molecule not in clone.lacks)
    if antigen is None or not clones:
        return None
    label = antigen.label
    density = m.constant(f"density_{label}", antigen.density, f"{molecule} on a cancer cell that bears it")
    positive = m.constant(f"positive_{label}", antigen.positive, f"share of cancer cells that bear {molecule}")
    return Target(label, density, positive, clones)


def lysis(m: Mechanism, clone: Clone) -> Expression:
    """How readily T cells that are brought to a cell of ``clone`` kill it, relative to the first clone."""
    if clone.lysis is None:
        return symengine.Integer(1)
    return m.constant(f"lysis_{clone.name}", clone.lysis, f"killing of {clone.meaning} by T cells that find them")


def molecules_per_mole(m: Mechanism) -> Expression:
    """Avogadro's constant."""
    return m.parameter("N_A", "molecules per mole")
