"""A look at a file before libSBML has it: whatever could take libSBML without bound is refused, in one pass."""

from __future__ import annotations

from xml.parsers import expat

from coley.sbml.limits import DEEPEST_NESTING, LONGEST_TEXT, RefusalError

_PIECE = 1 << 20  # bytes at a time


def screen(data: bytes) -> None:
    """Refuse what is no well-formed XML, declares a document type, or nests too deep.

    Raises:
        RefusalError: with the line at which the pass ended.
    """
    if not data.strip():
        raise RefusalError("not-readable", "the file is empty")
    parser = expat.ParserCreate()
    _watch(parser)
    try:
        for first in range(0, len(data), _PIECE):
            parser.Parse(data[first : first + _PIECE], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        what = f"is not well-formed XML: {expat.ErrorString(error.code)} in line {error.lineno}"
        raise RefusalError("not-sbml", what, "save the model as SBML anew") from None


def _watch(parser: expat.XMLParserType) -> None:
    depth = 0

    def starts(name: str, attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 1 and name.rpartition(":")[2] != "sbml":
            raise RefusalError("not-sbml", f"is XML, but its first element is <{name[:60]}>", "SBML begins with <sbml>")
        if depth > DEEPEST_NESTING:
            what = f"elements nest more than {DEEPEST_NESTING} levels in line {parser.CurrentLineNumber}"
            raise RefusalError("too-deep", what)
        if any(len(text) > LONGEST_TEXT for text in attributes):
            what = f"an attribute in line {parser.CurrentLineNumber} has more than {LONGEST_TEXT} characters"
            raise RefusalError("too-deep", what)

    def ends(name: str) -> None:
        nonlocal depth
        depth -= 1

    def declares(name: str, *_: object) -> None:
        raise RefusalError("doctype", f"declares a document type in line {parser.CurrentLineNumber}", "SBML has none")

    parser.ordered_attributes = True
    parser.StartElementHandler = starts
    parser.EndElementHandler = ends
    parser.StartDoctypeDeclHandler = declares
