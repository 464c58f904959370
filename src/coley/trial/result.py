"""What a virtual trial gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import xarray as xr

from coley.facts import Biomarker
from coley.protocol import Trial


@dataclass(frozen=True)
class ModelDescription:
    """The model behind a result.

    Attributes:
        mechanisms: name and one sentence of each.
        assumptions: what the model takes for granted, a sentence each.
        parameters: columns name, value, unit, spread, known, source, meaning; known says whether it was read too.
    """

    name: str
    mechanisms: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]
    parameters: pd.DataFrame


@dataclass(frozen=True)
class TrialResult:
    """A virtual trial: tables, courses, endpoints beside what was published, and what is needed to do it again.

    Attributes:
        patients: number of virtual patients of each arm.
        criteria: name of the response criteria, of :func:`coley.trial.response.criteria`.
        biomarkers: of the cancer; their names are columns of ADSL.
        tables: ADSL, ADEX, ADTR, ADRS and ADTTE; ADAE and ADCM where harm is simulated. In ADEX, EPOCH tells trial
            treatment from what followed it.
        trajectories: observables (individual × time) of the first patients of each arm, with ARM and USUBJID; units in
            ``attrs``.
        rejected: REASON and N of candidates that were turned away.
        summary: arm, endpoint, predicted, lower, upper, published, published_lower, published_upper. Rates in percent,
            times in months. The predicted interval is 95 % for an arm of the published size.
        manifest: versions, seed and content hashes of model, catalogue and protocol: the same manifest, the same bytes.
        notes: what a reader must know of this result, a sentence each.
    """

    trial: Trial
    seed: int
    patients: int
    criteria: str
    biomarkers: tuple[Biomarker, ...]
    tables: Mapping[str, pd.DataFrame]
    trajectories: xr.Dataset
    rejected: pd.DataFrame
    summary: pd.DataFrame
    model: ModelDescription
    manifest: dict[str, Any]
    notes: tuple[str, ...]
