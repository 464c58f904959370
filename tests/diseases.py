"""Helpers for the tests of kinds of disease: patients at diagnosis, and treatment that is nothing but a rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.catalogue import load_catalogue
from coley.disease import Disease, Findings
from coley.disease.interface import lacking
from coley.engine import solve
from coley.facts import Quantity
from coley.modeling import Mechanism, assemble
from coley.population import recruit
from coley.protocol import Eligibility
from coley.system import System

Floats = NDArray[np.float64]
MONTH, YEAR = 30.4375, 365.25
SEED = 3
WORKED = {
    "melanoma-resected": "resected",
    "dlbcl": "nodal",
    "b-all": "leukaemia",
    "myeloma": "myeloma",
    "nmibc-cis": "bladder",
    "basal-cell-superficial": "skin",
    "hpv-16-18": "infection",
}
"""The worked cancer of each kind of disease beside advanced solid tumours."""


@cache
def disease(name: str) -> Disease:
    return load_catalogue().disease(name)


@cache
def patients(name: str, number: int) -> pd.DataFrame:
    """Parameters and states at diagnosis that the untreated model knows, a row for each patient."""
    known = disease(name).model().units
    found = recruit(disease(name), disease(name).parts(), Eligibility(), number, seed=SEED).parameters
    return found[[column for column in found if column in known]].reset_index(drop=True)


def rates(name: str, terms: Mapping[str, tuple[float, str]]) -> Mechanism:
    """A treatment that adds a constant to each shared term, given with its unit."""
    m = Mechanism("treatment", "A treatment that is constant.", disease(name).context)
    for term, (value, unit) in terms.items():
        quantity = Quantity(value=value, unit=unit, source="test", known="assumed")
        m.contribute(term, m.constant(f"treatment_{term}", quantity, "constant"))
    return m


def treated(name: str, treatment: Mechanism) -> System:
    """The model of a disease with ``treatment``."""
    given = [*disease(name).mechanisms(), treatment]
    return assemble(name, [*given, *lacking(disease(name).context, given)])


def follow(
    name: str,
    days: Sequence[float] | Floats,
    number: int = 12,
    *,
    system: System | None = None,
    start: pd.DataFrame | None = None,
    doses: pd.DataFrame | None = None,
) -> xr.Dataset:
    """Patients over ``days``, untreated where no ``system`` is given."""
    model = system or disease(name).model()
    begun = patients(name, number) if start is None else start
    shown = dict.fromkeys([*model.state_names, *(rule.name for rule in model.rules), *disease(name).watched])
    found = solve(model, days, parameters=begun, doses=doses, observables=list(shown), rtol=1e-5)
    assert set(found["status"].to_numpy()) == {"ok"}, found["reason"].to_numpy()
    return found


def ends(found: xr.Dataset, begun: pd.DataFrame, name: str) -> pd.DataFrame:
    """Patients where they ended, as a start of the untreated model: their parameters, and states at the last time."""
    states = {state: found[state].to_numpy()[:, -1] for state in disease(name).model().state_names}
    return begun.assign(**states)


def examined(found: xr.Dataset, name: str, visit: int) -> Findings:
    """What the examination at the output time number ``visit`` shows."""
    values = {watched: found[watched].to_numpy()[:, visit] for watched in disease(name).watched}
    return disease(name).examine(values, range(len(found["status"])), visit, seed=SEED)


def median_survival(found: xr.Dataset, days: Floats) -> float:
    """Day on which the mean over patients of exp(-hazard) falls to one half."""
    alive = np.exp(-found["hazard_death"].to_numpy()).mean(axis=0)
    return float(np.interp(-0.5, -alive, days))
