"""The fit: regularised Gauss-Newton on standardised misfits, with finite differences under common random numbers.

Why a loop of our own and not scipy.optimize.least_squares: one evaluation is a dozen trials of minutes each, so that
all columns of a Jacobian and several damped steps must go to a pool at once, a column simulates only the trials that
its parameter can matter to, and a Jacobian is kept over rounds. The bounded linear problem of each step is scipy's
lsq_linear.

Loss: half the sum of squares of the whitened misfits (Huber's beyond ``outlier``) and of the distances from the prior's
centre in prior standard deviations. Damping adds to the prior's precision, about the current point (Levenberg 1944).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from coley.calibration.evaluate import Ask, Evaluator, Failure, Outcome
from coley.calibration.figures import Figure, simulated, whitening
from coley.calibration.plan import Method
from coley.calibration.space import PRIOR_SD, Space
from coley.errors import ColeyError, Problem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
DAMPINGS = (0.0, 1.0, 10.0)
"""Tried in every round, in precisions of the prior, times the round's own factor."""
SHRINK, GROW, LARGEST = 0.3, 4.0, 1e4


@dataclass(frozen=True)
class Round:
    """One round: the loss that it began with, the least loss of its steps, its damping, and whether it moved."""

    loss: float
    reached: float
    damping: float
    moved: bool
    fresh: bool


@dataclass(frozen=True)
class Fitted:
    """Where a fit ended.

    Attributes:
        point: (parameters,) in the unit cube.
        simulated: (figures,) on the scale of each figure; NaN for what no run gave.
        jacobian: (figures, parameters) of ``simulated`` by ``point``, at ``point``; zero for figures that are not
        fitted.
        covariance: (parameters, parameters) approximate posterior covariance in the unit cube, (J'WJ + prior)^-1.
    """

    point: Floats
    simulated: Floats
    jacobian: Floats
    covariance: Floats
    loss: float
    rounds: tuple[Round, ...]


class Objective:
    """Figures as functions of the point, and the loss of those that count.

    Attributes:
        counts: (figures,) which figures are fitted.
        trials: trials that have such a figure.
    """

    def __init__(self, space: Space, figures: Sequence[Figure], evaluator: Evaluator, method: Method) -> None:
        self.space, self.figures, self.evaluator, self.method = space, tuple(figures), evaluator, method
        self.target = np.array([figure.target for figure in figures])
        self.counts: Flags = np.array([figure.fitted and figure.weight > 0 for figure in figures])
        self.trials = tuple(dict.fromkeys(f.study for f, counts in zip(figures, self.counts, strict=True) if counts))
        self._whitening = whitening([f for f, counts in zip(figures, self.counts, strict=True) if counts])

    def without(self, trial: str) -> Objective:
        """The same without the figures of ``trial``."""
        return Objective(
            self.space,
            [replace(figure, fitted=figure.fitted and figure.study != trial) for figure in self.figures],
            self.evaluator,
            self.method,
        )

    def evaluate(
        self, stage: str, points: Sequence[Floats], trials: Sequence[Sequence[str]], seeds: int | None = None
    ) -> list[Floats | Failure]:
        """(figures,) simulated at each of ``points``, NaN for figures of other trials than those named for it."""
        asks = [Ask(self.space.values(p), tuple(names)) for p, names in zip(points, trials, strict=True)]
        return [self._figures(outcome) for outcome in self.evaluator.outcomes(stage, asks, seeds)]

    def touched(self, point: Floats, other: Floats) -> list[str]:
        """The trials that can tell one point from the other."""
        before, after = self.space.values(point), self.space.values(other)
        return [name for name in self.trials if self.evaluator.touches(name, before, after)]

    def _figures(self, outcome: Outcome) -> Floats | Failure:
        failures = [result for result in outcome.values() if isinstance(result, Failure)]
        if failures:
            return Failure(tuple(reason for failure in failures for reason in failure.reasons))
        there = {name: result for name, result in outcome.items() if not isinstance(result, Failure)}
        return np.array([simulated(f, there[f.study]) if f.study in there else np.nan for f in self.figures])

    def whitened(self, found: Floats) -> Floats:
        """Misfits of the figures that count, independent, of standard deviation 1; what no run gave fits."""
        misfit = np.nan_to_num(found - self.target)[self.counts]
        whitened: Floats = self._whitening @ misfit
        return whitened

    def slopes(self, jacobian: Floats) -> Floats:
        """Derivatives of :meth:`whitened`."""
        slopes: Floats = self._whitening @ jacobian[self.counts]
        return slopes

    def pull(self, whitened: Floats) -> Floats:
        """Square root of the weight that Huber's loss leaves to each misfit."""
        return np.sqrt(np.minimum(1.0, self.method.outlier / np.maximum(np.abs(whitened), 1e-12)))

    def loss(self, point: Floats, found: Floats) -> float:
        """Half the sum of squares of misfits and of distances from the prior."""
        size, k = np.abs(self.whitened(found)), self.method.outlier
        misfits = np.where(size <= k, size**2 / 2, k * (size - k / 2)).sum()
        return float(misfits + (((point - self.space.centre) / PRIOR_SD) ** 2).sum() / 2)

    def step(self, point: Floats, found: Floats, jacobian: Floats, damping: float) -> Floats:
        """The point within the cube at which the linearised, damped loss is least."""
        whitened = self.whitened(found)
        pull = self.pull(whitened)
        unit = np.eye(len(point)) / PRIOR_SD
        matrix = np.vstack([pull[:, None] * self.slopes(jacobian), unit, np.sqrt(damping) * unit])
        right = -np.concatenate([pull * whitened, (point - self.space.centre) / PRIOR_SD, np.zeros(len(point))])
        margin = 1e-12  # lsq_linear wants bounds that differ from zero
        move = lsq_linear(matrix, right, bounds=(-point - margin, 1.0 - point + margin), method="bvls").x
        reached: Floats = np.clip(point + move, 0.0, 1.0)
        return reached

    def covariance(self, found: Floats, jacobian: Floats) -> Floats:
        """Approximate posterior covariance in the unit cube."""
        slopes = self.pull(self.whitened(found))[:, None] * self.slopes(jacobian)
        return np.linalg.inv(slopes.T @ slopes + np.eye(jacobian.shape[1]) / PRIOR_SD**2).astype(np.float64)


