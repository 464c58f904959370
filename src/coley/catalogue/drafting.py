"""Drafts: a new entry from one that there is, each field explained, no number said to be better known than it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coley.catalogue.catalogue import Catalogue, find
from coley.catalogue.loader import FOLDERS
from coley.catalogue.toml import comment, explained, written
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Quantity
from coley.version import __version__

KINDS = {"drug": "drugs", "cancer": "cancers", "trial": "trials", "regimen": "regimens", "harm": "harms"}
"""What can be drafted, and its folder."""
_OF_THAT_ONE = ("synonyms", "approvals", "registration", "eligibility_source", "fitted", "published", "strata")
"""Fields that hold for the entry that a draft is made from, and for no other."""


def draft(kind: str, name: str, template: str, catalogue: Catalogue) -> str:
    """The TOML file of a new entry.

    What it says is that of ``template``, without what holds for that one alone. Its numbers count as assumed: they were
    measured of another.

    Args:
        kind: one of ``KINDS``.
        name: of the new entry, which no other of its kind has.
        template: name of an entry of the same kind.

    Raises:
        ColeyError: with everything that is unknown, taken or no name.
    """
    if kind not in KINDS:
        raise ColeyError(Problem("coley new", f"there is no {kind!r} to draft", did_you_mean(kind, KINDS)))
    folder = KINDS[kind]
    entries = getattr(catalogue, folder)
    problems = []
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        problems.append(Problem("NAME", f"{name!r} is no name", "write lower-case letters, digits and hyphens"))
    if name in entries:
        problems.append(Problem("NAME", f"the catalogue has a {kind} {name!r} already", "choose another name"))
    try:
        found = find(kind, template, entries)
    except ColeyError as error:
        problems += [Problem("--from", problem.what, problem.hint) for problem in error.problems]
    if problems:
        raise ColeyError(problems)
    data = _adapted(catalogue.documents[folder, found.name].data, kind, name, found.name)
    return "\n".join([*_heading(kind, name, found.name), "", written(data, FOLDERS[folder])])


def _heading(kind: str, name: str, template: str) -> list[str]:
    about, _ = explained(Quantity)
    lines = [
        f"{name}: a {kind}, drafted from {template} with coley {__version__}. Put your own content in its place.",
        f"What was known of {template} is assumed of {name}: where you have a source, cite it, by its key in a "
        'file of the folder sources; say known = "measured" (or label, derived, calibrated), and read = true if you '
        "read it there.",
        about,
    ]
    return [line for text in lines for line in (*comment(text), "#")][:-1]


def _adapted(data: Mapping[str, Any], kind: str, name: str, template: str) -> dict[str, Any]:
    own = _without(data)
    title = name.replace("-", " ")
    own |= {"name": name, "title": title[0].upper() + title[1:]}
    if kind == "drug" and "regimens" in own:
        word = re.compile(rf"(?<![\w-]){re.escape(template)}(?![\w-])")
        own["regimens"] = [{**row, "text": word.sub(name, row["text"])} for row in own["regimens"]]
    if kind == "trial":
        own["summary"] = f"Like {template}; nothing was published of it."
    return {key: _assumed(value, template) for key, value in own.items()} | _assumed_here(own, template)


def _without(data: Any) -> Any:
    """``data`` without what holds for the template alone, at any depth."""
    if isinstance(data, Mapping):
        return {key: _without(value) for key, value in data.items() if key not in _OF_THAT_ONE}
    return [_without(item) for item in data] if isinstance(data, list) else data


def _assumed(value: Any, template: str) -> Any:
    """``value`` with everything in it that has a source assumed."""
    if isinstance(value, list):
        return [_assumed(item, template) for item in value]
    if not isinstance(value, Mapping):
        return value
    inner = {key: _assumed(item, template) for key, item in value.items()}
    return inner | _assumed_here(inner, template)


def _assumed_here(value: Mapping[str, Any], template: str) -> dict[str, Any]:
    """What becomes of the source of one statement; nothing where it has none, is assumed or holds by definition."""
    if "known" not in value or value["known"] == "assumed" or value.get("source") == "definition":
        return {}
    note = f"as for {template}{': ' if value.get('note') else ''}{value.get('note', '')}"
    return {"known": "assumed", "note": note} | ({"read": False} if "read" in value else {})
