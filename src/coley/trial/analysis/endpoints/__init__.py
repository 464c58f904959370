"""Endpoints, a kind in each file, found by scanning this folder: each reads its name, labels and computes itself."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from coley.errors import ColeyError, Problem, did_you_mean
from coley.protocol import Published
from coley.trial.analysis.analysis import Analysis
from coley.trial.analysis.endpoints.base import MONTHS, Endpoint

__all__ = ["MONTHS", "Endpoint", "asked", "kinds", "read"]
_ORDER = ("ORR", "CR", "DCR", "pCR", "MPR", "DOR", "PFS", "EFS", "RFS", "OS")


@cache
def kinds() -> tuple[type[Endpoint], ...]:
    """Every kind of endpoint."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    members = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    found = {member for member in members if issubclass(member, Endpoint) and member is not Endpoint}
    return tuple(sorted(found, key=lambda kind: kind.__name__))


def read(name: str, where: str = "") -> Endpoint:
    """The endpoint called ``name``.

    Raises:
        ColeyError: where there is none; ``where`` says whose name it is.
    """
    for kind in kinds():
        found = kind.parse(name)
        if found is not None:
            return found
    forms = [form for kind in kinds() for form in kind.forms]
    raise ColeyError(Problem(where, f"unknown endpoint {name!r}", did_you_mean(name, forms) or f"e.g. {forms[0]}"))


def asked(published: tuple[Published, ...], arm: Analysis) -> list[tuple[Endpoint, Published | None]]:
    """Endpoints to report of an arm: every published figure, and the usual ones that say something of it."""
    names = {fact.endpoint for fact in published}
    usual = [read(name) for kind in kinds() for name in kind.usual if name not in names]
    usual.sort(key=_place)
    return [
        *((read(fact.endpoint), fact) for fact in published),
        *((endpoint, None) for endpoint in usual if endpoint.applies(arm)),
    ]


def _place(endpoint: Endpoint) -> tuple[int, bool, float]:
    """Where an endpoint stands among the usual ones: those that are not in the order come last."""
    kind = endpoint.name.partition("_")[0]
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER), endpoint.unit == "%", endpoint.month
