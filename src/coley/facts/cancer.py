"""What the catalogue says of a cancer and of the human body: numbers, clones, antigens, patients, earlier treatment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from coley.facts.quantity import Entry, Quantity, Reference, Slug, Text, Unit, like


class Antigen(Reference):
    """A molecule on cancer cells that treatment can aim at, by the share of patients and of cells that bear it."""

    molecule: Text
    density: Annotated[Quantity, like("molecule/cell")]
    positive: Annotated[Quantity, like("", most=1.0)]

    @property
    def label(self) -> str:
        """Its molecule as it stands in the names of parameters: ``claudin182`` of claudin 18.2."""
        return re.sub(r"[^A-Za-z0-9]", "", self.molecule)

    @property
    def quantities(self) -> dict[str, Quantity]:
        """Its numbers by the names of the parameters that drugs and biomarkers know them by."""
        return {f"density_{self.label}": self.density, f"positive_{self.label}": self.positive}


class Biomarker(Entry):
    """What a test of a patient shows, in ``unit``.

    ``parameter`` is one of the model (of the lesion that was there first), the ``density_`` or ``positive_`` of an
    antigen, or a quantity of the cancer that is nothing but measured.
    """

    name: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=8)]
    title: Text
    unit: Unit
    parameter: Text


class Clone(Entry):
    """A kind of cancer cell: what immunity and drugs can do to it.

    Attributes:
        fraction: share of the cells at the start, of what the clones listed before leave; none for the first clone.
        mutation: probability per division that a cell of the first clone becomes one of these.
        mhc: presentation of antigen on MHC class I, relative to the first clone.
        chemosensitivity: killing by cytotoxic drugs, relative to the first clone.
        lysis: killing by T cells that a drug or a receptor of a product drives, relative to the first clone.
        lacks: molecules that its cells do not bear.
        density: molecules on its cells relative to the first clone, of those that it has fewer or more of.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
    meaning: Text
    fraction: Annotated[Quantity, like("", most=1.0)] | None = None
    mutation: Annotated[Quantity, like("", zero=True, most=1.0)] | None = None
    mhc: Annotated[Quantity, like("", zero=True)] | None = None
    chemosensitivity: Annotated[Quantity, like("", zero=True)] | None = None
    lysis: Annotated[Quantity, like("", zero=True)] | None = None
    lacks: tuple[Text, ...] = ()
    density: dict[str, Annotated[Quantity, like("")]] = Field(default={})


class Organ(Entry):
    """A place of lesions: the share of lesions that it has, and what is different there.

    Attributes:
        nodal: whether lesions there are lymph nodes, which are measured across and never disappear.
        factors: on parameters that differ from lesion to lesion.
    """

    name: Slug
    share: Annotated[Quantity, like("", most=1.0)]
    nodal: bool = False
    factors: dict[str, Annotated[Quantity, like("")]] = Field(default={})


class Correlation(Reference):
    """Rank correlation between two quantities that vary between patients."""

    between: tuple[str, str]
    value: Annotated[float, Field(gt=-1, lt=1)]


def normal_correlations(correlations: Iterable[Correlation]) -> tuple[list[str], NDArray[np.float64]]:
    """Names of the quantities that correlate, and Pearson's correlations of normals with these rank correlations."""
    pairs = list(correlations)
    names = list(dict.fromkeys(name for correlation in pairs for name in correlation.between))
    matrix = np.eye(len(names))
    for correlation in pairs:
        first, second = (names.index(name) for name in correlation.between)
        matrix[first, second] = matrix[second, first] = 2 * np.sin(np.pi / 6 * correlation.value)
    return names, matrix


class CovariateEffect(Reference):
    """A covariate that changes a parameter: times ``factor`` for each unit of ``covariate`` above ``reference``."""

    covariate: Text
    parameter: Text
    factor: Annotated[float, Field(gt=0)]
    reference: float = 0.0


class Prior(Entry):
    """How patients who have had a kind of treatment differ: factors on parameters (on the odds, for a fraction)."""

    factors: dict[str, Annotated[Quantity, like("")]]


