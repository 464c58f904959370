"""A virtual population at its first examination, and published facts of patients of that cancer beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem
from coley.facts import Cancer, Fact
from coley.protocol import Arm, Eligibility, Trial, Visits
from coley.streams import stream
from coley.trial import RunSettings, TrialResult, run

Floats = NDArray[np.float64]
MEASURES = {
    "AGE": ("Age", "year"),
    "WEIGHT": ("Body weight", "kg"),
    "LESION": ("Diameter of the largest target lesion", "mm"),
    "LESIONS": ("Target lesions", ""),
    "SUMDIAM": ("Sum of diameters of target lesions", "mm"),
}
"""Title and unit of what every patient has, or has where lesions are measured; a cancer's biomarkers join them."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_RESAMPLES = 1000
_TAILS = (0.025, 0.975)
_FEWEST = 2
_ADULT = 18.0


@dataclass(frozen=True)
class Comparison:
    """What was compared.

    Attributes:
        patients: a row per virtual patient, a column per measure.
        quantiles: a row per measure: measure, title, unit, n and quantiles of the virtual patients.
        facts: a row per published fact: fact, title, measure, statistic, unit, predicted, lower, upper (95 %, of so
            many virtual patients), published, published_lower, published_upper, n, source, read (or recalled), and
            verdict: ``agrees`` where both intervals meet, ``misses``, or ``unknown`` where the model has none such.
    """

    cancer: Cancer
    patients: pd.DataFrame
    quantiles: pd.DataFrame
    facts: pd.DataFrame

    @property
    def misses(self) -> pd.DataFrame:
        """Facts that the virtual patients do not have, or of which the model says nothing."""
        return self.facts[self.facts["verdict"] != "agrees"]


def compare(cancer: str, catalogue: Catalogue, settings: RunSettings) -> Comparison:
    """Draw virtual patients of ``cancer`` who had no treatment before, examine them once, and compare.

    Raises:
        ColeyError: an unknown cancer, or too few patients.
    """
    if settings.patients < _FEWEST:
        raise ColeyError(Problem("--patients", f"{settings.patients} is too few", f"at least {_FEWEST}"))
    about = catalogue.cancer(cancer)
    people = patients_of(run(_visit(about), catalogue=catalogue, settings=settings))
    titles = {**MEASURES, **{marker.name: (marker.title, marker.unit) for marker in about.biomarkers}}
    shown = [name for name in titles if name in people and people[name].notna().any()]
    rows = [
        {"measure": name, "title": titles[name][0], "unit": titles[name][1], "n": int(people[name].notna().sum())}
        | {f"q{100 * q:g}": float(people[name].quantile(q)) for q in QUANTILES}
        for name in shown
    ]
    facts = [fact for fact in catalogue.facts.values() if fact.baseline and fact.baseline.cancer == about.name]
    return Comparison(about, people[shown], pd.DataFrame(rows), _compared(facts, people[shown], settings.seed))


def _visit(cancer: Cancer) -> Trial:
    """A trial that does nothing but examine patients once."""
    return Trial(
        name=f"baseline-{cancer.name}",
        title=f"{cancer.title} before treatment",
        summary="Examines virtual patients before treatment.",
        cancer=cancer.name,
        eligibility=_everyone(cancer),
        enrolment_months=1,
        follow_up_months=1,
        visits=Visits(scans=(4,), every=4),
        arms=(Arm(name="observation", regimen="observation"),),
    )


def _everyone(cancer: Cancer) -> Eligibility:
    """Patients of any age that the cancer has; of performance status as in trials."""
    age = cancer.patients.get("age")
    youngest = age.bounds[0] if age is not None and age.bounds else _ADULT
    return Eligibility(age_min=min(youngest, _ADULT))


def patients_of(result: TrialResult) -> pd.DataFrame:
    """One row per patient who could be simulated: columns of ADSL, and what the first examination showed of lesions."""
    people = result.tables["ADSL"]
    people = people[people["STATUS"] == "ok"].set_index("USUBJID")
    scans = result.tables["ADTR"]
    first = scans[(scans["VISITNUM"] == 0) & scans["USUBJID"].isin(people.index)]
    lesions = first[first["PARAMCD"] == "LDIAM"]
    found = people.assign(SUMDIAM=first[first["PARAMCD"] == "SUMDIAM"].set_index("USUBJID")["AVAL"])
    if len(lesions):
        found["LESION"] = lesions[lesions["TRLNKID"] == 1].set_index("USUBJID")["AVAL"]
        found["LESIONS"] = lesions.groupby("USUBJID").size().astype(float)
    return found.reset_index(drop=True)


def _compared(facts: Sequence[Fact], people: pd.DataFrame, seed: int) -> pd.DataFrame:
    columns = ["fact", "title", "measure", "statistic", "unit", "predicted", "lower", "upper", "published"]
    columns += ["published_lower", "published_upper", "n", "source", "read", "verdict"]
    return pd.DataFrame([_row(fact, people, seed) for fact in facts], columns=columns)


def _row(fact: Fact, people: pd.DataFrame, seed: int) -> dict[str, object]:
    about = fact.baseline
    assert about is not None and fact.lower is not None and fact.upper is not None
    values = people[about.measure].dropna().to_numpy(float) if about.measure in people else np.array([])
    value, low, high = _estimated(fact, values, seed)
    meets = low <= fact.upper and high >= fact.lower
    return {
        "fact": fact.name,
        "title": fact.title,
        "measure": about.measure,
        "statistic": about.statistic if about.least is None else f"share from {about.least:g}",
        "unit": fact.unit,
        "predicted": value,
        "lower": low,
        "upper": high,
        "published": fact.value,
        "published_lower": fact.lower,
        "published_upper": fact.upper,
        "n": fact.n,
        "source": fact.source,
        "read": fact.read,
        "verdict": "unknown" if not len(values) else "agrees" if meets else "misses",
    }


def _estimated(fact: Fact, values: Floats, seed: int) -> tuple[float, float, float]:
    """The statistic of the virtual patients with its 95 % bootstrap interval."""
    assert fact.baseline is not None
    if not len(values):
        return np.nan, np.nan, np.nan
    least = fact.baseline.least
    whole = 100.0 if fact.unit == "percent" else 1.0
    counted = values if least is None else np.where(values >= least, whole, 0.0)
    middle = np.median if fact.baseline.statistic == "median" else np.mean
    low, high = np.quantile(list(_resampled(counted, middle, seed)), _TAILS)
    return float(middle(counted)), float(low), float(high)


def _resampled(values: Floats, statistic: Callable[[Floats], Any], seed: int) -> Iterator[float]:
    generator = stream(seed, "bootstrap of a population", 0)
    for _ in range(_RESAMPLES):
        yield float(statistic(values[generator.integers(len(values), size=len(values))]))
