"""Citations: every source that is named is there, can be found, and is cited."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from coley.catalogue.loader import File
from coley.catalogue.places import Path, walk
from coley.catalogue.reading import Finding
from coley.errors import did_you_mean
from coley.facts import Source

_PUBLISHED = ("measured", "label")
"""What is assumed or follows by definition has no place to look it up."""
_OFTEN_RECALLED = "facts"
"""Facts may rest on common knowledge of the field, which their source then says."""


def cited(file: File) -> Iterator[tuple[Path, str, str]]:
    """Every citation of a file with its path, the key, and how the fact is known. Reads raw data."""
    data = file.document.data
    for path, value in ((), data), *walk(data):
        if isinstance(value, Mapping) and isinstance(value.get("source"), str):
            yield (*path, "source"), value["source"], str(value.get("known", ""))
    if isinstance(data.get("eligibility_source"), str) and data["eligibility_source"]:
        yield ("eligibility_source",), data["eligibility_source"], ""


def citation_findings(file: File, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Keys of a file that no source has."""
    for path, key, _ in cited(file):
        if key not in sources:
            hint = did_you_mean(key, sources) or "describe it in the folder sources"
            yield Finding(path, f"cites unknown source {key!r}", hint)


@dataclass(frozen=True)
class Usage:
    """Keys of sources that what can be looked up cites, and all that are cited or named in a note."""

    published: Set[str]
    used: Set[str]


def source_findings(file: File, usage: Usage, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """Sources of a file that cannot be found from what is said of them, that are double, or that nothing cites."""
    pmids = Counter(source.pmid for source in sources.values() if source.pmid)
    for key in file.document.data:
        source = sources.get(key)
        if source is None:
            continue  # its schema is violated, which was told
        if key in usage.published and not (source.pmid or source.doi or source.url):
            yield Finding((key,), "has neither pmid, doi nor url", "say where it can be found")
        if source.pmid and not source.pmid.isdecimal():
            yield Finding((key, "pmid"), f"{source.pmid!r} is no number", "write the number alone")
        if source.doi and not source.doi.startswith("10."):
            yield Finding(
                (key, "doi"), f"{source.doi!r} does not start with '10.'", "write it without https://doi.org/"
            )
        if source.url and not re.match(r"https?://", source.url):
            yield Finding((key, "url"), f"{source.url!r} does not start with http", "write all of the address")
        if pmids[source.pmid] > 1:
            yield Finding((key, "pmid"), f"another source has {source.pmid} too", "keep one of them")
        if key not in usage.used:
            yield Finding((key,), "is cited nowhere", "cite or remove it")


def usage(files: Iterable[File]) -> Usage:
    """How ``files`` use sources."""
    published, used = set(), set()
    for file in files:
        for _, key, known in cited(file):
            used.add(key)
            if known in _PUBLISHED and file.folder != _OFTEN_RECALLED:
                published.add(key)
        for path, value in walk(file.document.data):
            if path[-1] in ("note", "at") and isinstance(value, str):
                used |= set(re.findall(r"[\w-]+", value))
    return Usage(published, used)
