"""How many patients of an arm have an event, and when, expected over chance and susceptibility."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from coley.calibration.harms.drivers import Driven
from coley.harm import Harm
from coley.units import convert

Floats = NDArray[np.float64]
NODES = 40
"""Of the quadrature over susceptibilities."""
SEVERE = 3


@dataclass(frozen=True)
class Expected:
    """Percent of the patients with an event, one of grade 3 or above, a fatal one; median onset of any, weeks."""

    any: float
    g3: float
    fatal: float
    onset: float


def expected(harm: Harm, arm: Driven) -> Expected:
    """What the mechanism of an immune-related harm gives in the patients of an arm.

    Raises:
        ValueError: a harm that has no such mechanism.
    """
    if harm.autoimmunity is None:
        raise ValueError(f"{harm.name} has no autoimmunity")
    here = harm.within(arm.cancer)
    if here is None:
        return Expected(0.0, 0.0, 0.0, np.nan)
    rate = convert(here.background.value, here.background.unit, "1/day")
    course = rate * harm.autoimmunity.course(arm.days, arm.courses)
    step = np.diff(arm.days) * (course[:, 1:] + course[:, :-1]) / 2
    watched = np.clip((arm.until[:, None] - arm.days[:-1]) / np.diff(arm.days), 0, 1)
    hazard = np.concatenate([np.zeros((len(course), 1)), np.cumsum(step * watched, axis=1)], axis=1)
    cv = harm.autoimmunity.susceptibility.cv or 0.0
    curve = _struck(hazard, cv)
    shares = {row.grade: row.share.value for row in harm.grades}
    severe = sum(share for grade, share in shares.items() if grade >= SEVERE)
    last = hazard[:, -1:]
    return Expected(
        any=100 * curve[-1],
        g3=100 * float(_struck(severe * last, cv)[0]),
        fatal=100 * float(_struck(shares.get(5, 0.0) * last, cv)[0]),
        onset=float(np.interp(curve[-1] / 2, curve, arm.days)) / 7 if curve[-1] > 0 else np.nan,
    )


def _struck(hazard: Floats, cv: float) -> Floats:
    """(days,) share of the patients who have had an event: the mean over patients and their susceptibilities."""
    grid, share = _shares(cv)
    return np.asarray(np.interp(np.log(np.maximum(hazard, np.exp(grid[0]))), grid, share, left=0.0).mean(axis=0))


@cache
def _shares(cv: float) -> tuple[Floats, Floats]:
    """Logarithms of cumulative hazards of a susceptibility of 1, and the share struck among log-normal ones."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    susceptible = np.exp(np.sqrt(np.log1p(cv**2)) * nodes)
    grid = np.log(np.geomspace(1e-9, 1e4, 800))
    share = -np.expm1(-susceptible * np.exp(grid)[:, None]) @ (weights / weights.sum())
    return grid, share
