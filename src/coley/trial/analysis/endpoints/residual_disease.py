"""Measurable residual disease: patients without any, at any time before progression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import PERCENT, Endpoint
from coley.trial.analysis.statistics import Estimate

MEASURE = "mrd"
_LIMITS = {"MRD": 1e-5, "MRD_1e-4": 1e-4, "MRD_1e-6": 1e-6}
"""Share of diseased cells below which a sample is negative: 10^-5 is IMWG's (Kumar, Lancet Oncol 2016;17:e328)."""


@dataclass(frozen=True)
class ResidualDisease(Endpoint):
    """Share of patients who were negative at some examination before progression."""

    forms: ClassVar = tuple(_LIMITS)

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``MRD``, or with another limit than 10^-5, ``MRD_1e-4``."""
        return cls(name) if name in _LIMITS else None

    @property
    def label(self) -> str:
        """What it is called."""
        return f"MRD-negative rate, below {_LIMITS[self.name]:g}"

    @property
    def unit(self) -> str:
        """Percent."""
        return PERCENT

    def applies(self, arm: Analysis) -> bool:
        """Where residual disease is looked for."""
        return MEASURE in arm.known.history.findings

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The share with the exact interval."""
        history = arm.known.history
        share = history.findings[MEASURE]
        ended = np.fmin(history.criteria.progression_day(arm.known.codes, history.days), arm.known.until)
        negative = (share < _LIMITS[self.name]) & (history.days <= ended[:, None])
        return arm.share(np.asarray(negative[:, 1:].any(axis=1)))
