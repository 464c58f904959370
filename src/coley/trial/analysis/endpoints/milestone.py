"""Milestones: the share of patients without an event at a month, by Kaplan and Meier."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import FROM_SURGERY, PERCENT, TIMES, Endpoint, operated
from coley.trial.analysis.statistics import Estimate, survival_at

_FORM = re.compile(r"(?P<kind>[A-Z]+)_(?P<month>[0-9]{1,3}(?:\.[0-9])?)mo")


@dataclass(frozen=True)
class Milestone(Endpoint):
    """Kaplan-Meier estimate at a month, such as ``OS_24mo``."""

    kind: str
    at: float

    forms: ClassVar = tuple(f"{kind}_24mo" for kind in TIMES if kind != "TTR")
    usual: ClassVar = ("PFS_12mo", "EFS_24mo", "RFS_24mo", "OS_12mo", "OS_24mo", "OS_60mo")

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``OS_24mo`` and the like."""
        match = _FORM.fullmatch(name)
        if match is None or match["kind"] not in TIMES or match["kind"] == "TTR":
            return None
        return cls(name, match["kind"], float(match["month"]))

    @property
    def label(self) -> str:
        """What it is called."""
        what = "Duration of response" if self.kind == "DOR" else TIMES[self.kind].capitalize()
        return f"{what} at {self.at:g} months"

    @property
    def unit(self) -> str:
        """Percent."""
        return PERCENT

    @property
    def month(self) -> float:
        """The milestone."""
        return self.at

    def applies(self, arm: Analysis) -> bool:
        """Times from surgery where there is surgery, those of disease that is there where there is any."""
        if self.kind in FROM_SURGERY:
            return operated(arm) or (self.kind != "EFS" and arm.known.free_of_disease)
        return self.kind == "OS" or not arm.known.free_of_disease

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The estimate with its pointwise interval."""
        times = arm.times(self.kind)
        at = survival_at(times.months, times.event, self.at, widen=arm.widen)
        return Estimate(100 * at.value, 100 * at.lower, 100 * at.upper)