class Cancer(Entry):
    """A cancer: its kind of disease, numbers, clones and antigens, its patients, and what earlier treatment changes.

    Attributes:
        base: name of a cancer whose numbers and lists hold where this one says nothing else.
        disease: the kind of disease, which says what numbers are needed and how it is followed; never that of the base.
        prior: by what was given before: a class such as ``chemotherapy`` or ``anti-PD-1``.
    """

    name: Slug
    title: Text
    synonyms: tuple[str, ...] = ()
    summary: Text
    base: Slug | None = None
    disease: Slug = "solid"
    parameters: dict[str, Quantity] = Field(default={})
    patients: dict[str, Quantity] = Field(default={})
    clones: tuple[Clone, ...] = ()
    antigens: tuple[Antigen, ...] = ()
    biomarkers: tuple[Biomarker, ...] = ()
    organs: tuple[Organ, ...] = ()
    prior: dict[str, Prior] = Field(default={})
    correlations: tuple[Correlation, ...] = ()
    covariate_effects: tuple[CovariateEffect, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [clone.name for clone in self.clones]
        if len(set(names)) < len(names):
            raise ValueError("two clones have the same name")
        if self.base is not None:
            return self  # what is still missing is seen once it stands on its base
        missing = [name for name in ("parameters", "patients", "clones") if not getattr(self, name)]
        if missing:
            raise ValueError(f"has no {' and no '.join(missing)}: write them, or name a cancer as its base")
        if self.clones[0].fraction is not None or any(clone.fraction is None for clone in self.clones[1:]):
            raise ValueError("every clone but the first has a fraction: the first has the rest")
        molecules = [antigen.molecule for antigen in self.antigens]
        if len(set(molecules)) < len(molecules):
            raise ValueError("two antigens have the same molecule")
        if self.organs and abs(sum(organ.share.value for organ in self.organs) - 1) > 1e-3:
            raise ValueError("the shares of the organs add up to 1")
        names, matrix = normal_correlations(self.correlations)
        if np.linalg.eigvalsh(matrix).min(initial=1.0) < _LEAST_EIGENVALUE:
            raise ValueError(f"nothing can have all these correlations of {', '.join(names)} at once: make some weaker")
        return self

    @property
    def measured(self) -> dict[str, Quantity]:
        """Its numbers that a biomarker can show though no mechanism reads them, by name."""
        of_antigens = (antigen.quantities for antigen in self.antigens)
        return {**self.patients, **self.parameters, **{name: q for found in of_antigens for name, q in found.items()}}

    def on(self, base: Cancer) -> Cancer:
        """This cancer with all of ``base`` that it says nothing of itself.

        Numbers, and elements of lists, go by name: its own replace those of the base, others join them. Its organs,
        where it has any, replace all of the base's, as their shares belong together.
        """
        tables = ("parameters", "patients", "prior")
        found: dict[str, Any] = {name: {**getattr(base, name), **getattr(self, name)} for name in tables}
        found |= {name: _joined(getattr(base, name), getattr(self, name)) for name in _LISTS}
        found |= {name: getattr(self, name) for name in ("name", "title", "synonyms", "summary", "disease")}
        return Cancer.model_validate(found | {"organs": self.organs or base.organs})


_LEAST_EIGENVALUE = 1e-6
"""Of a matrix of correlations that normals can have."""

_LISTS = ("clones", "antigens", "biomarkers", "correlations", "covariate_effects")


def _joined(theirs: tuple[Any, ...], own: tuple[Any, ...]) -> tuple[Any, ...]:
    """Elements of both by what they are called: an own one says only what is different from theirs."""
    found = {_called(item): item for item in theirs}
    for item in own:
        said = {name: getattr(item, name) for name in item.model_fields_set}
        there = found.get(_called(item))
        found[_called(item)] = item if there is None else there.model_copy(update=said)
    return tuple(found.values())


def _called(item: Clone | Antigen | Biomarker | Correlation | CovariateEffect) -> tuple[str, ...]:
    match item:
        case Correlation():
            return tuple(sorted(item.between))
        case CovariateEffect():
            return (item.covariate, item.parameter)
        case Antigen():
            return (item.molecule,)
    return (item.name,)


class Physiology(Entry):
    """The human immune system and body, shared by every cancer."""

    parameters: dict[str, Quantity]
    patients: dict[str, Quantity]
