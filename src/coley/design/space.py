"""What ``coley design`` varies: ``n 100, 200, dose 1, 3 mg/kg, eligibility.PDL1_min 1, 50`` becomes many designs.

Names without values take usual ones: sizes about the protocol's, a third and three times the dose, twice the interval,
and bounds at the median and the upper quartile of the biomarker in those who are eligible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from coley.catalogue import Catalogue
from coley.design.varying import Vary, changed, drug_of, read_vary, regimen_of
from coley.errors import ColeyError, Problem, did_you_mean
from coley.population import recruit
from coley.protocol import Arm, Eligibility, Trial
from coley.protocol.schema import MAX_ARMS, Range
from coley.regimen import Regimen
from coley.trial import MAX_PATIENTS

SIZES = (50, 100, 150, 200, 300, 400, 600)
_AROUND = (0.5, 0.75, 1.0, 1.5, 2.0)
"""Sizes about that of the protocol."""
EXAMPLE = (
    "write 'n 100, 200, 300', 'dose 1, 3 mg/kg', 'interval 2, 4 weeks', 'eligibility.PDL1_min 1, 50', or names alone"
)
_MOST_SIZES = 40
_DRAWN, _SEED = 200, 1
"""Patients in whom usual bounds of a biomarker are found, and the seed of theirs."""
_BETWEEN = re.compile(r"[;,]\s*(?=[A-Za-z])")
_BARE = re.compile(r"(?P<what>dose|interval)(?: +of +(?P<drug>[A-Za-z0-9-]+))?", re.IGNORECASE)
_BOUND = re.compile(r"eligibility\.(?P<name>\w+)_(?P<side>min|max)(?:\s+(?P<values>.+))?", re.IGNORECASE)
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_LIST = re.compile(rf"{_NUMBER}(?:\s*,\s*{_NUMBER})*")
_RANGE = re.compile(rf"(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})\s+(?P<count>[0-9]{{1,2}})")


@dataclass(frozen=True)
class Treatment:
    """A regimen for the arm under study, and what is varied in it by name, as text."""

    varied: Mapping[str, str]
    regimen: str


@dataclass(frozen=True)
class Selection:
    """Who may enter, and what is varied in it by name, as text."""

    varied: Mapping[str, str]
    eligibility: Eligibility


@dataclass(frozen=True)
class Space:
    """Every design: each size with each regimen and each selection of patients.

    Attributes:
        sizes: patients per arm, ascending.
    """

    sizes: tuple[int, ...]
    treatments: tuple[Treatment, ...]
    selections: tuple[Selection, ...]


def read_space(text: str, trial: Trial, arm: Arm, catalogue: Catalogue) -> Space:
    """The designs that ``text`` asks for about ``arm`` of ``trial``; what it does not name stays as it is there.

    Raises:
        ColeyError: every part that cannot be read, or that the trial or its cancer does not have.
    """
    problems: list[Problem] = []
    sizes: tuple[int, ...] = ()
    varies: list[Vary] = []
    bounds: list[tuple[str, str, tuple[float, ...]]] = []
    for part in filter(None, (each.strip() for each in _BETWEEN.split(text.strip()))):
        try:
            if re.match(r"n\b", part, re.IGNORECASE):
                sizes = _sizes(part, trial)
            elif part.casefold().startswith("eligibility"):
                bounds.append(_bound(part, trial, catalogue))
            else:
                varies.append(_vary(part, arm, catalogue))
        except ColeyError as error:
            problems += error.problems
    names = [f"{vary.what} {vary.drug}" for vary in varies] + [name + side for name, side, _ in bounds]
    if len(set(names)) < len(names):
        problems.append(Problem("--vary", "names the same thing twice", "give all values of it at once"))
    if problems:
        raise ColeyError(problems)
    treatments = _treatments(arm, varies, catalogue)
    return Space(sizes or _usual_sizes(trial)[2:3], treatments, _selections(trial, bounds))


def _sizes(text: str, trial: Trial) -> tuple[int, ...]:
    values = _values(text[1:].strip()) if text[1:].strip() else tuple(map(float, _usual_sizes(trial)))
    found = tuple(sorted({round(value) for value in values}))
    if not found:
        raise ColeyError(Problem(f"--vary {text!r}", "is not understood", EXAMPLE))
    if found[0] < 2 or found[-1] > MAX_PATIENTS or len(found) > _MOST_SIZES:
        hint = f"give up to {_MOST_SIZES} sizes of 2 to {MAX_PATIENTS:,} patients per arm"
        raise ColeyError(Problem(f"--vary {text!r}", "is out of range", hint))
    return found


def _usual_sizes(trial: Trial) -> tuple[int, ...]:
    known = [arm.n for arm in trial.arms if arm.n]
    if not known:
        return SIZES
    return tuple(max(2, round(share * sum(known) / len(known))) for share in _AROUND)


def _values(text: str) -> tuple[float, ...]:
    """Numbers of a list or a range; none where it is neither."""
    if found := _RANGE.fullmatch(text):
        return tuple(float(v) for v in np.linspace(float(found["low"]), float(found["high"]), int(found["count"])))
    return tuple(float(value) for value in text.split(",")) if _LIST.fullmatch(text) else ()


def _vary(text: str, arm: Arm, catalogue: Catalogue) -> Vary:
    bare = _BARE.fullmatch(text)
    if bare is None:
        return _of_drug(read_vary(text), arm, catalogue)
    drug = f" of {bare['drug']}" if bare["drug"] else ""
    regimen = regimen_of(arm, catalogue)
    name = drug_of(regimen, Vary(bare["what"].lower(), (bare["drug"] or "").lower(), (), "", False), catalogue)
    item = next(each for each in regimen.administrations if each.drug == name)
    if bare["what"].lower() == "dose":
        values = ", ".join(f"{item.dose * share:.3g}" for share in (1 / 3, 1, 3))
        return _of_drug(read_vary(f"dose{drug} {values} {item.unit}"), arm, catalogue)
    if item.interval is None:
        raise ColeyError(Problem(f"--vary {text!r}", f"{name} is given without an interval", "vary its dose"))
    length = item.interval.amount
    return _of_drug(read_vary(f"interval{drug} {length:g}, {2 * length:g} {item.interval.unit}"), arm, catalogue)


def _of_drug(vary: Vary, arm: Arm, catalogue: Catalogue) -> Vary:
    """The same, of the drug by its name in the catalogue."""
    return replace(vary, drug=drug_of(regimen_of(arm, catalogue), vary, catalogue))


def _bound(text: str, trial: Trial, catalogue: Catalogue) -> tuple[str, str, tuple[float, ...]]:
    """Biomarker, side and values of a bound; the biomarker in any spelling, such as ``pd_l1`` for PDL1."""
    where = f"--vary {text!r}"
    found = _BOUND.fullmatch(text)
    if found is None:
        raise ColeyError(Problem(where, "is not understood", EXAMPLE))
    markers = {_plain(marker.name): marker.name for marker in catalogue.cancer(trial.cancer).biomarkers}
    name = markers.get(_plain(found["name"]))
    if name is None:
        hint = did_you_mean(found["name"].upper(), markers.values())
        raise ColeyError(Problem(where, f"{trial.cancer} has no biomarker {found['name']!r}", hint))
    values = _values(found["values"].strip()) if found["values"] else _usual_bounds(name, trial, catalogue)
    if not values:
        raise ColeyError(Problem(where, "is not understood", EXAMPLE))
    return name, found["side"].lower(), tuple(sorted(set(values)))


def _plain(name: str) -> str:
    return name.casefold().replace("_", "")


def _usual_bounds(name: str, trial: Trial, catalogue: Catalogue) -> tuple[float, ...]:
    """No bound beyond the protocol's, the median, and the upper quartile."""
    disease = catalogue.disease(trial.cancer)
    people = recruit(disease, disease.mechanisms(), trial.eligibility, _DRAWN, seed=_SEED).covariates
    middle, upper = np.quantile(people[name].to_numpy(float), (0.5, 0.75))
    return tuple(dict.fromkeys((0.0, float(f"{middle:.2g}"), float(f"{upper:.2g}"))))


