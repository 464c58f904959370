"""The catalogue that ships with the package, catalogues of users beside it, and trials in files of their own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from coley.catalogue.reading import Document, Finding, entry_of, read_document
from coley.disease import Disease, disease_of
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer, Physiology, Source
from coley.harm import Care, Harm
from coley.pharmacology import Drug, NamedRegimen
from coley.protocol import Trial
from coley.regimen import check, parse

N = TypeVar("N", bound=Cancer | Care | Drug | Harm | NamedRegimen | Trial)
NOTHING = ("observation", "placebo")
"""Regimens of arms that are given nothing."""


@dataclass(frozen=True)
class Catalogue:
    """Drugs, cancers, regimens, trials, harms and care by name, the physiology that they share, and sources by key."""

    drugs: Mapping[str, Drug]
    cancers: Mapping[str, Cancer]
    trials: Mapping[str, Trial]
    regimens: Mapping[str, NamedRegimen]
    harms: Mapping[str, Harm]
    care: Mapping[str, Care]
    physiology: Physiology
    sources: Mapping[str, Source]

    def disease(self, name: str) -> Disease:
        """The cancer called ``name`` as a disease of its kind.

        Raises:
            ColeyError: where there is none, with the nearest names.
        """
        return disease_of(self.cancer(name), self.physiology)

    def drug(self, name: str) -> Drug:
        """The drug called ``name``, by its name, title or a synonym, whatever the case.

        Raises:
            ColeyError: where there is none, with the nearest names.
        """
        return _find("drug", name, self.drugs)

    def cancer(self, name: str) -> Cancer:
        """The cancer called ``name``, by its name, title or a synonym, whatever the case.

        Raises:
            ColeyError: where there is none, with the nearest names.
        """
        return _find("cancer", name, self.cancers)

    def trial(self, name: str) -> Trial:
        """The shipped trial called ``name``, by its name, title or registration, whatever the case.

        Raises:
            ColeyError: where there is none, with the nearest names.
        """
        return _find("trial", name, self.trials)

    def regimen_text(self, name_or_text: str) -> str:
        """The text of the regimen called ``name_or_text``; or ``name_or_text`` itself, where it is not a single word.

        Raises:
            ColeyError: where a single word names no regimen.
        """
        text = name_or_text.strip()
        if len(text.split()) > 1 and _fold(text) not in _by_any_name(self.regimens):
            return text
        return _find("regimen", text, self.regimens).text

    @property
    def regimen_texts(self) -> dict[str, str]:
        """Texts of the named regimens by name, for the names that a regimen may contain."""
        return {name: regimen.text for name, regimen in self.regimens.items()}

    def regimen_problems(self, name_or_text: str) -> list[Problem]:
        """What keeps ``name_or_text`` from being given: faults of the text, unknown drugs, routes, dose units."""
        if name_or_text.strip() in NOTHING:
            return []
        try:
            return list(check(parse(self.regimen_text(name_or_text), self.regimen_texts), self.drugs))
        except ColeyError as error:
            return list(error.problems)


@cache
def shipped() -> Catalogue:
    """The catalogue that ships with the package, read once."""
    return _read([resources.files("coley.catalogue").joinpath("data")])


def load_catalogue(*folders: str | Path) -> Catalogue:
    """The catalogue that ships with the package, with what is in ``folders`` beside it.

    A folder holds any of the folders that the shipped catalogue has: drugs, cancers, regimens, trials, sources. What
    it holds may use what ships, and each other; a name that is taken already cannot be given again.

    Raises:
        ColeyError: with every problem of every file.
    """
    if not folders:
        return shipped()
    problems = [
        Problem(os.fspath(folder), "is no folder", "name the folder of a catalogue")
        for folder in folders
        if not Path(folder).is_dir()
    ]
    if problems:
        raise ColeyError(problems)
    return _read([resources.files("coley.catalogue").joinpath("data"), *map(Path, folders)])


def read_catalogue(folder: Traversable) -> Catalogue:
    """The catalogue in ``folder`` alone, which needs a physiology.toml.

    Raises:
        ColeyError: with every problem of every file.
    """
    return _read([folder])


def _read(folders: Sequence[Traversable]) -> Catalogue:
    problems: list[Problem] = []
    drugs = _entries(Drug, folders, "drugs", problems)
    cancers = _entries(Cancer, folders, "cancers", problems)
    trials = _entries(Trial, folders, "trials", problems)
    regimens = _entries(NamedRegimen, folders, "regimens", problems)
    harms = _entries(Harm, folders, "harms", problems)
    care = _entries(Care, folders, "care", problems)
    sources = _sources(folders, problems)
    physiology = _physiology(folders[0], problems)
    if physiology is None or problems:
        raise ColeyError(problems)
    return Catalogue(drugs, cancers, trials, regimens, harms, care, physiology, sources)


def load_trial(name_or_path: str | Path, catalogue: Catalogue | None = None) -> Trial:
    """A trial of the catalogue (default the shipped one) by its name, or of a TOML file by its path.

    Raises:
        ColeyError: where it is unknown, or with every problem of the file.
    """
    text = os.fspath(name_or_path)
    separators = [separator for separator in (os.sep, os.altsep) if separator]
    if isinstance(name_or_path, Path) or text.casefold().endswith(".toml") or any(s in text for s in separators):
        return load_trial_file(text, catalogue)
    try:
        return (catalogue or shipped()).trial(text)
    except ColeyError:
        if os.path.isfile(text):
            return load_trial_file(text, catalogue)
        raise


def load_trial_file(path: str | Path, catalogue: Catalogue | None = None) -> Trial:
    """The trial in the TOML file at ``path``, in the format of the shipped ones.

    Its cancer and its regimens are looked up in the catalogue, by default the shipped one.

    Raises:
        ColeyError: with every problem of the file, each with its field and, where it can be told, its line.
    """
    catalogue = catalogue or shipped()
    document = read_document(Path(path), os.fspath(path))
    trial = entry_of(Trial, document.data)
    findings = [*_unresolved(document, catalogue), *_clashes(document)]
    if isinstance(trial, list):
        # A fault of the trial as a whole is a clash of arm names, found above with its place.
        findings += [finding for finding in trial if finding.path or not findings]
        raise ColeyError(document.problems(findings))
    if findings:
        raise ColeyError(document.problems(findings))
    return trial


def _unresolved(document: Document, catalogue: Catalogue) -> Iterable[Finding]:
    """Cancer and regimens of a trial that the catalogue cannot resolve. Reads raw data, to find them in any trial."""
    cancer = document.data.get("cancer")
    if isinstance(cancer, str) and _fold(cancer) not in _by_any_name(catalogue.cancers):
        yield Finding(("cancer",), f"unknown cancer {cancer!r}", did_you_mean(cancer, catalogue.cancers))
    for place, arm in _tables(document.data, "arms"):
        after = [((*place, *inner), line) for inner, line in _tables(arm, "subsequent")]
        for path, table in [(place, arm), *after]:
            text = table.get("regimen")
            if isinstance(text, str):
                for problem in catalogue.regimen_problems(text):
                    what = f"{problem.where}: {problem.what}" if problem.where else problem.what
                    yield Finding((*path, "regimen"), what, problem.hint)


def _clashes(document: Document) -> Iterable[Finding]:
    """Arms of the same name, and hazard ratios that compare with no other arm of the trial. Reads raw data."""
    arms = _tables(document.data, "arms")
    names = [arm.get("name") for _, arm in arms]
    for index, (place, arm) in enumerate(arms):
        name = arm.get("name")
        if isinstance(name, str) and name in names[:index]:
            yield Finding((*place, "name"), f"another arm is called {name!r} too", "give each arm its own name")
        for inner, published in _tables(arm, "published"):
            versus = published.get("versus")
            others = [other for other in names if isinstance(other, str) and other != name]
            if isinstance(versus, str) and versus and versus not in others:
                path = (*place, *inner, "versus")
                yield Finding(path, f"{versus!r} is not another arm of this trial", did_you_mean(versus, others))


def _tables(data: Mapping[str, object], key: str) -> list[tuple[tuple[str, int], dict[str, object]]]:
    """The tables in the list ``data[key]`` with their paths; nothing where it is no such list."""
    elements = data.get(key)
    if not isinstance(elements, list):
        return []
    return [((key, index), element) for index, element in enumerate(elements) if isinstance(element, dict)]


def _find(kind: str, name: str, entries: Mapping[str, N]) -> N:
    entry = _by_any_name(entries).get(_fold(name))
    if entry is None:
        known = {*entries, *(synonym for e in entries.values() if not isinstance(e, Trial) for synonym in _synonyms(e))}
        hint = did_you_mean(name, known)
        hint = hint if hint.startswith("did you mean") else f"known: {', '.join(sorted(entries))}"
        raise ColeyError(Problem("", f"unknown {kind} {name!r}", hint))
    return entry


def _by_any_name(entries: Mapping[str, N]) -> dict[str, N]:
    """Entries by name, title and synonym, folded. A name goes before another entry's synonym."""
    found = {_fold(other): entry for entry in entries.values() for other in (entry.title, *_synonyms(entry))}
    return found | {_fold(name): entry for name, entry in entries.items()}


