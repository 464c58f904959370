"""Response rates: objective response, complete response, disease control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import PERCENT, Endpoint
from coley.trial.analysis.statistics import Estimate

_LABELS = {"ORR": "Objective response rate", "CR": "Complete response rate", "DCR": "Disease control rate"}


@dataclass(frozen=True)
class ResponseRate(Endpoint):
    """Share of patients whose best response is at least a response, a complete one, or control of disease."""

    forms: ClassVar = tuple(_LABELS)
    usual: ClassVar = ("ORR", "CR", "DCR")

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``ORR``, ``CR`` or ``DCR``."""
        return cls(name) if name in _LABELS else None

    @property
    def label(self) -> str:
        """What it is called."""
        return _LABELS[self.name]

    @property
    def unit(self) -> str:
        """Percent."""
        return PERCENT

    def applies(self, arm: Analysis) -> bool:
        """Where there is disease to respond."""
        return not arm.known.free_of_disease

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The share with the exact interval."""
        criteria = arm.known.history.criteria
        least = {"ORR": criteria.responders, "CR": criteria.complete, "DCR": criteria.controlled}[self.name]
        return arm.share(arm.responses >= least)
