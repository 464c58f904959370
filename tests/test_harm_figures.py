"""Cumulative incidence beside closed forms and lifelines."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines import AalenJohansenFitter

from coley.trial.analysis.competing import COMPETING, EVENT, cumulative_incidence


def test_incidence_of_two_constant_hazards() -> None:
    """F(t) = a / (a + b) (1 - exp(-(a + b) t)); within 4 binomial standard errors."""
    n, a, b = 20_000, 0.3, 0.2
    generator = np.random.default_rng(1)
    event, death = generator.exponential(1 / a, n), generator.exponential(1 / b, n)
    first = np.minimum(event, death)
    causes = np.where(first > 4.0, 0, np.where(event < death, EVENT, COMPETING))
    curve = cumulative_incidence(np.minimum(first, 4.0), causes)
    for time in (0.5, 2.0, 3.9):
        found = np.interp(time, curve["time"], curve["incidence"])
        expected = a / (a + b) * (1 - np.exp(-(a + b) * time))
        assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


def test_incidence_is_that_of_lifelines() -> None:
    """Times without ties, where lifelines needs no jitter."""
    generator = np.random.default_rng(2)
    times, causes = generator.permutation(60) + 1.0, generator.integers(0, 3, 60)
    fit = AalenJohansenFitter(calculate_variance=False).fit(times, causes, event_of_interest=EVENT)
    curve = cumulative_incidence(times, causes)
    expected = fit.cumulative_density_.to_numpy()[:, 0]
    assert curve["incidence"].to_numpy() == pytest.approx(expected, abs=1e-12)


def test_without_competition_and_censoring_it_is_the_share() -> None:
    curve = cumulative_incidence(np.array([1.0, 1.0, 2.0, 5.0]), np.array([1, 1, 1, 1]))
    assert curve["incidence"].tolist() == pytest.approx([0, 0.5, 0.75, 1.0])
    with_deaths = cumulative_incidence(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 2, 1, 2]))
    assert with_deaths["incidence"].tolist() == pytest.approx([0, 0.25, 0.25, 0.5, 0.5])
