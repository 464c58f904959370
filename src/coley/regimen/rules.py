"""Validation of a regimen against what is known of its drugs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from coley.errors import ColeyError, Problem, did_you_mean
from coley.regimen.parser import Mention, scan
from coley.regimen.scanner import where
from coley.regimen.syntax import Phase, Regimen, Rest
from coley.regimen.vocabulary import find_route, find_unit


class Rules(Protocol):
    """What the language needs to know of a drug. ``coley.catalogue.schema.Drug`` is one."""

    @property
    def name(self) -> str:
        """Canonical name, as written in a regimen."""

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Other names: brands, codes, names in several words."""

    @property
    def routes(self) -> tuple[str, ...]:
        """Routes by which the drug can be given."""

    @property
    def dose_units(self) -> tuple[str, ...]:
        """Units in which the drug is dosed; ``mg`` stands for every mass without body size."""


def check(regimen: Regimen, formulary: Mapping[str, Rules]) -> list[Problem]:
    """Every unknown drug, impossible route and impossible unit in ``regimen``, in the order of the text."""
    names = _names(formulary)
    mentions = (Mention(a.drug, a.unit, a.route, a.place) for a in regimen.administrations)
    return [problem for mention in mentions for _, problem in _check(mention, names)]


def resolve(regimen: Regimen, formulary: Mapping[str, Rules]) -> Regimen:
    """``regimen`` with every synonym replaced by the drug's canonical name.

    Raises:
        ColeyError: with every problem that ``check`` finds.
    """
    problems = check(regimen, formulary)
    if problems:
        raise ColeyError(problems)
    names = _names(formulary)
    return Regimen(tuple(_resolved(phase, names) for phase in regimen.phases))


def read(text: str, formulary: Mapping[str, Rules]) -> Regimen:
    """The regimen that ``text`` says, with canonical drug names: ``parse`` and ``resolve`` in one.

    Raises:
        ColeyError: with every problem of the text and of its drugs together, in the order of columns.
    """
    reading = scan(text)
    names = _names(formulary)
    problems = [*reading.problems, *(problem for mention in reading.mentions for problem in _check(mention, names))]
    if reading.regimen is None or problems:
        raise ColeyError(problem for _, problem in sorted(problems, key=lambda pair: pair[0]))
    return resolve(reading.regimen, formulary)


def _resolved(phase: Phase, names: Mapping[str, Rules]) -> Phase:
    if isinstance(phase, Rest):
        return phase
    return tuple(replace(administration, drug=names[administration.drug].name) for administration in phase)


def _names(formulary: Mapping[str, Rules]) -> dict[str, Rules]:
    """Drugs by canonical name and by synonym as one word; a canonical name goes before another drug's synonym."""
    synonyms = {_word(synonym): drug for drug in formulary.values() for synonym in drug.synonyms}
    return synonyms | {drug.name.casefold(): drug for drug in formulary.values()}


def _word(synonym: str) -> str:
    """A synonym as it is written in a regimen: ``Trastuzumab deruxtecan`` is ``trastuzumab-deruxtecan``."""
    return "-".join(re.findall(r"[a-z0-9]+", synonym.casefold()))


def _check(mention: Mention, names: Mapping[str, Rules]) -> list[tuple[int, Problem]]:
    """Problems of one mention, each with its column."""
    place = mention.place
    drug = names.get(mention.drug)
    if drug is None:
        hint = did_you_mean(mention.drug, names) or "write the name of a drug of the catalogue"
        return [(place.drug, Problem(where(place.drug), f"unknown drug {mention.drug!r}", hint))]
    problems = []
    if mention.unit is not None and _basis(mention.unit) not in {_basis(unit) for unit in drug.dose_units}:
        what = f"{drug.name} is not dosed in {mention.unit}"
        hint = f"possible: {', '.join(drug.dose_units)}"
        problems.append((place.unit, Problem(where(place.unit), what, hint)))
    if mention.route is not None and mention.route not in {find_route(route) for route in drug.routes}:
        what = f"{drug.name} is not given {mention.route}"
        problems.append((place.route, Problem(where(place.route), what, f"possible: {', '.join(drug.routes)}")))
    return problems


def _basis(text: str) -> tuple[str, str]:
    """What a unit counts and per what body size; a unit of a catalogue that the language lacks is its own basis."""
    unit = find_unit(text)
    return (text, "") if unit is None else (unit.kind, unit.per)
