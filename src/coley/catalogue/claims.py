"""What the arms of a claim say against the catalogue: cancers, biomarkers, earlier treatment, and changed numbers."""

from __future__ import annotations

from collections.abc import Iterator

from coley.catalogue.catalogue import by_any_name, fold
from coley.catalogue.comorbidities import measured_covariates, unknown_comorbidities
from coley.catalogue.reading import Finding
from coley.catalogue.regimens import Formulary
from coley.errors import ColeyError, did_you_mean
from coley.facts import Cancer
from coley.protocol import Claim, ClaimArm


def claim_findings(claim: Claim, formulary: Formulary) -> Iterator[Finding]:
    """What the catalogue does not know of what the arms name; their regimens are judged with all others."""
    cancers = formulary.catalogue.cancers
    for index, arm in enumerate(claim.arms):
        place = ("arms", index)
        if arm.cancer in formulary.besides("cancers"):
            continue
        found = by_any_name(cancers).get(fold(arm.cancer))
        if found is None:
            hint = did_you_mean(arm.cancer, cancers)
            yield Finding((*place, "cancer"), f"unknown cancer {arm.cancer!r}", hint)
            continue
        measured = measured_covariates(formulary.catalogue)
        yield from _patients(arm, formulary.catalogue.cancer(found.name), measured, place)
        yield from unknown_comorbidities(arm.requires, formulary.catalogue, (*place, "requires"))
        try:
            formulary.catalogue.with_values(arm.set, cancer=found.name)
        except ColeyError as error:
            yield from (Finding((*place, "set"), problem.what, problem.hint) for problem in error.problems)


def _patients(arm: ClaimArm, cancer: Cancer, measured: list[str], place: tuple[str | int, ...]) -> Iterator[Finding]:
    markers = [*(marker.name for marker in cancer.biomarkers), *measured]
    for name in arm.biomarkers:
        if name not in markers:
            what = f"{cancer.name} has no biomarker {name!r}"
            yield Finding((*place, "biomarkers", name), what, did_you_mean(name, markers))
    for given in arm.prior:
        if given not in cancer.prior:
            what = f"{cancer.name} does not say what {given!r} before changes"
            yield Finding((*place, "prior"), what, did_you_mean(given, cancer.prior))
