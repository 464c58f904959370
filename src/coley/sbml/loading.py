"""load_sbml(): a file in SBML as a System."""

from __future__ import annotations

from pathlib import Path

from coley.sbml.importer.assembly import assemble
from coley.sbml.importer.document import read
from coley.sbml.importer.extraction import extract
from coley.sbml.nonnegative import with_floors
from coley.system import System


def load_sbml(path: str | Path) -> System:
    """The model in the SBML file at ``path``: Level 1 Version 2 to Level 3 Version 2, core.

    A species is a state that holds its amount; the rule ``[species]`` is its concentration. A reaction's rate is the
    rule of its identifier; a local parameter ``k`` of reaction ``R`` is the parameter ``R.k``. What is constant and
    given as a number is a parameter; a constant with an initial assignment that depends on others is a rule of them.
    Numbers stay as they are: time is in the model's own unit, and units say what the numbers are. A compartment
    without size has size 1. States that cannot fall below 0, as the rates show, are kept from it.

    Raises:
        ColeyError: everything that is refused, with its line; :data:`coley.sbml.limits.REFUSED` is the whole list.
    """
    place = Path(path)
    return with_floors(assemble(extract(read(place), str(place)), str(place)))
