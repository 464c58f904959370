"""Numbers of the catalogue by path: read one, change some, and tell where one stands in its file.

A path names the place of a number by keys: ``physiology.parameters.APC_50.value``,
``cancers.melanoma.parameters.TPS.logit_sd``, ``drugs.docetaxel.actions.kill-dividing.kill_rate.value``. An element of a
list goes by what it is called: a clone and a biomarker by its name, an antigen by its molecule, an action by its kind
(``block:PD-1`` where a drug has two of a kind), a correlation by its two quantities (``TPS~CD8_infiltrate``), the
effect of a covariate by ``ECOG~h_burden``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem, did_you_mean

ROOTS = ("cancers", "drugs", "harms", "physiology")


def value_at(catalogue: Catalogue, path: str) -> float:
    """The number at ``path``.

    Raises:
        ColeyError: a path that leads nowhere, with the nearest names; or to something that is no number.
    """
    node: Any = catalogue
    for key in path.split("."):
        node = _children(node)[_resolve(node, key, path)]
    if isinstance(node, bool) or not isinstance(node, (int, float)):
        hint = f"add one of: {', '.join(_names(node))}" if _names(node) else ""
        raise ColeyError(Problem(path, "is no number", hint))
    return float(node)


def changed(catalogue: Catalogue, values: Mapping[str, float]) -> Catalogue:
    """The catalogue with other ``values`` at their paths, each checked as if it had been read from a file.

    Raises:
        ColeyError: unknown paths and values that the catalogue's schema refuses, all at once.
    """
    problems: list[Problem] = []
    for path, value in values.items():
        try:
            root, *keys = path.split(".")
            field = _resolve(catalogue, root, path)
            entries = _with(getattr(catalogue, root), keys, value, path)
            catalogue = dataclasses.replace(catalogue, **{str(field): entries})
        except ColeyError as error:
            problems += error.problems
        except ValidationError as error:
            problems += [Problem(path, f"cannot be {value:g}: {fault['msg']}") for fault in error.errors()]
    if problems:
        raise ColeyError(problems)
    return catalogue


def file_and_keys(catalogue: Catalogue, path: str) -> tuple[str, tuple[str | int, ...]]:
    """The file of the catalogue that holds the number at ``path``, and the keys and list positions inside it.

    Raises:
        ColeyError: a path that leads nowhere.
    """
    value_at(catalogue, path)
    keys = path.split(".")
    depth = 1 if keys[0] == "physiology" else 2
    node: Any = catalogue
    inside: list[str | int] = []
    for key in keys:
        inside.append(_resolve(node, key, path))
        node = _children(node)[inside[-1]]
    return f"{'/'.join(keys[:depth])}.toml", tuple(inside[depth:])


def _with(node: Any, keys: list[str], value: float, path: str) -> Any:
    """``node`` with ``value`` below it, checked anew where it is an entry."""
    if not keys:
        return value
    key = _resolve(node, keys[0], path)
    child = _with(_children(node)[key], keys[1:], value, path)
    if isinstance(node, BaseModel):
        fields = {name: getattr(node, name) for name in node.model_fields_set | {str(key)}}
        return type(node).model_validate(fields | {str(key): child})
    if isinstance(node, Mapping):
        return {**node, key: child}
    return tuple(child if index == key else item for index, item in enumerate(node))


def _resolve(node: Any, key: str, path: str) -> str | int:
    """The key, or for a list the position, by which ``node`` knows what a path calls ``key``."""
    names = _names(node)
    if key in names:
        found = names[key]
        if found is None:
            raise ColeyError(Problem(path, f"{key!r} is the name of more than one", f"known: {', '.join(names)}"))
        return found
    raise ColeyError(Problem(path, f"leads nowhere at {key!r}", did_you_mean(key, names)))


def _names(node: Any) -> dict[str, str | int | None]:
    """Names of what is below ``node``, with the key or position of each; None for a name that more than one have."""
    if isinstance(node, Catalogue):
        return {root: root for root in ROOTS}
    if not isinstance(node, tuple):
        return {str(key): key for key in _children(node)}
    found: dict[str, str | int | None] = {}
    for index, item in enumerate(node):
        for name in _called(item):
            found[name] = None if name in found else index
    return found


def _children(node: Any) -> dict[str | int, Any]:
    if isinstance(node, Catalogue):
        return {root: getattr(node, root) for root in ROOTS}
    if isinstance(node, BaseModel):
        return {name: getattr(node, name) for name in type(node).model_fields if getattr(node, name) is not None}
    if isinstance(node, Mapping):
        return dict(node)
    return dict(enumerate(node)) if isinstance(node, tuple) else {}


def _called(item: Any) -> list[str]:
    """What an element of a list is called."""
    if hasattr(item, "between"):
        return ["~".join(item.between)]
    if hasattr(item, "covariate"):
        return [f"{item.covariate}~{item.parameter}"]
    if hasattr(item, "kind"):
        return [item.kind, f"{item.kind}:{item.molecule}"] if hasattr(item, "molecule") else [item.kind]
    return [getattr(item, name) for name in ("name", "molecule") if hasattr(item, name)][:1]
