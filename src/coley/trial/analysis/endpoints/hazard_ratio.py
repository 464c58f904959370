"""Hazard ratios of two arms."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Self

import numpy as np

from coley.trial.analysis import statistics
from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import RATIO, TIMES, Endpoint
from coley.trial.analysis.statistics import Estimate

_SUFFIX = "_HR"


@dataclass(frozen=True)
class HazardRatio(Endpoint):
    """Hazard ratio to another arm, by Cox's model, with the interval of both published arms."""

    forms: ClassVar = tuple(f"{kind}{_SUFFIX}" for kind in TIMES if kind != "TTR")

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``OS_HR`` and the like."""
        return cls(name) if name in cls.forms else None

    @property
    def label(self) -> str:
        """What it is called."""
        return f"Hazard ratio, {TIMES[self.name.removesuffix(_SUFFIX)]}"

    @property
    def unit(self) -> str:
        """None: a ratio."""
        return RATIO

    @property
    def compares(self) -> bool:
        """It does."""
        return True

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """Hazard of ``arm`` over that of ``versus``."""
        if versus is None:
            raise ValueError(f"{self.name} needs an arm to compare with")
        treated, control = (each.times(self.name.removesuffix(_SUFFIX)) for each in (arm, versus))
        months = np.concatenate([treated.months, control.months])
        events = np.concatenate([treated.event, control.event])
        in_treated = np.arange(len(months)) < len(treated.months)
        widen = sqrt(max(len(months), 1) / (arm.size + versus.size))
        return statistics.hazard_ratio(months, events, in_treated, widen=widen)
