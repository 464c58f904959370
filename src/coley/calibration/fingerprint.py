"""What decides the outcome of a simulated trial, as a hash: the same hash, the same outcome.

By it results are kept, and parameters are told from those that cannot matter to a trial.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from coley.catalogue import NOTHING, Catalogue
from coley.protocol import Trial
from coley.regimen import parse

_NOT_SIMULATION = {"baseline", "calibration", "cli", "data", "design", "report", "sbml", "sensitivity", "__pycache__"}


def fingerprint(trial: Trial, catalogue: Catalogue, patients: int, seed: int) -> str:
    """Hash of the trial, of what it uses of ``catalogue``, of the size and seed of the run, and of the code.

    Of the cancer, earlier treatment that no patient of the trial had is left out.
    """
    cancer = catalogue.cancer(trial.cancer)
    had = {line.given for line in trial.eligibility.prior}
    shared = _shared(_Held(catalogue))
    parts = [
        repr(trial),
        repr(cancer.model_copy(update={"prior": {name: cancer.prior[name] for name in cancer.prior if name in had}})),
        *(repr(catalogue.drugs[name]) for name in sorted(_drugs(trial, catalogue) | shared.drugs)),
        shared.text,
        f"{patients} {seed}",
        code(),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def code() -> str:
    """Hash of the code that simulates."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        inside = file.relative_to(root)
        if inside.parts[0] not in _NOT_SIMULATION:
            digest.update(inside.as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


class _Held:
    """A catalogue as a key of a cache: the same object, and no other that is like it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __hash__(self) -> int:
        return id(self.catalogue)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.catalogue is self.catalogue


@dataclass(frozen=True)
class _Shared:
    """What every trial has of a catalogue, as text, and the drugs that care may give."""

    text: str
    drugs: frozenset[str]


@lru_cache(maxsize=4)
def _shared(held: _Held) -> _Shared:
    catalogue = held.catalogue
    rules = [rule for care in catalogue.care.values() for rule in care.rules]
    given = [rule.treatment for rule in rules] + [rule.second_line.regimen for rule in rules if rule.second_line]
    names = {catalogue.drug(name).name for text in set(given) - {""} for name in parse(text).drugs}
    parts = (catalogue.physiology, catalogue.harms, catalogue.care, catalogue.comorbidities)
    return _Shared("\0".join(map(repr, parts)), frozenset(names))


def _drugs(trial: Trial, catalogue: Catalogue) -> set[str]:
    """Drugs and procedures that may be given in the trial by its arms."""
    texts = [text for arm in trial.arms for text in (arm.regimen, arm.reinduction)]
    texts += [option.regimen for arm in trial.arms for option in arm.choice]
    texts += [option.regimen for arm in trial.arms for option in arm.subsequent]
    names: set[str] = set()
    for text in set(texts) - {"", *NOTHING}:
        regimen = parse(catalogue.regimen_text(text), catalogue.regimen_texts)
        names |= {catalogue.drug(name).name for name in regimen.drugs} | set(regimen.procedures)
    return names & set(catalogue.drugs)
