"""The glossary: terms of the field in plain words, each with its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from pydantic import Field

from coley.facts import Entry, Text


class Term(Entry):
    """A term in plain words.

    Attributes:
        also: other names and abbreviations.
        source: name of a source of the glossary.
        read: whether the source was read for it; else it was written from memory.
    """

    name: Text
    also: tuple[Text, ...] = ()
    says: Text
    source: Text
    read: bool = False


class Origin(Entry):
    """A source of the glossary."""

    name: Text
    citation: Text


class Glossary(Entry):
    """All terms, and where they are defined."""

    terms: tuple[Term, ...] = Field(min_length=1)
    sources: tuple[Origin, ...]

    def cited(self, term: Term) -> str:
        """The source of ``term`` in full, and whether it was read."""
        citation = next(origin.citation for origin in self.sources if origin.name == term.source)
        return f"{citation} ({'read' if term.read else 'recalled'})"


@cache
def glossary() -> Glossary:
    """The glossary that ships with the package, read once."""
    data = resources.files("coley.handbook").joinpath("glossary.toml").read_text(encoding="utf-8")
    return Glossary.model_validate(tomllib.loads(data))
