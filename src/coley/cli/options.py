"""From the options of ``coley run`` to a trial: named, read from a file, or made from the options themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from coley.catalogue import Catalogue, load_catalogue, load_trial
from coley.catalogue.reading import entry_of
from coley.errors import ColeyError, Problem
from coley.protocol import Trial

MAX_PATIENTS = 100_000
MAX_SEED = 2**63 - 1
MAX_THREADS = 1024

# RECIST 1.1 (Eisenhauer et al., Eur J Cancer 2009;45:228) asks for scans every 6 to 8 weeks on treatment.
SCANS = {"scans": [8, 16, 24, 32, 40, 48], "every": 12}

_OPTION_OF_FIELD: dict[str | int, str] = {"follow_up_months": "--months", "eligibility": "--pd-l1-min"}


@dataclass(frozen=True)
class Own:
    """What the options say of a trial of the user's own; nothing is said where all are at their defaults."""

    cancer: str | None = None
    arms: tuple[str, ...] = ()
    months: float | None = None
    pretreated: bool = False
    pd_l1_min: float | None = None

    @property
    def given(self) -> list[str]:
        """The options that were given, by name."""
        said = {
            "--cancer": self.cancer is not None,
            "--arm": bool(self.arms),
            "--months": self.months is not None,
            "--pretreated": self.pretreated,
            "--pd-l1-min": self.pd_l1_min is not None,
        }
        return [option for option, is_given in said.items() if is_given]


def trial_from(name: str | None, own: Own, *, patients: int, seed: int, threads: int | None) -> Trial:
    """The trial that the options describe.

    Raises:
        ColeyError: with every problem of the sizes and of the trial together.
    """
    problems = list(size_problems(patients, seed, threads))
    try:
        trial = _named_or_own(name, own)
    except ColeyError as error:
        raise ColeyError([*problems, *error.problems]) from None
    if problems:
        raise ColeyError(problems)
    return trial


def size_problems(patients: int, seed: int, threads: int | None) -> list[Problem]:
    """What is wrong with the size of a run, with the limit and its reason."""
    problems = []
    if patients < 1:
        problems.append(Problem("--patients", f"{patients:,} is too few", "an arm needs at least 1 patient"))
    if patients > MAX_PATIENTS:
        reason = "a response rate is then known to 0.3 points, and the tables would outgrow memory"
        hint = f"at most {MAX_PATIENTS:,} per arm: {reason}"
        problems.append(Problem("--patients", f"{patients:,} is too many", hint))
    return [*problems, *seed_problems(seed), *thread_problems(threads)]


def seed_problems(seed: int) -> Iterator[Problem]:
    """What is wrong with a seed."""
    if not 0 <= seed <= MAX_SEED:
        yield Problem("--seed", f"{seed} is no seed", f"give a whole number from 0 to {MAX_SEED}")


def thread_problems(threads: int | None) -> Iterator[Problem]:
    """What is wrong with a number of processors."""
    if threads is not None and not 1 <= threads <= MAX_THREADS:
        hint = f"give 1 to {MAX_THREADS}, or leave it out to use all processors"
        yield Problem("--threads", f"{threads} is no number of processors", hint)


def _named_or_own(name: str | None, own: Own) -> Trial:
    if name is not None:
        if own.given:
            what = f"belongs to a trial of your own, but the trial {name!r} is named as well"
            raise ColeyError(Problem(option, what, "leave out one of the two") for option in own.given)
        return load_trial(name)
    if own.cancer is None or not own.arms:
        missing = [option for option in ("--cancer", "--arm") if option not in own.given]
        what = f"{' and '.join(missing)} not given" if own.given else "no trial is named"
        hint = "name a trial (see 'coley trials'), or give --cancer and one --arm for each arm"
        raise ColeyError(Problem("coley run", what, hint))
    return own_trial(own.cancer, own)


def own_trial(cancer: str, own: Own) -> Trial:
    """A trial with one arm for each regimen, which also names the arm.

    Raises:
        ColeyError: with every unknown cancer, faulty regimen and number out of range.
    """
    catalogue = load_catalogue()
    arms = [" ".join(text.split()) for text in own.arms]
    problems = [problem for text in dict.fromkeys(arms) for problem in _arm_problems(text, arms, catalogue)]
    try:
        cancer = catalogue.cancer(cancer).name
    except ColeyError as error:
        problems = [*(replace(problem, where="--cancer") for problem in error.problems), *problems]
    trial = entry_of(Trial, _fields(cancer, arms, own))
    if isinstance(trial, list):
        # Faults of the cancer and the arms were found above, in the words of the options.
        numbers = [finding for finding in trial if finding.path and finding.path[0] in _OPTION_OF_FIELD]
        problems += [Problem(_OPTION_OF_FIELD[finding.path[0]], finding.what, finding.hint) for finding in numbers]
    if isinstance(trial, list) or problems:
        raise ColeyError(problems)
    return trial


def _arm_problems(text: str, arms: list[str], catalogue: Catalogue) -> Iterator[Problem]:
    where = f"--arm {text!r}"
    if not text:
        yield Problem(where, "the regimen is empty", "write one like 'nivolumab 3 mg/kg iv q2w'")
        return
    for problem in catalogue.regimen_problems(text):
        yield replace(problem, where=where + problem.where.removeprefix("regimen"))
    if arms.count(text) > 1:
        yield Problem(where, "is given more than once", "give each arm a regimen of its own")


def _fields(cancer: str, arms: list[str], own: Own) -> dict[str, Any]:
    eligibility = {
        "prior": [{"given": "chemotherapy"}] if own.pretreated else None,
        "biomarkers": None if own.pd_l1_min is None else {"PDL1": {"min": own.pd_l1_min}},
    }
    fields = {
        "name": f"own-{cancer}",
        "title": f"Own trial in {cancer}",
        "summary": "A trial made from the options of the command line; nothing was published of it.",
        "cancer": cancer,
        "eligibility": {field: value for field, value in eligibility.items() if value is not None},
        "follow_up_months": own.months,
        "visits": SCANS,
        "arms": [{"name": text, "regimen": text} for text in arms],
    }
    return {field: value for field, value in fields.items() if value is not None}
