"""A yardstick without mechanism: response rates by ridge regression on what an arm is known by beforehand.

The logit of the response rate is linear in the cancer, the classes of the drugs, earlier treatment, and the lower bound
of a biomarker that patients were selected by; arms weigh by their size. Hoerl and Kennard, Technometrics 12:55 (1970).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from coley.calibration.figures import Figure
from coley.calibration.lookup import Treated

Floats = NDArray[np.float64]
Arms = dict[tuple[str, str], Treated]
RIDGE = 20.0
"""Penalty, in patients: a class with as many patients moves half way to what they show."""
UNKNOWN_SIZE = 50


def regressed(figure: Figure, figures: Sequence[Figure], arms: Arms) -> float:
    """The response rate in percent, from the fitted arms of other trials; NaN where there are too few."""
    known = [f for f in figures if f.fitted and f.study != figure.study and f.endpoint == figure.endpoint]
    if figure.endpoint != "ORR" or len(known) < 5:
        return np.nan
    names = sorted({name for f in (*known, figure) for name in _features(arms[f.study, f.arm])})
    size = np.array([arms[f.study, f.arm].n or UNKNOWN_SIZE for f in known], float)
    share = (np.array([f.published for f in known]) / 100 * size + 0.5) / (size + 1)
    weight = size * share * (1 - share)
    mean = np.average(np.log(share / (1 - share)), weights=weight)
    design = np.array([_row(arms[f.study, f.arm], names) for f in known])
    left = np.log(share / (1 - share)) - mean
    penalty = RIDGE * np.average(share * (1 - share), weights=size)
    matrix = design.T @ (weight[:, None] * design) + penalty * np.eye(len(names))
    slopes = np.linalg.solve(matrix, design.T @ (weight * left))
    return float(100 * expit(mean + _row(arms[figure.study, figure.arm], names) @ slopes))


def _features(arm: Treated) -> dict[str, float]:
    """What is known of an arm: 1 for what applies; of a biomarker, its lower bound in hundreds."""
    found = {f"cancer {arm.cancer}": 1.0} | {f"class {name}": 1.0 for name in arm.classes}
    found |= {f"after {name}": 1.0 for name in arm.prior}
    for name, bound in arm.biomarkers:
        if bound.min is not None:
            found[f"{name} from"] = bound.min / 100
        if bound.max is not None:
            found[f"{name} to"] = 1 - bound.max / 100
    return found


def _row(arm: Treated, names: Sequence[str]) -> Floats:
    features = _features(arm)
    return np.array([features.get(name, 0.0) for name in names])