def _treatments(arm: Arm, varies: list[Vary], catalogue: Catalogue) -> tuple[Treatment, ...]:
    if not varies:
        return (Treatment({}, arm.regimen),)
    regimen = regimen_of(arm, catalogue)
    found, problems = [], []
    for values in product(*(vary.values for vary in varies)):
        text = str(_given(regimen, varies, values))
        labels = {_called(vary, regimen): vary.name(value) for vary, value in zip(varies, values, strict=True)}
        where = ", ".join(f"{name} {value}" for name, value in labels.items())
        problems += [
            replace(problem, where=f"{where}: {problem.where}") for problem in catalogue.regimen_problems(text)
        ]
        found.append(Treatment(labels, text))
    if len(found) >= MAX_ARMS:
        problems.append(Problem("--vary", f"asks for {len(found)} regimens", f"at most {MAX_ARMS - 1} at once"))
    if problems:
        raise ColeyError(problems)
    return tuple(found)


def _given(regimen: Regimen, varies: list[Vary], values: tuple[float, ...]) -> Regimen:
    for vary, value in zip(varies, values, strict=True):
        regimen = changed(regimen, vary.drug, vary, value)
    return regimen


def _called(vary: Vary, regimen: Regimen) -> str:
    return vary.what if len(regimen.drugs) == 1 else f"{vary.what} of {vary.drug}"


def _selections(trial: Trial, bounds: list[tuple[str, str, tuple[float, ...]]]) -> tuple[Selection, ...]:
    found = []
    for values in product(*(own for _, _, own in bounds)):
        markers = dict(trial.eligibility.biomarkers)
        labels = {}
        for (name, side, _), value in zip(bounds, values, strict=True):
            old = markers.get(name)
            sides = {"min": old.min if old else None, "max": old.max if old else None} | {side: value}
            if None not in sides.values() and sides["min"] > sides["max"]:  # type: ignore[operator]
                raise ColeyError(Problem(f"--vary: {name}", f"nobody is from {sides['min']:g} to {sides['max']:g}"))
            markers[name] = Range(**sides)
            labels[f"{name} {'≥' if side == 'min' else '≤'}"] = f"{value:g}"
        found.append(Selection(labels, trial.eligibility.model_copy(update={"biomarkers": markers})))
    return tuple(found)
