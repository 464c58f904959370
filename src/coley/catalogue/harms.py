"""Harms and care of the catalogue beside its drugs, and the models of harms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coley.catalogue.catalogue import Catalogue, Key
from coley.catalogue.places import path_of
from coley.catalogue.reading import Finding
from coley.disease import Disease
from coley.errors import ColeyError
from coley.harm import Harm, mechanisms
from coley.harm import lint as lint_harms
from coley.modeling import assemble

_FOLDERS = {"harm": "harms", "care": "care"}


def harm_findings(catalogue: Catalogue) -> dict[Key, list[Finding]]:
    """What is wrong between harms, care and drugs, by the entry that it is of."""
    found: dict[Key, list[Finding]] = {}
    for problem in lint_harms(catalogue.harms, catalogue.care, catalogue.drugs):
        owner, _, rest = problem.where.partition(": ")
        kind, _, name = owner.partition(" ")
        place, _, column = rest.partition(": ")
        what = f"{column}: {problem.what}" if column else problem.what
        found.setdefault((_FOLDERS[kind], name), []).append(Finding(path_of(place), what, problem.hint))
    return found


def model_findings(harm: Harm, diseases: Iterable[Disease]) -> Iterator[Finding]:
    """What keeps a harm from joining the models of ``diseases``; that of the first in which it does not."""
    for disease in diseases if harm.modelled else ():
        parts = disease.parts()
        try:
            assemble(harm.name, [*parts, *mechanisms([harm], disease.context, parts)])
        except ColeyError as error:
            for problem in error.problems:
                what = f"no model with {disease.cancer.name}: {problem.where}: {problem.what}"
                yield Finding((), what, problem.hint)
            return
