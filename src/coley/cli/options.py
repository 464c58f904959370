"""From the options of ``coley run`` to a trial: named, read from a file, or made from the options themselves."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from coley.catalogue import Catalogue, load_trial
from coley.catalogue.reading import entry_of
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer
from coley.facts.quantity import LONGEST_LABEL
from coley.protocol import SCANS, Trial, least_age

MAX_PATIENTS = 100_000
MAX_SEED = 2**63 - 1
MAX_THREADS = 1024

_OPTION_OF_FIELD: dict[str | int, str] = {"follow_up_months": "--months"}
_BIOMARKER = re.compile(r"\s*([A-Za-z]\w*)\s*(>=|<=)\s*(\S+)\s*")


@dataclass(frozen=True)
class Own:
    """What the options say of a trial of the user's own; nothing is said where all are at their defaults."""

    cancer: str | None = None
    arms: tuple[str, ...] = ()
    months: float | None = None
    prior: tuple[str, ...] = ()
    biomarkers: tuple[str, ...] = ()

    @property
    def given(self) -> list[str]:
        """The options that were given, by name."""
        said = {
            "--cancer": self.cancer is not None,
            "--arm": bool(self.arms),
            "--months": self.months is not None,
            "--prior": bool(self.prior),
            "--biomarker": bool(self.biomarkers),
        }
        return [option for option, is_given in said.items() if is_given]


def trial_from(
    name: str | None, own: Own, catalogue: Catalogue, *, patients: int, seed: int, threads: int | None
) -> Trial:
    """The trial that the options describe.

    Raises:
        ColeyError: with every problem of the sizes and of the trial together.
    """
    problems = list(size_problems(patients, seed, threads))
    try:
        trial = _named_or_own(name, own, catalogue)
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
        reason = "a response rate is then known to 0.3 points, and tables grow beyond what is of use"
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


def _named_or_own(name: str | None, own: Own, catalogue: Catalogue) -> Trial:
    if name is not None:
        if own.given:
            what = f"belongs to a trial of your own, but the trial {name!r} is named as well"
            raise ColeyError(Problem(option, what, "leave out one of the two") for option in own.given)
        return load_trial(name, catalogue)
    if own.cancer is None or not own.arms:
        missing = [option for option in ("--cancer", "--arm") if option not in own.given]
        what = f"{' and '.join(missing)} not given" if own.given else "no trial is named"
        hint = "name a trial (see 'coley trials'), or give --cancer and one --arm for each arm"
        raise ColeyError(Problem("coley run", what, hint))
    return own_trial(own.cancer, own, catalogue)


def own_trial(name: str, own: Own, catalogue: Catalogue) -> Trial:
    """A trial with one arm for each regimen, which also names the arm.

    Raises:
        ColeyError: with every unknown cancer, faulty regimen, unknown biomarker and number out of range.
    """
    arms = [" ".join(text.split()) for text in own.arms]
    problems = [problem for text in dict.fromkeys(arms) for problem in _arm_problems(text, arms, catalogue)]
    eligibility: dict[str, Any] = {}
    try:
        cancer = catalogue.cancer(name)
    except ColeyError as error:
        problems = [*(replace(problem, where="--cancer") for problem in error.problems), *problems]
    else:
        name, eligibility = cancer.name, _eligibility(cancer, own, problems)
    trial = entry_of(Trial, _fields(name, arms, own, eligibility))
    if isinstance(trial, list):
        # Faults of the cancer and the arms were found above, in the words of the options.
        numbers = [finding for finding in trial if finding.path and finding.path[0] in _OPTION_OF_FIELD]
        problems += [Problem(_OPTION_OF_FIELD[finding.path[0]], finding.what, finding.hint) for finding in numbers]
        problems = problems or [Problem("coley run", finding.what, finding.hint) for finding in trial]
    if isinstance(trial, list) or problems:
        raise ColeyError(problems)
    return trial


def _eligibility(cancer: Cancer, own: Own, problems: list[Problem]) -> dict[str, Any]:
    """Who may enter, as a trial's file says it; what is unknown joins ``problems``."""
    for given in own.prior:
        if given not in cancer.prior:
            what = f"{cancer.name} does not say what {given!r} before changes"
            problems.append(Problem("--prior", what, did_you_mean(given, cancer.prior)))
    bounds: dict[str, dict[str, float]] = {}
    markers = [marker.name for marker in cancer.biomarkers]
    for text in own.biomarkers:
        match = _BIOMARKER.fullmatch(text)
        value = _number(match[3]) if match else None
        if not match or value is None:
            problems.append(Problem("--biomarker", f"{text!r} is no bound", "write one like 'PDL1 >= 50'"))
        elif match[1] not in markers:
            what = f"{cancer.name} has no biomarker {match[1]!r}"
            problems.append(Problem("--biomarker", what, did_you_mean(match[1], markers)))
        else:
            bounds.setdefault(match[1], {})["min" if match[2] == ">=" else "max"] = value
    prior = [{"given": given} for given in own.prior]
    return {"prior": prior, "biomarkers": bounds, "age_min": least_age(cancer)}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _arm_problems(text: str, arms: list[str], catalogue: Catalogue) -> Iterator[Problem]:
    where = f"--arm {text!r}"
    if not text:
        yield Problem(where, "the regimen is empty", "write one like 'nivolumab 3 mg/kg iv q2w'")
        return
    for problem in catalogue.regimen_problems(text):
        yield replace(problem, where=where + problem.where.removeprefix("regimen"))
    if arms.count(text) > 1:
        yield Problem(where, "is given more than once", "give each arm a regimen of its own")


def _fields(cancer: str, arms: list[str], own: Own, eligibility: dict[str, Any]) -> dict[str, Any]:
    fields = {
        "name": f"own-{cancer}",
        "title": f"Own trial in {cancer}",
        "summary": "A trial made from the options of the command line; nothing was published of it.",
        "cancer": cancer,
        "eligibility": eligibility,
        "follow_up_months": own.months,
        "visits": SCANS,
        "arms": [{"name": _arm_name(text, number), "regimen": text} for number, text in enumerate(arms, 1)],
    }
    return {field: value for field, value in fields.items() if value is not None}


def _arm_name(text: str, number: int) -> str:
    """The regimen, which names the arm; its beginning and the arm's number where it is longer than a name may be."""
    if len(text) <= LONGEST_LABEL:
        return text
    end = f"... (arm {number})"
    return text[: LONGEST_LABEL - len(end)] + end
