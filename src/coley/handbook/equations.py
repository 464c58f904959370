"""The equations of every mechanism, of drugs and harms too, as the code has them, with the meaning of each symbol.

A mechanism is shown as the first disease that has it builds it: for the first clone in the first lesion, which stand
for the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module

import symengine

from coley.catalogue import Catalogue
from coley.disease import Disease
from coley.errors import ColeyError
from coley.handbook.explanations import mechanism_modules, words
from coley.handbook.latex import equation, symbol
from coley.harm import mechanisms as harm_mechanisms
from coley.modeling import REST, Mechanism
from coley.pharmacology import Drug
from coley.pharmacology.agent import Action, Kinetics
from coley.system import Expression

_SITES = ("1", REST)
_FIRST = ("melanoma", "nsclc")
"""Cancers that are looked at before the others, so that an advanced solid tumour stands for all."""
_Kind = tuple[str, str]
"""Part of the page, and the kind of kinetics or action."""
_PLUS, _TIMES = r"\mathrel{{+}{=}}", r"\mathrel{{\times}{=}}"
"""Before what a mechanism adds to a sum, or a factor by which it scales a product, that others fill too."""


@dataclass(frozen=True)
class Symbol:
    """A name in the equations: how it is written, what it is, and of a number its value and source."""

    name: str
    kind: str
    unit: str
    meaning: str
    value: str = ""
    source: str = ""

    @property
    def latex(self) -> str:
        """As it stands in the equations."""
        return symbol(self.name)


@dataclass(frozen=True)
class Chapter:
    """One mechanism.

    Attributes:
        part: where it belongs: biology, kinetics, actions or harm.
        shown: of which disease, and of which drug, these equations are.
        text: what its docstring says, in paragraphs.
        equations: LaTeX, one each.
    """

    title: str
    part: str
    shown: str
    text: tuple[str, ...]
    equations: tuple[str, ...]
    symbols: tuple[Symbol, ...]


BIOLOGY, KINETICS, ACTIONS, HARM = "Biology", "Where drugs go", "What drugs do", "Harm"


def chapters(catalogue: Catalogue) -> tuple[Chapter, ...]:
    """Every mechanism of the catalogue's diseases, drugs and harms: each kind once."""
    diseases = [_small(catalogue, name) for name in _in_order(catalogue)]
    return (*_biology(catalogue, diseases), *_pharmacology(catalogue, diseases), *_harms(catalogue, diseases[0]))


def _in_order(catalogue: Catalogue) -> list[str]:
    return sorted(catalogue.cancers, key=lambda name: (name not in _FIRST, name))


def _small(catalogue: Catalogue, name: str) -> Disease:
    """The disease with fewer lesions, where it has several: what is alike for all is then short."""
    disease = catalogue.disease(name)
    kind = type(disease)
    if REST not in disease.sites:
        return disease
    fewer: type[Disease] = type(kind.__name__, (kind,), {"sites": _SITES})
    return fewer(disease.cancer, disease.physiology)


def _biology(catalogue: Catalogue, diseases: Sequence[Disease]) -> Iterator[Chapter]:
    known = {module.__name__.rpartition(".")[2]: module.__doc__ or "" for module in mechanism_modules()}
    left = set(known)
    for shown, parts in _models(catalogue, diseases):
        for part in (part for part in parts if part.name in left):
            left.remove(part.name)
            yield _chapter(part, BIOLOGY, part.name, shown, known[part.name], parts)
        if not left:
            return


def _models(catalogue: Catalogue, diseases: Sequence[Disease]) -> Iterator[tuple[str, Sequence[Mechanism]]]:
    """Where mechanisms are looked for: diseases, and then the first of them under each drug, which may need others."""
    for disease in diseases:
        yield f"As in {disease.cancer.title}.", disease.parts()
    for drug in catalogue.drugs.values():
        with suppress(ColeyError):  # the disease has no number for it
            yield f"As in {diseases[0].cancer.title} under {drug.title}.", diseases[0].parts([drug])


def _pharmacology(catalogue: Catalogue, diseases: Sequence[Disease]) -> Iterator[Chapter]:
    found: dict[_Kind, Chapter] = {}
    for drug in catalogue.drugs.values():
        for disease in diseases:
            left = {kind: acting for kind, acting in _doing(drug).items() if kind not in found}
            if not left:
                break
            found |= _shown(drug, disease, left)
    for drug in catalogue.drugs.values():
        for kind, acting in _doing(drug).items():
            if kind not in found:
                shown = f"No equation is shown: no cancer of the catalogue bears what {drug.title} aims at."
                found[kind] = Chapter(_title(kind[1]), kind[0], shown, _paragraphs(_doc(acting)), (), ())
    yield from sorted(found.values(), key=lambda chapter: (chapter.part != KINETICS, chapter.title))


def _doing(drug: Drug) -> dict[_Kind, Kinetics | Action]:
    """Kinetics and actions of a drug, the first of each kind."""
    doing: dict[_Kind, Kinetics | Action] = {(KINETICS, drug.kinetics.kind): drug.kinetics}
    for action in drug.actions:
        doing.setdefault((ACTIONS, action.kind), action)
    return doing


def _shown(drug: Drug, disease: Disease, wanted: Mapping[_Kind, Kinetics | Action]) -> dict[_Kind, Chapter]:
    """Chapters of those of ``wanted`` that add equations to the model of a disease."""
    mechanisms = {}
    for kind, acting in wanted.items():
        with suppress(ColeyError):  # this disease has no number for it
            mechanisms[kind] = acting.mechanism(disease.context, drug.agent)
    if not any(map(_used, mechanisms.values())):
        return {}
    try:
        around = disease.parts([drug])
    except ColeyError:  # nor for another part of the drug
        return {}
    names = set(_declared(around))
    shown = f"As of {drug.title} in {disease.cancer.title}."
    return {
        kind: _chapter(mechanism, kind[0], kind[1], shown, _doc(wanted[kind]), around)
        for kind, mechanism in mechanisms.items()
        if _used(mechanism) and _used(mechanism) <= names
    }


