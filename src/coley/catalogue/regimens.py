"""Regimens in the files of a catalogue: what keeps one from being given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from coley.catalogue.catalogue import NOTHING, Catalogue
from coley.catalogue.places import Pattern, select
from coley.catalogue.reading import Finding
from coley.errors import ColeyError
from coley.regimen import Rules, check, parse
from coley.regimen.vocabulary import ROUTES, UNITS

TEXTS: Mapping[str, tuple[Pattern, ...]] = {
    "regimens": (("text",),),
    "drugs": (("regimens", "*", "text"),),
    "claims": (("arms", "*", "regimen"),),
    "trials": (
        ("arms", "*", "regimen"),
        ("arms", "*", "choice", "*", "regimen"),
        ("arms", "*", "reinduction"),
        ("arms", "*", "subsequent", "*", "regimen"),
    ),
}
"""Where the files of each folder hold regimens."""


@dataclass(frozen=True)
class Unread:
    """A drug whose file cannot be used, of which nothing is known but its name: whatever is said of it is let pass."""

    name: str
    synonyms: tuple[str, ...] = ()
    routes: tuple[str, ...] = tuple(ROUTES)
    dose_units: tuple[str, ...] = tuple(UNITS)


@dataclass(frozen=True)
class Formulary:
    """A catalogue, and names by folder that are known besides, of files that cannot be used."""

    catalogue: Catalogue
    unread: Mapping[str, Set[str]] = field(default_factory=dict)

    def besides(self, folder: str) -> Set[str]:
        """Names of unusable files of ``folder``."""
        return self.unread.get(folder, frozenset())


def regimen_findings(folder: str, data: Mapping[str, Any], formulary: Formulary) -> Iterator[Finding]:
    """Regimens that cannot be given, or that do not read back from their canonical text. Reads raw data."""
    for pattern in TEXTS.get(folder, ()):
        for path, text in select(data, pattern):
            if isinstance(text, str) and text and text.strip() not in NOTHING:
                yield from (Finding(path, f.what, f.hint) for f in _text_findings(text, formulary))


def _text_findings(text: str, formulary: Formulary) -> Iterator[Finding]:
    if text.strip() in formulary.besides("regimens"):
        return
    catalogue = formulary.catalogue
    drugs: dict[str, Rules] = {**{name: Unread(name) for name in formulary.besides("drugs")}, **catalogue.drugs}
    try:
        regimen = parse(catalogue.regimen_text(text), catalogue.regimen_texts)
    except ColeyError as error:
        problems = list(error.problems)
    else:
        problems = check(regimen, drugs)
        if not problems and parse(str(regimen), catalogue.regimen_texts) != regimen:
            yield Finding((), f"does not read back from its canonical text {str(regimen)!r}")
    for problem in problems:
        what = f"{problem.where}: {problem.what}" if problem.where else problem.what
        yield Finding((), what, problem.hint)