def _synonyms(entry: Cancer | Drug | NamedRegimen | Trial) -> tuple[str, ...]:
    if isinstance(entry, (Cancer, Drug)):
        return entry.synonyms
    return (entry.registration,) if isinstance(entry, Trial) and entry.registration else ()


def _fold(name: str) -> str:
    """``CheckMate 067``, ``checkmate_067`` and ``checkmate-067`` are the same name."""
    return "-".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _toml_files(folders: Sequence[Traversable], kind: str, problems: list[Problem]) -> Iterable[Document]:
    """The files of the folder ``kind`` of every catalogue, by name; what cannot be read goes to ``problems``."""
    for number, folder in enumerate(folders):
        place = folder.joinpath(kind)
        files = [file for file in place.iterdir() if file.name.endswith(".toml")] if place.is_dir() else []
        own = f"{folder}/" if number else ""
        for file in sorted(files, key=lambda file: file.name):
            try:
                yield read_document(file, f"{own}{kind}/{file.name}")
            except ColeyError as error:
                problems += error.problems


def _entries(model: type[N], folders: Sequence[Traversable], kind: str, problems: list[Problem]) -> dict[str, N]:
    entries: dict[str, N] = {}
    for document in _toml_files(folders, kind, problems):
        entry = entry_of(model, document.data)
        if isinstance(entry, list):
            problems += document.problems(entry)
        elif not document.name.endswith(f"{kind}/{entry.name}.toml"):
            hint = f"call the file {entry.name}.toml"
            problems += document.problems([Finding(("name",), f"{entry.name!r} is not the name of the file", hint)])
        elif entry.name in entries:
            finding = Finding(("name",), f"the catalogue has {entry.name!r} already", "choose another name")
            problems += document.problems([finding])
        else:
            entries[entry.name] = entry
    return entries


def _sources(folders: Sequence[Traversable], problems: list[Problem]) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for document in _toml_files(folders, "sources", problems):
        for key, table in document.data.items():
            source = entry_of(Source, table)
            if isinstance(source, list):
                problems += document.problems(Finding((key, *f.path), f.what, f.hint) for f in source)
            elif key in sources:
                hint = "cite the one that is there, or choose another key"
                problems += document.problems([Finding((key,), f"another file has the citation key {key!r} too", hint)])
            else:
                sources[key] = source
    return sources


def _physiology(folder: Traversable, problems: list[Problem]) -> Physiology | None:
    try:
        document = read_document(folder.joinpath("physiology.toml"), "physiology.toml")
    except ColeyError as error:
        problems += error.problems
        return None
    entry = entry_of(Physiology, document.data)
    if isinstance(entry, list):
        problems += document.problems(entry)
        return None
    return entry
