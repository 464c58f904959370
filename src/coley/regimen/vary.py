"""Another dose or interval of a drug in a regimen: a change of its tree, wherever the drug stands in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from coley.errors import ColeyError, Problem, did_you_mean
from coley.regimen.syntax import Administration, Bracket, Item, Regimen, Rest
from coley.regimen.terms import Amount, Span


def with_dose(regimen: Regimen, drug: str, dose: Amount) -> Regimen:
    """``regimen`` with ``dose`` as the standing dose of ``drug``, in every phase; its first doses stay as they are.

    Raises:
        ColeyError: the drug is not in it.
    """
    _demand(regimen, drug)
    return _with(regimen, drug, lambda item: replace(item, dose=dose.number, unit=dose.unit))


def with_interval(regimen: Regimen, drug: str, interval: Span) -> Regimen:
    """``regimen`` with ``interval`` between the cycles of ``drug``, in every phase; numbers of cycles stay.

    Raises:
        ColeyError: the drug is not in it, or is given once only.
    """
    _demand(regimen, drug)
    if all(item.interval is None for item in regimen.administrations if item.drug == drug):
        raise ColeyError(Problem("regimen", f"{drug} is given once only, without an interval", "vary its dose"))
    return _with(regimen, drug, lambda item: item if item.interval is None else replace(item, interval=interval))


def _demand(regimen: Regimen, drug: str) -> None:
    if drug not in regimen.drugs:
        raise ColeyError(Problem("regimen", f"{drug!r} is not given", did_you_mean(drug, regimen.drugs)))


def _with(regimen: Regimen, drug: str, change: Callable[[Administration], Administration]) -> Regimen:
    changed = regimen.map(lambda item: change(item) if item.drug == drug else item)
    return _written_out(regimen, changed)


def _written_out(before: Regimen, after: Regimen) -> Regimen:
    """``after`` without the names of regimens in it that are not what they were called by any more."""
    phases = []
    for old, new in zip(before.phases, after.phases, strict=True):
        if isinstance(old, Rest) or isinstance(new, Rest):
            phases.append(new)
        else:
            phases.append(tuple(_unnamed(one, other) for one, other in zip(old, new, strict=True)))
    return Regimen(tuple(phases))


def _unnamed(old: Item, new: Item) -> Item:
    if not (isinstance(old, Bracket) and isinstance(new, Bracket)) or old == new:
        return new
    return replace(new, name="", regimen=_written_out(old.regimen, new.regimen))
