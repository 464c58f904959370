"""The yardstick: what copying the published figure of the most similar fitted arm would have predicted.

Two arms (or strata, which have bounds of biomarkers of their own) are compared in this order; the first difference
decides:

1. the same cancer;
2. classes of the drugs of the trial treatment: share of classes that only one of the two has (Jaccard distance);
3. line: treated before or not, then how many classes of earlier treatment only one of the two requires;
4. selection by biomarkers: differences of the bounds in hundreds, which is the whole range of a percentage; a bound
   that only one of the two has counts as one;
5. the drugs themselves, as the classes;
6. the larger arm.

An arm of the same trial is never taken, nor one whose trial is not fitted, nor one of another cancer or without any
class in common: who knows the field would not copy it. A hazard ratio is copied from the most similar pair of arms:
their distances are added, and the classes of both comparators may differ altogether.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coley.calibration.figures import Figure
from coley.catalogue import NOTHING, Catalogue
from coley.protocol import Arm, Range, Stratum, Trial
from coley.regimen import parse

Distance = tuple[float, ...]


@dataclass(frozen=True)
class Treated:
    """What an arm or stratum is known by before its outcome is: who was treated, with what."""

    trial: str
    arm: str
    cancer: str
    drugs: frozenset[str]
    classes: frozenset[str]
    prior: frozenset[str]
    biomarkers: tuple[tuple[str, Range], ...]
    n: int


def look_up(figure: Figure, figures: Sequence[Figure], arms: dict[tuple[str, str], Treated]) -> Figure | None:
    """The figure of the same endpoint of the most similar fitted arm of another trial; None where none is alike."""
    others = [
        other
        for other in figures
        if other.fitted and other.study != figure.study and other.endpoint == figure.endpoint and other.nth == 0
    ]
    own = _treated(figure, arms)
    alike = [other for other in others if max(distance(own[0], arms[other.study, other.arm])[:2]) < 1.0]
    return min(alike, key=lambda other: _total(own, _treated(other, arms)), default=None)


def treated(catalogue: Catalogue, trials: Sequence[str]) -> dict[tuple[str, str], Treated]:
    """Every arm and stratum of ``trials``, by trial and the name that a figure has for it."""
    found = [item for name in trials for item in _of_trial(catalogue, catalogue.trials[name])]
    return {(item.trial, item.arm): item for item in found}


def distance(one: Treated, other: Treated) -> Distance:
    """How unlike two arms are, to be compared part by part."""
    return (
        float(one.cancer != other.cancer),
        _unlike(one.classes, other.classes),
        float(bool(one.prior) != bool(other.prior)),
        float(len(one.prior ^ other.prior)),
        _selection(dict(one.biomarkers), dict(other.biomarkers)),
        _unlike(one.drugs, other.drugs),
        -float(other.n),
    )


def _total(own: Sequence[Treated], others: Sequence[Treated]) -> Distance:
    parts = [distance(one, other) for one, other in zip(own, others, strict=True)]
    return tuple(float(sum(part)) for part in zip(*parts, strict=True))


def _treated(figure: Figure, arms: dict[tuple[str, str], Treated]) -> list[Treated]:
    """The arm of a figure, and for a hazard ratio the one that it is compared with."""
    names = [figure.arm]
    if figure.versus:
        stratum = figure.arm.partition(" | ")[2]
        named = f"{figure.versus} | {stratum}"
        names.append(named if stratum and (figure.study, named) in arms else figure.versus)
    return [arms[figure.study, name] for name in names]


def _of_trial(catalogue: Catalogue, trial: Trial) -> Iterator[Treated]:
    for arm in trial.arms:
        drugs = frozenset(_drugs(catalogue, arm))
        classes = frozenset(c for name in drugs if name in catalogue.drugs for c in catalogue.drugs[name].classes)
        for stratum in (None, *arm.strata):
            yield Treated(
                trial=trial.name,
                arm=f"{arm.name} | {stratum.name}" if stratum else arm.name,
                cancer=trial.cancer,
                drugs=drugs,
                classes=classes,
                prior=frozenset(line.given for line in trial.eligibility.prior),
                biomarkers=tuple(sorted(_bounds(trial, stratum).items())),
                n=(stratum.n if stratum else arm.n) or 0,
            )


def _bounds(trial: Trial, stratum: Stratum | None) -> dict[str, Range]:
    """Bounds of each biomarker, the closer ones of trial and stratum."""
    bounds = dict(trial.eligibility.biomarkers)
    for name, own in (stratum.biomarkers if stratum else {}).items():
        outer = bounds.get(name)
        low = own.min if own.min is not None or outer is None else outer.min
        high = own.max if own.max is not None or outer is None else outer.max
        bounds[name] = Range(min=low, max=high)
    return bounds


def _drugs(catalogue: Catalogue, arm: Arm) -> Iterator[str]:
    for text in [arm.regimen] if arm.regimen else [option.regimen for option in arm.choice]:
        if text.strip() not in NOTHING:
            regimen = parse(catalogue.regimen_text(text), catalogue.regimen_texts)
            yield from (catalogue.drug(name).name for name in regimen.drugs)
            yield from regimen.procedures


def _unlike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one ^ other) / len(one | other) if one | other else 0.0


def _selection(one: dict[str, Range], other: dict[str, Range]) -> float:
    total = 0.0
    for name in one.keys() | other.keys():
        for side in ("min", "max"):
            a, b = (_bound(bounds.get(name), side) for bounds in (one, other))
            if a is None or b is None:
                total += float(a is not b)
            else:
                total += abs(a - b) / 100
    return total


def _bound(bounds: Range | None, side: str) -> float | None:
    value: float | None = getattr(bounds, side) if bounds is not None else None
    return value
