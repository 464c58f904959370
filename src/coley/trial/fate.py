"""What chance holds for each patient of an arm, drawn before anything happens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.catalogue.schema import Arm, Trial
from coley.streams import uniforms
from coley.trial.calendar import MONTH

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
YEAR = 12 * MONTH


@dataclass(frozen=True)
class Fate:
    """What chance holds for each patient; the same patient has the same fate in every arm.

    Attributes:
        death, lesion, later_lesion: (patients,) cumulative hazard of death, of a new lesion, and of another new lesion
            once a next treatment has started, at which it happens.
        dropout: (patients,) day of leaving the trial, NaN for those who stay.
        choice: (patients,) which of the arm's subsequent treatments would follow progression, -1 for none.
    """

    death: Floats
    lesion: Floats
    later_lesion: Floats
    dropout: Floats
    choice: Integers


def draw_fate(trial: Trial, arm: Arm, patients: Integers, *, seed: int) -> Fate:
    """The fate of ``patients``, by their numbers."""

    def exponential(purpose: str) -> Floats:
        return -np.log1p(-uniforms(seed, purpose, patients))

    rate = -np.log1p(-trial.dropout_per_year)
    leaves = exponential("dropout") / rate * YEAR if rate > 0 else np.full(len(patients), np.inf)
    return Fate(
        death=exponential("death"),
        lesion=exponential("new lesion"),
        later_lesion=exponential("next new lesion"),
        dropout=np.where(leaves < trial.follow_up_months * MONTH, leaves, np.nan),
        choice=_choice(arm, uniforms(seed, "next treatment", patients)),
    )


def _choice(arm: Arm, draw: Floats) -> Integers:
    bounds = np.cumsum([option.fraction for option in arm.subsequent])
    choice = np.searchsorted(bounds, draw, side="right")
    return np.where(choice < len(bounds), choice, -1)
