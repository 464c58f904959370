"""What a trial's file says against the catalogue, and against itself. Reads raw data, to find all of it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from coley.catalogue.catalogue import by_any_name, fold
from coley.catalogue.comorbidities import measured_covariates, unknown_comorbidities
from coley.catalogue.places import Path, select
from coley.catalogue.reading import Finding
from coley.catalogue.regimens import Formulary, regimen_findings
from coley.errors import did_you_mean
from coley.facts import Cancer

Data = Mapping[str, Any]
_BIOMARKERS = (("eligibility", "biomarkers", "*"), ("arms", "*", "strata", "*", "biomarkers", "*"))
_PRIOR = ("eligibility", "prior", "*", "given")
_COMORBIDITIES = (("eligibility", "admits", "*"), ("eligibility", "requires", "*"))
_PUBLISHED = (("arms", "*", "published"), ("arms", "*", "strata", "*", "published"))


def trial_findings(data: Data, formulary: Formulary) -> Iterator[Finding]:
    """Unknown cancer, biomarkers and earlier treatment; regimens that cannot be given; clashes of names."""
    yield from regimen_findings("trials", data, formulary)
    yield from _clashes(data)
    yield from _published_twice(data)
    for pattern in _COMORBIDITIES:
        for path, given in select(data, pattern):
            yield from unknown_comorbidities([str(given)], formulary.catalogue, path)
    name = data.get("cancer")
    if not isinstance(name, str) or name in formulary.besides("cancers"):
        return
    cancers = formulary.catalogue.cancers
    cancer = by_any_name(cancers).get(fold(name))
    if cancer is None:
        yield Finding(("cancer",), f"unknown cancer {name!r}", did_you_mean(name, cancers))
    else:
        yield from _patients(data, formulary.catalogue.cancer(cancer.name), measured_covariates(formulary.catalogue))


def _patients(data: Data, cancer: Cancer, measured: list[str]) -> Iterator[Finding]:
    """Biomarkers and earlier treatment that the cancer does not know."""
    markers = [*(marker.name for marker in cancer.biomarkers), *measured]
    for pattern in _BIOMARKERS:
        for path, _ in select(data, pattern):
            if path[-1] not in markers:
                hint = did_you_mean(str(path[-1]), markers)
                yield Finding(path, f"{cancer.name} has no biomarker {path[-1]!r}", hint)
    for path, given in select(data, _PRIOR):
        if isinstance(given, str) and given not in cancer.prior:
            what = f"{cancer.name} does not say what {given!r} before changes"
            yield Finding(path, what, did_you_mean(given, cancer.prior))


def _clashes(data: Data) -> Iterator[Finding]:
    """Arms of the same name, and hazard ratios that compare with no other arm of the trial."""
    names: dict[str | int, Any] = {path[1]: name for path, name in select(data, ("arms", "*", "name"))}
    for index, name in names.items():
        if name in list(names.values())[: list(names).index(index)]:
            yield Finding(("arms", index, "name"), f"another arm is called {name!r} too", "give each arm its own name")
    for pattern in _PUBLISHED:
        for path, versus in select(data, (*pattern, "*", "versus")):
            others = [other for index, other in names.items() if index != path[1] and isinstance(other, str)]
            if isinstance(versus, str) and versus and versus not in others:
                yield Finding(path, f"{versus!r} is not another arm of this trial", did_you_mean(versus, others))


def _published_twice(data: Data) -> Iterator[Finding]:
    for pattern in _PUBLISHED:
        for path, rows in select(data, pattern):
            counts = Counter(_figure(row) for _, row in select(rows, ("*",)))
            for (endpoint, versus), count in counts.items():
                if endpoint and count > 1:
                    comparison = f" versus {versus}" if versus else ""
                    hint = "keep the one to compare with"
                    yield Finding(path, f"gives {endpoint}{comparison} {count} times", hint)


def _figure(row: object) -> tuple[str, str]:
    if not isinstance(row, Mapping):
        return "", ""
    return str(row.get("endpoint", "")), str(row.get("versus", ""))


def endpoint_places(data: Data) -> Iterator[tuple[Path, Any]]:
    """Names of endpoints that the trial gives figures of."""
    for pattern in _PUBLISHED:
        yield from select(data, (*pattern, "*", "endpoint"))
