"""Extinction by chance, against closed forms of Kendall (1948) and an exact simulation of births and deaths."""

from __future__ import annotations

import numpy as np
import pytest

from coley.trial.conduct.extinction import extinct, surviving_line


@pytest.mark.parametrize(
    ("birth", "death", "time"),
    [(0.3, 0.1, 5.0), (0.3, 0.1, 400.0), (0.1, 0.3, 5.0), (0.1, 0.3, 400.0), (0.2, 0.2, 30.0), (0.05, 9.0, 120.0)],
)
def test_a_line_dies_out_with_the_probability_of_the_birth_death_process(birth: float, death: float, time: float):
    """Bailey, The Elements of Stochastic Processes (1964), 8.48: d(e^(gt) - 1) / (b e^(gt) - d), and bt / (1 + bt)."""
    net = birth - death
    if net == 0:
        expected = birth * time / (1 + birth * time)
    elif net > 0:
        expected = death * (1 - np.exp(-net * time)) / (birth - death * np.exp(-net * time))
    else:
        expected = death * (np.exp(net * time) - 1) / (birth * np.exp(net * time) - death)
    found = surviving_line(np.array([birth]), np.array([net]), np.array([time]))
    np.testing.assert_allclose(1 - found, expected, rtol=1e-6)


def test_in_the_long_run_a_growing_line_dies_out_with_the_ratio_of_death_to_birth():
    found = surviving_line(np.array([0.4]), np.array([0.3]), np.array([1e4]))
    np.testing.assert_allclose(found, 0.75, rtol=1e-9)


def test_of_very_many_cells_that_nearly_all_die_the_few_are_counted_without_loss_of_digits():
    """e^-30 of 10^13 cells that never divide, a mean of 0.936, are left: none with probability e^-0.936."""
    begin = np.array([1e13])
    found = extinct(begin, begin * np.exp(-30.0), np.zeros(1), np.array([10.0]))
    np.testing.assert_allclose(found, np.exp(-1e13 * np.exp(-30.0)), rtol=1e-9)


def test_cells_that_only_divide_never_die_out_and_none_are_extinct():
    birth = np.full(3, 0.2)
    found = extinct(np.array([1e-3, 5.0, 0.0]), np.array([1e-3, 5.0, 0.0]) * np.exp(2.0), birth, np.full(3, 10.0))
    np.testing.assert_allclose(found, [np.exp(-1e-3), np.exp(-5.0), 1.0], rtol=1e-12)


def test_cells_that_came_from_elsewhere_are_there_as_a_poisson_number_says():
    np.testing.assert_allclose(extinct(np.zeros(1), np.array([0.7]), np.ones(1), np.ones(1)), np.exp(-0.7))


def gillespie(start: int, birth: float, death: float, time: float, draw: np.random.Generator) -> int:
    """Cells left of ``start`` after ``time``, by the exact algorithm of Gillespie (1977)."""
    cells, now = start, 0.0
    while cells:
        now += draw.exponential(1 / (cells * (birth + death)))
        if now > time:
            break
        cells += 1 if draw.random() < birth / (birth + death) else -1
    return cells


@pytest.mark.parametrize(("mean", "birth", "death", "time"), [(3.0, 0.15, 0.25, 10.0), (2.0, 0.3, 0.2, 10.0)])
def test_populations_die_out_as_often_as_in_an_exact_simulation_and_their_mean_is_kept(
    mean: float, birth: float, death: float, time: float
):
    draw = np.random.default_rng(3)
    runs = 4000
    left = np.array([gillespie(draw.poisson(mean), birth, death, time, draw) for _ in range(runs)])
    end = mean * np.exp((birth - death) * time)
    gone = float(extinct(np.array([mean]), np.array([end]), np.array([birth]), np.array([time]))[0])
    error = np.sqrt(gone * (1 - gone) / runs)
    assert abs((left == 0).mean() - gone) < 4 * error
    survivors = left[left > 0]
    assert abs(survivors.mean() - end / (1 - gone)) < 4 * survivors.std() / np.sqrt(len(survivors))
