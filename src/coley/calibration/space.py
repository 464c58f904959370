"""Free parameters as points of the unit cube, each on its own scale; the prior is a normal distribution there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from coley.calibration.paths import value_at
from coley.calibration.plan import Parameter
from coley.catalogue import Catalogue

Floats = NDArray[np.float64]
PRIOR_SD = 0.25
"""Prior standard deviation in the unit cube: a range is four of them wide."""
_TO = {"linear": lambda x: x, "log": np.log, "logit": logit}
_FROM = {"linear": lambda x: x, "log": np.exp, "logit": expit}


class Space:
    """Points of the unit cube, and the values of the catalogue that they stand for.

    Attributes:
        start: (parameters,) the point of the catalogue's values.
        centre: (parameters,) the point that the prior pulls to.
    """

    def __init__(self, parameters: Sequence[Parameter], catalogue: Catalogue) -> None:
        self.parameters = tuple(parameters)
        present = [_present(parameter, catalogue) for parameter in parameters]
        centres = [now if p.centre is None else p.centre for p, now in zip(parameters, present, strict=True)]
        self.start, self.centre = self.point(present), self.point(centres)

    def __len__(self) -> int:
        return len(self.parameters)

    def point(self, values: Sequence[float]) -> Floats:
        """The point at which the parameters have these ``values``, one each."""
        pairs = zip(self.parameters, values, strict=True)
        return np.clip([_share(parameter, value) for parameter, value in pairs], 0.0, 1.0)

    def numbers(self, point: Floats) -> list[float]:
        """The value of each parameter at ``point``, which may lie outside the cube."""
        return [_value(parameter, share) for parameter, share in zip(self.parameters, point, strict=True)]

    def values(self, point: Floats) -> Mapping[str, float]:
        """The value of each path of the catalogue at ``point``."""
        pairs = zip(self.parameters, self.numbers(point), strict=True)
        return {path: value for parameter, value in pairs for path in parameter.paths}


def _present(parameter: Parameter, catalogue: Catalogue) -> float:
    """What the catalogue has, if that is one value; else the centre."""
    values = {value_at(catalogue, path) for path in parameter.paths}
    return values.pop() if len(values) == 1 or parameter.centre is None else parameter.centre


def _share(parameter: Parameter, value: float) -> float:
    to = _TO[parameter.scale]
    low, high = to(parameter.low), to(parameter.high)
    return float((to(value) - low) / (high - low))


def _value(parameter: Parameter, share: float) -> float:
    to = _TO[parameter.scale]
    low, high = to(parameter.low), to(parameter.high)
    return float(_FROM[parameter.scale](low + share * (high - low)))
