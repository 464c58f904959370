"""Checks across entries that no schema of one entry can make: names, overlaps, and the text of regimens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from coley.errors import ColeyError, Problem, did_you_mean
from coley.harm.medicine import Medicine
from coley.harm.schema import Care, CareRule, Harm
from coley.regimen import check, duration, parse


def lint(harms: Mapping[str, Harm], cares: Mapping[str, Care], drugs: Mapping[str, Medicine]) -> Iterator[Problem]:
    """Every fault between harms, care and drugs, each by its name: unknown events and classes, overlaps, regimens."""
    events = {*harms, *(harm.category for harm in harms.values())}
    classes = {name for drug in drugs.values() for name in drug.classes}
    for harm in harms.values():
        yield from _classes(f"harm {harm.name}: causes", harm.causes, classes)
        for place, named in harm.sources:
            yield from _classes(f"harm {harm.name}: {place}", named, classes)
    for care in cares.values():
        if care.event not in events:
            yield Problem(f"care {care.name}: event", f"unknown harm {care.event!r}", did_you_mean(care.event, events))
        for number, rule in enumerate(care.rules):
            yield from _rule(f"care {care.name}: rules[{number}]", rule, classes, drugs)
    yield from _overlaps(cares)


def _rule(where: str, rule: CareRule, classes: set[str], drugs: Mapping[str, Medicine]) -> Iterator[Problem]:
    for number, row in enumerate(rule.drugs):
        yield from _classes(f"{where}.drugs[{number}].classes", row.classes, classes)
    if rule.treatment:
        yield from _regimen(f"{where}.treatment", rule.treatment, drugs)
    if rule.second_line is not None:
        yield from _regimen(f"{where}.second_line.regimen", rule.second_line.regimen, drugs)


def _classes(where: str, names: Iterable[str], known: set[str]) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield Problem(where, f"no drug is of the class {name!r}", did_you_mean(name, known))


def _regimen(where: str, text: str, drugs: Mapping[str, Medicine]) -> Iterator[Problem]:
    try:
        regimen = parse(text)
    except ColeyError as error:
        found = error.problems
    else:
        found = tuple(check(regimen, drugs))
        if duration(regimen) is None:
            yield Problem(where, "has no end", "write how long, e.g. 'prednisone 1 mg/kg po q1d x14'")
    for problem in found:
        yield Problem(f"{where}: {problem.where}", problem.what, problem.hint)


def _overlaps(cares: Mapping[str, Care]) -> Iterator[Problem]:
    rules = [(care, number, rule) for care in cares.values() for number, rule in enumerate(care.rules)]
    for (first, i, one), (second, j, other) in combinations(rules, 2):
        low, high = max(one.grades[0], other.grades[0]), min(one.grades[1], other.grades[1])
        if first.event == second.event and low <= high:
            what = f"grade {low} of {first.event!r} has a rule already, care {first.name}: rules[{i}]"
            yield Problem(f"care {second.name}: rules[{j}].grades", what, "let each grade have one rule")
