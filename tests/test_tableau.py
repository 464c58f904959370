"""Coefficients of Rosenbrock methods meet the conditions of their orders, one for every rooted tree.

Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed. 1996, section IV.7: with alpha and beta = alpha +
Gamma, sum_i b_i Phi_i(t) = 1 / gamma(t), where a vertex with one branch takes beta, and one with several takes alpha.
"""

from __future__ import annotations

from functools import cache, reduce

import numpy as np
import pytest
from numpy.typing import NDArray

from coley.engine.tableau import METHODS, Method

Floats = NDArray[np.float64]
Tree = tuple["Tree", ...]
EXACT = 3e-14  # the coefficients have 16 digits, and are up to 165

each_method = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)


@cache
def trees(size: int) -> frozenset[Tree]:
    """The rooted trees with ``size`` vertices, each as its branches."""

    def forests(left: int) -> set[Tree]:
        if not left:
            return {()}
        return {
            tuple(sorted((tree, *rest)))
            for first in range(1, left + 1)
            for tree in trees(first)
            for rest in forests(left - first)
        }

    return frozenset(forests(size - 1))


def vertices(tree: Tree) -> int:
    return 1 + sum(map(vertices, tree))


def density(tree: Tree) -> int:
    return reduce(lambda product, branch: product * density(branch), tree, vertices(tree))


def square(rows: tuple[tuple[float, ...], ...]) -> Floats:
    return np.array([[*row, *[0.0] * (len(rows) - len(row))] for row in rows])


def matrices(method: Method) -> tuple[Floats, Floats]:
    """alpha and Gamma, from the form that a step uses."""
    gamma = np.linalg.inv(np.eye(method.stages) / method.gamma - square(method.c))
    return square(method.a) @ gamma, gamma


def worst(method: Method, weights: Floats, order: int, share: float = 1.0) -> float:
    """How far the worst condition up to an order is from met, by weights of the stages k_i at a share of the step."""
    alpha, gamma = matrices(method)

    def value(tree: Tree) -> Floats:
        matrix = alpha + gamma if len(tree) == 1 else alpha
        return np.prod([matrix @ value(branch) for branch in tree] or [np.ones(method.stages)], axis=0)

    every = [tree for size in range(1, order + 1) for tree in trees(size)]
    return max(abs(weights @ value(tree) - share ** vertices(tree) / density(tree)) for tree in every)


def test_number_of_trees() -> None:
    """As in the book's table II.2.3 of volume I."""
    assert [len(trees(size)) for size in range(1, 7)] == [1, 1, 2, 4, 9, 20]


@each_method
def test_conditions_of_order(method: Method) -> None:
    _, gamma = matrices(method)
    m, e = np.array(method.m), np.array(method.e)
    for weights, order in ((m, method.order), (m - e, method.error_order)):
        assert worst(method, weights @ gamma, order) < EXACT
        assert worst(method, weights @ gamma, order + 1) > 1e-4


@each_method
def test_times_are_those_of_the_stages(method: Method) -> None:
    alpha, gamma = matrices(method)
    np.testing.assert_allclose(alpha.sum(axis=1), method.alpha, rtol=0, atol=EXACT)
    np.testing.assert_allclose(gamma.sum(axis=1), method.d, rtol=0, atol=EXACT)


@each_method
def test_conditions_of_dense_output(method: Method) -> None:
    """A polynomial with k rows besides the line between the ends has order k + 1, at any share of the step."""
    _, gamma = matrices(method)
    for share in (0.1, 0.3, 0.5, 0.8):
        inner = sum(np.array(row) * share**k for k, row in enumerate(method.dense))
        weights = share * np.array(method.m) + share * (1 - share) * inner
        assert worst(method, weights @ gamma, len(method.dense) + 1, share) < EXACT


@each_method
def test_what_decays_at_once_is_gone_at_the_end_of_a_step(method: Method) -> None:
    """R(-inf) = 0, for the result and the embedded one."""
    alpha, gamma = matrices(method)
    for weights in (np.array(method.m), np.array(method.m) - np.array(method.e)):
        assert abs(1 - weights @ gamma @ np.linalg.solve(alpha + gamma, np.ones(method.stages))) < EXACT
