"""Reading regimen text from left to right, word by word, keeping columns and problems."""

from __future__ import annotations

import re

from coley.errors import Problem

# Typographic signs, one character each so that columns stay those of the user's text: multiplication sign, superscript
# two, micro sign and mu, then non-breaking hyphen, en dash, em dash and minus sign.
_SIGNS = {"\u00d7": "x", "\u00b2": "2", "\u00b5": "u", "\u03bc": "u"}
_PLAIN = str.maketrans(_SIGNS | dict.fromkeys("\u2011\u2013\u2014\u2212", "-"))
_SEPARATOR = re.compile(r"[()]|(?<![0-9.]e)\+|\+(?![0-9])|(?<![a-z0-9-])then(?![a-z0-9-])")
DEEPEST = 8
"""Brackets inside brackets that are read."""


def where(column: int) -> str:
    """Place of a problem: column from 1, or the regimen as a whole where the column is not known (0)."""
    return f"regimen, column {column}" if column else "regimen"


def clipped(text: str, limit: int = 40) -> str:
    """``text`` short enough for a message."""
    return text if len(text) <= limit else f"{text[:limit]}..."


def quoted(text: str) -> str:
    """``text`` between quotes, short enough for a message, with unprintable characters escaped."""
    return repr(clipped(text))


def normalise(text: str) -> str:
    """``text`` in lower case with plain spaces, hyphens and letters, every character still in its column."""
    plain = text.translate(_PLAIN)
    return "".join(" " if c.isspace() else c.lower() if c.isascii() else c for c in plain)


class Part:
    """One stretch of regimen text between separators, with a reading position.

    Attributes:
        start_column: column of its first word.
        separator: what stands before it: ``+``, ``then``, or nothing at the start of the text or bracket.
        separator_column: column of that separator.
        lost: whether something was not understood, so that what follows may be misread.
    """

    def __init__(self, text: str, start: int, end: int, separator: str, separator_column: int) -> None:
        self._text = text
        self._position = start
        self._end = start + len(text[start:end].rstrip(" "))
        self._problems: list[tuple[int, Problem]] = []
        self.start_column = self.column
        self.separator = separator
        self.separator_column = separator_column
        self.lost = False

    @property
    def problems(self) -> list[tuple[int, Problem]]:
        """What was found wrong so far, each with its column."""
        return self._problems

    @property
    def done(self) -> bool:
        """Whether nothing is left to read."""
        return self._next() >= self._end

    @property
    def column(self) -> int:
        """Column of the next word; the column after the last word where nothing is left."""
        return min(self._next(), self._end) + 1

    def peek(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Match of ``pattern`` at the next word, without reading it."""
        return pattern.match(self._text, self._next(), self._end)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Match of ``pattern`` at the next word, read."""
        match = self.peek(pattern)
        if match:
            self._position = match.end()
        return match

    def take_bracket(self) -> tuple[int, int] | None:
        """Bounds of what stands in the bracket that opens at the next word, read with the bracket; None for none."""
        start = self._next()
        if start >= self._end or self._text[start] != "(":
            return None
        depth = 0
        for position in range(start, self._end):
            depth += {"(": 1, ")": -1}.get(self._text[position], 0)
            if depth == 0:
                self._position = position + 1
                return start + 1, position
        return None

    def inside(self, bounds: tuple[int, int]) -> Part:
        """A stretch of the same text, to be read by itself."""
        return Part(self._text, *bounds, "", bounds[0])

    @property
    def ahead(self) -> str:
        """What is left to read."""
        return self._text[self._next() : self._end]

    def fault(self, column: int, what: str, hint: str = "", *, lost: bool = False) -> None:
        """Note a problem. ``lost`` says that what follows in this part may be misread because of it."""
        self.note(column, Problem(where(column), what, hint))
        self.lost = self.lost or lost

    def note(self, column: int, problem: Problem) -> None:
        """Note a problem that says itself where it is, as one of a named regimen does."""
        self._problems.append((column, problem))

    def _next(self) -> int:
        position = self._position
        while position < self._end and self._text[position] == " ":
            position += 1
        return position


def balance(text: str) -> tuple[str, list[tuple[int, Problem]]]:
    """``text`` with blanks for brackets that have no counterpart or lie too deep, and a problem for each of them."""
    opened: list[int] = []
    wrong: dict[int, tuple[str, str]] = {}
    for position, character in enumerate(text):
        if character == "(":
            opened.append(position)
        elif character == ")" and opened:
            start = opened.pop()
            if len(opened) >= DEEPEST:
                wrong[start] = (f"more than {DEEPEST} brackets stand inside each other", "leave some of them out")
                wrong[position] = ("", "")
        elif character == ")":
            wrong[position] = ("')' closes no bracket", "write '(' before it, or leave it out")
    wrong |= {position: ("'(' is not closed", "write ')' where the bracket ends") for position in opened}
    plain = "".join(" " if position in wrong else character for position, character in enumerate(text))
    return plain, [(p + 1, Problem(where(p + 1), what, hint)) for p, (what, hint) in sorted(wrong.items()) if what]


def split(text: str, start: int, end: int) -> list[Part]:
    """The parts of normalised, balanced text between ``+`` and ``then``, from ``start`` to ``end``."""
    bounds = [(start, start, "")]
    depth = 0
    for match in _SEPARATOR.finditer(text, start, end):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if depth == 0 and match.group() != ")":
            bounds.append((match.start(), match.end(), match.group()))
    parts = []
    for index, (left, right, separator) in enumerate(bounds):
        stop, following = (bounds[index + 1][0], bounds[index + 1][2]) if index + 1 < len(bounds) else (end, "")
        # People write "x4, then ...".
        if following == "then":
            stop = right + len(text[right:stop].rstrip(" ,;"))
        parts.append(Part(text, right, stop, separator, left + 1))
    return parts
