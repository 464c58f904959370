"""Cancers that stand on others: each with what its base, and the base of that, say where it says nothing itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import ValidationError

from coley.catalogue.reading import Finding
from coley.errors import did_you_mean
from coley.facts import Cancer


def whole(cancer: Cancer, cancers: Mapping[str, Cancer]) -> Cancer:
    """``cancer`` on its base, which may stand on another."""
    return cancer if cancer.base is None else cancer.on(whole(cancers[cancer.base], cancers))


def unsound(cancers: Mapping[str, Cancer], unread: Collection[str]) -> dict[str, list[Finding]]:
    """Cancers that cannot stand on their base, by name, with what is wrong: nothing where that is below them."""
    found: dict[str, list[Finding]] = {}
    sound: set[str] = set()

    def judge(cancer: Cancer, above: tuple[str, ...]) -> None:
        if cancer.name in found or cancer.name in sound:
            return
        base = cancer.base
        if base is not None and base not in found and base in cancers and base not in above:
            judge(cancers[base], (*above, cancer.name))
        if base in found or base in unread:
            found[cancer.name] = []
        elif base in above:
            found[cancer.name] = [Finding(("base",), f"{base!r} stands on this cancer", "leave one of the bases out")]
        elif findings := _findings(cancer, cancers):
            found[cancer.name] = findings
        else:
            sound.add(cancer.name)

    for cancer in cancers.values():
        judge(cancer, (cancer.name,))
    return found


def _findings(cancer: Cancer, cancers: Mapping[str, Cancer]) -> list[Finding]:
    """What is wrong with ``cancer`` on a base that is sound or not there."""
    if cancer.base is not None and cancer.base not in cancers:
        return [Finding(("base",), f"unknown cancer {cancer.base!r}", did_you_mean(cancer.base, cancers))]
    try:
        whole(cancer, cancers)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        return [Finding(("base",), f"on {cancer.base!r}, {f.get('ctx', {}).get('error', f['msg'])}") for f in faults]
    return []
