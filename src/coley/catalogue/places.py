"""Places in the raw data of a file: values by patterns of paths, whatever else is wrong with the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]
Pattern = tuple[str, ...]
"""Keys from the root to a value; ``*`` stands for every element of a list and every key of a table."""


def select(data: Any, pattern: Pattern) -> Iterator[tuple[Path, Any]]:
    """Values at ``pattern`` of ``data`` with their paths; nothing where it has another form."""
    if not pattern:
        yield (), data
        return
    first, *rest = pattern
    for key, value in _children(data):
        if first in ("*", str(key)):
            yield from (((key, *path), found) for path, found in select(value, tuple(rest)))


def walk(data: Any) -> Iterator[tuple[Path, Any]]:
    """Every value below ``data``, tables and lists before what they hold."""
    for key, value in _children(data):
        yield (key,), value
        yield from (((key, *path), found) for path, found in walk(value))


def path_of(text: str) -> Path:
    """The path that a text such as ``rules[0].drugs[1].classes`` spells."""
    parts = re.findall(r"\[(\d+)\]|([^.\[\]]+)", text)
    return tuple(int(index) if index else key for index, key in parts)


def _children(data: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(data, Mapping):
        yield from data.items()
    elif isinstance(data, list):
        yield from enumerate(data)
