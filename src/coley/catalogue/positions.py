"""Where in a TOML text each key stands, so that a problem can name its line."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

Path = tuple[str | int, ...]
"""Keys and list positions from the root of a document to a value: ``("arms", 1, "regimen")``."""


def line_numbers(text: str) -> dict[Path, int]:
    """Line (from 1) of every table, key and list element of ``text``, which must be valid TOML."""
    return _Walk(text).lines


class _Walk:
    """One pass over a valid TOML text. It notes positions and leaves reading values to ``tomllib``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._lengths: dict[Path, int] = {}
        self.lines: dict[Path, int] = {}
        table: Path = ()
        while self._skip_blank():
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _note(self, path: Path) -> None:
        self.lines.setdefault(path, bisect_right(self._starts, self._at))

    def _skip_blank(self) -> bool:
        """Move past white space, line ends and comments; False at the end of the text."""
        while (char := self._next()) and (char in " \t\r\n#"):
            self._at = self._line_end() if char == "#" else self._at + 1
        return bool(char)

    def _line_end(self) -> int:
        end = self._text.find("\n", self._at)
        return len(self._text) if end < 0 else end

    def _header(self) -> Path:
        """Path of the table that a ``[header]`` or ``[[header]]`` opens."""
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        start, self._at = self._at, self._at + brackets
        keys = self._keys("]")
        after, self._at = self._at + brackets, start
        path: Path = ()
        for key in keys[:-1]:
            path = self._enter(path, key)
        if brackets == 2:
            path = (*path, keys[-1])
            self._lengths[path] = self._lengths.get(path, -1) + 1
            self._note(path)
            path = (*path, self._lengths[path])
        else:
            path = self._enter(path, keys[-1])
        self._note(path)
        self._at = after
        return path

    def _enter(self, path: Path, key: str) -> Path:
        """Path of ``key`` below ``path``: its newest element where it is a list of tables."""
        path = (*path, key)
        self._note(path)
        return (*path, self._lengths[path]) if path in self._lengths else path

    def _pair(self, table: Path) -> None:
        start = self._at
        keys = self._keys("=")
        after, self._at = self._at + 1, start
        path = table
        for key in keys:
            path = (*path, key)
            self._note(path)
        self._at = after
        self._value(path)

    def _keys(self, end: str) -> list[str]:
        """The parts of a dotted key up to the character ``end``."""
        parts: list[str] = []
        while True:
            self._skip_blank()
            start = self._at
            if self._next() in ("'", '"'):
                self._string()
                parts.append(self._text[start + 1 : self._at - 1])
            else:
                while self._next() not in (".", end, " ", "\t"):
                    self._at += 1
                parts.append(self._text[start : self._at])
            self._skip_blank()
            if self._next() == end:
                return parts
            self._at += 1

    def _value(self, path: Path) -> None:
        self._skip_blank()
        char = self._next()
        if char == "[":
            self._list(path)
        elif char == "{":
            self._inline_table(path)
        elif char in ("'", '"'):
            self._string()
        else:
            while (char := self._next()) and char not in ",]}\n#":
                self._at += 1

    def _list(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._skip_blank() and self._next() != "]":
            if self._next() == ",":
                self._at += 1
                index += 1
                continue
            self._note((*path, index))
            self._value((*path, index))
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while self._skip_blank() and self._next() != "}":
            if self._next() == ",":
                self._at += 1
                continue
            self._pair(path)
        self._at += 1

    def _string(self) -> None:
        """Move past a string of any of the four kinds."""
        quote = self._next()
        fence = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        self._at += len(fence)
        while not self._text.startswith(fence, self._at):
            self._at += 2 if quote == '"' and self._next() == "\\" else 1
        self._at += len(fence)
        if len(fence) == 3:  # up to two quotes more belong to the string: """ends in one quote""""
            while self._next() == quote:
                self._at += 1
