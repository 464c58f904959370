"""Reading regimen text from left to right, word by word, keeping columns and problems."""

from __future__ import annotations

import re

from coley.errors import Problem

# Typographic signs, one character each so that columns stay those of the user's text: multiplication sign, superscript
# two, micro sign and mu, then non-breaking hyphen, en dash, em dash and minus sign.
_SIGNS = {"\u00d7": "x", "\u00b2": "2", "\u00b5": "u", "\u03bc": "u"}
_PLAIN = str.maketrans(_SIGNS | dict.fromkeys("\u2011\u2013\u2014\u2212", "-"))
_SEPARATOR = re.compile(r"(?<![0-9.]e)\+|\+(?![0-9])|(?<![a-z0-9-])then(?![a-z0-9-])")


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
        separator: what stands before it: ``+``, ``then``, or nothing at the start of the text.
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

    @property
    def ahead(self) -> str:
        """What is left to read."""
        return self._text[self._next() : self._end]

    def fault(self, column: int, what: str, hint: str = "", *, lost: bool = False) -> None:
        """Note a problem. ``lost`` says that what follows in this part may be misread because of it."""
        self._problems.append((column, Problem(where(column), what, hint)))
        self.lost = self.lost or lost

    def _next(self) -> int:
        position = self._position
        while position < self._end and self._text[position] == " ":
            position += 1
        return position


def split(text: str) -> list[Part]:
    """The parts of normalised text between ``+`` and ``then``."""
    bounds = [(0, 0, "")] + [(m.start(), m.end(), m.group()) for m in _SEPARATOR.finditer(text)]
    parts = []
    for index, (start, end, separator) in enumerate(bounds):
        stop, following = (bounds[index + 1][0], bounds[index + 1][2]) if index + 1 < len(bounds) else (len(text), "")
        # People write "x4, then ...".
        if following == "then":
            stop = end + len(text[end:stop].rstrip(" ,;"))
        parts.append(Part(text, end, stop, separator, start + 1))
    return parts
