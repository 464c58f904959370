"""Other values of numbers: ``k_growth = 0.02`` or ``TPS ~ beta(mean=0.2, sd=0.2)`` in place of what files say."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import BaseModel

from coley.catalogue.reading import entry_of
from coley.disease import Disease
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer, Physiology, Quantity
from coley.harm import mechanisms
from coley.modeling import Mechanism
from coley.units import convert

if TYPE_CHECKING:
    from coley.catalogue.catalogue import Catalogue

E = TypeVar("E", bound=BaseModel)
PHYSIOLOGY = ("physiology", "")
_TEXT = re.compile(r"\s*([A-Za-z]\w*)\s*([=~])\s*(.*?)\s*")
_VALUE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)")
_USAGE = "write 'k_growth = 0.02 1/day' or 'TPS ~ beta(mean=0.2, sd=0.2)'"
_SPREADS = ("value", "unit", "cv", "sd", "logit_sd", "distribution", "levels", "bounds")


@dataclass(frozen=True)
class Place:
    """Where a number stands: folder and name of its entry, and the number itself."""

    folder: str
    entry: str
    quantity: Quantity


@dataclass(frozen=True)
class Change:
    """A number that was given another value.

    Attributes:
        name: of the parameter or quantity.
        entry: what it is of, such as ``cancers melanoma``.
    """

    name: str
    entry: str
    old: Quantity
    new: Quantity

    def record(self) -> dict[str, Any]:
        """The change as a manifest has it."""
        return {"name": self.name, "of": self.entry, "old": _plain(self.old), "new": _plain(self.new)}


def change(catalogue: Catalogue, text: str, cancer: str) -> tuple[dict[str, Any], Change]:
    """What of ``catalogue`` is different where ``text`` holds, as fields by name; and the change.

    Raises:
        ColeyError: an unknown name, or a value that cannot be.
    """
    where = f"--set {text!r}"
    match = _TEXT.fullmatch(text)
    if not match or not match[3]:
        raise ColeyError(Problem(where, "is no value of a number", _USAGE))
    disease = catalogue.disease(cancer)
    place = _place(catalogue, disease, match[1], where)
    new = _quantity(place.quantity, match[2], match[3], where, match[1])
    folder, name = place.folder, place.entry
    entry = _entry(catalogue, folder, name)
    changed = _checked(_replaced(entry, place.quantity, new), where)
    update = {folder: changed if folder == "physiology" else {**getattr(catalogue, folder), name: changed}}
    return update, Change(match[1], f"{folder} {name}".strip(), place.quantity, new)


def _entry(catalogue: Catalogue, folder: str, name: str) -> BaseModel:
    if folder == "physiology":
        return catalogue.physiology
    if folder == "cancers":
        return catalogue.cancer(name)  # with its base, which stays as it is for others
    entries: Mapping[str, BaseModel] = getattr(catalogue, folder)
    return entries[name]


def _place(catalogue: Catalogue, disease: Disease, name: str, where: str) -> Place:
    for place in _places(catalogue, disease, name):
        return place
    known = {found for found, _ in _all(catalogue, disease)}
    what = f"no number of {disease.cancer.name}, of the body, of a drug or of a harm is called {name!r}"
    raise ColeyError(Problem(where, what, did_you_mean(name, known) or "see 'coley inspect' and 'coley show'"))


def _places(catalogue: Catalogue, disease: Disease, name: str) -> Iterator[Place]:
    """Where ``name`` stands: of the cancer first, then of the body, the clones, drugs and harms."""
    yield from (place for found, place in _of_tables(disease) if found == name)
    yield from (place for found, place in _of_clones(disease) if found == name)
    others = sorted(_others(catalogue), key=lambda other: other[2] not in name)  # those that the name tells of first
    for folder, entry, _ in others:
        yield from (place for found, place in _of_other(catalogue, disease, folder, entry) if found == name)


def _all(catalogue: Catalogue, disease: Disease) -> Iterator[tuple[str, Place]]:
    yield from _of_tables(disease)
    yield from _of_clones(disease)
    for folder, entry, _ in _others(catalogue):
        yield from _of_other(catalogue, disease, folder, entry)


def _of_tables(disease: Disease) -> Iterator[tuple[str, Place]]:
    owners: tuple[tuple[str, str, Cancer | Physiology], ...] = (
        ("cancers", disease.cancer.name, disease.cancer),
        (*PHYSIOLOGY, disease.physiology),
    )
    for folder, entry, owner in owners:
        for table in (owner.parameters, owner.patients):
            yield from ((name, Place(folder, entry, quantity)) for name, quantity in table.items())


def _of_clones(disease: Disease) -> Iterator[tuple[str, Place]]:
    """Numbers that the cancer has besides its tables, by the parameters of the model that they become."""
    yield from _of_mechanisms(disease.mechanisms(), "cancers", disease.cancer.name, disease.cancer)


def _others(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """Folder, name and symbol of every drug and harm."""
    yield from (("drugs", name, drug.agent.symbol) for name, drug in catalogue.drugs.items())
    yield from (("harms", name, harm.symbol) for name, harm in catalogue.harms.items())


def _of_other(catalogue: Catalogue, disease: Disease, folder: str, name: str) -> Iterator[tuple[str, Place]]:
    if folder == "drugs":
        drug = catalogue.drugs[name]
        parts = drug.mechanisms(disease.context)
        yield from _of_mechanisms(parts, folder, name, drug)
        yield from _of_mechanisms(parts, "cancers", disease.cancer.name, disease.cancer)
    else:
        harm = catalogue.harms[name]
        yield from _of_mechanisms(mechanisms([harm], disease.context, disease.parts()), folder, name, harm)


def _of_mechanisms(parts: list[Mechanism], folder: str, entry: str, owner: BaseModel) -> Iterator[tuple[str, Place]]:
    """Parameters that are made of a quantity which stands in ``owner``."""
    own = {id(quantity) for quantity in _quantities(owner)}
    for part in parts:
        for variable in part.variables.values():
            if id(variable.quantity) in own:
                yield variable.base, Place(folder, entry, variable.quantity)


def _quantities(value: object) -> Iterator[Quantity]:
    if isinstance(value, Quantity):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _quantities(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _quantities(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _quantities(item)


def _replaced(value: Any, old: Quantity, new: Quantity) -> Any:
    """``value`` with the very object ``old`` replaced."""
    if value is old:
        return new
    if isinstance(value, BaseModel):
        fields = {name: getattr(value, name) for name in type(value).model_fields}
        changed = {name: _replaced(item, old, new) for name, item in fields.items()}
        changed = {name: item for name, item in changed.items() if item is not fields[name]}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, Mapping):
        items = {key: _replaced(item, old, new) for key, item in value.items()}
        return items if any(items[key] is not value[key] for key in items) else value
    if isinstance(value, tuple):
        elements = tuple(_replaced(item, old, new) for item in value)
        return elements if any(a is not b for a, b in zip(elements, value, strict=True)) else value
    return value


def _checked(entry: E, where: str) -> E:
    """``entry`` read anew by its schema, which may refuse the new value."""
    found = entry_of(type(entry), entry.model_dump())
    if isinstance(found, list):
        raise ColeyError(Problem(where, finding.what, finding.hint) for finding in found)
    return found


def _quantity(old: Quantity, sign: str, text: str, where: str, name: str) -> Quantity:
    """``old`` with another value or another distribution."""
    said = {"unit": old.unit, "within": old.within, "source": "user", "at": text, "known": "assumed"}
    said["note"] = f"{old.value:g} in the catalogue"
    given = _distributed(text, where) if sign == "~" else _valued(old, text, where, name)
    found = entry_of(Quantity, said | given)
    if isinstance(found, list):
        raise ColeyError(Problem(where, finding.what, _bounds(old)) for finding in found)
    return found


def _distributed(text: str, where: str) -> dict[str, Any]:
    from coley.data.variation import read_distribution  # with the engine: too slow to import for all who need none

    try:
        median = float(read_distribution(text).quantiles(np.array([0.5]))[0])
    except ColeyError as error:
        raise ColeyError(Problem(where, f"{p.where}: {p.what}", p.hint) for p in error.problems) from None
    return {"value": median, "distribution": text}


def _valued(old: Quantity, text: str, where: str, name: str) -> dict[str, Any]:
    """Another median; the spread stays, but that of what is zero for everyone."""
    match = _VALUE.fullmatch(text)
    if not match or not math.isfinite(float(match[1])):
        raise ColeyError(Problem(where, f"{text!r} is no number", _USAGE))
    if old.distribution:
        raise ColeyError(Problem(where, f"patients differ in {name} by {old.distribution}", f"write '{name} ~ ...'"))
    value = float(match[1])
    if match[2]:
        try:
            value = convert(value, match[2].replace("%", "percent"), old.unit)
        except ColeyError as error:
            raise ColeyError(Problem(where, p.what, f"its unit is {old.unit!r}") for p in error.problems) from None
    cv = old.cv if value != 0 else None
    return {"value": value, "cv": cv, "sd": old.sd, "logit_sd": old.logit_sd, "bounds": old.bounds} | (
        {"within": 0.0} if value == 0 and old.cv is not None else {}
    )


def _bounds(old: Quantity) -> str:
    return "" if old.bounds is None else f"they are {old.bounds[0]:g} to {old.bounds[1]:g} {old.unit}".strip()


def _plain(quantity: Quantity) -> dict[str, Any]:
    values = {name: getattr(quantity, name) for name in _SPREADS}
    return {name: value for name, value in values.items() if value not in (None, "") or name == "unit"}
