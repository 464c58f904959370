"""What went wrong, where, and what would be right: one error type for everything a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing to mend.

    Attributes:
        where: place of the fault, such as ``melanoma.toml: growth.unit`` or ``regimen, column 12``.
        what: what is wrong there, as a sentence without its full stop.
        hint: what would be right; empty where nothing can be said.
    """

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}; {self.hint}" if self.hint else text


class ColeyError(Exception):
    """Input that cannot be used. Carries every problem found, not only the first.

    Attributes:
        problems: the faults in the order in which they were met, at least one.
    """

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        if not self.problems:
            raise ValueError("a ColeyError needs at least one problem")
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[ColeyError], tuple[tuple[Problem, ...]]]:
        return (ColeyError, (self.problems,))


def did_you_mean(word: str, known: Iterable[str], limit: int = 3) -> str:
    """A hint naming the known words nearest to ``word``, or the known words where few and none is near."""
    names: Sequence[str] = sorted(known)
    folded = {name.casefold(): name for name in names}
    near = [folded[m] for m in difflib.get_close_matches(word.casefold(), folded, n=limit, cutoff=0.6)]
    if near:
        return f"did you mean {' or '.join(repr(n) for n in near)}?"
    if names and len(names) <= 12:
        return f"known: {', '.join(names)}"
    return ""
