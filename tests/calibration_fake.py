"""A cheap stand-in for the simulation, for tests of the method of calibration: smooth functions of a few parameters."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from coley.calibration.paths import value_at
from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem
from coley.protocol import Trial

KILL = "physiology.parameters.k_kill.value"
HAZARD = {
    "melanoma": "cancers.melanoma.parameters.h_burden.value",
    "nsclc": "cancers.solid-tumour.parameters.h_burden.value",
}
DOCETAXEL = "drugs.docetaxel.actions.kill-dividing.kill_rate.value"
CALLS = "COLEY_TEST_CALLS"
"""Environment variable with the file that every call adds a line to, for counting in any process."""


def predict(trial: Trial, catalogue: Catalogue, patients: int, seed: int) -> pd.DataFrame:
    """Response rises with killing, survival falls with the hazard; docetaxel adds response where it is given."""
    if CALLS in os.environ:
        with Path(os.environ[CALLS]).open("a", encoding="utf-8") as calls:
            calls.write(f"{trial.name}\n")
    killing = np.log(value_at(catalogue, KILL) / 5)
    hazard = np.log(value_at(catalogue, HAZARD[trial.cancer]) / 0.001)
    cytotoxic = np.log(value_at(catalogue, DOCETAXEL) / 0.2)
    rows = []
    for number, arm in enumerate(trial.arms):
        response = 30 + 12 * np.tanh(killing) - 3 * number + 0.01 * seed
        if "docetaxel" in arm.regimen:
            response = 15 + 5 * cytotoxic
        for fact in arm.published:
            rows.append((arm.name, fact.endpoint, _value(fact.endpoint, response, killing, hazard)))
    return pd.DataFrame(rows, columns=["arm", "endpoint", "predicted"])


def _value(endpoint: str, response: float, killing: float, hazard: float) -> float:
    if endpoint.endswith("_HR"):
        return float(np.exp(-0.3 - 0.2 * killing))
    if endpoint.endswith("_median"):
        return float(np.exp(2.5 - 0.6 * hazard + 0.2 * killing))
    if endpoint.endswith("mo"):
        return float(50 - 10 * np.tanh(hazard))
    return float(response if endpoint == "ORR" else response / 4)


def fragile(trial: Trial, catalogue: Catalogue, patients: int, seed: int) -> pd.DataFrame:
    """The same, but faster killing than at the start cannot be simulated."""
    if value_at(catalogue, KILL) > 5.000001:
        raise ColeyError(Problem("trial", "hardly anyone is eligible"))
    return predict(trial, catalogue, patients, seed)


def faulty(trial: Trial, catalogue: Catalogue, patients: int, seed: int) -> pd.DataFrame:
    """The same, with a fault of the program in one trial."""
    if trial.name == "oak":
        raise ZeroDivisionError("one over none")
    return predict(trial, catalogue, patients, seed)
