"""From a path to a document of libSBML, in Level 3, valid but for what is harmless."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import libsbml

from coley.errors import ColeyError, Problem, did_you_mean
from coley.sbml.importer.screening import screen
from coley.sbml.limits import LARGEST_FILE, RefusalError, Refused

Document = Any  # libSBML publishes no types

_HARMLESS = {
    libsbml.UndeclaredUnits,
    libsbml.DanglingUnitReference,  # what units say is not computed with
    libsbml.ApplyCiMustBeUserFunction,  # refused by name where a formula is read, but for a few that are well known
    libsbml.BooleanOpsNeedBooleanArgs,  # a number counts as true unless it is 0
    libsbml.UndeclaredSpeciesRef,  # a modifier need not be declared to be known
    libsbml.NonConstantSpeciesUsed,  # what is constant stays as it is
    libsbml.NumericOpsNeedNumericArgs,  # true counts as 1
}
_CODES = {
    libsbml.CircularRuleDependency: "circular",
    libsbml.CircularDependencyRateOf: "circular",
    libsbml.RecursiveFunctionDefinition: "recursion",
}
_DRAWING = ("layout", "render")
_NAMED = (*_DRAWING, "'layout'", "'layout_L2'", "'render'", "'render_L2'")
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_MOST_FAULTS = 100  # that are told of one file
_UNCHECKED = (  # slow, and nothing that they find could change a result
    libsbml.LIBSBML_CAT_UNITS_CONSISTENCY,
    libsbml.LIBSBML_CAT_MODELING_PRACTICE,
    libsbml.LIBSBML_CAT_SBO_CONSISTENCY,
    libsbml.LIBSBML_CAT_OVERDETERMINED_MODEL,
)


def read(path: Path) -> Document:
    """The document at ``path``; one of Level 1 or 2 converted to Level 3 Version 1, which writes its defaults out.

    Raises:
        ColeyError: a file that cannot be read or is not valid, with the line of every fault.
    """
    try:
        data = _bytes(path)
        text = data.decode("utf-8-sig")
        screen(data)
    except UnicodeDecodeError as error:
        problem = Refused(str(path), f"is not text in UTF-8 (byte {error.start})", code="not-readable")
        raise ColeyError(problem) from None
    except RefusalError as refusal:
        raise ColeyError(refusal.at(str(path))) from None
    if not text.startswith("<?xml"):
        text = _DECLARATION + text  # libSBML would, with a line of its own, and count that
    document = libsbml.readSBMLFromString(text)
    _demand(document, path)
    if document.getModel() is None:
        raise ColeyError(Refused(str(path), "holds no model", code="not-sbml"))
    for category in _UNCHECKED:
        document.setConsistencyChecks(category, False)
    document.checkConsistency()
    _demand(document, path)
    homeless = list(_homeless(document.getModel(), path))
    if homeless:
        raise ColeyError(homeless)
    if document.getLevel() < 3:
        document.setLevelAndVersion(3, 1, False)
        if document.getLevel() < 3:
            unread = Refused(str(path), "cannot be read as SBML Level 3", code="invalid")
            raise ColeyError(list(_faults(document, path)) or unread)
    return document


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            what = "is a folder" if path.is_dir() else "is no plain file"
            raise RefusalError("not-readable", what, "name an .xml file")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RefusalError("not-readable", f"cannot be read ({reason})", _neighbours(path)) from None
    if len(data) > LARGEST_FILE:
        raise RefusalError("too-large", f"is larger than {LARGEST_FILE / 1e6:g} MB")
    return data


def _neighbours(path: Path) -> str:
    """A hint with files of nearly this name in the same folder."""
    names = [other.name for other in path.parent.glob("*.xml")]
    hint = did_you_mean(path.name, names)
    return hint if hint.startswith("did you mean") else ""


def _demand(document: Document, path: Path) -> None:
    problems = [*_packages(document, path), *islice(_faults(document, path), _MOST_FAULTS)]
    if problems:
        raise ColeyError(problems)


def _packages(document: Document, path: Path) -> Iterator[Problem]:
    if document.getLevel() < 3:
        return
    for i in range(document.getNumPlugins()):
        name = document.getPlugin(i).getPackageName()
        if document.getPackageRequired(name) and name != "l3v2extendedmath":
            yield _package(path, name)
    for i in range(document.getNumUnknownPackages()):
        uri = document.getUnknownPackageURI(i)
        if document.getPackageRequired(uri):
            yield _package(path, uri)


def _package(path: Path, name: str) -> Refused:
    return Refused(str(path), f"uses the package {name!r}, which changes what models mean", "use core SBML", "package")


def _faults(document: Document, path: Path) -> Iterator[Problem]:
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() < libsbml.LIBSBML_SEV_ERROR or error.getErrorId() in _HARMLESS or _on_drawing(error):
            continue
        what = " ".join(error.getMessage().split()) or error.getShortMessage()
        code = _CODES.get(error.getErrorId(), "invalid")
        yield Refused(f"{path}, line {error.getLine()}", what.rstrip("."), code=code)


def _homeless(model: Any, path: Path) -> Iterator[Problem]:
    """Species in no compartment: libSBML finds those whose compartment is not declared, not those that name none."""
    for species in model.getListOfSpecies():
        if model.getCompartment(species.getCompartment()) is None:
            where = f"{path}, line {species.getLine()}, species {species.getId()}"
            yield Refused(where, "stands in no compartment", code="invalid")


def _on_drawing(error: Any) -> bool:
    """Whether it is about how a model is drawn; layouts in Level 2 are reported as if they were faults of the core."""
    named = any(f"ackage {name}" in error.getMessage() for name in _NAMED)
    strange = error.getErrorId() in (libsbml.UnrecognizedElement, libsbml.NotSchemaConformant)
    return error.getPackage() in _DRAWING or (named and strange)
