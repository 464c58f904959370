"""What chance holds for each patient of an arm, drawn before anything happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.protocol import Arm, Trial
from coley.protocol.calendar import MONTH
from coley.streams import uniforms

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
YEAR = 12 * MONTH


@dataclass(frozen=True)
class Fate:
    """What chance holds for each patient; the same patient has the same fate in every arm.

    Attributes:
        death: (patients,) cumulative hazard of death at which it happens.
        dropout: (patients,) day of leaving the trial, NaN for those who stay.
        option: (patients,) which regimen of an investigator's choice is given, 0 where there is no choice.
        next: (patients,) which of the arm's subsequent treatments would follow progression, -1 for none.
        beyond: (patients,) whether treatment would go on after a first progression.
    """

    death: Floats
    dropout: Floats
    option: Integers
    next: Integers
    beyond: Flags


def draw_fate(trial: Trial, arm: Arm, patients: Integers, *, seed: int) -> Fate:
    """The fate of ``patients``, by their numbers."""
    rate = -np.log1p(-trial.dropout_per_year)
    leaves = exponentials("dropout", patients, seed=seed) / rate * YEAR if rate > 0 else np.full(len(patients), np.inf)
    option = _drawn([choice.fraction for choice in arm.choice], uniforms(seed, "choice of regimen", patients))
    return Fate(
        death=exponentials("death", patients, seed=seed),
        dropout=np.where(leaves < trial.follow_up_months * MONTH, leaves, np.nan),
        # fractions that add up to 1 but for rounding leave nobody without a regimen
        option=np.where(option < 0, max(len(arm.choice) - 1, 0), option),
        next=_drawn([later.fraction for later in arm.subsequent], uniforms(seed, "next treatment", patients)),
        beyond=uniforms(seed, "beyond progression", patients) < arm.beyond_progression,
    )


def exponentials(purpose: str, patients: Integers, *, seed: int) -> Floats:
    """One unit exponential for each patient: the cumulative hazard at which something happens."""
    return np.asarray(-np.log1p(-uniforms(seed, purpose, patients)))


def _drawn(fractions: Sequence[float], draw: Floats) -> Integers:
    """Which of the ``fractions`` each draw falls into, -1 for none."""
    bounds = np.cumsum(fractions)
    found = np.searchsorted(bounds, draw, side="right")
    return np.where(found < len(bounds), found, -1)
