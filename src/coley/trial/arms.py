"""An arm read against the catalogue: the lines of treatment that it may hold, their drugs, and its model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from coley.catalogue import NOTHING, Catalogue, load_catalogue
from coley.disease import Disease
from coley.errors import ColeyError, Problem, did_you_mean
from coley.harm import Care, Harm, mechanisms
from coley.modeling import Mechanism, assemble
from coley.pharmacology import Drug
from coley.protocol import Arm, Trial
from coley.regimen import Regimen, parse, read
from coley.system import System


class Epoch(Enum):
    """What a line of treatment is in its arm: that of the trial, this once more, or what follows progression."""

    TREATMENT = "TREATMENT"
    REINDUCTION = "REINDUCTION"
    SUBSEQUENT = "SUBSEQUENT"


@dataclass(frozen=True)
class Line:
    """A regimen that patients of an arm may be given: ``text`` as the trial has it, None as regimen for nothing."""

    epoch: Epoch
    text: str
    regimen: Regimen | None


@dataclass(frozen=True)
class Plan:
    """One arm, read against the catalogue: its lines, their drugs by name, the mechanisms and the model of all.

    Procedures that the catalogue has stand among the drugs, and so do the medicines that care of the harms gives.
    """

    arm: Arm
    lines: tuple[Line, ...]
    drugs: Mapping[str, Drug]
    harms: tuple[Harm, ...]
    cares: tuple[Care, ...]
    parts: tuple[Mechanism, ...]
    system: System


def model(trial: Trial, arm: str) -> System:
    """The model that patients of an arm are simulated with, its drugs and those of later lines included.

    Raises:
        ColeyError: an arm that the trial does not have, or one that the catalogue cannot be read for.
    """
    names = [item.name for item in trial.arms]
    if arm not in names:
        raise ColeyError(Problem(f"trial {trial.name}", f"has no arm {arm!r}", did_you_mean(arm, names)))
    return read_arms(trial, load_catalogue())[names.index(arm)].system


def read_arms(trial: Trial, catalogue: Catalogue) -> tuple[Plan, ...]:
    """Every arm, read against the catalogue.

    Raises:
        ColeyError: with an unknown cancer and every fault of every regimen.
    """
    problems: list[Problem] = []
    try:
        catalogue.cancer(trial.cancer)
    except ColeyError as error:
        problems += error.problems
    for arm in trial.arms:
        for _, text in _texts(arm):
            faults = catalogue.regimen_problems(text)
            problems += [Problem(f"arm {arm.name!r}: {fault.where}", fault.what, fault.hint) for fault in faults]
    if problems:
        raise ColeyError(problems)
    disease = catalogue.disease(trial.cancer)
    lines = [tuple(Line(epoch, text, _regimen(text, catalogue)) for epoch, text in _texts(arm)) for arm in trial.arms]
    given = [catalogue.drugs[name] for name in _given([line for own in lines for line in own], catalogue)]
    here = [found for harm in catalogue.harms.values() if (found := harm.within(trial.cancer)) is not None]
    admitted = {*trial.eligibility.admits, *trial.eligibility.requires}
    others = {name for each in catalogue.comorbidities.values() if each.name not in admitted for name in each.own}
    harms = tuple(harm for harm in here if _expected(harm, given) and harm.name not in others)
    arms = zip(trial.arms, lines, strict=True)
    return tuple(_plan(f"{trial.name}, {arm.name}", catalogue, disease, arm, own, harms) for arm, own in arms)


def _plan(
    name: str, catalogue: Catalogue, disease: Disease, arm: Arm, lines: tuple[Line, ...], harms: tuple[Harm, ...]
) -> Plan:
    events = {event for harm in harms for event in (harm.name, harm.category)}
    cares = tuple(care for care in catalogue.care.values() if care.event in events)
    medicines = [name for name in _medicines(cares) if name in catalogue.drugs]
    routes = _routes(lines, cares)
    names = dict.fromkeys((*_given(lines, catalogue), *medicines))
    drugs = {name: catalogue.drugs[name].by(routes.get(name, ())) for name in names}
    parts = disease.parts(list(drugs.values()))
    parts += mechanisms(harms, disease.context, parts, list(drugs.values()))
    return Plan(arm, lines, drugs, harms, cares, tuple(parts), assemble(name, parts))


def _given(lines: Sequence[Line], catalogue: Catalogue) -> list[str]:
    """Names of the drugs and procedures of ``lines`` that the catalogue has, each once."""
    regimens = [line.regimen for line in lines if line.regimen is not None]
    names = [name for regimen in regimens for name in (*regimen.drugs, *regimen.procedures)]
    return list(dict.fromkeys(name for name in names if name in catalogue.drugs))


def _routes(lines: Sequence[Line], cares: Sequence[Care]) -> dict[str, set[str]]:
    """Routes by which each drug may be given: in ``lines``, or for harm."""
    regimens = [line.regimen for line in lines if line.regimen is not None]
    found: dict[str, set[str]] = {}
    for regimen in (*regimens, *(parse(text) for text in _treatments(cares))):
        for part in regimen.administrations:
            found.setdefault(part.drug, set()).add(part.route)
    return found


def _expected(harm: Harm, drugs: Sequence[Drug]) -> bool:
    """Whether some drug is of a class that causes the harm, or no class is known to."""
    classes = {*harm.causes, *(name for _, names in harm.sources for name in names)}
    return not classes or any(classes.intersection(drug.classes) for drug in drugs)


def _medicines(cares: Sequence[Care]) -> list[str]:
    """Names of what is given for harm, of those whose rules are followed."""
    return [name for text in _treatments(cares) for name in parse(text).drugs]


def _treatments(cares: Sequence[Care]) -> list[str]:
    """Regimens that are given for harm."""
    rules = [rule for care in cares for rule in care.rules]
    texts = [rule.treatment for rule in rules] + [rule.second_line.regimen for rule in rules if rule.second_line]
    return [text for text in texts if text]


def _regimen(text: str, catalogue: Catalogue) -> Regimen | None:
    if text.strip() in NOTHING:
        return None
    return read(catalogue.regimen_text(text), catalogue.drugs, catalogue.regimen_texts)


def _texts(arm: Arm) -> Sequence[tuple[Epoch, str]]:
    """The regimens of an arm in the order of its lines."""
    return tuple(_lines(arm))


def _lines(arm: Arm) -> Iterator[tuple[Epoch, str]]:
    yield from ((Epoch.TREATMENT, text) for text in ([arm.regimen] if arm.regimen else [o.regimen for o in arm.choice]))
    if arm.reinduction:
        yield Epoch.REINDUCTION, arm.reinduction
    yield from ((Epoch.SUBSEQUENT, option.regimen) for option in arm.subsequent)
