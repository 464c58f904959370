"""Validation of a regimen against what is known of its drugs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from coley.errors import ColeyError, Problem, did_you_mean
from coley.regimen.parser import Mention, mention, scan
from coley.regimen.scanner import where
from coley.regimen.syntax import Administration, Regimen
from coley.regimen.vocabulary import find_route, find_unit


class Rules(Protocol):
    """What the language needs to know of a drug. ``coley.pharmacology.Drug`` is one."""

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
    """Every unknown drug, impossible route and impossible unit in ``regimen``, in the order of the text.

    Procedures are part of the language, not of a formulary.
    """
    names = _names(formulary)
    there = {names[drug].name if drug in names else drug for drug in regimen.drugs}
    problems = []
    for item in regimen.administrations:
        if not item.procedure:
            problems += [problem for _, problem in _check(mention(item), names)]
        drug = item.before.drug if item.before else ""
        if drug and (names[drug].name if drug in names else drug) not in there:
            what = f"{item.drug} goes before each {drug!r}, which is not given"
            problems.append(
                Problem(where(item.place.drug), what, did_you_mean(drug, there) or "name a drug of the regimen")
            )
    return problems


def resolve(regimen: Regimen, formulary: Mapping[str, Rules]) -> Regimen:
    """``regimen`` with every synonym replaced by the drug's canonical name.

    Raises:
        ColeyError: with every problem that ``check`` finds.
    """
    problems = check(regimen, formulary)
    if problems:
        raise ColeyError(problems)
    names = _names(formulary)
    return regimen.map(lambda item: _resolved(item, names))


def read(text: str, formulary: Mapping[str, Rules], names: Mapping[str, str] | None = None) -> Regimen:
    """The regimen that ``text`` says, with canonical drug names: ``parse`` and ``resolve`` in one.

    Args:
        text: what to read.
        formulary: what is known of each drug, by name.
        names: texts of named regimens by name, where names may stand in ``text``.

    Raises:
        ColeyError: with every problem of the text and of its drugs together, in the order of columns.
    """
    reading = scan(text, names)
    drugs = _names(formulary)
    problems = [*reading.problems, *(problem for found in reading.mentions for problem in _check(found, drugs))]
    if reading.regimen is None or problems:
        raise ColeyError(problem for _, problem in sorted(problems, key=lambda pair: pair[0]))
    return resolve(reading.regimen, formulary)


def _resolved(item: Administration, names: Mapping[str, Rules]) -> Administration:
    if item.procedure:
        return item
    before = item.before
    if before is not None and before.drug in names:
        before = replace(before, drug=names[before.drug].name)
    return replace(item, drug=names[item.drug].name, before=before)


def _names(formulary: Mapping[str, Rules]) -> dict[str, Rules]:
    """Drugs by canonical name and by synonym as one word; a canonical name goes before another drug's synonym."""
    synonyms = {_word(synonym): drug for drug in formulary.values() for synonym in drug.synonyms}
    return synonyms | {drug.name.casefold(): drug for drug in formulary.values()}


def _word(synonym: str) -> str:
    """A synonym as it is written in a regimen: ``Trastuzumab deruxtecan`` is ``trastuzumab-deruxtecan``."""
    return "-".join(re.findall(r"[a-z0-9]+", synonym.casefold()))


def _check(found: Mention, names: Mapping[str, Rules]) -> list[tuple[int, Problem]]:
    """Problems of one mention, each with its column."""
    place = found.place
    drug = names.get(found.drug)
    if drug is None:
        hint = did_you_mean(found.drug, names) or "write the name of a drug of the catalogue"
        return [(place.drug, Problem(where(place.drug), f"unknown drug {found.drug!r}", hint))]
    problems = []
    possible = {_basis(unit) for unit in drug.dose_units}
    for unit in found.units:
        if _basis(unit) not in possible:
            what = f"{drug.name} is not dosed in {unit}"
            hint = f"possible: {', '.join(drug.dose_units)}"
            problems.append((place.unit, Problem(where(place.unit), what, hint)))
    if found.route is not None and found.route not in {find_route(route) for route in drug.routes}:
        what = f"{drug.name} is not given {found.route}"
        problems.append((place.route, Problem(where(place.route), what, f"possible: {', '.join(drug.routes)}")))
    return problems


def _basis(text: str) -> tuple[str, str]:
    """What a unit counts and per what body size; a unit of a catalogue that the language lacks is its own basis."""
    unit = find_unit(text)
    return (text, "") if unit is None else (unit.kind, "kg" if unit.per == "ideal kg" else unit.per)
