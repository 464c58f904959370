"""What libSBML remarks about a file that it accepts: units that do not balance, and unusual practice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libsbml

from coley.errors import Problem
from coley.sbml.importer.document import read

_LINES = 3
"""Lines that are named of those where the same is remarked."""


def remarks(path: str | Path) -> list[Problem]:
    """Each kind of remark once, with its lines. Nothing of it keeps the model from being read.

    Raises:
        ColeyError: a file that :func:`coley.load_sbml` refuses as such.
    """
    place = Path(path)
    document = read(place)
    document.getErrorLog().clearLog()
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, True)
    document.checkConsistency()
    return list(_remarks(document, str(place)))


def _remarks(document: libsbml.SBMLDocument, name: str) -> Iterator[Problem]:
    lines: dict[str, list[int]] = {}
    for number in range(document.getNumErrors()):
        error = document.getError(number)
        lines.setdefault(error.getShortMessage() or " ".join(error.getMessage().split()), []).append(error.getLine())
    for what, found in lines.items():
        yield Problem(f"{name}{_places(found)}", what.rstrip("."))


def _places(lines: list[int]) -> str:
    found = sorted({line for line in lines if line})
    if not found:
        return ""
    more = f" and {len(found) - _LINES} more" if len(found) > _LINES else ""
    return f", line{'s' * (len(found) > 1)} {', '.join(map(str, found[:_LINES]))}{more}"
