"""Predicted beside published: an arm, or a stratum of one, and endpoint a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.errors import ColeyError, Problem
from coley.protocol import Arm, Stratum, Trial
from coley.trial.analysis import endpoints
from coley.trial.analysis.analysis import Analysis, analyse
from coley.trial.analysis.endpoints import residual_disease
from coley.trial.conduct.history import History

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
COLUMNS = ["arm", "endpoint", "predicted", "lower", "upper", "published", "published_lower", "published_upper"]


def check_endpoints(trial: Trial) -> Iterator[Problem]:
    """Published figures of the trial whose endpoint nobody can compute."""
    for arm in trial.arms:
        for name, published in [(arm.name, arm.published), *((label(arm, s), s.published) for s in arm.strata)]:
            for fact in published:
                try:
                    endpoints.read(fact.endpoint, f"arm {name!r}, published")
                except ColeyError as error:
                    yield from error.problems


def in_short(history: History) -> History:
    """What the endpoints need of an arm; of many patients the rest is large."""
    return history.in_short({residual_disease.MEASURE})


def summarise(trial: Trial, histories: Sequence[History], entry: Floats, people: pd.DataFrame) -> pd.DataFrame:
    """Predicted beside published, each figure at its own data cut. Strata follow their arm, as "arm | stratum",
    with what was published of them.

    Args:
        people: covariates of the patients, by whose biomarkers strata are told.

    Raises:
        ColeyError: a stratum by a biomarker that the cancer does not have.
    """
    number = {arm.name: k for k, arm in enumerate(trial.arms)}

    kept: dict[tuple[str, str, float], Analysis] = {}

    def analysis(arm: Arm, stratum: Stratum | None, cutoff: float) -> Analysis:
        key = arm.name, stratum.name if stratum else "", cutoff
        if key not in kept:
            among = None if stratum is None else within(stratum, people)
            history, size = histories[number[arm.name]], _size(arm, stratum)
            found = analyse(history, entry, size=size, confirm=trial.confirmed_response, cutoff=cutoff, among=among)
            kept[key] = found
        return kept[key]

    def rows(arm: Arm, stratum: Stratum | None) -> Iterator[tuple[object, ...]]:
        name, published = (arm.name, arm.published) if stratum is None else (label(arm, stratum), stratum.published)
        asked = endpoints.asked(published, analysis(arm, stratum, np.inf))
        for endpoint, fact in asked[: len(published)] if stratum is not None else asked:
            cutoff = fact.cutoff if fact is not None else np.inf
            other = trial.arms[number[fact.versus]] if fact is not None and fact.versus else None
            versus = None if other is None else analysis(other, stratum, cutoff)
            got = endpoint.compute(analysis(arm, stratum, cutoff), versus)
            known = (fact.value, fact.lower, fact.upper) if fact is not None else (None, None, None)
            yield (name, endpoint.name, got.value, got.lower, got.upper, *known)

    found = [row for arm in trial.arms for stratum in (None, *arm.strata) for row in rows(arm, stratum)]
    return pd.DataFrame(found, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:], float))


def within(stratum: Stratum, people: pd.DataFrame) -> Flags:
    """(patients,) who belongs to ``stratum``.

    Raises:
        ColeyError: a biomarker that ``people`` have no column for.
    """
    inside = np.ones(len(people), dtype=np.bool_)
    for name, bounds in stratum.biomarkers.items():
        if name not in people:
            raise ColeyError(Problem(f"stratum {stratum.name!r}", f"the cancer has no biomarker {name!r}"))
        values = people[name].to_numpy(dtype=float)
        inside &= values >= (-np.inf if bounds.min is None else bounds.min)
        inside &= values <= (np.inf if bounds.max is None else bounds.max)
    return inside


def _size(arm: Arm, stratum: Stratum | None) -> int | None:
    """Published size of ``arm``, or of its stratum of that name where it has one."""
    if stratum is None:
        return arm.n
    return next((own.n for own in arm.strata if own.name == stratum.name), None)


def label(arm: Arm, stratum: Stratum) -> str:
    """What the column ``arm`` of the summary says for a stratum of ``arm``."""
    return f"{arm.name} | {stratum.name}"
