"""What import refuses, and why: the whole list. The page ``docs/sbml.md`` shows the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from coley.errors import Problem

LARGEST_FILE = 32_000_000
"""Bytes of a file."""
MOST_ITEMS = 250_000
"""Elements, attributes and namespaces of a file; libSBML takes some kilobytes for each that it does not know."""
LARGEST_ELEMENT = 100
"""Attributes and namespaces of one element; libSBML takes time that grows with their square."""
DEEPEST_NESTING = 250
"""Elements of a file within each other; levels of a formula as well. libSBML crashes at some 5,000."""
LONGEST_FORMULA = 1_000
"""Operands on the way from a formula to its innermost part: libSBML nests a sum of n terms n deep."""
LONGEST_TEXT = 20_000
"""Characters of an attribute."""
LARGEST_EQUATION = 1_000
"""Numbers, names and operations of one algebraic rule, because solving it may take much longer than reading it."""
LARGEST_MODEL = 1_000_000
"""Numbers, names and operations in all formulas, function definitions and rules written out."""

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "not-readable": "a file that is absent, empty, or not text in UTF-8",
        "not-sbml": "a file that is no well-formed XML, or no SBML",
        "doctype": "a document type declaration: SBML has none, and its entities could grow without bound",
        "too-large": f"a file above {LARGEST_FILE / 1e6:g} MB or of more than {MOST_ITEMS:,} elements, attributes and "
        f"namespaces, {LARGEST_ELEMENT} of them in one element, or a model of more than "
        f"{LARGEST_MODEL / 1e6:g} million numbers, names and operations once all functions and rules are written out",
        "too-deep": f"elements or formulas nested more than {DEEPEST_NESTING} levels, "
        f"a formula of more than {LONGEST_FORMULA} terms within each other, "
        f"or an attribute of more than {LONGEST_TEXT} characters",
        "invalid": "an error by the rules of SBML, other than those that are harmless here",
        "package": "a package of Level 3 that changes what the model means (comp, multi, distrib, arrays and the like)",
        "function": "a function that is neither MathML of SBML nor defined in the model",
        "recursion": "a function definition that calls itself",
        "unknown-name": "a formula with a name that nothing declares",
        "circular": "rules, initial assignments or reactions that depend on each other in a circle",
        "algebraic": f"an algebraic rule without explicit solution, or of more than {LARGEST_EQUATION} parts",
        "fast": "fast reactions whose equilibrium has no closed form",
        "lag": "a delay of delayed values, by a lag that changes",
        "infinite": "a result of arithmetic on constants that is no finite real number",
    }
)
"""Code of each refusal, and what is refused."""


@dataclass(frozen=True)
class Refused(Problem):
    """A problem with the key of its reason in :data:`REFUSED`."""

    code: str = ""


class RefusalError(Exception):
    """Something that import refuses, before its place is known.

    Args:
        code: key of the reason in :data:`REFUSED`.
        what: what is wrong, as a sentence without its full stop.
        hint: what would be right.
    """

    def __init__(self, code: str, what: str, hint: str = "") -> None:
        assert code in REFUSED
        super().__init__(what)
        self._code, self._what, self._hint = code, what, hint

    def at(self, where: str) -> Refused:
        """The refusal as a problem with its place."""
        return Refused(where, self._what, self._hint, self._code)
