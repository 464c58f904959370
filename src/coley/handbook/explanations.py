"""Explanations in plain words of what coley is made of, each with its source, found by name.

Nothing is written twice: mechanisms, actions, kinetics, endpoints, criteria and kinds of disease are explained by their
own docstrings, drugs, cancers and harms by their entries in the catalogue, terms by the glossary.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from pydantic import BaseModel

import coley.mechanisms
from coley.catalogue import Catalogue
from coley.catalogue.catalogue import by_any_name, fold
from coley.disease.disease import kinds as diseases
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer, Entry, Reference
from coley.handbook.glossary import Term, glossary
from coley.harm import Harm
from coley.pharmacology import Drug, actions, kinetics
from coley.pharmacology.agent import Action, Kinetics
from coley.pharmacology.kinds import kinds
from coley.trial.analysis.endpoints import Endpoint
from coley.trial.analysis.endpoints import kinds as endpoint_kinds
from coley.trial.response import Criteria, criteria

_ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")
_SECTION = re.compile(r"\n(Attributes|Args|Raises|Returns|Class attributes):\n.*", re.DOTALL)


@dataclass(frozen=True)
class Explanation:
    """What something is, in plain words.

    Attributes:
        kind: what it is one of: a term, mechanism, drug, cancer, harm, endpoint, way to act and so on.
        paragraphs: the words.
        sources: publications, or the place in coley that the words and numbers are from.
    """

    name: str
    kind: str
    paragraphs: tuple[str, ...]
    sources: tuple[str, ...]


def explain(name: str, catalogue: Catalogue) -> tuple[Explanation, ...]:
    """Everything that is called ``name``, terms first; case, hyphens and underscores do not matter.

    Raises:
        ColeyError: nothing is called so; with the nearest names.
    """
    found = (
        *(_term(term) for term in _terms().get(fold(name), ())),
        *_endpoints(name.strip()),
        *(_entry(entry, catalogue) for entry in _entries(name, catalogue)),
        *(_part(part) for part in _parts().get(fold(name), ())),
    )
    if found:
        return found
    hint = did_you_mean(fold(name), known_names(catalogue))
    raise ColeyError(
        Problem("coley explain", f"nothing is called {name!r}", hint or "try a drug, a mechanism, ORR, censored")
    )


def known_names(catalogue: Catalogue) -> set[str]:
    """Every name that is explained, as :func:`coley.catalogue.catalogue.fold` has it; endpoints by their forms."""
    entries = {name for group in _groups(catalogue) for name in by_any_name(group)}
    forms = {form for kind in endpoint_kinds() for form in kind.forms}
    return {*_terms(), *_parts(), *entries, *forms}


def words(text: str) -> str:
    """A docstring as plain text: without markup, and with its lists of attributes left out."""
    plain = _SECTION.sub("", inspect.cleandoc(text))
    return _ROLE.sub(lambda found: found[1].rpartition(".")[2], plain).replace("``", "").replace("`", "").strip()


def _terms() -> Mapping[str, tuple[Term, ...]]:
    found: dict[str, tuple[Term, ...]] = {}
    for term in glossary().terms:
        for name in dict.fromkeys(map(fold, (term.name, *term.also))):
            found[name] = (*found.get(name, ()), term)
    return found


def _term(term: Term) -> Explanation:
    also = (f"Also: {', '.join(term.also)}.",) if term.also else ()
    return Explanation(term.name, "term", (term.says, *also), (glossary().cited(term),))


def _endpoints(name: str) -> Iterator[Explanation]:
    for kind in endpoint_kinds():
        found = kind.parse(name)
        if found is not None:
            yield Explanation(name, "endpoint", _endpoint_words(found), (_place(kind.__module__),))


def _endpoint_words(endpoint: Endpoint) -> tuple[str, ...]:
    unit = f", in {endpoint.unit}" if endpoint.unit else ""
    versus = "It compares an arm with another." if endpoint.compares else ""
    kind = fold(endpoint.name.partition("_")[0])
    term = () if kind == fold(endpoint.name) else _terms().get(kind, ())
    return tuple(
        filter(None, (f"{endpoint.label}{unit}. {words(endpoint.__doc__ or '')}", versus, *(t.says for t in term)))
    )


def _groups(catalogue: Catalogue) -> tuple[Mapping[str, Drug | Cancer | Harm], ...]:
    return catalogue.drugs, catalogue.cancers, catalogue.harms


def _entries(name: str, catalogue: Catalogue) -> Iterator[Drug | Cancer | Harm]:
    for group in _groups(catalogue):
        entry = by_any_name(group).get(fold(name))
        if entry is not None:
            yield catalogue.cancer(entry.name) if isinstance(entry, Cancer) else entry


def _entry(entry: Drug | Cancer | Harm, catalogue: Catalogue) -> Explanation:
    keys = dict.fromkeys(key for key in _cited(entry) if key in catalogue.sources)
    sources = tuple(f"{key}: {catalogue.sources[key].citation}" for key in keys)
    numbers = f"Every number with its source: coley show {entry.name}"
    match entry:
        case Drug():
            does = tuple(_doing(action) for action in entry.actions)
            given = f"Given {' or '.join(entry.routes)}. {_summary(entry.kinetics)}"
            said = (entry.mechanism, *does, given, numbers)
            return Explanation(entry.title, f"drug, {entry.modality}", said, sources)
        case Cancer():
            kind = f"A kind of disease called {entry.disease}: {_first_line(diseases()[entry.disease])}"
            return Explanation(entry.title, "cancer", (entry.summary, kind, numbers), sources)
        case Harm():
            grades = tuple(f"Grade {row.grade}: {row.meaning}" for row in entry.grades)
            where = f"An adverse event of the {entry.organ}; {entry.category}."
            return Explanation(entry.title, "harm", (where, *grades, numbers), sources)


def _doing(action: Action) -> str:
    """What an action does, and what it is aimed at."""
    aim = next((str(getattr(action, field)) for field in ("molecule", "antigen") if hasattr(action, field)), "")
    module = words(inspect.getmodule(type(action)).__doc__ or "")
    return f"{action.kind}{f' ({aim})' if aim else ''}: {' '.join(module.partition(chr(10) * 2)[0].split())}"


def _summary(part: Kinetics) -> str:
    return " ".join(words(type(part).__doc__ or "").partition("\n\n")[0].split())


def _first_line(kind: type) -> str:
    return words(kind.__doc__ or "").partition("\n")[0]


def _cited(value: object) -> Iterator[str]:
    """Keys of the sources that an entry cites, in the order of its fields."""
    if isinstance(value, Reference):
        yield value.source
    if isinstance(value, Entry):
        for _, inner in value:
            yield from _cited(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _cited(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _cited(inner)


@dataclass(frozen=True)
class _Part:
    """Something that the code explains: its name, what it is one of, and where its docstrings are."""

    name: str
    kind: str
    module: str
    texts: tuple[str, ...]


@cache
def _parts() -> Mapping[str, tuple[_Part, ...]]:
    """What the code explains, by folded name."""
    found: dict[str, tuple[_Part, ...]] = {}
    for part in (*_mechanisms(), *_ways(), *_kinds_of_disease(), *map(_criteria, criteria().values())):
        for name in dict.fromkeys((fold(part.name), fold(part.module.rpartition(".")[2]))):
            found[name] = (*found.get(name, ()), part)
    return found


def mechanism_modules() -> tuple[ModuleType, ...]:
    """The files of :mod:`coley.mechanisms`, by name."""
    names = sorted(found.name for found in iter_modules(coley.mechanisms.__path__))
    return tuple(import_module(f"coley.mechanisms.{name}") for name in names)


def _mechanisms() -> Iterator[_Part]:
    for module in mechanism_modules():
        name = module.__name__.rpartition(".")[2]
        own = [
            value
            for key, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not key.startswith("_")
        ]
        texts = (module.__doc__ or "", *(function.__doc__ or "" for function in own))
        yield _Part(name.replace("_", " "), "mechanism", module.__name__, texts)


def _ways() -> Iterator[_Part]:
    bases: tuple[tuple[ModuleType, type[BaseModel], str], ...] = (
        (actions, Action, "way to act"),
        (kinetics, Kinetics, "kinetics"),
    )
    for package, base, kind in bases:
        for name, value in kinds(package, base).items():
            yield _Part(name, kind, value.__module__, _docs(value))


def _kinds_of_disease() -> Iterator[_Part]:
    for name, kind in diseases().items():
        yield _Part(name, "kind of disease", kind.__module__, (*_docs(kind), *kind.assumptions))


def _criteria(known: Criteria) -> _Part:
    return _Part(known.name, "response criteria", type(known).__module__, _docs(type(known)))


def _docs(kind: type) -> tuple[str, str]:
    """Docstrings of the file of a class, and of the class."""
    return import_module(kind.__module__).__doc__ or "", kind.__doc__ or ""


def _part(part: _Part) -> Explanation:
    texts = dict.fromkeys(paragraph for text in part.texts for paragraph in words(text).split("\n\n") if paragraph)
    paragraphs = tuple(" ".join(paragraph.split()) for paragraph in texts)
    return Explanation(part.name, part.kind, paragraphs, (_place(part.module),))


def _place(module: str) -> str:
    return f"{module.replace('.', '/')}.py, by its own docstring"
