"""One entry of the catalogue in the terminal: every statement, with its source and how it is known."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from coley.catalogue import Catalogue
from coley.catalogue.catalogue import find as look_up
from coley.disease import Disease
from coley.disease.disease import kinds
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Entry, Physiology, Quantity, Reference, Source
from coley.pharmacology import NamedRegimen
from coley.protocol import Published

LABELS = ("kind", "molecule", "name", "given", "grade")
"""Fields that tell entries of a list apart."""
PHYSIOLOGY = "physiology"
GROUPS = ("drugs", "cancers", "trials", "regimens", "harms", "care", "comorbidities", "claims")
Showable = Entry | type[Disease]


@dataclass(frozen=True)
class Fact:
    """A statement of an entry: what it is about, what it says, and the reference where it has one."""

    about: str
    says: str
    reference: Reference | None = None


def find(catalogue: Catalogue, name: str) -> list[Showable]:
    """Everything of that name or synonym: drug, cancer, trial, regimen, harm, care, comorbidity, kind of disease,
    ``physiology``.

    Raises:
        ColeyError: where there is nothing.
    """
    folded = name.strip().casefold()
    found: list[Showable] = [catalogue.physiology] if folded == PHYSIOLOGY else []
    for group in GROUPS:
        with suppress(ColeyError):
            found.append(look_up(group, name, getattr(catalogue, group)))
    found += [kind for kind_name, kind in kinds().items() if kind_name == folded]
    found += [fact for fact in catalogue.facts.values() if fact.name == folded]
    if found:
        return found
    hint = did_you_mean(
        name, [PHYSIOLOGY, *kinds(), *(known for group in GROUPS for known in getattr(catalogue, group))]
    )
    hint = hint or "see 'coley drugs', 'coley cancers', 'coley trials', 'coley harms'"
    raise ColeyError(Problem("coley show", f"nothing in the catalogue is named {name!r}", hint))


def facts(entry: Entry, about: str = "") -> Iterator[Fact]:
    """Every statement in ``entry``, in the order of the schema; empty fields are left out.

    Entries within are told apart by their name or molecule, which is then part of ``about``.
    """
    for field, value in entry:
        if not (about and field in LABELS):
            yield from _facts_within(f"{about} · {_plain(field)}" if about else _plain(field), value)


def print_entry(console: Console, entry: Showable, sources: Mapping[str, Source]) -> None:
    """Print ``entry``: first what it is, then its sourced statements as a table, then the sources in full."""
    if not isinstance(entry, Entry):
        _print_kind(console, entry)
        return
    stated = [Fact(type(entry).__name__, _say(entry), entry)] if isinstance(entry, Reference) else list(facts(entry))
    title = "Human physiology, shared by every cancer" if isinstance(entry, Physiology) else _label_of(entry)
    console.print(Text(title, style="bold"))
    if isinstance(entry, NamedRegimen):
        console.print(Text(entry.text), soft_wrap=True)
    for fact in stated:
        if fact.reference is None and fact.about != "title":
            console.print(Text.assemble((f"{fact.about}: ", "dim"), fact.says))
    sourced = [(fact, fact.reference) for fact in stated if fact.reference is not None]
    table = Table("what", "value", "known", "source", show_lines=True)
    for fact, reference in sourced:
        place = ", ".join(filter(None, (reference.source, reference.at)))
        source = "\n".join(filter(None, (place, reference.note)))
        table.add_row(*map(Text, (fact.about, fact.says, reference.provenance, source)))
    console.print(table)
    for key in sorted({reference.source for _, reference in sourced} & set(sources)):
        console.print(Text.assemble((f"{key}: ", "bold"), cite(sources[key])))


def _label_of(entry: Entry) -> str:
    return next(str(value) for field, value in entry if field == "title")


def _print_kind(console: Console, kind: type[Disease]) -> None:
    """What a kind of disease is, how it is judged and what it takes for granted."""
    console.print(Text(f"{kind.kind}, a kind of disease", style="bold"))
    console.print(Text(inspect.cleandoc(kind.__doc__ or "")))
    console.print(Text.assemble(("judged by: ", "dim"), kind.criteria))
    for assumption in kind.assumptions:
        console.print(Text.assemble(("assumes: ", "dim"), assumption))


def cite(source: Source) -> str:
    """A source on one line, with where to find it."""
    found = (f"PMID {source.pmid}" if source.pmid else "", f"doi {source.doi}" if source.doi else "", source.url)
    return "; ".join(filter(None, (source.citation, *found)))


def _facts_within(about: str, value: object) -> Iterator[Fact]:
    match value:
        case Reference():
            yield Fact(about, _say(value), value)
            for field, inner in value:
                if _sourced(inner):
                    yield from _facts_within(f"{about} · {_plain(field)}", inner)
        case Entry():
            if hasattr(value, "kind"):
                yield Fact(about, str(value.kind))
            yield from facts(value, about)
        case Mapping():
            for key, item in value.items():
                yield from _facts_within(f"{about} · {key}", item)
        case tuple() if any(isinstance(item, Entry) for item in value):
            for item in value:
                inner = f"{about} · {_label(item)}".removesuffix(" · ")
                yield from facts(item, inner) if hasattr(item, "kind") else _facts_within(inner, item)
        case None | "" | ():
            pass
        case _:
            yield Fact(about, _text(value))


def _label(entry: Entry) -> str:
    said = [str(getattr(entry, label)) for label in LABELS if hasattr(entry, label)]
    return " ".join(said[:2])


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _say(reference: Reference) -> str:
    """What a sourced statement says: a quantity, a published outcome, or its own fields in words."""
    match reference:
        case Quantity():
            unit = "" if reference.unit == "1" else reference.unit
            return f"{reference.value:g} {unit}".strip() + _spread(reference)
        case Published():
            interval = f" [{_limit(reference.lower)}–{_limit(reference.upper)}]"
            known = interval if (reference.lower, reference.upper) != (None, None) else ""
            versus = f" versus {reference.versus}" if reference.versus else ""
            return f"{reference.endpoint} {reference.value:g}{known}{versus}, at {reference.cutoff:g} months"
    own = {field: value for field, value in reference if field not in Reference.model_fields and not _sourced(value)}
    return "; ".join(_text(value) for value in own.values() if value not in (None, "", ()))


def _sourced(value: object) -> bool:
    """Whether a value has a source of its own, or holds what has."""
    match value:
        case Reference():
            return True
        case Entry():
            return any(_sourced(inner) for _, inner in value)
        case Mapping():
            return any(map(_sourced, value.values()))
        case tuple():
            return any(map(_sourced, value))
    return False


def _spread(quantity: Quantity) -> str:
    parts = []
    if quantity.cv is not None:
        parts.append(f"CV {quantity.cv:.0%}")
    if quantity.sd is not None:
        parts.append(f"SD {quantity.sd:g}")
    if quantity.logit_sd is not None:
        parts.append(f"SD {quantity.logit_sd:g} on the logit scale")
    if quantity.distribution:
        parts.append(quantity.distribution)
    if quantity.levels:
        parts.append(", ".join(f"{value:g} in {share:.0%}" for value, share in quantity.levels))
    if quantity.bounds is not None:
        parts.append(f"from {quantity.bounds[0]:g} to {quantity.bounds[1]:g}")
    if quantity.within:
        parts.append(f"{quantity.within:.0%} between lesions")
    return f" ({', '.join(parts)})" if parts else ""


def _limit(value: float | None) -> str:
    return "not reached" if value is None else f"{value:g}"


def _text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case tuple():
            return ", ".join(map(_text, value))
        case Entry():
            return " ".join(f"{_plain(field)} {_text(inner)}" for field, inner in value if inner not in (None, "", ()))
    return str(value)
