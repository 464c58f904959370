"""What harm and its care need to know of a drug."""

from __future__ import annotations

from typing import Protocol

from coley.regimen import Rules


class Medicine(Rules, Protocol):
    """A drug that is given, or that care names."""

    @property
    def classes(self) -> tuple[str, ...]:
        """What the drug counts as, such as ``anti-PD-1``."""
