"""A look at a file before libSBML has it: whatever could take libSBML without bound is refused, in one pass."""

from __future__ import annotations

from xml.parsers import expat

from coley.sbml.limits import DEEPEST_NESTING, LARGEST_FORMULA, LONGEST_TEXT, RefusalError

_PIECE = 1 << 20  # bytes at a time


def screen(data: bytes) -> None:
    """Refuse what is no well-formed XML, declares a document type, nests too deep or has too long a formula.

    Raises:
        RefusalError: with the line at which the pass ended.
    """
    if not data.strip():
        raise RefusalError("not-readable", "the file is empty")
    parser = expat.ParserCreate()
    _Watch(parser)
    try:
        for first in range(0, len(data), _PIECE):
            parser.Parse(data[first : first + _PIECE], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        what = f"is not well-formed XML: {expat.ErrorString(error.code)} in line {error.lineno}"
        raise RefusalError("not-sbml", what, "save the model as SBML anew") from None


class _Watch:
    """Counts on the way through a file."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self._depth = 0
        self._formula = 0  # elements of the formula that has begun, 0 outside one
        parser.ordered_attributes = True
        parser.StartElementHandler = self._starts
        parser.EndElementHandler = self._ends
        parser.StartDoctypeDeclHandler = self._declares

    def _starts(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        name = name.rpartition(":")[2]
        if self._depth == 1 and name != "sbml":
            raise RefusalError("not-sbml", f"is XML, but its first element is <{name[:60]}>", "SBML begins with <sbml>")
        if self._formula or name == "math":
            self._formula += 1
        self._demand(self._depth <= DEEPEST_NESTING, f"elements nest more than {DEEPEST_NESTING} levels")
        self._demand(self._formula <= LARGEST_FORMULA, f"a formula has more than {LARGEST_FORMULA} elements")
        longest = max(map(len, attributes), default=0)
        self._demand(longest <= LONGEST_TEXT, f"an attribute has more than {LONGEST_TEXT} characters")

    def _ends(self, name: str) -> None:
        self._depth -= 1
        if name.rpartition(":")[2] == "math":
            self._formula = 0

    def _declares(self, name: str, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise RefusalError("doctype", f"declares a document type in line {line}", "SBML has none")

    def _demand(self, fits: bool, fault: str) -> None:
        if not fits:
            raise RefusalError("too-deep", f"{fault} in line {self._parser.CurrentLineNumber}")
