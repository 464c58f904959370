"""What decides the outcome of a simulated trial, as a hash: the same hash, the same outcome.

By it results are kept, and parameters are told from those that cannot matter to a trial.
"""

from __future__ import annotations

import hashlib
from functools import cache
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
    parts = [
        repr(trial),
        repr(cancer.model_copy(update={"prior": {name: cancer.prior[name] for name in cancer.prior if name in had}})),
        repr(catalogue.physiology),
        *(repr(catalogue.drugs[name]) for name in _drugs(trial, catalogue)),
        repr(catalogue.harms),
        repr(catalogue.care),
        repr(catalogue.comorbidities),
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


def _drugs(trial: Trial, catalogue: Catalogue) -> list[str]:
    """Drugs and procedures that may be given in the trial: by its arms, or as care of harm."""
    texts = [text for arm in trial.arms for text in (arm.regimen, arm.reinduction)]
    texts += [option.regimen for arm in trial.arms for option in arm.choice]
    texts += [option.regimen for arm in trial.arms for option in arm.subsequent]
    names: set[str] = set()
    for text in set(texts) - {"", *NOTHING}:
        regimen = parse(catalogue.regimen_text(text), catalogue.regimen_texts)
        names |= {catalogue.drug(name).name for name in regimen.drugs} | set(regimen.procedures)
    rules = [rule for care in catalogue.care.values() for rule in care.rules]
    given = [rule.treatment for rule in rules] + [rule.second_line.regimen for rule in rules if rule.second_line]
    for text in set(given) - {""}:
        names |= {catalogue.drug(name).name for name in parse(text).drugs}
    return sorted(names & set(catalogue.drugs))
