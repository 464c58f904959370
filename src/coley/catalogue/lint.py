"""Checks of catalogues beyond the schema of each file: citations, dimensions, names, models, regimens, trials."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from pydantic import BaseModel

from coley.catalogue.catalogue import Catalogue
from coley.catalogue.citations import citation_findings, source_findings, usage
from coley.catalogue.claims import claim_findings
from coley.catalogue.comorbidities import comorbidity_findings
from coley.catalogue.harms import harm_findings, model_findings
from coley.catalogue.loader import File, Reading
from coley.catalogue.models import cancer_findings, drug_findings
from coley.catalogue.numbers import number_findings, unit_findings
from coley.catalogue.places import Path, select
from coley.catalogue.reading import Document, Finding
from coley.catalogue.regimens import Formulary, regimen_findings
from coley.catalogue.trial_file import read_trial
from coley.catalogue.trials import endpoint_places, trial_findings
from coley.disease import Disease, disease_of
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer, Comorbidity, Reference
from coley.harm import Harm
from coley.pharmacology import Drug
from coley.protocol import Claim

TOGETHER = 30
"""Drugs of which one model is built, to see that each can join it."""


@dataclass(frozen=True)
class Vocabulary:
    """What a trial may name that is defined above the catalogue.

    Attributes:
        criteria: names of response criteria.
        endpoint: reads the name of an endpoint; raises ColeyError for one that there is not.
    """

    criteria: Collection[str]
    endpoint: Callable[[str], Endpoint]


class Endpoint(Protocol):
    """What is known of an endpoint here."""

    @property
    def unit(self) -> str:
        """``%``, ``months``, or nothing for a ratio."""


RANGES = {
    "%": ("a rate in percent", 0.0, 100.0),
    "months": ("a time in months", 0.0, 600.0),
    "": ("a ratio", 0.0, 1000.0),
}
"""What figures of endpoints are, by unit, and between which bounds they lie."""


def lint(reading: Reading, files: Iterable[File], vocabulary: Vocabulary | None = None) -> list[Problem]:
    """Everything that is wrong with ``files``, which are some or all of what was read; empty where nothing is.

    Args:
        reading: the catalogue that they belong to, with all that its schema found.
        files: those to judge.
        vocabulary: without it, criteria and endpoints are not looked at.

    Raises:
        ColeyError: where there is no physiology, without which nothing can be judged.
    """
    catalogue = reading.catalogue()
    formulary = Formulary(catalogue, reading.unread)
    files = tuple(files)
    few = len(files) < len(reading.files)
    tried = _Tried(catalogue, files, few)
    problems = list(reading.problems)
    used, of_harms = usage(reading.files), harm_findings(catalogue)
    for file in files:
        if file.folder == "sources":
            problems += file.document.problems(source_findings(file, used, catalogue.sources))
            continue
        findings = [*_of_file(file, formulary, vocabulary), *_of_entry(file, catalogue, tried)]
        findings += of_harms.get((file.folder, file.document.stem), [])
        problems += file.document.problems(findings)
    return problems


def lint_trial(document: Document, reading: Reading, vocabulary: Vocabulary | None = None) -> list[Problem]:
    """Everything that is wrong with a trial in a file of its own."""
    formulary = Formulary(reading.catalogue(), reading.unread)
    _, findings = read_trial(document, formulary)
    findings += citation_findings(File("trials", document), formulary.catalogue.sources)
    if vocabulary is not None:
        findings += _vocabulary_findings(document, vocabulary)
    return document.problems(findings)


def references(catalogue: Catalogue) -> Iterator[tuple[str, Reference]]:
    """Every fact of ``catalogue`` that has a source, with its place: ``drugs/nivolumab.toml: infusion``."""
    for (folder, name), _ in catalogue.documents.items():
        for path, reference in _within(getattr(catalogue, folder)[name], ""):
            yield f"{folder}/{name}.toml: {path}".removesuffix(": "), reference
    for path, reference in _within(catalogue.physiology, ""):
        yield f"physiology.toml: {path}", reference


def _within(value: object, path: str) -> Iterator[tuple[str, Reference]]:
    if isinstance(value, Reference):
        yield path, value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _within(getattr(value, name), f"{path}.{name}".removeprefix("."))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _within(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _within(item, f"{path}[{index}]")


def _of_file(file: File, formulary: Formulary, vocabulary: Vocabulary | None) -> Iterator[Finding]:
    """What the raw data of a file show, sound or not."""
    yield from citation_findings(file, formulary.catalogue.sources)
    if file.folder != "trials":
        yield from regimen_findings(file.folder, file.document.data, formulary)
        if isinstance(file.entry, Claim):
            yield from claim_findings(file.entry, formulary)
        return
    yield from trial_findings(file.document.data, formulary)
    if vocabulary is not None:
        yield from _vocabulary_findings(file.document, vocabulary)


def _vocabulary_findings(document: Document, vocabulary: Vocabulary) -> Iterator[Finding]:
    criteria = document.data.get("criteria")
    if isinstance(criteria, str) and criteria and criteria not in vocabulary.criteria:
        what = f"unknown response criteria {criteria!r}"
        yield Finding(("criteria",), what, did_you_mean(criteria, vocabulary.criteria))
    for path, name in endpoint_places(document.data):
        if isinstance(name, str):
            try:
                endpoint = vocabulary.endpoint(name)
            except ColeyError as error:
                yield from (Finding(path, problem.what, problem.hint) for problem in error.problems)
            else:
                yield from _figures(document, path[:-1], endpoint.unit)


def _figures(document: Document, place: Path, unit: str) -> Iterator[Finding]:
    """Figures at ``place`` that an endpoint in ``unit`` cannot have."""
    what, least, most = RANGES[unit]
    for field in ("value", "lower", "upper"):
        for path, number in select(document.data, (*map(str, place), field)):
            if isinstance(number, int | float) and not least <= number <= most:
                yield Finding(path, f"{number:g} cannot be {what}", f"that is {least:g} to {most:g}")


class _Tried:
    """Diseases to try drugs with: one of each kind, and those of the files; and the drugs that join them.

    Many drugs are tried together, as a model of them all is built far sooner than one of each; those of a model that
    cannot be built are tried one by one.
    """

    def __init__(self, catalogue: Catalogue, files: Iterable[File], few: bool) -> None:
        entries = [file.entry for file in files]
        self._catalogue = catalogue
        self._drugs = [entry for entry in entries if isinstance(entry, Drug)]
        self._own = [entry.name for entry in entries if isinstance(entry, Cancer)] if few else []

    @cached_property
    def diseases(self) -> list[Disease]:
        """Those to try a drug with that does not join them all."""
        return list(_diseases(self._catalogue, self._own))

    @cached_property
    def kinds(self) -> list[Disease]:
        """One disease of each kind."""
        return list(_diseases(self._catalogue, ()))

    @cached_property
    def sound(self) -> set[str]:
        """Names of the drugs that join every disease."""
        found: set[str] = set()
        for start in range(0, len(self._drugs), TOGETHER):
            batch = self._drugs[start : start + TOGETHER]
            if len(batch) > 1 and all(_joins(batch, disease) for disease in self.diseases):
                found |= {drug.name for drug in batch}
        return found


def _joins(drugs: list[Drug], disease: Disease) -> bool:
    try:
        disease.model(drugs)
    except ColeyError:
        return False
    return True


def _of_entry(file: File, catalogue: Catalogue, tried: _Tried) -> Iterator[Finding]:
    """What a sound entry shows beside others."""
    if isinstance(file.entry, Drug):
        yield from _other_names(file.entry, catalogue)
        if file.entry.name not in tried.sound:
            yield from drug_findings(file.entry, file.document.data, tried.diseases)
    elif isinstance(file.entry, Cancer) and file.entry.name in catalogue.cancers:
        yield from _of_cancer(file.entry.name, catalogue)
    elif isinstance(file.entry, Comorbidity):
        yield from comorbidity_findings(file.entry, catalogue)
    elif isinstance(file.entry, Harm):
        yield from model_findings(file.entry, tried.kinds)
    elif file.document.name == "physiology.toml":
        for table in ("parameters", "patients"):
            yield from unit_findings(table, getattr(catalogue.physiology, table), {})


def _of_cancer(name: str, catalogue: Catalogue) -> Iterator[Finding]:
    cancer = catalogue.cancer(name)
    others = [catalogue.cancer(other) for other in catalogue.cancers if other != name]
    others.sort(key=lambda other: other.disease != cancer.disease)
    numbers = list(number_findings(cancer, catalogue.physiology, others))
    yield from numbers
    if numbers:
        return  # of which faults of the model would follow
    try:
        disease = disease_of(cancer, catalogue.physiology)
    except ColeyError as error:
        yield from (Finding(("disease",), problem.what, problem.hint) for problem in error.problems)
        return
    yield from cancer_findings(disease)


def _other_names(drug: Drug, catalogue: Catalogue) -> Iterator[Finding]:
    """Names and synonyms that another drug has, too; of two, the later one is told."""
    taken: dict[str, str] = {}
    for other in catalogue.drugs.values():
        if other is drug:
            break
        taken |= {text.casefold(): other.name for text in (other.name, *other.synonyms)}
    for index, text in enumerate((drug.name, *drug.synonyms)):
        owner = taken.get(text.casefold())
        if owner is not None:
            path = ("synonyms", index - 1) if index else ("name",)
            yield Finding(path, f"{text!r} is a name of {owner} too", "leave it to one of them")


def _diseases(catalogue: Catalogue, own: Collection[str]) -> Iterator[Disease]:
    """The diseases that a model can be built of: of ``own`` cancers, and of one of each kind."""
    seen: set[str] = set()
    for cancer in catalogue.cancers.values():
        if cancer.name in own or cancer.disease not in seen:
            seen.add(cancer.disease)
            try:
                disease = catalogue.disease(cancer.name)
                disease.model()
            except ColeyError:
                continue  # told of the cancer
            yield disease
