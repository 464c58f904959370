"""From folders of TOML files to a catalogue: the one that ships with the package, and those of users beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from coley.catalogue.bases import unsound
from coley.catalogue.catalogue import Catalogue, Named
from coley.catalogue.reading import Document, Finding, entry_of, read_document
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer, Comorbidity, Fact, Physiology, Source
from coley.harm import Care, Harm
from coley.pharmacology import Drug, NamedRegimen
from coley.protocol import Claim, Trial

FOLDERS: Mapping[str, type[Named]] = {
    "drugs": Drug,
    "cancers": Cancer,
    "trials": Trial,
    "regimens": NamedRegimen,
    "harms": Harm,
    "care": Care,
    "comorbidities": Comorbidity,
    "claims": Claim,
}
"""Folders of a catalogue with one entry a file, which has its name."""
TABLES = ("sources", "facts")
"""Folders with many entries a file: sources by citation key, facts as a list."""
PHYSIOLOGY = "physiology.toml"


@dataclass(frozen=True)
class File:
    """A file of a catalogue: its folder, and its entry where it has one that is sound."""

    folder: str
    document: Document
    entry: Named | None = None


@dataclass
class Reading:
    """Folders as they are read: their files, what is in them by name, and all that is wrong with them.

    Attributes:
        unread: names, by folder, of the files that hold no sound entry: what refers to them cannot be judged.
    """

    files: list[File] = field(default_factory=list)
    entries: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in (*FOLDERS, *TABLES)})
    unread: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in FOLDERS})
    problems: list[Problem] = field(default_factory=list)
    physiology: Physiology | None = None

    def catalogue(self) -> Catalogue:
        """What is sound of all that was read.

        Raises:
            ColeyError: where the physiology is not.
        """
        if self.physiology is None:
            raise ColeyError(self.problems)
        documents = {(file.folder, file.entry.name): file.document for file in self.files if file.entry is not None}
        return Catalogue(physiology=self.physiology, documents=documents, changes=(), **self.entries)


@cache
def shipped() -> Catalogue:
    """The catalogue that ships with the package, read once."""
    return read_catalogue(resources.files("coley.catalogue").joinpath("data"))


def load_catalogue(*folders: str | Path) -> Catalogue:
    """The catalogue that ships with the package, with what is in ``folders`` beside it.

    A folder holds any of the folders that the shipped catalogue has: drugs, cancers, regimens, trials, sources and so
    on. What it holds may use what ships, and each other; a name that is taken already cannot be given again.

    Raises:
        ColeyError: with every problem of every file.
    """
    if not folders:
        return shipped()
    reading, _ = read_own(*folders)
    if reading.problems:
        raise ColeyError(reading.problems)
    return reading.catalogue()


def read_catalogue(folder: Traversable) -> Catalogue:
    """The catalogue in ``folder`` alone, which needs a physiology.toml.

    Raises:
        ColeyError: with every problem of every file.
    """
    reading = read_alone(folder)
    if reading.problems:
        raise ColeyError(reading.problems)
    return reading.catalogue()


def read_alone(folder: Traversable) -> Reading:
    """``folder`` with all that is wrong in it."""
    reading = Reading()
    _read_into(reading, folder, "")
    _read_physiology(reading, folder)
    return reading


def read_own(*folders: str | Path) -> tuple[Reading, list[File]]:
    """The shipped catalogue with ``folders`` beside it, and the files of the folders.

    Raises:
        ColeyError: where one is no folder of a catalogue.
    """
    problems = [problem for folder in folders for problem in _folder_problems(Path(folder), os.fspath(folder))]
    if problems:
        raise ColeyError(problems)
    reading = read_alone(resources.files("coley.catalogue").joinpath("data"))
    theirs = len(reading.files)
    for folder in folders:
        _read_into(reading, Path(folder), os.path.join(folder, ""))
    return reading, reading.files[theirs:]


def _folder_problems(folder: Path, name: str) -> Iterator[Problem]:
    known = (*FOLDERS, *TABLES)
    if not folder.is_dir():
        yield Problem(name, "is no folder", "name the folder of a catalogue")
        return
    if (folder / PHYSIOLOGY).exists():
        hint = "leave it out; give a cancer its own value of a parameter, or a run with --set"
        yield Problem(os.path.join(name, PHYSIOLOGY), "there is one physiology, that of the shipped catalogue", hint)
    inner = sorted(place.name for place in folder.iterdir() if place.is_dir() and any(place.glob("*.toml")))
    for other in inner:
        if other not in known:
            hint = did_you_mean(other, known)
            yield Problem(os.path.join(name, other), "is no folder of a catalogue", hint)
    if not any((folder / each).is_dir() for each in known) and not inner:
        yield Problem(name, "holds no folder of a catalogue", f"such as {', '.join(known)}")


def _read_into(reading: Reading, folder: Traversable, shown: str) -> None:
    """Read all that ``folder``, called ``shown``, holds."""
    for kind, model in FOLDERS.items():
        for document in _documents(reading, folder, kind, shown):
            entry, findings = _entry(model, document, reading.entries[kind])
            reading.files.append(File(kind, document, entry))
            reading.problems += document.problems(findings)
            if entry is None:
                reading.unread[kind].add(document.stem)
            else:
                reading.entries[kind][entry.name] = entry
    _settle_bases(reading)
    for kind, read in (("sources", _sources), ("facts", _facts)):
        for document in _documents(reading, folder, kind, shown):
            reading.files.append(File(kind, document))
            reading.problems += document.problems(read(document, reading.entries[kind]))


def _documents(reading: Reading, folder: Traversable, kind: str, shown: str) -> Iterator[Document]:
    """The files of one folder by name; what cannot be read joins the problems."""
    place = folder.joinpath(kind)
    files = [file for file in place.iterdir() if file.name.endswith(".toml")] if place.is_dir() else []
    for file in sorted(files, key=lambda file: file.name):
        try:
            yield read_document(file, f"{shown}{kind}/{file.name}")
        except ColeyError as error:
            reading.problems += error.problems
            reading.unread.get(kind, set()).add(file.name.removesuffix(".toml"))


def _entry(
    model: type[Named], document: Document, there: Mapping[str, Named]
) -> tuple[Named | None, Sequence[Finding]]:
    """The entry of a file, or what is wrong with it."""
    entry = entry_of(model, document.data)
    if isinstance(entry, list):
        return None, entry
    if entry.name != document.stem:
        what, hint = f"{entry.name!r} is not the name of the file", f"call the file {entry.name}.toml"
        return None, [Finding(("name",), what, hint)]
    if entry.name in there:
        return None, [Finding(("name",), f"the catalogue has {entry.name!r} already", "choose another name")]
    return entry, ()


def _settle_bases(reading: Reading) -> None:
    """Leave out the cancers that cannot stand on their base, and say why."""
    cancers: dict[str, Cancer] = reading.entries["cancers"]
    wrong = unsound(cancers, reading.unread["cancers"])
    for file in reading.files:
        if file.entry is not None and cancers.get(file.entry.name) is file.entry and file.entry.name in wrong:
            reading.problems += file.document.problems(wrong[file.entry.name])
            reading.unread["cancers"].add(file.entry.name)
            del cancers[file.entry.name]


def _sources(document: Document, there: dict[str, Source]) -> Iterable[Finding]:
    for key, table in document.data.items():
        source = entry_of(Source, table)
        if isinstance(source, list):
            yield from (Finding((key, *f.path), f.what, f.hint) for f in source)
        elif key in there:
            hint = "cite the one that is there, or choose another key"
            yield Finding((key,), f"another file has the citation key {key!r} too", hint)
        else:
            there[key] = source


def _facts(document: Document, there: dict[str, Fact]) -> Iterable[Finding]:
    rows = document.data.get("facts")
    if list(document.data) != ["facts"] or not isinstance(rows, list):
        yield Finding((), "holds something else than a list of facts", "write each under [[facts]]")
        return
    for index, row in enumerate(rows):
        fact = entry_of(Fact, row)
        if isinstance(fact, list):
            yield from (Finding(("facts", index, *f.path), f.what, f.hint) for f in fact)
        elif fact.name in there:
            yield Finding(("facts", index, "name"), f"the catalogue has {fact.name!r} already", "choose another name")
        else:
            there[fact.name] = fact


def _read_physiology(reading: Reading, folder: Traversable) -> None:
    try:
        document = read_document(folder.joinpath(PHYSIOLOGY), PHYSIOLOGY)
    except ColeyError as error:
        reading.problems += error.problems
        return
    entry = entry_of(Physiology, document.data)
    if isinstance(entry, list):
        reading.problems += document.problems(entry)
        return
    reading.files.append(File("", document))
    reading.physiology = entry
