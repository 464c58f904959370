"""Resected melanoma: what surgery left, and when it is seen again."""

from __future__ import annotations

import numpy as np

from diseases import YEAR, disease, examined, follow, patients, rates, treated

NAME = "melanoma-resected"
NUMBER = 150


def test_recurrence_as_published_without_treatment() -> None:
    """KEYNOTE-054, placebo: free of recurrence 61 % at one year and 44 % at three (Eggermont 2018 and 2020)."""
    found = follow(NAME, [0, YEAR, 3 * YEAR], NUMBER)
    seen = [np.asarray(examined(found, NAME, visit)["diameters"]).max(axis=1) for visit in range(3)]
    free = [(largest == 0).mean() for largest in seen]
    assert free[0] == 1
    assert abs(free[1] - 0.61) < 0.12
    assert abs(free[2] - 0.44) < 0.12


def test_surgery_leaves_the_rest_empty_and_memory_in_place() -> None:
    start = patients(NAME, NUMBER)
    assert (start[[f"C_{clone.name}_R" for clone in disease(NAME).cancer.clones]] == 0).all(axis=None)
    assert (start["E8_R"] == 0).all()
    assert (start["M8"] > 0).all()


def test_some_are_cured_by_surgery_and_stay_so() -> None:
    cells = [f"C_{clone.name}_{site}" for clone in disease(NAME).cancer.clones for site in disease(NAME).sites]
    cured = (patients(NAME, NUMBER)[cells] == 0).all(axis=1).to_numpy()
    assert 0.1 < cured.mean() < 0.6
    found = follow(NAME, [0, 5 * YEAR], NUMBER)
    assert (found["C_total"].to_numpy()[cured, 1] == 0).all()


def test_no_deposit_is_seen_at_the_start_and_deposits_go_from_large_to_small() -> None:
    found = follow(NAME, [0, 1], NUMBER)
    cells = np.stack([found[f"C_total_{site}"].to_numpy()[:, 0] for site in disease(NAME).targets], axis=1)
    assert (np.diff(cells, axis=1) <= 1e-6 * cells[:, 1:]).all()
    assert cells.max() <= 1.001e7
    assert (np.asarray(examined(found, NAME, 0)["diameters"]) == 0).all()


def test_killing_empties_microscopic_sites() -> None:
    """1e7 cells at most, killed at 0.3 a day for half a year against growth below 0.1: less than one is left."""
    terms = {f"kill_{clone.name}_{site}": (0.3, "1/day") for clone in disease(NAME).cancer.clones for site in "1234"}
    found = follow(NAME, [0, 180], 40, system=treated(NAME, rates(NAME, terms)))
    assert (found["C_total"].to_numpy()[:, 1] < 1).all()
