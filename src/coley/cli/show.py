"""One entry of the catalogue in the terminal: every statement, with its source and how it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from coley.catalogue import (
    Cancer,
    Catalogue,
    Drug,
    NamedRegimen,
    Physiology,
    Published,
    Quantity,
    Reference,
    Source,
    Trial,
)
from coley.catalogue.schema import Entry
from coley.errors import ColeyError, Problem, did_you_mean

LABELS = ("molecule", "name")
PHYSIOLOGY = "physiology"
Showable = Drug | Cancer | Trial | NamedRegimen | Physiology


@dataclass(frozen=True)
class Fact:
    """A statement of an entry: what it is about, what it says, and the reference where it has one."""

    about: str
    says: str
    reference: Reference | None = None


def find(catalogue: Catalogue, name: str) -> Showable:
    """The drug, cancer, trial or regimen of that name or synonym, or ``physiology``, which every cancer shares.

    Raises:
        ColeyError: where there is none.
    """
    if name.strip().casefold() == PHYSIOLOGY:
        return catalogue.physiology
    for look_up in (catalogue.drug, catalogue.cancer, catalogue.trial):
        with suppress(ColeyError):
            return look_up(name)
    with suppress(KeyError):
        return catalogue.regimens[name.strip().casefold()]
    groups = (catalogue.drugs, catalogue.cancers, catalogue.trials, catalogue.regimens)
    hint = did_you_mean(name, [PHYSIOLOGY, *(known for group in groups for known in group)])
    hint = hint or "see 'coley drugs', 'coley cancers' and 'coley trials'"
    raise ColeyError(Problem("coley show", f"no drug, cancer, trial or regimen is named {name!r}", hint))


def facts(entry: Entry, about: str = "") -> Iterator[Fact]:
    """Every statement in ``entry``, in the order of the schema; empty fields are left out.

    Entries within are told apart by their name or molecule, which is then part of ``about``.
    """
    for field, value in entry:
        if not (about and field in LABELS):
            yield from _facts_within(f"{about} · {_plain(field)}" if about else _plain(field), value)


def print_entry(console: Console, entry: Showable, sources: Mapping[str, Source]) -> None:
    """Print ``entry``: first what it is, then its sourced statements as a table, then the sources in full."""
    stated = [Fact("regimen", entry.text, entry)] if isinstance(entry, NamedRegimen) else list(facts(entry))
    title = "Human physiology, shared by every cancer" if isinstance(entry, Physiology) else entry.title
    console.print(Text(title, style="bold"))
    for fact in stated:
        if fact.reference is None and fact.about != "title":
            console.print(Text.assemble((f"{fact.about}: ", "dim"), fact.says))
    sourced = [(fact, fact.reference) for fact in stated if fact.reference is not None]
    table = Table("what", "value", "known", "source", show_lines=True)
    for fact, reference in sourced:
        place = ", ".join(filter(None, (reference.source, reference.at)))
        source = "\n".join(filter(None, (place, reference.note)))
        table.add_row(*map(Text, (fact.about, fact.says, reference.known, source)))
    console.print(table)
    for key in sorted({reference.source for _, reference in sourced} & set(sources)):
        console.print(Text.assemble((f"{key}: ", "bold"), cite(sources[key])))


def cite(source: Source) -> str:
    """A source on one line, with where to find it."""
    found = (f"PMID {source.pmid}" if source.pmid else "", f"doi {source.doi}" if source.doi else "", source.url)
    return "; ".join(filter(None, (source.citation, *found)))


def _facts_within(about: str, value: object) -> Iterator[Fact]:
    match value:
        case Reference():
            yield Fact(about, _say(value), value)
        case Entry():
            yield from facts(value, about)
        case Mapping():
            for key, item in value.items():
                yield from _facts_within(f"{about} · {key}", item)
        case tuple() if any(isinstance(item, Entry) for item in value):
            for item in value:
                yield from _facts_within(f"{about} · {_label(item)}".removesuffix(" · "), item)
        case None | "" | ():
            pass
        case _:
            yield Fact(about, _text(value))


def _label(entry: Entry) -> str:
    return next((str(getattr(entry, label)) for label in LABELS if hasattr(entry, label)), "")


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
    own = {field: value for field, value in reference if field not in Reference.model_fields}
    return "; ".join(_text(value) for value in own.values() if value not in (None, "", ()))


def _spread(quantity: Quantity) -> str:
    parts = []
    if quantity.cv is not None:
        parts.append(f"CV {quantity.cv:.0%}")
    if quantity.sd is not None:
        parts.append(f"SD {quantity.sd:g}")
    if quantity.logit_sd is not None:
        parts.append(f"SD {quantity.logit_sd:g} on the logit scale")
    if quantity.bounds is not None:
        parts.append(f"from {quantity.bounds[0]:g} to {quantity.bounds[1]:g}")
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
    return str(value)
