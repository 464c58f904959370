"""save_sbml(): a System as a file in SBML Level 3 Version 2 core."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import libsbml

from coley.errors import ColeyError, Problem
from coley.sbml.changes import write_events, write_reactions, write_rules
from coley.sbml.digits import exact
from coley.sbml.draft import Draft
from coley.sbml.notes import Reference, explain
from coley.sbml.outline import outline
from coley.sbml.quantities import write_quantities
from coley.sbml.unit_definitions import define
from coley.system import System
from coley.version import __version__

LEVEL, VERSION = 3, 2
PURPOSE = "For research and teaching, never for deciding one person's treatment."


def save_sbml(system: System, path: str | Path, *, references: Mapping[str, Reference] | None = None) -> None:
    """Write ``system`` as SBML Level 3 Version 2 core, whole or not at all.

    Time is in days. A state that is an amount becomes a species; every name, unit, meaning and source is kept. SBML has
    no words for ``State.nonnegative`` and ``Event.ends``, nor for scales: notes tell the first two.

    Args:
        references: publications by the key that sources of parameters begin with, such as the catalogue's ``sources``;
            each is cited in notes, and annotated as what describes the parameter.

    Raises:
        ColeyError: a function or a unit that SBML lacks, or a path that cannot be written.
    """
    document = sbml_text(system, references=references)
    place = Path(path)
    try:
        _replace(place, document.encode())
    except OSError as error:
        raise ColeyError(Problem(str(place), f"cannot be written ({error.strerror})")) from None


def sbml_text(system: System, *, references: Mapping[str, Reference] | None = None) -> str:
    """What :func:`save_sbml` writes."""
    document = libsbml.SBMLDocument(LEVEL, VERSION)
    model = document.createModel()
    told = outline(system)
    model.setName(system.name)
    explain(model, f"Written by coley {__version__}. {PURPOSE}")
    units = define(model, ["day", *system.units.values()])
    model.setTimeUnits(units["day"])
    draft = Draft(model, told, units, references or {})
    write_quantities(draft)
    write_rules(draft)
    write_reactions(draft)
    write_events(draft)
    draft.finish()
    return exact(libsbml.writeSBMLToString(document), draft.values)


def _replace(place: Path, content: bytes) -> None:
    """Put ``content`` at ``place`` at once, so that nobody sees half of it."""
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
