"""Helpers for the tests of biology: trials of one arm or more, and patients of a cohort followed without chance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from coley.catalogue import load_catalogue
from coley.disease import Disease
from coley.engine import solve
from coley.population import recruit
from coley.protocol import Arm, Eligibility, PriorLine, Trial, Visits
from coley.system import System
from coley.trial import RunSettings, TrialResult, run

Floats = NDArray[np.float64]
MONTH = 30.4375
SEED = 4
DRUG = "pembrolizumab"
RESPONSES = ("CR", "PR")


@cache
def trial(
    cancer: str, regimens: tuple[str, ...], *, months: float, patients: int, prior: str = "", weeks: float = 9
) -> TrialResult:
    """A trial of these regimens, an arm each with the same patients, who had ``prior`` before; nobody drops out."""
    protocol = Trial(
        name="biology",
        title="Biology",
        summary="For tests.",
        cancer=cancer,
        eligibility=Eligibility(prior=(PriorLine(given=prior),) if prior else ()),
        enrolment_months=1,
        follow_up_months=months + 1,
        dropout_per_year=0,
        visits=Visits(scans=(weeks,), every=weeks),
        arms=tuple(Arm(name=regimen, regimen=regimen) for regimen in regimens),
    )
    return run(protocol, settings=RunSettings(patients, SEED))


def subjects(result: TrialResult) -> pd.DataFrame:
    """ADSL, with whether each responded."""
    table = result.tables["ADSL"]
    return table.assign(RESPONSE=table["BOR"].isin(RESPONSES))


def response_rates(result: TrialResult) -> list[float]:
    """Percent of each arm that responded, arms in their order."""
    rates = 100 * subjects(result).groupby("ARM")["RESPONSE"].mean()
    return [float(rates[arm.name]) for arm in result.trial.arms]


def durations(result: TrialResult, what: str) -> pd.DataFrame:
    """Months to an event, such as PFS, or to the end of follow-up, which EVENT tells apart."""
    table = result.tables["ADTTE"]
    own = table[table["PARAMCD"] == what].set_index("USUBJID")
    return pd.DataFrame({"MONTHS": own["AVAL"] / MONTH, "EVENT": own["CNSR"] == 0})


@cache
def disease(cancer: str = "melanoma") -> Disease:
    return load_catalogue().disease(cancer)


@cache
def system(*drugs: str, cancer: str = "melanoma") -> System:
    return disease(cancer).model([load_catalogue().drugs[name] for name in drugs])


@cache
def cohort(patients: int, cancer: str = "melanoma") -> pd.DataFrame:
    """Parameters and states at diagnosis of patients who were never treated."""
    parts = disease(cancer).parts([load_catalogue().drugs[DRUG]])
    found = recruit(disease(cancer), parts, Eligibility(), patients, seed=SEED).parameters
    known = system(DRUG, cancer=cancer).units
    return found[[name for name in found if name in known]].reset_index(drop=True)


def newborn(patients: pd.DataFrame) -> pd.DataFrame:
    """The same people before they had a cancer: no lesion, and no T cell that has met one."""
    never = patients[[name for name in patients if name in system(DRUG).parameter_names]]
    return never.assign(**{f"C_seed_{site}": 0.0 for site in disease().sites})


def infusions(
    patients: int, days: Sequence[float] | Floats, milligrams: float = 200.0, drug: str = DRUG
) -> pd.DataFrame:
    """The same doses for everybody."""
    state = load_catalogue().drugs[drug].entry("iv")
    rows = [(k, day, milligrams, 1 / 48, state) for k in range(patients) for day in days]
    return pd.DataFrame(rows, columns=["ID", "TIME", "AMT", "DUR", "CMT"])


def follow(
    patients: pd.DataFrame,
    days: Sequence[float] | Floats,
    *names: str,
    doses: pd.DataFrame | None = None,
    cancer: str = "melanoma",
) -> xr.Dataset:
    """``names`` of the patients over ``days``, and their final states."""
    model, asked = system(DRUG, cancer=cancer), list(names)
    found = solve(model, days, parameters=patients, doses=doses, observables=asked, rtol=1e-4, final_states=True)
    assert set(found["status"].to_numpy()) == {"ok"}, found["reason"].to_numpy()
    return found


def last(found: xr.Dataset, name: str) -> Floats:
    """(patients,) values at the last time."""
    return np.asarray(found[name].to_numpy()[:, -1])


def ends(found: xr.Dataset, begun: pd.DataFrame) -> pd.DataFrame:
    """The patients where they ended, as a start."""
    names = list(system(DRUG).state_names)
    kept = begun[[name for name in begun if name not in names]]
    states = pd.DataFrame(found["final_states"].to_numpy(), columns=names)
    return pd.concat([kept.reset_index(drop=True), states], axis=1)


def without(patients: pd.DataFrame, *kinds: str) -> pd.DataFrame:
    """The patients with none of these cells: states, or their beginnings where each lesion has its own."""
    names = [name for name in system(DRUG).state_names if name in kinds or name.rpartition("_")[0] in kinds]
    assert names
    return patients.assign(**dict.fromkeys(names, 0.0))
