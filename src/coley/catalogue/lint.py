"""Checks of a whole catalogue, beyond the schema of each file: citations, dimensions, names and regimens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from coley.catalogue.loader import Catalogue
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer, Entry, Physiology, Quantity, Reference
from coley.protocol import Trial
from coley.regimen import parse
from coley.units import dimension, internal_unit

Placed = tuple[str, Reference]


def lint(catalogue: Catalogue) -> list[Problem]:
    """Everything that is wrong with ``catalogue``; an empty list where nothing is.

    The schema has been checked when the catalogue was read; this is what one file alone cannot show.
    """
    checks = (_citations, _sources, _drug_names, _numbers, _models, _regimens, _trials)
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


def _drug_names(catalogue: Catalogue) -> Iterator[Problem]:
    """Names and synonyms that more than one drug has."""
    owner: dict[str, str] = {}
    for name, drug in catalogue.drugs.items():
        for other in dict.fromkeys(text.casefold() for text in (name, *drug.synonyms)):
            if owner.setdefault(other, name) != name:
                yield Problem(f"drugs/{name}.toml: synonyms", f"{other!r} is a name of {owner[other]} too")


def _numbers(catalogue: Catalogue) -> Iterator[Problem]:
    """Units that no model can use, and parameters that are named but not given, in cancers and physiology."""
    shared = {*catalogue.physiology.parameters, *catalogue.physiology.patients}
    yield from _usable("physiology.toml", catalogue.physiology)
    for name, cancer in catalogue.cancers.items():
        file = f"cancers/{name}.toml"
        of_clones = {f"{kind}_{clone.name}" for clone in cancer.clones for kind in ("f", "mu", "mhc", "chemo")}
        known = shared | {*cancer.parameters, *cancer.patients} | of_clones
        yield from _usable(file, cancer)
        named = [
            (f"correlations[{index}].between", parameter)
            for index, correlation in enumerate(cancer.correlations)
            for parameter in correlation.between
        ]
        named += [
            (f"prior.{given}.factors.{parameter}", parameter)
            for given, prior in cancer.prior.items()
            for parameter in prior.factors
        ]
        named += [
            (f"covariate_effects[{index}].parameter", effect.parameter)
            for index, effect in enumerate(cancer.covariate_effects)
        ]
        named += [
            (f"biomarkers[{index}].parameter", marker.parameter) for index, marker in enumerate(cancer.biomarkers)
        ]
        for where, parameter in named:
            if parameter not in known:
                yield Problem(f"{file}: {where}", f"unknown quantity {parameter!r}", did_you_mean(parameter, known))


def _models(catalogue: Catalogue) -> Iterator[Problem]:
    """Cancers, alone and with each drug, that no model can be built of."""
    for name in catalogue.cancers:
        try:
            catalogue.disease(name).model()
        except ColeyError as error:
            yield from error.problems
            continue
        for drug in catalogue.drugs.values():
            try:
                catalogue.disease(name).model([drug])
            except ColeyError as error:
                yield from (Problem(f"{name} with {drug.name}: {p.where}", p.what, p.hint) for p in error.problems)


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
