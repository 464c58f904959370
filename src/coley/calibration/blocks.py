"""Search in blocks: parameters that share no trial are fitted apart from each other, and simulated together.

Where a plan frees a few numbers of each of many cancers, every trial knows the numbers of one cancer only. One
simulation of all trials then tries another value of one parameter in every block at once. A block keeps what lowers its
own loss: coordinate search, which needs no slope, as a rate that is 0 has none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coley.calibration.evaluate import Failure
from coley.calibration.fit import Fitted, Objective, Round, must
from coley.calibration.space import PRIOR_SD

Floats = NDArray[np.float64]
STRIDES = ((-0.3, -0.15, 0.15, 0.3), (-0.08, 0.08), (-0.04, 0.04))
"""Moves that each round tries of a parameter, as shares of its range; the last are those of all further rounds."""


def blocks_of(objective: Objective) -> list[list[int]]:
    """Parameters that share a trial, together; each block in the order of the plan."""
    point = objective.space.start
    blocks: list[tuple[set[int], set[str]]] = []
    for k in range(len(point)):
        trials = _trials(objective, point, [k])
        together = [block for block in blocks if block[1] & trials]
        blocks = [block for block in blocks if not block[1] & trials]
        blocks.append(({k}.union(*(b[0] for b in together)), trials.union(*(b[1] for b in together))))
    return [sorted(block) for block, _ in blocks]


def fit_blocks(objective: Objective, rounds: int) -> Fitted:
    """Search every block from the catalogue's values, in ``rounds`` rounds over its parameters.

    The Jacobian that is returned is zero, and the covariance that of the prior: nothing is said of slopes.

    Raises:
        ColeyError: where the catalogue's values themselves cannot be simulated.
    """
    point = objective.space.start
    found = must(objective.evaluate("start", [point], [objective.trials])[0], "the catalogue's values")
    blocks = blocks_of(objective)
    trials = [_trials(objective, point, block) for block in blocks]
    told: list[Round] = []
    for number in range(rounds):
        before = objective.loss(point, found)
        for turn in range(max(map(len, blocks))):
            turning = [k for k, block in enumerate(blocks) if turn < len(block)]
            tried = [_moved(point, [blocks[k][turn] for k in turning], stride) for stride in _strides(number)]
            stage = f"round {number + 1}: parameter {turn + 1} of each block"
            results = objective.evaluate(stage, tried, [objective.trials] * len(tried))
            for other, result in zip(tried, results, strict=True):
                if not isinstance(result, Failure):
                    for k in turning:
                        point, found = _better(objective, blocks[k], trials[k], (point, found), (other, result))
        after = objective.loss(point, found)
        told.append(Round(before, after, 0.0, after < before, True))
    size = len(point)
    covariance = np.eye(size) * PRIOR_SD**2
    return Fitted(point, found, np.zeros((len(found), size)), covariance, objective.loss(point, found), tuple(told))


def _strides(number: int) -> tuple[float, ...]:
    return STRIDES[min(number, len(STRIDES) - 1)]


def _moved(point: Floats, indices: list[int], stride: float) -> Floats:
    moved = point.copy()
    moved[indices] = np.clip(moved[indices] + stride, 0.0, 1.0)
    return moved


def _trials(objective: Objective, point: Floats, block: list[int]) -> set[str]:
    moved = [_moved(point, [k], 0.1 if point[k] <= 0.5 else -0.1) for k in block]
    return {name for other in moved for name in objective.touched(point, other)}


def _better(
    objective: Objective, block: list[int], trials: set[str], here: tuple[Floats, Floats], there: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """``here``, with the parameters and figures of ``block`` as they are ``there``, if that lowers the block's loss."""
    own = np.array([figure.study in trials for figure in objective.figures])
    point, found = here[0].copy(), np.where(own, there[1], here[1])
    point[block] = there[0][block]
    return (point, found) if objective.loss(point, found) < objective.loss(*here) else here
