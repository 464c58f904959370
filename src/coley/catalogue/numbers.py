"""Numbers of a cancer: their units, and the names of quantities that its tables use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from coley.catalogue.places import Path
from coley.catalogue.reading import Finding
from coley.errors import ColeyError, did_you_mean
from coley.facts import Cancer, Physiology, Quantity
from coley.units import dimension, internal_unit

OF_CLONES = {"f": "fraction", "mu": "mutation", "mhc": "mhc", "chemo": "chemosensitivity"}
"""Beginnings of the names of parameters of a clone, and its fields that they are."""


def number_findings(cancer: Cancer, physiology: Physiology, others: Iterable[Cancer]) -> Iterator[Finding]:
    """Units that no model can use or that other cancers do not have, and quantities that are named but not given."""
    yield from unit_findings(
        "parameters", cancer.parameters, _units(physiology.parameters, (c.parameters for c in others))
    )
    yield from unit_findings("patients", cancer.patients, _units(physiology.patients, (c.patients for c in others)))
    of_clones = {f"{kind}_{clone.name}" for clone in cancer.clones for kind in OF_CLONES}
    known = {*physiology.parameters, *physiology.patients, *cancer.measured, *of_clones}
    for path, name in _named(cancer):
        if name not in known:
            yield Finding(path, f"unknown quantity {name!r}", did_you_mean(name, known))


def unit_findings(table: str, quantities: Mapping[str, Quantity], units: Mapping[str, str]) -> Iterator[Finding]:
    """Units of ``quantities`` that no model can use, or that are of another dimension than those of ``units``."""
    for name, quantity in quantities.items():
        path = (table, name, "unit")
        try:
            internal_unit(quantity.unit)
        except ColeyError as error:
            yield from (Finding(path, p.what, p.hint) for p in error.problems)
            continue
        usual = units.get(name, quantity.unit)
        if dimension(quantity.unit) != dimension(usual):
            yield Finding(path, f"{quantity.unit!r} is no unit of {name}", f"write one like {usual!r}")


def _units(shared: Mapping[str, Quantity], others: Iterable[Mapping[str, Quantity]]) -> dict[str, str]:
    """Unit of each quantity by name, as it is given elsewhere."""
    found: dict[str, str] = {}
    for table in (shared, *others):
        for name, quantity in table.items():
            found.setdefault(name, quantity.unit)
    return found


def _named(cancer: Cancer) -> Iterator[tuple[Path, str]]:
    """Names of quantities in the tables of a cancer, with their paths."""
    for index, correlation in enumerate(cancer.correlations):
        yield from ((("correlations", index, "between", k), name) for k, name in enumerate(correlation.between))
    for given, prior in cancer.prior.items():
        yield from ((("prior", given, "factors", name), name) for name in prior.factors)
    for index, organ in enumerate(cancer.organs):
        yield from ((("organs", index, "factors", name), name) for name in organ.factors)
    for index, effect in enumerate(cancer.covariate_effects):
        yield ("covariate_effects", index, "parameter"), effect.parameter
    for index, marker in enumerate(cancer.biomarkers):
        yield ("biomarkers", index, "parameter"), marker.parameter
