"""Notes and annotations: what a thing means, how its number is known, and where that is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol
from xml.sax.saxutils import escape

import libsbml

from coley.system import Parameter

_XHTML = "http://www.w3.org/1999/xhtml"


class Reference(Protocol):
    """A publication: how it is cited, and where it is, as far as known."""

    @property
    def citation(self) -> str: ...
    @property
    def pmid(self) -> str: ...
    @property
    def doi(self) -> str: ...
    @property
    def url(self) -> str: ...


def explain(element: libsbml.SBase, *lines: str) -> None:
    """Write the lines that say something into the notes of ``element``, a paragraph each."""
    said = [f"<p>{escape(line)}</p>" for line in lines if line]
    if said:
        element.setNotes(f'<body xmlns="{_XHTML}">{"".join(said)}</body>')


def provenance(parameter: Parameter, references: Mapping[str, Reference]) -> Iterable[str]:
    """How the parameter's value is known, and its source, cited where ``references`` has it."""
    if parameter.known:
        yield f"Known: {parameter.known}"
    if parameter.source:
        reference = _reference(parameter, references)
        yield f"Source: {parameter.source}" + (f" ({reference.citation})" if reference else "")


def cite(element: libsbml.SBase, parameter: Parameter, references: Mapping[str, Reference]) -> None:
    """Annotate ``element`` with what describes it: identifiers.org for PubMed and DOI, else the address."""
    reference = _reference(parameter, references)
    if reference is None:
        return
    resources = [f"https://identifiers.org/pubmed:{reference.pmid}"] if reference.pmid else []
    resources += [f"https://identifiers.org/doi:{reference.doi}"] if reference.doi else []
    resources = resources or ([reference.url] if reference.url else [])
    if not resources:
        return
    term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
    term.setBiologicalQualifierType(libsbml.BQB_IS_DESCRIBED_BY)
    for resource in resources:
        term.addResource(resource)
    element.setMetaId(f"meta_{element.getId()}")
    element.addCVTerm(term)


def _reference(parameter: Parameter, references: Mapping[str, Reference]) -> Reference | None:
    return references.get(parameter.source.partition(",")[0])
