"""Receptor blockade: an antibody occupies its target, and blocks it or has the cells that bear it depleted.

Occupancy at equilibrium, C / (C + Kd), with the drug in excess of its target. Antibodies against one target are
taken to bind apart from each other: what two leave free is the product of what each leaves.
"""

from __future__ import annotations

from coley.catalogue.schema import Drug, Target
from coley.errors import ColeyError, Problem, did_you_mean
from coley.model import Context, Mechanism, symbol
from coley.system import Expression

# molecule and action -> tissue where it acts (T tumour, N node), shared term
_BLOCKED = {"PD-1": ("T", "free_PD1"), "PD-L1": ("T", "free_PDL1"), "CTLA-4": ("N", "free_CTLA4")}
_DEPLETED = {"CTLA-4": ("T", "deplete_Treg")}


def receptor_blockade(context: Context, drug: Drug) -> Mechanism:
    """What one antibody does to each of its targets, by occupancy at equilibrium."""
    name = symbol(drug)
    m = Mechanism(f"receptor_blockade_{name}", f"{drug.title} occupies its targets in tumour and node.", context)
    if drug.molar_mass is None:
        raise ColeyError(Problem(f"drug {drug.name}", "an antibody needs its molar_mass", "give it in kg/mol"))
    mass = m.constant(f"M_{name}", drug.molar_mass, "molar mass")
    for target in drug.targets:
        places = _BLOCKED if target.action == "block" else _DEPLETED
        if target.molecule not in places:
            hint = did_you_mean(target.molecule, places)
            raise ColeyError(Problem(f"drug {drug.name}", f"no mechanism to {target.action} {target.molecule!r}", hint))
        tissue, shared = places[target.molecule]
        occupied = _occupancy(m, name, tissue, target, mass)
        if target.action == "block":
            m.contribute(shared, 1 - occupied)
        else:
            m.contribute(shared, _depletion_rate(m, name, drug, target) * occupied)
    return m


def _depletion_rate(m: Mechanism, name: str, drug: Drug, target: Target) -> Expression:
    if target.effect is None:
        what = f"depletes cells with {target.molecule!r} at no given rate"
        raise ColeyError(Problem(f"drug {drug.name}", what, "give the rate at full occupancy in [targets.effect]"))
    meaning = f"depletion rate of cells with {target.molecule} at full occupancy"
    return m.constant(f"k_deplete_{name}", target.effect, meaning)


def _occupancy(m: Mechanism, name: str, tissue: str, target: Target, mass: Expression) -> Expression:
    label = target.molecule.replace("-", "")
    affinity = m.constant(f"Kd_{label}_{name}", target.affinity, f"dissociation constant for {target.molecule}")
    molar = m[f"C{tissue}_{name}"] / mass
    occupied = molar / (molar + affinity)
    return m.rule(f"RO_{label}_{tissue}_{name}", "", occupied, f"occupancy of {target.molecule}, 0 to 1")