def _doc(acting: Kinetics | Action) -> str:
    return import_module(type(acting).__module__).__doc__ or ""


def _used(mechanism: Mechanism) -> set[str]:
    """Names in what a mechanism adds to a model."""
    terms = [rule.expression for rule in mechanism.rules] + [term for _, term in mechanism.contributions]
    terms += [reaction.rate for reaction in mechanism.reactions]
    moved = {name for reaction in mechanism.reactions for name in reaction.stoichiometry}
    given = {name for name, _ in mechanism.contributions}
    return moved | given | {str(name) for term in terms for name in symengine.sympify(term).free_symbols}


def _harms(catalogue: Catalogue, disease: Disease) -> Iterator[Chapter]:
    parts, harms = disease.parts(), list(catalogue.harms.values())
    titles = {f"harm_{harm.symbol}": harm.title for harm in harms}
    found = harm_mechanisms(harms, disease.context, parts)
    shown = f"As in {disease.cancer.title}."
    for mechanism in found:
        title = titles.get(mechanism.name, mechanism.name)
        yield _chapter(mechanism, HARM, title, shown, mechanism.meaning, [*parts, *found])


def _chapter(mechanism: Mechanism, part: str, title: str, shown: str, doc: str, parts: Sequence[Mechanism]) -> Chapter:
    kept = [name for name in _named(mechanism) if _is_first(name, mechanism)]
    lines = list(_expressions(mechanism, parts, kept))
    equations = tuple(dict.fromkeys(line for _, line, _ in lines))
    used = {str(name) for *_, expression in lines for name in expression.free_symbols}
    symbols = tuple(_symbols(mechanism, parts, used.union(name for name, *_ in lines)))
    return Chapter(_title(title), part, shown, _paragraphs(doc) or (mechanism.meaning,), equations, symbols)


def _title(name: str) -> str:
    text = name.replace("_", " ").replace("-", " ")
    return text[0].upper() + text[1:]


def _paragraphs(doc: str) -> tuple[str, ...]:
    return tuple(" ".join(paragraph.split()) for paragraph in words(doc).split("\n\n") if paragraph)


def _named(mechanism: Mechanism) -> list[str]:
    moved = [name for reaction in mechanism.reactions for name in reaction.stoichiometry]
    given = [name for name, _ in mechanism.contributions]
    return list(dict.fromkeys([*(rule.name for rule in mechanism.rules), *given, *moved]))


def _is_first(name: str, mechanism: Mechanism) -> bool:
    """Whether a name is of the first clone and the first site, or of none."""
    context = mechanism.context
    words_of = f"_{name}_"
    others = [*(clone.name for clone in context.clones[1:]), *context.sites[1:]]
    return not any(f"_{other}_" in words_of for other in others)


def _expressions(
    mechanism: Mechanism, parts: Sequence[Mechanism], kept: Sequence[str]
) -> Iterator[tuple[str, str, Expression]]:
    """Names with their equations and expressions: rules, what is given to shared terms, and rates of change."""
    for rule in mechanism.rules:
        if rule.name in kept:
            yield rule.name, equation(symbol(rule.name), "=", rule.expression), rule.expression
    products = {rule.name for part in parts for rule in part.products}
    for name, term in mechanism.contributions:
        if name in kept:
            yield name, equation(symbol(name), _TIMES if name in products else _PLUS, term), term
    rates: dict[str, Expression] = {}
    for reaction in mechanism.reactions:
        for name, coefficient in reaction.stoichiometry.items():
            if name in kept:
                rates[name] = rates.get(name, symengine.Integer(0)) + coefficient * reaction.rate
    own = {state.name for state in mechanism.states}
    for name, rate in rates.items():
        left = rf"\frac{{\mathrm{{d}} {symbol(name)}}}{{\mathrm{{d}} t}}"
        yield name, equation(left, "=" if name in own else _PLUS, rate), rate


def _symbols(mechanism: Mechanism, parts: Sequence[Mechanism], used: set[str]) -> Iterator[Symbol]:
    declared = _declared(parts)
    own = _declared([mechanism])
    for name in sorted(used, key=lambda name: (name not in own, name)):
        if name in own:
            yield own[name]
        elif name in declared:
            yield declared[name]


def _declared(parts: Sequence[Mechanism]) -> Mapping[str, Symbol]:
    found: dict[str, Symbol] = {}
    for part in parts:
        where = part.name.replace("_", " ")
        for state in part.states:
            found[state.name] = Symbol(state.name, f"state of {where}", state.unit, state.meaning)
        for rule in part.rules:
            found[rule.name] = Symbol(rule.name, f"rule of {where}", rule.unit, rule.meaning)
        for rule in part.totals:
            found[rule.name] = Symbol(rule.name, f"shared sum of {where}", rule.unit, rule.meaning)
        for rule in part.products:
            found[rule.name] = Symbol(rule.name, f"shared product of {where}", rule.unit, rule.meaning)
        for name, parameter in part.parameters.items():
            about = f"{parameter.known}; {parameter.source}"
            value = f"{parameter.value:.4g}"
            found.setdefault(name, Symbol(name, "parameter", parameter.unit, parameter.meaning, value, about))
    return found
