"""Published rates of harm: what is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import pandas as pd

from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem, did_you_mean

FILE = resources.files("coley.catalogue").joinpath("data", "calibration", "harms", "harm-rates.csv")
COLUMNS = ("trial", "arm", "harm", "n", "any", "g3", "onset", "source", "read", "note")


@dataclass(frozen=True)
class Published:
    """One row: a harm in an arm of ``n`` patients.

    Attributes:
        any, g3: percent of the patients with an event, and with one of grade 3 or above; NaN where not known.
        onset: median of those who have one, weeks; NaN where not known.
        source: citation key; ``read`` says whether the figures were read there, or recalled.
    """

    trial: str
    arm: str
    harm: str
    n: int
    any: float
    g3: float
    onset: float
    source: str
    read: bool
    note: str


def published(catalogue: Catalogue) -> tuple[Published, ...]:
    """Every row of the file that ships.

    Raises:
        ColeyError: trials, arms, harms and sources that ``catalogue`` does not have, and rates that are none; all at
            once.
    """
    with FILE.open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype={"note": str}, keep_default_na=True).fillna({"note": ""})
    table["read"] = table["read"] == "yes"
    rows = tuple(Published(*values) for values in table[list(COLUMNS)].itertuples(index=False))
    problems = [problem for number, row in enumerate(rows, 2) for problem in _check(number, row, catalogue)]
    if problems:
        raise ColeyError(problems)
    return rows


def _check(number: int, row: Published, catalogue: Catalogue) -> list[Problem]:
    where = f"harm-rates.csv, line {number}"
    found = [
        Problem(where, f"unknown {what} {name!r}", did_you_mean(name, known))
        for what, name, known in (
            ("trial", row.trial, list(catalogue.trials)),
            ("harm", row.harm, list(catalogue.harms)),
            ("source", row.source, list(catalogue.sources)),
        )
        if name not in known
    ]
    if row.trial in catalogue.trials:
        arms = [arm.name for arm in catalogue.trials[row.trial].arms]
        if row.arm not in arms:
            found.append(Problem(where, f"{row.trial} has no arm {row.arm!r}", did_you_mean(row.arm, arms)))
    if any(value < 0 or value > 100 for value in (row.any, row.g3)) or row.g3 > row.any:
        found.append(Problem(where, "rates are percent, that of grade 3 at most that of any grade"))
    return found
