"""One harm fitted to its published rates and onsets: least squares, with a prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from coley.calibration.harms.drivers import Driven
from coley.calibration.harms.expected import Expected, expected
from coley.calibration.harms.plan import HarmPlan
from coley.calibration.harms.rates import Published
from coley.calibration.paths import changed
from coley.calibration.space import PRIOR_SD, Space
from coley.catalogue import Catalogue
from coley.harm import Harm

Floats = NDArray[np.float64]
Arms = Mapping[tuple[str, str], Driven]


@dataclass(frozen=True)
class Fitted:
    """A harm as fitted: values by path, and what it gives for each of its rows."""

    harm: Harm
    values: Mapping[str, float]
    rows: tuple[tuple[Published, Expected], ...]


def fit_harm(name: str, rows: Sequence[Published], arms: Arms, plan: HarmPlan, catalogue: Catalogue) -> Fitted:
    """Fit the harm called ``name`` to those of ``rows`` that are its own."""
    own = [row for row in rows if row.harm == name]
    space = Space(plan.parameters(name), catalogue)

    def harm(point: Floats) -> Harm:
        return changed(catalogue, space.values(point)).harms[name]

    def misfit(point: Floats) -> Floats:
        found = harm(point)
        gives = {key: expected(found, arms[key]) for key in {(row.trial, row.arm) for row in own}}
        parts = [misfits(row, gives[row.trial, row.arm], plan) for row in own]
        return np.concatenate([*parts, (point - space.centre) / PRIOR_SD])

    start = np.clip(space.start, 0.001, 0.999)
    found = least_squares(misfit, start, bounds=(0.0, 1.0), diff_step=1e-3, loss="soft_l1", f_scale=2.0, max_nfev=40)
    values, best = space.values(found.x), harm(found.x)
    return Fitted(best, values, tuple((row, expected(best, arms[row.trial, row.arm])) for row in own))


def misfits(row: Published, gives: Expected, plan: HarmPlan) -> Floats:
    """Standardised misfits of the figures that a row has."""
    n, found = min(row.n, plan.pooled), []
    for published, simulated in ((row.any, gives.any), (row.g3, gives.g3)):
        if np.isfinite(published):
            share = (published / 100 * n + 0.5) / (n + 1)
            error = np.sqrt(1e4 * share * (1 - share) / n + plan.floor**2 + (plan.share * published) ** 2)
            found.append((simulated - published) / error)
    if np.isfinite(row.onset):
        events = max(row.any if np.isfinite(row.any) else 5.0, 1.0) / 100 * n
        error = np.hypot(plan.onset, 1 / np.sqrt(max(events, 1.0)))
        found.append(np.log(gives.onset / row.onset) / error if np.isfinite(gives.onset) else 0.0)
    return np.array(found)
