"""Disease: what every kind of disease says of itself; one is built for a cancer, once, and passed on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.disease.interface import lacking
from coley.disease.on_demand import asked_for
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer, Physiology, Quantity
from coley.modeling import Context, Mechanism, assemble
from coley.pharmacology import Drug
from coley.streams import Patients
from coley.system import System

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Findings = Mapping[str, NDArray[Any]]
"""What examinations of all visits show: arrays (patients × visits, ...) by the names that response criteria ask for."""


@dataclass(frozen=True)
class Observable:
    """A state or rule of the model, shown as ``title`` in ``unit``. ``group`` is "tumour", "immune" or "drug"."""

    name: str
    title: str
    unit: str
    group: str


@dataclass(frozen=True)
class Mortal:
    """Cells so few at times that chance decides whether they die out: a state, and what its rate of division is.

    Attributes:
        state: number of cells.
        division: names of the parameters (1/day) whose sum is the rate of division of one cell.
    """

    state: str
    division: tuple[str, ...]


@dataclass(frozen=True)
class Disease(ABC):
    """One cancer as a disease of its kind. Subclasses are one file each, in ``coley.disease.kinds``.

    Attributes:
        kind: name of the kind, as a cancer's file says it.
        criteria: name of the response criteria that are used where a trial names none.
        assumptions: what the kind takes for granted, a sentence each.
        clocks: cumulative hazards, which start afresh at diagnosis.
        burden: name of the rule that grows to the patient's ``diagnosis``.
        diagnosis: name of the quantity, among those of the patients, at which the disease comes to light.
    """

    cancer: Cancer
    physiology: Physiology
    kind: ClassVar[str]
    criteria: ClassVar[str]
    assumptions: ClassVar[tuple[str, ...]]
    clocks: ClassVar[tuple[str, ...]]
    burden: ClassVar[str]
    diagnosis: ClassVar[str]

    @cached_property
    def context(self) -> Context:
        """What mechanisms are built for."""
        quantities = {**self.physiology.parameters, **self.cancer.parameters}
        title = f"cancer {self.cancer.name}"
        return Context(title, quantities, self.cancer.clones, self.cancer.antigens, self.sites)

    @property
    def sites(self) -> tuple[str, ...]:
        """Suffixes of the sites that are followed."""
        return ("1",)

    @property
    def patients(self) -> Mapping[str, Quantity]:
        """What patients of this cancer are drawn from."""
        return {**self.physiology.patients, **self.cancer.patients}

    @abstractmethod
    def mechanisms(self) -> list[Mechanism]:
        """The mechanisms of the untreated disease."""

    @abstractmethod
    def observables(self) -> tuple[Observable, ...]:
        """What to show of its course."""

    @abstractmethod
    def mortals(self) -> tuple[Mortal, ...]:
        """Cells that can die out by chance."""

    @property
    @abstractmethod
    def watched(self) -> tuple[str, ...]:
        """States and rules that an examination needs to know."""

    @abstractmethod
    def examine(self, values: Mapping[str, Floats], patients: Patients, visit: int, *, seed: int) -> Findings:
        """What an examination shows, with its reading errors, keyed by patient and visit.

        Args:
            values: (patients,) each of ``watched``, in internal units.
            patients: their numbers.
            visit: number of the visit, 0 for the baseline.
            seed: of every random number.

        Returns:
            (patients, ...) arrays by the names that the criteria ask for, without the axis of visits.
        """

    def start(self, patients: Patients, *, seed: int, attempt: int) -> Mapping[str, Floats]:
        """(patients,) factors on parameters by name, drawn for each candidate: what there is at the start."""
        return {}

    def arranged(self, patients: pd.DataFrame) -> pd.DataFrame:
        """Parameters and states at diagnosis with the sites of each patient in the order in which they are numbered."""
        return patients

    def measurable(self, candidates: pd.DataFrame) -> Flags:
        """(patients,) whether treatment can be judged in each, of parameters and states at diagnosis."""
        return np.ones(len(candidates), dtype=bool)

    def absent(self, size: int) -> Findings:
        """What an examination that was not made shows of ``size`` patients: arrays as of ``examine``, NaN."""
        shown = self.examine({name: np.zeros(size) for name in self.watched}, range(size), 0, seed=0)
        return {name: np.full_like(values, np.nan, dtype=float) for name, values in shown.items()}

    def model(self, drugs: Sequence[Drug] = ()) -> System:
        """The System of the disease with what each drug adds."""
        return assemble(self.cancer.name, self.parts(drugs))

    def parts(self, drugs: Sequence[Drug] = ()) -> list[Mechanism]:
        """All mechanisms: of the disease, of each drug, those that a drug acts on, and what the disease lacks."""
        given = [*self.mechanisms(), *(part for drug in drugs for part in drug.mechanisms(self.context))]
        given += asked_for(self.context, given)
        return [*given, *lacking(self.context, given)]


@cache
def kinds() -> dict[str, type[Disease]]:
    """The kinds of disease that there are, found by scanning ``coley.disease.kinds``."""
    package = import_module("coley.disease.kinds")
    found: dict[str, type[Disease]] = {}
    for module in sorted(iter_modules(package.__path__), key=lambda module: module.name):
        for value in vars(import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(value, type) and issubclass(value, Disease) and "kind" in vars(value):
                found[value.kind] = value
    return found


def disease_of(cancer: Cancer, physiology: Physiology) -> Disease:
    """The disease that ``cancer`` is.

    Raises:
        ColeyError: where there is no such kind of disease.
    """
    known = kinds()
    if cancer.disease not in known:
        what = f"is of the kind {cancer.disease!r}, which there is not"
        raise ColeyError(Problem(f"cancer {cancer.name}: disease", what, did_you_mean(cancer.disease, known)))
    return known[cancer.disease](cancer, physiology)
