"""The fit: regularised Gauss-Newton on standardised misfits, with finite differences under common random numbers.

Parameters that share no trial are searched apart from each other and simulated together (see ``blocks``).

Why a loop of our own and not scipy.optimize.least_squares: one evaluation is a dozen trials of minutes each, so that
all columns of a Jacobian and several damped steps must go to a pool at once, a column simulates only the trials that
its parameter can matter to, and a Jacobian is kept over rounds. The bounded linear problem of each step is scipy's
lsq_linear.

Loss: half the sum of squares of the whitened misfits (Huber's beyond ``outlier``) and of the distances from the prior's
centre in prior standard deviations. Damping adds to the prior's precision, about the current point (Levenberg 1944).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from coley.calibration.blocks import Block, blocks_of
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
    """One round: the loss that it began with, the one it ended with, and how many blocks of parameters moved.

    ``fresh`` is whether the Jacobian was of the point that it began with.
    """

    loss: float
    reached: float
    moved: int
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

    def without(self, trials: Collection[str]) -> Objective:
        """The same without the figures of ``trials``."""
        return Objective(
            self.space,
            [replace(figure, fitted=figure.fitted and figure.study not in trials) for figure in self.figures],
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
        return self.evaluator.touched(self.trials, self.space.values(point), self.space.values(other))

    @cached_property
    def reach(self) -> tuple[frozenset[str], ...]:
        """Of each parameter, the trials that its value can matter to."""
        point = self.space.start
        steps = [0.1 if share <= 0.5 else -0.1 for share in point]
        return tuple(frozenset(self.touched(point, _moved(point, k, step))) for k, step in enumerate(steps))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Parameters that share trials, together."""
        return blocks_of(self.reach)

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
        return float(self._misfits(found).sum() + self._distances(point).sum())

    def losses(self, point: Floats, found: Floats) -> Floats:
        """(blocks,) each block's part of :meth:`loss`."""
        misfits, distances = self._misfits(found), self._distances(point)
        return np.array(
            [misfits[self.rows(b)[self.counts]].sum() + distances[list(b.parameters)].sum() for b in self.blocks]
        )

    def rows(self, block: Block) -> Flags:
        """(figures,) which figures are of the trials of ``block``."""
        return np.array([figure.study in block.trials for figure in self.figures], dtype=bool)

    def _misfits(self, found: Floats) -> Floats:
        size, k = np.abs(self.whitened(found)), self.method.outlier
        return np.where(size <= k, size**2 / 2, k * (size - k / 2))

    def _distances(self, point: Floats) -> Floats:
        return ((point - self.space.centre) / PRIOR_SD) ** 2 / 2

    def step(self, point: Floats, found: Floats, jacobian: Floats, damping: Floats) -> Floats:
        """The point within the cube at which the linearised loss is least, damped by (parameters,) ``damping``."""
        whitened = self.whitened(found)
        pull = self.pull(whitened)
        unit = np.eye(len(point)) / PRIOR_SD
        matrix = np.vstack([pull[:, None] * self.slopes(jacobian), unit, np.sqrt(damping)[:, None] * unit])
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

    A round takes the Jacobian where it is due, and simulates the steps of several dampings at once. Every block goes to
    the best of them if that lowers its loss, and is settled when a step by a Jacobian of its point does not. What steps
    show corrects the Jacobian.

    Raises:
        ColeyError: where the catalogue's values themselves, or both neighbours of a point, cannot be simulated.
    """
    method, blocks = objective.method, objective.blocks
    point = objective.space.start
    found = must(objective.evaluate("start", [point], [objective.trials])[0], "the catalogue's values")
    jacobian = jacobian_at(objective, point, "round 1: Jacobian")
    age, factors, active = 0, np.ones(len(blocks)), np.ones(len(blocks), dtype=bool)
    told: list[Round] = []
    for number in range(1, rounds + 1):
        before = objective.losses(point, found)
        steps = [_step(objective, point, found, jacobian, damping * factors, active) for damping in DAMPINGS]
        results = objective.evaluate(f"round {number}: steps", steps, [objective.trials] * len(steps))
        tried = np.array(
            [
                np.full(len(blocks), np.inf) if isinstance(result, Failure) else objective.losses(step, result)
                for step, result in zip(steps, results, strict=True)
            ]
        )
        best = np.argmin(tried, axis=0)
        least = tried[best, np.arange(len(blocks))]
        gained = active & (least < before * (1 - method.gain))
        here = point, found
        for step, result in zip(steps, results, strict=True):
            if not isinstance(result, Failure):
                jacobian = _corrected(objective, jacobian, step - here[0], result - here[1])
        for k in np.flatnonzero(gained):
            result = must(results[best[k]], "a step")
            point, found = _with_block(objective, blocks[k], (point, found), (steps[best[k]], result))
        was_fresh, age = age == 0, age + 1
        after = np.where(gained, least, before)
        told.append(Round(float(before.sum()), float(after.sum()), int(gained.sum()), was_fresh))
        factors = np.where(gained, np.maximum(factors * SHRINK, 0.1), factors * (GROW**2 if was_fresh else 1.0))
        if was_fresh:
            active &= gained | ((least >= before * (1 + method.gain)) & (factors <= LARGEST))
        if not active.any():
            break
        if number < rounds and (age >= method.fresh or not gained.any()):
            jacobian, age = jacobian_at(objective, point, f"round {number + 1}: Jacobian"), 0
    if age >= method.fresh:
        jacobian = jacobian_at(objective, point, "posterior: Jacobian")
    everything = tuple(dict.fromkeys(figure.study for figure in objective.figures))
    found = must(objective.evaluate("predictions", [point], [everything])[0], "the fitted values")
    covariance = objective.covariance(found, jacobian)
    return Fitted(point, found, jacobian, covariance, objective.loss(point, found), tuple(told))


def _step(
    objective: Objective, point: Floats, found: Floats, jacobian: Floats, dampings: Floats, active: Flags
) -> Floats:
    """The step of the blocks that are ``active``, each with its damping; the others stay."""
    own = np.zeros(len(point))
    moving = np.zeros(len(point), dtype=bool)
    for block, damping, moves in zip(objective.blocks, dampings, active, strict=True):
        own[list(block.parameters)] = damping
        moving[list(block.parameters)] = moves
    return np.where(moving, objective.step(point, found, jacobian, own), point)


def _with_block(
    objective: Objective, block: Block, here: tuple[Floats, Floats], there: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """``here``, with the parameters and the figures of ``block`` as they are ``there``."""
    point, members = here[0].copy(), list(block.parameters)
    point[members] = there[0][members]
    return point, np.where(objective.rows(block), there[1], here[1])


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
        trials = [sorted(objective.reach[k]) for k in todo]
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


def _corrected(objective: Objective, jacobian: Floats, move: Floats, change: Floats) -> Floats:
    """The Jacobian after Broyden's update of every block: it explains the ``change`` of figures over ``move``."""
    corrected = jacobian.copy()
    for block in objective.blocks:
        members = np.array(block.parameters)
        length = float(move[members] @ move[members])
        if length >= 1e-12:
            rows = np.flatnonzero(objective.rows(block))
            surprise = np.nan_to_num(change[rows] - jacobian[np.ix_(rows, members)] @ move[members])
            corrected[np.ix_(rows, members)] += np.outer(surprise, move[members]) / length
    return corrected


def must(result: Floats | Failure, what: str) -> Floats:
    """``result``, where there is one.

    Raises:
        ColeyError: ``what`` cannot be simulated.
    """
    if isinstance(result, Failure):
        raise ColeyError(Problem(what, f"cannot be simulated: {'; '.join(result.reasons)}"))
    return result
