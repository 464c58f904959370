"""Rules of claims: how far arms differ, with the interval of the simulation, and whether that is what is claimed.

People are drawn with replacement, those of several arms together where they are the same people (see
:mod:`coley.trial.analysis.paired`). A rule passes where the whole 95 % interval lies where the claim says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from math import isfinite

import numpy as np
from scipy.stats import rankdata

from coley.claims.sample import People, Sample
from coley.protocol import Bounds, Difference, Order, Rule
from coley.trial.analysis.paired import Floats, bootstrapped, draws
from coley.trial.analysis.statistics import Estimate, proportion


@dataclass(frozen=True)
class Outcome:
    """What a rule found.

    Attributes:
        label: what was measured, such as "Objective response: combination less nivolumab".
        value, lower, upper: with the 95 % interval of the simulation, in ``unit``.
        least, most: between which the interval has to lie; infinite where it may be anything.
        arms: the measure in each arm.
    """

    label: str
    unit: str
    value: float
    lower: float
    upper: float
    least: float
    most: float
    arms: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether the whole interval lies where the claim says."""
        return isfinite(self.value) and self.least < self.lower and self.upper < self.most


def judge(rule: Rule, samples: Mapping[str, Sample], published: Mapping[str, float], *, seed: int) -> Outcome:
    """What ``rule`` finds in the ``samples`` of its measure, by arm."""
    values = {name: _once(sample) for name, sample in samples.items()}
    some = next(iter(samples.values()))
    if isinstance(rule, Order):
        names = [name for name in samples if name in published]
        known = np.array([published[name] for name in names])
        found = _order([samples[name] for name in names], known, seed)
        return _outcome(f"{some.label}: rank correlation with published", "", found, rule.least, np.inf, values)
    if isinstance(rule, Bounds):
        low = -np.inf if rule.min is None else rule.min
        high = np.inf if rule.max is None else rule.max
        return _outcome(f"{some.label}: {rule.arm}", some.unit, _alone(samples[rule.arm], seed), low, high, values)
    first, second = rule.arms
    found = difference(samples[first], samples[second], seed=seed)
    label = f"{some.label}: {second} less {first}"
    least, most = (rule.margin, np.inf) if isinstance(rule, Difference) else (-rule.margin, rule.margin)
    return _outcome(label, some.unit, found, least, most, values)


def _outcome(label: str, unit: str, found: Estimate, least: float, most: float, values: Mapping[str, float]) -> Outcome:
    return Outcome(label, unit, found.value, found.lower, found.upper, least, most, values)


def difference(first: Sample, second: Sample, *, seed: int) -> Estimate:
    """``second`` less ``first``; people who are in one of the arms only are left out, where they are the same."""
    parts = [second.value(b) - first.value(a) for a, b in _together([first, second], seed)]
    (once,) = _together_once([first, second])
    value = float((second.value(once[1]) - first.value(once[0]))[0])
    size = min(first.size, second.size)
    return bootstrapped(value, np.concatenate(parts), size, max(first.largest, second.largest))


def spearman(values: Floats, published: Floats) -> Floats:
    """Spearman's rank correlation of each row of ``values`` (replicates, arms) with ``published``; 0 without ranks."""
    ranks = rankdata(values, axis=1) - (values.shape[1] + 1) / 2
    known = rankdata(published) - (len(published) + 1) / 2
    scale = np.sqrt((ranks**2).sum(axis=1) * (known**2).sum())
    return np.asarray(np.divide(ranks @ known, scale, out=np.zeros(len(values)), where=scale > 0))


def _order(samples: list[Sample], published: Floats, seed: int) -> Estimate:
    def coefficient(weights: tuple[Floats, ...]) -> Floats:
        return spearman(
            np.column_stack([sample.value(own) for sample, own in zip(samples, weights, strict=True)]), published
        )

    replicates = np.concatenate([coefficient(weights) for weights in _together(samples, seed)])
    (once,) = _together_once(samples)
    lower, upper = np.quantile(replicates, (0.025, 0.975))
    return Estimate(float(coefficient(once)[0]), float(lower), float(upper))


def _alone(sample: Sample, seed: int) -> Estimate:
    """A share with the exact interval; anything else with that of the bootstrap."""
    if sample.flags is not None:
        found = proportion(int(sample.flags.sum()), sample.size)
        return Estimate(100 * found.value, 100 * found.lower, 100 * found.upper)
    replicates = np.concatenate([sample.value(weights) for weights in draws(sample.size, seed)])
    lower, upper = np.quantile(replicates, (0.025, 0.975))
    return Estimate(_once(sample), float(lower), float(upper))


def _once(sample: Sample) -> float:
    return float(sample.value(np.ones((1, sample.size)))[0])


def _together(samples: list[Sample], seed: int) -> Iterator[tuple[Floats, ...]]:
    """Weights of each sample, in parts: of those who are in all samples, drawn together; else of each by itself."""
    if all(len(sample.people) for sample in samples):
        common = _common(samples)
        for weights in draws(len(common), seed):
            yield tuple(_scattered(sample, common, weights) for sample in samples)
        return
    yield from zip(*(draws(sample.size, seed + k) for k, sample in enumerate(samples)), strict=True)


def _together_once(samples: list[Sample]) -> Iterator[tuple[Floats, ...]]:
    """Weights of the people as they are: each once."""
    if all(len(sample.people) for sample in samples):
        common = _common(samples)
        yield tuple(_scattered(sample, common, np.ones((1, len(common)))) for sample in samples)
    else:
        yield tuple(np.ones((1, sample.size)) for sample in samples)


def _common(samples: list[Sample]) -> People:
    return reduce(np.intersect1d, [sample.people for sample in samples])


def _scattered(sample: Sample, common: People, weights: Floats) -> Floats:
    """Weights of ``common`` people as those of all people of ``sample``, 0 for the others."""
    every = np.zeros((len(weights), sample.size))
    every[:, np.searchsorted(sample.people, common)] = weights
    return every
