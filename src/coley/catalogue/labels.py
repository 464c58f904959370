"""Regimens of labels by drug and cancer, recalled: facts to run the whole catalogue on; nobody is treated by them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

TABLE = "label-regimens.csv"


@dataclass(frozen=True)
class Label:
    """A regimen of a label, or of the trial behind it.

    Attributes:
        drug: the drug whose label it is, by its name in the catalogue.
        cancer: what it is given for, in the words of the label.
        setting: advanced, adjuvant, neoadjuvant, maintenance, prevention or supportive.
        entry: the cancer of the catalogue that stands for ``cancer``, "" where none does.
        regimen: its text in the regimen language.
        how: how it is known.
        recorded, restated: the text that was first noted down where that differs, and why it does: the first grammar
            lacked a word for it, or a bound that the label has was left out.
    """

    drug: str
    cancer: str
    setting: str
    entry: str
    regimen: str
    how: str
    recorded: str
    restated: str


@cache
def label_regimens() -> tuple[Label, ...]:
    """Every regimen of the table, in its order."""
    text = resources.files("coley.catalogue").joinpath("data", TABLE).read_text(encoding="utf-8")
    return tuple(Label(**row) for row in csv.DictReader(text.splitlines()))