def fit(objective: Objective, rounds: int) -> Fitted:
    """Search from the catalogue's values, in at most ``rounds`` rounds.

    A round takes the Jacobian where it is due, simulates the steps of several dampings at once, and goes to the best of
    them if it lowers the loss. What a step shows corrects the Jacobian.

    Raises:
        ColeyError: where the catalogue's values themselves, or both neighbours of a point, cannot be simulated.
    """
    method = objective.method
    point = objective.space.start
    found = must(objective.evaluate("start", [point], [objective.trials])[0], "the catalogue's values")
    jacobian = jacobian_at(objective, point, "round 1: Jacobian")
    age, factor = 0, 1.0
    told: list[Round] = []
    for number in range(1, rounds + 1):
        loss = objective.loss(point, found)
        steps = [objective.step(point, found, jacobian, damping * factor) for damping in DAMPINGS]
        results = objective.evaluate(f"round {number}: steps", steps, [objective.trials] * len(steps))
        losses = [
            np.inf if isinstance(result, Failure) else objective.loss(step, result)
            for step, result in zip(steps, results, strict=True)
        ]
        best = int(np.argmin(losses))
        gained = losses[best] < loss * (1 - method.gain)
        told.append(Round(loss, losses[best], DAMPINGS[best] * factor, gained, age == 0))
        for step, result in zip(steps, results, strict=True):
            if not isinstance(result, Failure):
                jacobian = _corrected(jacobian, step - point, result - found)
        was_fresh, age = age == 0, age + 1
        if gained:
            point, found = steps[best], must(results[best], "a step")
            factor = max(factor * SHRINK, 0.1)
        elif was_fresh:
            factor *= GROW**2
        if factor > LARGEST or (not gained and was_fresh and losses[best] < loss * (1 + method.gain)):
            break
        if number < rounds and (age >= method.fresh or not gained):
            jacobian, age = jacobian_at(objective, point, f"round {number + 1}: Jacobian"), 0
    if age >= method.fresh:
        jacobian = jacobian_at(objective, point, "posterior: Jacobian")
    everything = tuple(dict.fromkeys(figure.study for figure in objective.figures))
    found = must(objective.evaluate("predictions", [point], [everything])[0], "the fitted values")
    covariance = objective.covariance(found, jacobian)
    return Fitted(point, found, jacobian, covariance, objective.loss(point, found), tuple(told))


def jacobian_at(objective: Objective, point: Floats, stage: str) -> Floats:
    """(figures, parameters) finite differences, each over the trials that the parameter can matter to.

    A parameter is moved towards the further side of its range, or the other way where that cannot be simulated. Both
    ends of a difference are of the same patients: those of the seeds that slopes are taken with.
    """
    step, seeds, size = objective.method.step, objective.method.slope_seeds, len(point)
    found = must(objective.evaluate(stage, [point], [objective.trials], seeds)[0], "the point of the Jacobian")
    signs = np.where(point <= 0.5, 1.0, -1.0)
    jacobian = np.zeros((len(found), size))
    todo = list(range(size))
    for attempt in (signs, -signs):
        moved = [_moved(point, k, float(attempt[k]) * step) for k in todo]
        trials = [objective.touched(point, other) for other in moved]
        results = objective.evaluate(stage, moved, trials, seeds)
        failed = []
        for k, other, result in zip(todo, moved, results, strict=True):
            if isinstance(result, Failure):
                failed.append((k, result))
            elif other[k] != point[k]:
                jacobian[:, k] = np.nan_to_num((result - found) / (other[k] - point[k]))
        todo = [k for k, _ in failed]
        if not todo:
            return jacobian
    raise ColeyError(
        Problem(f"parameter {objective.space.parameters[k].name!r}", f"cannot be moved: {'; '.join(failure.reasons)}")
        for k, failure in failed
    )


def _moved(point: Floats, k: int, by: float) -> Floats:
    other = point.copy()
    other[k] = np.clip(point[k] + by, 0.0, 1.0)
    return other


def _corrected(jacobian: Floats, move: Floats, change: Floats) -> Floats:
    """The Jacobian after Broyden's update: it explains the ``change`` of figures over ``move``."""
    length = float(move @ move)
    if length < 1e-12:
        return jacobian
    surprise = np.nan_to_num(change - jacobian @ move)
    update: Floats = jacobian + np.outer(surprise, move) / length
    return update


def must(result: Floats | Failure, what: str) -> Floats:
    """``result``, where there is one.

    Raises:
        ColeyError: ``what`` cannot be simulated.
    """
    if isinstance(result, Failure):
        raise ColeyError(Problem(what, f"cannot be simulated: {'; '.join(result.reasons)}"))
    return result
