"""Incidence of harm: the share of treated patients in whom it is seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import PERCENT, Endpoint
from coley.trial.analysis.statistics import Estimate

_FORM = re.compile(r"AE_(?P<harm>[a-z0-9][a-z0-9-]*)(?:_G(?P<grade>[1-5]))?")
ANY = "any"


@dataclass(frozen=True)
class Incidence(Endpoint):
    """Share of patients with an event of a harm, or of a category of harms, of a grade or a higher one.

    ``AE_colitis`` counts every grade, ``AE_colitis_G3`` grade 3 and above, ``AE_immune-related_G3`` all harms of that
    category, ``AE_any`` all harms that are simulated.
    """

    harm: str
    grade: int

    forms: ClassVar = ("AE_any", "AE_colitis_G3", "AE_immune-related_G3")

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``AE_``, a harm or category, and maybe the lowest grade."""
        match = _FORM.fullmatch(name)
        return cls(name, match["harm"], int(match["grade"] or 1)) if match else None

    @property
    def label(self) -> str:
        """What it is called."""
        what = "any harm" if self.harm == ANY else self.harm.replace("-", " ")
        return f"Incidence of {what}" + (f", grade {self.grade} or more" if self.grade > 1 else "")

    @property
    def unit(self) -> str:
        """Percent."""
        return PERCENT

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The share with the exact interval; NaN where no such harm is simulated."""
        safety, until = arm.known.history.safety, np.fmin(arm.known.until, arm.known.history.death)
        which = np.array([self.harm in (ANY, harm.name, harm.category) for harm in safety.harms], dtype=np.bool_)
        if not which.any():
            return Estimate(np.nan)
        events = safety.events
        seen = which[events.harm] & (events.grade >= self.grade) & (events.onset <= until[events.patient])
        struck = np.zeros(len(arm.counted), dtype=np.bool_)
        struck[events.patient[seen]] = True
        return arm.share(struck)
