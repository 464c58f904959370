"""Durable response: of all patients, those whose response lasts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from coley.protocol.calendar import MONTH
from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import PERCENT, Endpoint
from coley.trial.analysis.statistics import Estimate

_FORM = re.compile(r"DRR(?:_(?P<months>[0-9]{1,3})mo)?")
_MONTHS = 6.0  # Andtbacka et al., J Clin Oncol 2015;33:2780-2788: continuous for six months or more


@dataclass(frozen=True)
class DurableResponse(Endpoint):
    """Share of patients whose response is known to have lasted six months, or as many as the name says."""

    lasts: float

    forms: ClassVar = ("DRR", "DRR_12mo")

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``DRR`` or ``DRR_12mo``."""
        match = _FORM.fullmatch(name)
        return cls(name, float(match["months"] or _MONTHS)) if match else None

    @property
    def label(self) -> str:
        """What it is called."""
        return f"Durable response rate, {self.lasts:g} months"

    @property
    def unit(self) -> str:
        """Percent."""
        return PERCENT

    def applies(self, arm: Analysis) -> bool:
        """Where there is disease to respond."""
        return not arm.known.free_of_disease

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The share with the exact interval. A response that was censored earlier is not known to have lasted."""
        response = arm.times("DOR")
        lasted = np.zeros(len(arm.counted), dtype=np.bool_)
        lasted[response.patients] = response.duration >= self.lasts * MONTH
        return arm.share(lasted)
