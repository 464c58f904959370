"""Which entries of the catalogue are tried in every run of the tests, where trying each would take too long."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any

import pytest

from coley.catalogue import load_catalogue

Features = Callable[[str], Collection[Hashable]]


def of_drug(name: str) -> Collection[Hashable]:
    """Its kinetics, and each way in which it acts."""
    drug = load_catalogue().drugs[name]
    return {drug.kinetics.kind, *(action.kind for action in drug.actions)}


def of_cancer(name: str) -> Collection[Hashable]:
    """What decides the equations: its kind, and its clones."""
    cancer = load_catalogue().cancers[name]
    return {(cancer.disease, tuple(clone.name for clone in cancer.clones))}


def sample(names: Iterable[str], features: Features) -> tuple[str, ...]:
    """In their order, those with a feature that none before has."""
    seen: set[Hashable] = set()
    found = []
    for name in names:
        if not seen.issuperset(features(name)):
            seen.update(features(name))
            found.append(name)
    return tuple(found)


def sampled(names: Collection[str], features: Features) -> list[Any]:
    """Parameters of a test: the ``sample``, and all others with the mark ``science``, which is run apart."""
    chosen = sample(names, features)
    others = [pytest.param(name, marks=pytest.mark.science) for name in names if name not in chosen]
    return [*chosen, *others]


SAMPLE = sample(sorted(load_catalogue().drugs), of_drug)
"""A few with every kind of kinetics and of action: a model of all would be huge."""
