"""Pathological response of resected tumours: complete, and major."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import PERCENT, Endpoint, operated
from coley.trial.analysis.statistics import Estimate
from coley.trial.response.pathological import MAJOR

_MOST = {"pCR": (0.0, "Pathological complete response"), "MPR": (MAJOR, "Major pathological response")}


@dataclass(frozen=True)
class PathologicalResponse(Endpoint):
    """Share of all patients, operated on or not, in whose tumour bed nothing, or at most 10 %, is viable."""

    forms: ClassVar = tuple(_MOST)
    usual: ClassVar = tuple(_MOST)

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``pCR`` or ``MPR``."""
        return cls(name) if name in _MOST else None

    @property
    def label(self) -> str:
        """What it is called."""
        return _MOST[self.name][1]

    @property
    def unit(self) -> str:
        """Percent."""
        return PERCENT

    def applies(self, arm: Analysis) -> bool:
        """Where tumours are resected."""
        return operated(arm)

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The share with the exact interval; who was not operated on has no such response."""
        viable = arm.known.history.viable
        return arm.share(arm.known.operated & (viable <= _MOST[self.name][0]))
