"""Checks of a whole catalogue, beyond the schema of each file: citations, dimensions, names and regimens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from coley.catalogue.loader import Catalogue
from coley.catalogue.schema import Cancer, Entry, Physiology, Quantity, Reference, Trial
from coley.errors import ColeyError, Problem, did_you_mean
from coley.regimen import parse
from coley.units import dimension, internal_unit

DIMENSIONS: Mapping[str, str] = {
    "clearance": "L/day",
    "central_volume": "L",
    "intercompartmental_clearance": "L/day",
    "peripheral_volume": "L",
    "reference_weight": "kg",
    "clearance_weight_exponent": "",
    "volume_weight_exponent": "",
    "tumour_partition": "",
    "node_partition": "",
    "tissue_exchange": "1/day",
    "absorption": "1/day",
    "bioavailability": "",
    "kill_rate": "1/day",
    "half_effect": "mg/L",
    "retention": "day",
    "immune_fraction": "",
    "affinity": "nM",
    "effect": "1/day",
    "infusion": "min",
    "molar_mass": "g/mol",
}
"""Fields of a drug that are quantities, with a unit of the dimension that they must have."""

Placed = tuple[str, Reference]


def lint(catalogue: Catalogue) -> list[Problem]:
    """Everything that is wrong with ``catalogue``; an empty list where nothing is.

    The schema has been checked when the catalogue was read; this is what one file alone cannot show.
    """
    checks = (_citations, _sources, _drugs, _drug_names, _models, _regimens, _trials)
    return [problem for check in checks for problem in check(catalogue)]


def references(catalogue: Catalogue) -> Iterator[Placed]:
    """Every fact of ``catalogue`` that has a source, with its place: ``drugs/nivolumab.toml: infusion``."""
    for file, entry in _files(catalogue):
        for path, reference in _within(entry, ""):
            yield (f"{file}: {path}" if path else file), reference


def _files(catalogue: Catalogue) -> Iterator[tuple[str, Entry]]:
    """Each entry with the file that it must come from."""
    yield from ((f"drugs/{name}.toml", drug) for name, drug in catalogue.drugs.items())
    yield from ((f"regimens/{name}.toml", regimen) for name, regimen in catalogue.regimens.items())
    yield from ((f"cancers/{name}.toml", cancer) for name, cancer in catalogue.cancers.items())
    yield from ((f"trials/{name}.toml", trial) for name, trial in catalogue.trials.items())
    yield "physiology.toml", catalogue.physiology


def _within(value: object, path: str) -> Iterator[Placed]:
    if isinstance(value, Reference):
        yield path, value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _within(getattr(value, name), f"{path}.{name}".removeprefix("."))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _within(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _within(item, f"{path}[{index}]")


def _citations(catalogue: Catalogue) -> Iterator[Problem]:
    """Citation keys that no source has."""
    cited = [(where, reference.source) for where, reference in references(catalogue)]
    for name, trial in catalogue.trials.items():
        if trial.eligibility_source:
            cited.append((f"trials/{name}.toml: eligibility_source", trial.eligibility_source))
    for where, key in cited:
        if key not in catalogue.sources:
            yield Problem(where, f"cites unknown source {key!r}", did_you_mean(key, catalogue.sources))


def _sources(catalogue: Catalogue) -> Iterator[Problem]:
    """Sources that cannot be found from what is said of them, that are double, or that no fact and no note cites."""
    used = {reference.source for _, reference in references(catalogue)}
    used |= {word for _, reference in references(catalogue) for word in re.findall(r"[\w-]+", reference.note)}
    used |= {trial.eligibility_source for trial in catalogue.trials.values()}
    # What is assumed or follows by definition has no place to look it up.
    published = {fact.source for _, fact in references(catalogue) if fact.known in ("measured", "label")}
    pmids = Counter(source.pmid for source in catalogue.sources.values() if source.pmid)
    for key, source in catalogue.sources.items():
        where = f"sources: {key}"
        if key in published and not (source.pmid or source.doi or source.url):
            yield Problem(where, "has neither pmid, doi nor url", "say where it can be found")
        if source.pmid and not source.pmid.isdecimal():
            yield Problem(where, f"pmid {source.pmid!r} is no number")
        if source.doi and not source.doi.startswith("10."):
            yield Problem(where, f"doi {source.doi!r} does not start with '10.'", "write it without https://doi.org/")
        if source.url and not re.match(r"https?://", source.url):
            yield Problem(where, f"url {source.url!r} does not start with http")
        if pmids[source.pmid] > 1:
            yield Problem(where, f"another source has pmid {source.pmid} too", "keep one of them")
        if key not in used:
            yield Problem(where, "is cited nowhere", "cite or remove it")


def _drugs(catalogue: Catalogue) -> Iterator[Problem]:
    """Quantities of drugs with the wrong dimension or sign, and parts that a drug needs but lacks."""
    for name, drug in catalogue.drugs.items():
        file = f"drugs/{name}.toml"
        for path, reference in _within(drug, ""):
            if isinstance(reference, Quantity):
                yield from _quantity(f"{file}: {path}", path.rpartition(".")[2], reference)
        if drug.modality == "cytotoxic" and drug.cytotoxicity is None:
            yield Problem(file, "is cytotoxic and has no table 'cytotoxicity'")
        if drug.targets and drug.molar_mass is None:
            yield Problem(file, "has no molar_mass", "its doses are in mg, its affinity is in nM")
        for index, target in enumerate(drug.targets):
            if (target.action == "deplete") != (target.effect is not None):
                yield Problem(f"{file}: targets[{index}].effect", "goes with action 'deplete', and with no other")


def _quantity(where: str, field: str, quantity: Quantity) -> Iterator[Problem]:
    like = DIMENSIONS[field]
    if dimension(quantity.unit) != dimension(like):
        yield Problem(f"{where}.unit", f"{quantity.unit!r} is no unit of {field}", f"write one like {like!r}")
    if quantity.value < 0 or (quantity.value == 0 and field not in ("immune_fraction", "effect", "kill_rate")):
        yield Problem(f"{where}.value", f"{quantity.value:g} cannot be: {field} is above zero")
    if field in ("immune_fraction", "bioavailability") and quantity.value > 1:
        yield Problem(f"{where}.value", f"{quantity.value:g} cannot be: {field} is at most 1")


def _drug_names(catalogue: Catalogue) -> Iterator[Problem]:
    """Names and synonyms that more than one drug has."""
    owner: dict[str, str] = {}
    for name, drug in catalogue.drugs.items():
        for other in dict.fromkeys(text.casefold() for text in (name, *drug.synonyms)):
            if owner.setdefault(other, name) != name:
                yield Problem(f"drugs/{name}.toml: synonyms", f"{other!r} is a name of {owner[other]} too")


def _models(catalogue: Catalogue) -> Iterator[Problem]:
    """Units that no model can use, and parameters that are named but not given, in cancers and physiology."""
    shared = {*catalogue.physiology.parameters, *catalogue.physiology.patients}
    yield from _usable("physiology.toml", catalogue.physiology)
    for name, cancer in catalogue.cancers.items():
        file = f"cancers/{name}.toml"
        known = shared | {*cancer.parameters, *cancer.patients}
        yield from _usable(file, cancer)
        for index, correlation in enumerate(cancer.correlations):
            for parameter in correlation.between:
                if parameter not in known:
                    where = f"{file}: correlations[{index}].between"
                    yield Problem(where, f"unknown quantity {parameter!r}", did_you_mean(parameter, known))
        for parameter, factor in cancer.previously_treated.factors.items():
            where = f"{file}: previously_treated.factors.{parameter}"
            if parameter not in known:
                yield Problem(where, f"unknown quantity {parameter!r}", did_you_mean(parameter, known))
            if dimension(factor.unit) != dimension(""):
                yield Problem(f"{where}.unit", "a factor has no unit", "write unit = ''")


def _usable(file: str, entry: Cancer | Physiology) -> Iterator[Problem]:
    for path, reference in _within(entry, ""):
        if isinstance(reference, Quantity):
            try:
                internal_unit(reference.unit)
            except ColeyError as error:
                yield from (Problem(f"{file}: {path}.unit", p.what, p.hint) for p in error.problems)


def _regimens(catalogue: Catalogue) -> Iterator[Problem]:
    """Regimen texts that cannot be given, or that do not read back from their canonical text."""
    for where, text in _regimen_texts(catalogue):
        problems = catalogue.regimen_problems(text)
        yield from (Problem(f"{where}: {p.where}".removesuffix(": "), p.what, p.hint) for p in problems)
        if not problems:
            regimen = parse(catalogue.regimen_text(text), catalogue.regimen_texts)
            if parse(str(regimen), catalogue.regimen_texts) != regimen:
                yield Problem(where, f"does not read back from its canonical text {str(regimen)!r}")


def _regimen_texts(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for name, regimen in catalogue.regimens.items():
        yield f"regimens/{name}.toml: text", regimen.text
    for name, drug in catalogue.drugs.items():
        for index, fact in enumerate(drug.regimens):
            yield f"drugs/{name}.toml: regimens[{index}].text", fact.text
    for name, trial in catalogue.trials.items():
        for index, arm in enumerate(trial.arms):
            where = f"trials/{name}.toml: arms[{index}]"
            yield f"{where}.regimen", arm.regimen
            for after, subsequent in enumerate(arm.subsequent):
                yield f"{where}.subsequent[{after}].regimen", subsequent.regimen


def _trials(catalogue: Catalogue) -> Iterator[Problem]:
    """Trials of unknown cancers, and what an arm publishes twice."""
    for name, trial in catalogue.trials.items():
        file = f"trials/{name}.toml"
        if trial.cancer not in catalogue.cancers:
            hint = did_you_mean(trial.cancer, catalogue.cancers)
            yield Problem(f"{file}: cancer", f"unknown cancer {trial.cancer!r}", hint)
        yield from _published_twice(file, trial)


def _published_twice(file: str, trial: Trial) -> Iterator[Problem]:
    for index, arm in enumerate(trial.arms):
        counts = Counter((published.endpoint, published.versus) for published in arm.published)
        for (endpoint, versus), count in counts.items():
            if count > 1:
                comparison = f" versus {versus}" if versus else ""
                where = f"{file}: arms[{index}].published"
                yield Problem(where, f"gives {endpoint}{comparison} {count} times", "keep the one to compare with")
