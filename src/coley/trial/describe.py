"""What a reader must know of a result: the model, its numbers, its assumptions, and how to make the result again."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib import metadata
from typing import Any

import pandas as pd

from coley.catalogue.schema import Quantity, Trial
from coley.library import immuno_oncology
from coley.model import Context
from coley.system import System
from coley.trial.course import REST_BEFORE_NEXT, RTOL, History
from coley.trial.result import ModelDescription
from coley.version import __version__

ASSUMPTIONS = (
    "All lesions of a patient respond as one burden; target lesions are fixed shares of it, read with error.",
    "Blood and peripheral tissue hold one well-mixed pool of T cells; cytokines are at quasi-steady state.",
    "A new lesion and death are hazards that follow tumour burden and its control.",
    "Patients stop treatment at progression by RECIST 1.1 or at its fixed end; toxicity does not stop it yet.",
    f"A share of patients, as published, receives another treatment {REST_BEFORE_NEXT:g} days after progression.",
    "Patients leave the trial at a constant rate, unrelated to their disease.",
)
_LIBRARIES = ("numpy", "scipy", "symengine", "scikit-sundae", "pandas", "xarray", "lifelines", "pyarrow", "altair", "vl-convert-python")


def describe(context: Context) -> ModelDescription:
    """The model of a trial: mechanisms, assumptions and every parameter with its source."""
    mechanisms = immuno_oncology(context)
    rows = []
    for mechanism in mechanisms:
        for name, parameter in mechanism.parameters.items():
            quantity = mechanism.variables[name].quantity
            source = f"{quantity.source}, {quantity.at}" if quantity.at else quantity.source
            rows.append((name, quantity.value, quantity.unit, _spread(quantity), quantity.known, source, parameter.meaning))
    columns = ["name", "value", "unit", "spread", "known", "source", "meaning"]
    return ModelDescription(
        name=f"immuno-oncology, {context.cancer.title}",
        mechanisms=tuple((m.name, m.meaning) for m in mechanisms),
        assumptions=ASSUMPTIONS,
        parameters=pd.DataFrame(rows, columns=columns).drop_duplicates("name", ignore_index=True),
    )


def manifest(trial: Trial, context: Context, systems: dict[str, System], patients: int, seed: int) -> dict[str, Any]:
    """What decides the result: the same manifest gives the same bytes."""
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


def notes(trial: Trial, histories: list[History]) -> tuple[str, ...]:
    """Sentences that belong beside the figures of this result."""
    found = []
    if trial.calibrated:
        found.append("The model was calibrated on the arms of this trial: agreement here is a fit, not a prediction.")
    failed = sum(int((history.status != "ok").sum()) for history in histories)
    if failed:
        found.append(f"{failed} simulated courses failed; they are listed in ADSL with the reason and do not count in any endpoint.")
    late = sorted({f.endpoint for arm in trial.arms for f in arm.published if f.cutoff > trial.follow_up_months + trial.enrolment_months})
    if late:
        found.append(
            f"Follow-up here ends {trial.follow_up_months:g} months after the first dose; published figures of a later cut "
            f"({', '.join(late)}) are compared with that."
        )
    return tuple(found)


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
