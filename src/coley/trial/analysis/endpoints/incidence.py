"""Incidence of harm: the share of patients in whom it is seen, and of those whose treatment is stopped for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from coley.trial.analysis.analysis import Analysis, Flags
from coley.trial.analysis.endpoints.base import PERCENT, Endpoint
from coley.trial.analysis.statistics import Estimate

_FORM = re.compile(r"AE:(?P<harm>[a-z0-9][a-z0-9-]*):(?:any|g(?P<grade>[1-5]))")
ANY = "any"


@dataclass(frozen=True)
class Incidence(Endpoint):
    """Share of patients with an event of a harm, or of a category of harms, of a grade or a higher one.

    ``AE:colitis:any`` counts every grade, ``AE:colitis:g3`` grade 3 and above, ``AE:immune-related:g3`` all harms of
    that category, ``AE:any:any`` all harms that are simulated.
    """

    harm: str
    grade: int

    forms: ClassVar = ("AE:any:any", "AE:any:g3", "AE:colitis:any", "AE:colitis:g3", "AE:immune-related:g3")
    usual: ClassVar = ("AE:any:any", "AE:any:g3")

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``AE:``, a harm or category, and ``any`` or the lowest grade."""
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

    def applies(self, arm: Analysis) -> bool:
        """Where any harm is simulated."""
        return bool(arm.known.history.safety.harms)

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The share with the exact interval; NaN where no such harm is simulated."""
        safety = arm.known.history.safety
        which = np.array([self.harm in (ANY, harm.name, harm.category) for harm in safety.harms], dtype=np.bool_)
        if not which.any():
            return Estimate(np.nan)
        return arm.share(_struck(arm, which[safety.events.harm] & (safety.events.grade >= self.grade)))


@dataclass(frozen=True)
class Discontinuation(Endpoint):
    """Share of patients in whom a drug is stopped for good on account of an event that is simulated."""

    forms: ClassVar = ("discontinuation",)
    usual: ClassVar = forms

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """``discontinuation``."""
        return cls(name) if name in cls.forms else None

    @property
    def label(self) -> str:
        """What it is called."""
        return "Treatment stopped for harm"

    @property
    def unit(self) -> str:
        """Percent."""
        return PERCENT

    def applies(self, arm: Analysis) -> bool:
        """Where any harm is simulated."""
        return bool(arm.known.history.safety.harms)

    def compute(self, arm: Analysis, versus: Analysis | None) -> Estimate:
        """The share with the exact interval; NaN where no harm is simulated."""
        safety = arm.known.history.safety
        if not safety.harms:
            return Estimate(np.nan)
        return arm.share(_struck(arm, safety.events.action == "stop"))


def _struck(arm: Analysis, wanted: Flags) -> Flags:
    """(patients,) who had one of the ``wanted`` events under trial treatment and before the data cut."""
    safety, known = arm.known.history.safety, arm.known
    events, until = safety.events, np.fmin(np.fmin(known.until, known.history.death), safety.until)
    struck = np.zeros(len(arm.counted), dtype=np.bool_)
    struck[events.patient[wanted & (events.onset <= until[events.patient])]] = True
    return struck
