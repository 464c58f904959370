"""A few drugs with every kind of kinetics and every kind of action of the catalogue: a model of all would be huge."""

from __future__ import annotations

from coley.catalogue import load_catalogue


def sample() -> tuple[str, ...]:
    """Names: of each kind that no drug before has, the first drug by name."""
    seen: set[str] = set()
    names = []
    for name, drug in sorted(load_catalogue().drugs.items()):
        kinds = {drug.kinetics.kind, *(action.kind for action in drug.actions)}
        if kinds - seen:
            seen |= kinds
            names.append(name)
    return tuple(names)


SAMPLE = sample()
