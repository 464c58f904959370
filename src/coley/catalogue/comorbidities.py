"""What comorbidities say against the catalogue, and what others say of comorbidities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coley.catalogue.catalogue import Catalogue
from coley.catalogue.reading import Finding
from coley.errors import did_you_mean
from coley.facts import Comorbidity


def comorbidity_findings(entry: Comorbidity, catalogue: Catalogue) -> Iterator[Finding]:
    """Harms and parameters that there are not."""
    harms, categories = set(catalogue.harms), {harm.category for harm in catalogue.harms.values()}
    named: list[tuple[tuple[str | int, ...], str, set[str]]]
    named = [(("own", index), name, harms) for index, name in enumerate(entry.own)]
    named += [
        (("effects", index, "harms"), name, harms | categories)
        for index, effect in enumerate(entry.effects)
        for name in effect.harms
    ]
    for path, name, known in named:
        if name not in known:
            yield Finding(path, f"no harm, or category of harms, is called {name!r}", did_you_mean(name, known))
    parameters = catalogue.physiology.parameters
    if entry.measured is not None and entry.measured.parameter not in parameters:
        name = entry.measured.parameter
        hint = did_you_mean(name, parameters)
        yield Finding(("measured", "parameter"), f"{name!r} is no parameter that all cancers share", hint)


def unknown_comorbidities(
    names: Iterable[str], catalogue: Catalogue, place: tuple[str | int, ...]
) -> Iterator[Finding]:
    """Those of ``names`` that the catalogue does not have."""
    for name in names:
        if name not in catalogue.comorbidities:
            yield Finding(place, f"unknown comorbidity {name!r}", did_you_mean(name, catalogue.comorbidities))


def measured_covariates(catalogue: Catalogue) -> list[str]:
    """What is measured of comorbidities, and may bound who enters."""
    return [each.measured.covariate for each in catalogue.comorbidities.values() if each.measured is not None]
