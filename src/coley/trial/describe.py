"""What a reader must know of a result: the model, its numbers, its assumptions, and how to make the result again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import Any

import pandas as pd

from coley.catalogue import Change
from coley.disease import Disease
from coley.facts import Quantity
from coley.modeling import Mechanism
from coley.population import Comorbid
from coley.protocol import Published, Trial
from coley.trial.analysis import endpoints
from coley.trial.arms import Plan
from coley.trial.conduct import ASSUMPTIONS, RTOL, History
from coley.trial.result import ModelDescription
from coley.trial.settings import RunSettings
from coley.version import __version__

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


def describe(disease: Disease, parts: Sequence[Mechanism]) -> ModelDescription:
    """The model of a trial, with the mechanisms of all its arms: assumptions, and every parameter with its source."""
    rows = []
    for mechanism in parts:
        for name, parameter in mechanism.parameters.items():
            quantity = mechanism.variables[name].quantity
            known = (_spread(quantity), parameter.known, parameter.source, parameter.meaning)
            rows.append((name, quantity.value, quantity.unit, *known))
    columns = ["name", "value", "unit", "spread", "known", "source", "meaning"]
    return ModelDescription(
        name=disease.cancer.title,
        mechanisms=tuple((m.name, m.meaning) for m in parts),
        assumptions=(*disease.assumptions, *ASSUMPTIONS),
        parameters=pd.DataFrame(rows, columns=columns).drop_duplicates("name", ignore_index=True),
    )


def manifest(
    trial: Trial,
    disease: Disease,
    plans: Sequence[Plan],
    comorbid: Comorbid,
    changes: Sequence[Change],
    settings: RunSettings,
) -> dict[str, Any]:
    """What decides the result: the same manifest gives the same bytes. ``changes`` are those of the catalogue."""
    drugs = {drug.name: drug for plan in plans for drug in plan.drugs.values()}
    return {
        "coley": __version__,
        "trial": trial.name,
        "patients_per_arm": settings.patients,
        "seed": settings.seed,
        "backend": "default" if settings.backend is None else getattr(settings.backend, "__module__", "another"),
        "relative_tolerance": RTOL,
        "changed": [change.record() for change in changes],
        "sha256": {
            "protocol": _digest(trial.model_dump(mode="json")),
            "cancer": _digest(disease.cancer.model_dump(mode="json")),
            "physiology": _digest(disease.physiology.model_dump(mode="json")),
            "comorbidities": {each.name: _digest(each.model_dump(mode="json")) for each in comorbid.found},
            "drugs": {name: _digest(drugs[name].model_dump(mode="json")) for name in sorted(drugs)},
            "model": {plan.arm.name: plan.system.fingerprint for plan in plans},
        },
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _LIBRARIES}},
    }


def notes(
    trial: Trial, plans: Sequence[Plan], histories: Sequence[History], changes: Sequence[Change]
) -> tuple[str, ...]:
    """Sentences that belong beside the figures of this result."""
    found = []
    if changes:
        names = _list({change.name for change in changes})
        found.append(f"Other values than those of the catalogue were used, which the manifest lists: {names}.")
    idle = {
        name
        for plan in plans
        for line in plan.lines
        if line.regimen is not None
        for name in line.regimen.procedures
        if name not in plan.drugs
    }
    if idle:
        found.append(f"The catalogue does not say what these procedures do, and so they do nothing: {_list(idle)}.")
    if trial.fitted:
        found.append("The model was fitted to arms of this trial: agreement here is a fit, not a prediction.")
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
        f"{endpoints.read(fact.endpoint).label} of {arm.name}"
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
    endpoint = endpoints.read(fact.endpoint)
    return fact.value if endpoint.unit == endpoints.MONTHS else endpoint.month


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _spread(quantity: Quantity) -> str:
    if quantity.cv is not None:
        text = f"CV {100 * quantity.cv:g} %"
    elif quantity.sd is not None:
        text = f"SD {quantity.sd:g}"
    elif quantity.logit_sd is not None:
        text = f"logit SD {quantity.logit_sd:g}"
    elif quantity.levels:
        text = ", ".join(f"{value:g} in {100 * share:g} %" for value, share in quantity.levels)
    else:
        text = quantity.distribution
    return f"{text}, {100 * quantity.within:g} % between lesions" if quantity.within else text


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
