"""What a reader must know of a result: the model, its numbers, its assumptions, and how to make the result again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

import pandas as pd

from coley.catalogue.schema import Published, Quantity, Trial
from coley.library import immuno_oncology
from coley.model import Context
from coley.system import System
from coley.trial.course import REST_BEFORE_NEXT, RTOL
from coley.trial.history import History
from coley.trial.result import ModelDescription
from coley.version import __version__

ASSUMPTIONS = (
    "All lesions of a patient respond as one burden; target lesions are fixed shares of it, read with error.",
    "Blood and peripheral tissue hold one well-mixed pool of T cells; cytokines are at quasi-steady state.",
    "A new lesion and death are hazards that follow tumour burden and its control.",
    "Patients stop treatment at progression by RECIST 1.1 or at its fixed end, never because of toxicity.",
    f"A share of patients, as published, receives another treatment {REST_BEFORE_NEXT:g} days after progression.",
    "Patients leave the trial at a constant rate, unrelated to their disease.",
)
_LIBRARIES = (
    "numpy",
    "scipy",
    "symengine",
    "llvmlite",
    "numba",
    "pandas",
    "xarray",
    "lifelines",
    "pyarrow",
    "altair",
    "vl-convert-python",
)


def describe(context: Context) -> ModelDescription:
    """The model of a trial: mechanisms, assumptions and every parameter with its source."""
    mechanisms = immuno_oncology(context)
    rows = []
    for mechanism in mechanisms:
        for name, parameter in mechanism.parameters.items():
            quantity = mechanism.variables[name].quantity
            known = (_spread(quantity), parameter.known, parameter.source, parameter.meaning)
            rows.append((name, quantity.value, quantity.unit, *known))
    columns = ["name", "value", "unit", "spread", "known", "source", "meaning"]
    return ModelDescription(
        name=f"immuno-oncology, {context.cancer.title}",
        mechanisms=tuple((m.name, m.meaning) for m in mechanisms),
        assumptions=ASSUMPTIONS,
        parameters=pd.DataFrame(rows, columns=columns).drop_duplicates("name", ignore_index=True),
    )


def manifest(trial: Trial, context: Context, systems: Mapping[str, System], patients: int, seed: int) -> dict[str, Any]:
    """What decides the result: the same manifest gives the same bytes. ``systems`` are those of the arms, by name."""
    return {
        "coley": __version__,
        "trial": trial.name,
        "patients_per_arm": patients,
        "seed": seed,
        "relative_tolerance": RTOL,
        "sha256": {
            "protocol": _digest(trial.model_dump(mode="json")),
            "cancer": _digest(context.cancer.model_dump(mode="json")),
            "physiology": _digest(context.physiology.model_dump(mode="json")),
            "drugs": {drug.name: _digest(drug.model_dump(mode="json")) for drug in context.drugs},
            "model": {arm: system.fingerprint for arm, system in systems.items()},
        },
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _LIBRARIES}},
    }


def notes(trial: Trial, histories: Sequence[History]) -> tuple[str, ...]:
    """Sentences that belong beside the figures of this result."""
    found = []
    if trial.calibrated:
        found.append("The model was calibrated on the arms of this trial: agreement here is a fit, not a prediction.")
    elif any(arm.published for arm in trial.arms):
        found.append("No parameter was fitted to this trial: what is simulated here is a prediction.")
    if any(
        arm.n is not None and arm.n > len(history.death) for arm, history in zip(trial.arms, histories, strict=True)
    ):
        found.append(
            "Fewer patients were simulated than the published arms had: the intervals, those of arms of the published "
            "size, leave out the error of simulating so few."
        )
    failed = sum(int((history.status != "ok").sum()) for history in histories)
    if failed:
        found.append(
            f"{failed} simulated {'course' if failed == 1 else 'courses'} failed: listed in ADSL with the reason, and "
            "in no endpoint."
        )
    beyond = [
        f"{fact.endpoint.replace('_', ' ')} of {arm.name}"
        for arm in trial.arms
        for fact in arm.published
        if _reached(fact) > trial.follow_up_months
    ]
    if beyond:
        found.append(
            f"The simulation ends {trial.follow_up_months:g} months after the first dose and cannot reach what was "
            f"published of later months: {', '.join(beyond)}."
        )
    return tuple(found)


def _reached(fact: Published) -> float:
    """Months after the first dose that a published figure speaks of; 0 where it speaks of none."""
    if fact.endpoint.endswith("_median"):
        return fact.value
    if fact.endpoint.endswith("mo"):
        return float(fact.endpoint.rpartition("_")[2].removesuffix("mo"))
    return 0.0


def _spread(quantity: Quantity) -> str:
    if quantity.cv is not None:
        return f"CV {100 * quantity.cv:g} %"
    if quantity.sd is not None:
        return f"SD {quantity.sd:g}"
    if quantity.logit_sd is not None:
        return f"logit SD {quantity.logit_sd:g}"
    return ""


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
