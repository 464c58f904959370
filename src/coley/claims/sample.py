"""A measure of the people of an arm, each with a weight: how often they were drawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.errors import ColeyError, Problem
from coley.report.select import evaluable, response_names
from coley.trial import TrialResult
from coley.trial.analysis.paired import Flags, Floats

__all__ = ["Flags", "Floats", "People", "Sample", "mean", "months", "objective", "share", "subjects"]
People = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sample:
    """A measure of the people of an arm.

    Attributes:
        label, unit: what it is, and in what; of shares ``%``.
        people: their numbers, which are the same people in other arms; empty where people of arms are not the same.
        size: how many they are.
        value: of weights (replicates, size), how often each was drawn, the measure (replicates,).
        largest: what one person can differ by at most.
        flags: of a share, who has it.
    """

    label: str
    unit: str
    people: People
    size: int
    value: Callable[[Floats], Floats]
    largest: float
    flags: Flags | None = None


def months(text: str) -> int:
    """The number in a text like ``6mo``.

    Raises:
        ColeyError: any other text.
    """
    match = re.fullmatch(r"(\d+)mo", text)
    if match is None:
        raise ColeyError(Problem(text, "is no number of months", "write one like 6mo"))
    return int(match[1])


def subjects(result: TrialResult) -> pd.DataFrame:
    """Those who could be simulated, by their ``number``."""
    people = evaluable(result)
    return people.assign(number=people["SUBJID"].astype(int)).sort_values("number")


def share(label: str, people: People, flags: Flags) -> Sample:
    """Share of ``people`` with the flag, in percent."""
    return mean(label, "%", people, np.where(flags, 100.0, 0.0), 100.0, flags)


def mean(label: str, unit: str, people: People, values: Floats, largest: float, flags: Flags | None = None) -> Sample:
    """Mean of ``values`` of ``people``."""

    def value(weights: Floats) -> Floats:
        return np.asarray(weights @ values / weights.sum(axis=1))

    return Sample(label, unit, people, len(values), value, largest, flags)


def objective(result: TrialResult) -> tuple[str, ...]:
    """Names of the responses that count as objective."""
    return response_names(result).objective
