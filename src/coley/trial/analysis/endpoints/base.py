"""What every endpoint is: a name that can be read, a label, a unit, and how it is computed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.statistics import Estimate

PERCENT, MONTHS, RATIO = "%", "months", ""


@dataclass(frozen=True)
class Endpoint(ABC):
    """An endpoint by its name. A subclass in a file of its own is found by itself.

    Class attributes:
        forms: how its names are written, for messages: ``("OS_24mo",)``.
        usual: names that are reported of every arm of which they say something.

    Attributes:
        name: as a trial's file writes it.
    """

    forms: ClassVar[tuple[str, ...]]
    usual: ClassVar[tuple[str, ...]] = ()

    name: str

    @classmethod
    @abstractmethod
    def parse(cls, name: str) -> Self | None:
        """The endpoint that ``name`` stands for, None where it is none of this kind."""

    @property
    @abstractmethod
    def label(self) -> str:
        """What it is called, for people."""

    @property
    @abstractmethod
    def unit(self) -> str:
        """``%``, ``months``, or nothing for a ratio."""

    @property
    def compares(self) -> bool:
        """Whether it compares with another arm."""
        return False

    @property
    def month(self) -> float:
        """Month after the first dose that it speaks of; 0 for none in particular."""
        return 0.0

    def applies(self, arm: Analysis) -> bool:
        """Whether it says anything of ``arm``."""
        return True

    @abstractmethod
    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """Its value and interval; ``versus`` is the arm to compare with, where it compares."""


TIMES = {
    "OS": "overall survival",
    "PFS": "progression-free survival",
    "EFS": "event-free survival",
    "RFS": "recurrence-free survival",
    "DFS": "disease-free survival",
    "DOR": "duration of response",
    "TTR": "time to response",
}
"""What times to an event are called."""
FROM_SURGERY = ("RFS", "DFS", "EFS")
"""Those that are asked where there is surgery."""


def operated(arm: Analysis) -> bool:
    """Whether tumours are resected in the arm."""
    return bool(arm.known.operated.any())
