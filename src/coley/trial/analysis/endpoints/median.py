"""Medians of times to an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import FROM_SURGERY, MONTHS, TIMES, Endpoint, operated
from coley.trial.analysis.statistics import Estimate, median_survival

_SUFFIX = "_median"


@dataclass(frozen=True)
class Median(Endpoint):
    """Median of a time to an event, by Kaplan and Meier."""

    forms: ClassVar = tuple(f"{kind}{_SUFFIX}" for kind in TIMES)
    usual: ClassVar = ("DOR_median", "PFS_median", "EFS_median", "RFS_median", "OS_median")

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``OS_median`` and the like."""
        return cls(name) if name.endswith(_SUFFIX) and name.removesuffix(_SUFFIX) in TIMES else None

    @property
    def kind(self) -> str:
        """Which time."""
        return self.name.removesuffix(_SUFFIX)

    @property
    def label(self) -> str:
        """What it is called."""
        return f"Median {TIMES[self.kind]}"

    @property
    def unit(self) -> str:
        """Months."""
        return MONTHS

    def applies(self, arm: Analysis) -> bool:
        """Times from surgery where there is surgery, those of disease that is there where there is any."""
        if self.kind in FROM_SURGERY:
            return operated(arm) or (self.kind != "EFS" and arm.known.free_of_disease)
        return self.kind == "OS" or not arm.known.free_of_disease

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The median with the interval of Brookmeyer and Crowley."""
        times = arm.times(self.kind)
        return median_survival(times.months, times.event, widen=arm.widen)
