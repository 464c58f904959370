"""A look at a file before libSBML has it: whatever could take libSBML without bound is refused, in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from coley.sbml.limits import DEEPEST_NESTING, LARGEST_ELEMENT, LONGEST_FORMULA, LONGEST_TEXT, MOST_ITEMS, RefusalError

_MATHML = "http://www.w3.org/1998/Math/MathML "
_CALLED = ("/rateOf", "/delay")
_ASIDE = ("notes", "annotation", "annotation-xml")
_ELEMENTS = """
    math semantics annotation annotation-xml ci cn csymbol sep apply piecewise piece otherwise lambda bvar degree
    logbase eq neq gt lt geq leq and or xor not implies plus minus times divide power root abs exp ln log floor
    ceiling factorial quotient max min rem sin cos tan sec csc cot sinh cosh tanh sech csch coth arcsin arccos
    arctan arcsec arccsc arccot arcsinh arccosh arctanh arcsech arccsch arccoth true false notanumber pi infinity
    exponentiale
"""
_KNOWN = frozenset(_ELEMENTS.split())  # SBML Level 3 Version 2, section 3.4.1
_SBML = "http://www.sbml.org/sbml/"
_LEVELS = {
    f"{_SBML}level1": ("1", ("2",)),
    f"{_SBML}level2": ("2", ("1",)),
    **{f"{_SBML}level2/version{n}": ("2", (f"{n}",)) for n in (2, 3, 4, 5)},
    **{f"{_SBML}level3/version{n}/core": ("3", (f"{n}",)) for n in (1, 2)},
}
"""Level and versions that each namespace has; libSBML ends the process where they do not belong together."""


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


@dataclass
class _Open:
    """An element that has begun: its children so far, the most terms of one of them, whether it calls a symbol."""

    name: str
    children: int = 0
    most: int = 0
    calls: bool = False


class _Watch:
    """What is counted while a parser goes through a file."""

    def __init__(self) -> None:
        self.open = [_Open("")]
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
        self.open.append(_Open(name))
        depth = len(self.open) - 1
        if name == f"{_MATHML}csymbol" and attributes.get("definitionURL", "").endswith(_CALLED):
            self._call(self.open[-2])
        if name.startswith(_MATHML) and name.removeprefix(_MATHML) not in _KNOWN:
            self._stranger(name.removeprefix(_MATHML))
        if depth == 1:
            self._root(name, attributes)
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

    def _stranger(self, tag: str) -> None:
        """An element that formulas of SBML do not have: libSBML takes some for functions, and crashes."""
        if not any(element.name.rpartition(" ")[2] in _ASIDE for element in self.open):
            self._refuse("function", f"<{tag[:60]}> is no element of SBML's MathML")

    def _root(self, name: str, attributes: Mapping[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        if tag != "sbml":
            raise RefusalError("not-sbml", f"is XML, but its first element is <{tag[:60]}>", "SBML begins with <sbml>")
        level, versions = _LEVELS.get(namespace, ("", ()))
        if attributes.get("level") != level or attributes.get("version") not in versions:
            said = f"level {attributes.get('level', '–')[:9]} version {attributes.get('version', '–')[:9]}"
            hint = "what is read is Level 1 Version 2, Level 2, and Level 3 Versions 1 and 2"
            raise RefusalError("not-sbml", f"is SBML of {said} in the namespace {namespace[:80]!r}", hint)

    def _call(self, parent: _Open) -> None:
        """A symbol that is a function, in ``parent``: libSBML crashes where it is not applied to anything."""
        if parent.name != f"{_MATHML}apply" or parent.children:
            self._refuse("invalid", "a function is not applied")
        parent.calls = True

    def _end(self, name: str) -> None:
        ended, parent = self.open.pop(), self.open[-1]
        parent.children += 1
        if name.startswith(_MATHML):
            terms = ended.children + ended.most
            if terms > LONGEST_FORMULA:
                self._refuse("too-deep", f"a formula has more than {LONGEST_FORMULA} terms within each other")
            if ended.calls and ended.children == 1:
                self._refuse("invalid", "a function is applied to nothing")
            parent.most = max(parent.most, terms)
