"""What harm follows from in the patients of an arm: their self-reactive T cells, and how long they are watched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.catalogue import Catalogue
from coley.disease import Observable
from coley.harm import DRIVERS
from coley.population import recruit
from coley.trial.arms import read_arms
from coley.trial.conduct import follow
from coley.trial.settings import RunSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Driven:
    """The patients of an arm.

    Attributes:
        cancer: name of theirs.
        days: (days,) from the first dose on.
        courses: (patients, days) of :data:`coley.harm.DRIVERS` by name.
        until: (patients,) day until which an event counts as one of the treatment.
    """

    cancer: str
    days: Floats
    courses: Mapping[str, Floats]
    until: Floats


def drivers(name: str, arms: Iterable[str], catalogue: Catalogue, settings: RunSettings) -> dict[str, Driven]:
    """The ``arms`` of a trial, simulated with harm and care as the catalogue has them."""
    trial = catalogue.trials[name]
    wanted = set(arms)
    plans = [plan for plan in read_arms(trial, catalogue) if plan.arm.name in wanted]
    disease = catalogue.disease(trial.cancer)
    parts = list({part.name: part for plan in plans for part in plan.parts}.values())
    cohort = recruit(disease, parts, trial.eligibility, settings.patients, seed=settings.seed, threads=settings.threads)
    found = {}
    for plan in plans:
        known = plan.system.units
        shown = [Observable(driver, driver, "", "immune") for driver in DRIVERS if driver in known]
        history = follow(trial, plan, disease, cohort, shown, settings)
        ok = history.status == "ok"
        days = history.trajectories["time"].to_numpy().astype(float)
        courses = {
            driver: _filled(history.trajectories[driver].to_numpy()[ok])
            if driver in history.trajectories
            else np.full((int(ok.sum()), len(days)), rest)
            for driver, rest in DRIVERS.items()
        }
        until = np.fmin(history.safety.until, history.lost)[ok]
        found[plan.arm.name] = Driven(trial.cancer, days, courses, np.fmin(until, days[-1]))
    return found


def _filled(values: NDArray[np.float32]) -> Floats:
    """A course that ends with the patient goes on as it was, so that it can be integrated; nothing of that counts."""
    held = values.astype(float)
    for k in range(1, held.shape[1]):
        gone = np.isnan(held[:, k])
        held[gone, k] = held[gone, k - 1]
    return held
