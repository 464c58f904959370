"""A look at a file before libSBML has it: whatever could take libSBML without bound is refused, in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

from coley.sbml.limits import DEEPEST_NESTING, LARGEST_ELEMENT, LONGEST_FORMULA, LONGEST_TEXT, MOST_ITEMS, RefusalError

_MATHML = "http://www.w3.org/1998/Math/MathML "


def screen(data: bytes) -> None:
    """Refuse what is no well-formed XML, declares a document type, nests too deep or holds too much.

    Raises:
        RefusalError: with the line at which the pass ended.
    """
    if not data.strip():
        raise RefusalError("not-readable", "the file is empty")
    watch = _Watch()
    try:
        watch.parser.Parse(data, True)
    except expat.ExpatError as error:
        what = f"is not well-formed XML: {expat.ErrorString(error.code)} in line {error.lineno}"
        raise RefusalError("not-sbml", what, "save the model as SBML anew") from None


class _Watch:
    """What is counted while a parser goes through a file.

    ``open`` holds, for every open element, the number of its children so far, and the most terms of one of them.
    """

    def __init__(self) -> None:
        self.open = [(0, 0)]
        self.items = 0
        self.namespaces = 0
        # all text was found to be UTF-8; whatever else a file declares, libSBML reports
        self.parser = expat.ParserCreate("UTF-8", " ")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _refuse(self, code: str, what: str, hint: str = "") -> None:
        raise RefusalError(code, f"{what} in line {self.parser.CurrentLineNumber}", hint)

    def _doctype(self, *_: object) -> None:
        self._refuse("doctype", "declares a document type", "SBML has none")

    def _namespace(self, *_: object) -> None:
        self.namespaces += 1

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        named, self.namespaces = len(attributes) + self.namespaces, 0
        self.items += 1 + named
        self.open.append((0, 0))
        depth = len(self.open) - 1
        tag = name.rpartition(" ")[2]
        if depth == 1 and tag != "sbml":
            raise RefusalError("not-sbml", f"is XML, but its first element is <{tag[:60]}>", "SBML begins with <sbml>")
        if depth > DEEPEST_NESTING:
            self._refuse("too-deep", f"elements nest more than {DEEPEST_NESTING} levels")
        if named > LARGEST_ELEMENT:
            self._refuse("too-large", f"an element has more than {LARGEST_ELEMENT} attributes and namespaces")
        if self.items > MOST_ITEMS:
            self._refuse("too-large", f"there are more than {MOST_ITEMS:,} elements, attributes and namespaces")
        if any(len(text) > LONGEST_TEXT for text in attributes.values()):
            self._refuse("too-deep", f"an attribute has more than {LONGEST_TEXT} characters")
        if sum(map(attributes.get("formula", "").count, "+-*/^(")) > LONGEST_FORMULA:
            self._refuse("too-deep", f"a formula has more than {LONGEST_FORMULA} operators and brackets")

    def _end(self, name: str) -> None:
        children, most = self.open.pop()
        terms = children + most if name.startswith(_MATHML) else 0
        if terms > LONGEST_FORMULA:
            self._refuse("too-deep", f"a formula has more than {LONGEST_FORMULA} terms within each other")
        children, most = self.open[-1]
        self.open[-1] = (children + 1, max(most, terms))
