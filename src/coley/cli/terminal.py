"""What reaches a terminal: text without the characters that steer one, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_KEPT = "\n\t"
_STEERING = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Control characters, and those that turn the direction of text."""
_REMOVED = dict.fromkeys(code for code in _STEERING if chr(code) not in _KEPT)


def plain(text: str) -> str:
    """``text`` without the characters that steer a terminal."""
    return text.translate(_REMOVED)


class Screen(Console):
    """A console that prints no character that steers a terminal, but those that it makes itself."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What ``renderable`` shows, as rich has it."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)
