"""One case: load its model, solve it, and compare with what is expected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coley.engine import Budget, solve
from coley.errors import ColeyError, Problem
from coley.sbml.conformance.cases import Case, Expectation, expectation
from coley.sbml.limits import Refused
from coley.sbml.loading import load_sbml
from coley.system import System

RTOL = 1e-8
"""Of the solver: far below the tolerances of the suite, which are of the order of 1e-4."""
BUDGET = Budget(steps=10_000_000)
"""Some cases are made of a hundred thousand events."""


@dataclass(frozen=True)
class Verdict:
    """What became of a case: passed, failed, refused, unsolved, timeout or crashed, and why."""

    case: str
    outcome: str
    reason: str = ""
    detail: str = ""


def judge(case: Case) -> Verdict:
    """The verdict on ``case``."""
    try:
        system = load_sbml(case.model)
    except ColeyError as error:
        return Verdict(case.name, "refused", ", ".join(sorted(set(map(_code, error.problems)))), str(error))
    try:
        expected = expectation(case)
    except ColeyError as error:
        return Verdict(case.name, "refused", "no time course", str(error))
    try:
        known = _known(system, expected)
        solution = solve(system, expected.times, observables=known, rtol=RTOL, threads=1, budget=BUDGET)
    except ColeyError as error:
        return Verdict(case.name, "unsolved", "refused by the engine", str(error))
    if solution["status"].item() != "ok":
        return Verdict(case.name, "unsolved", solution["status"].item(), solution["reason"].item())
    columns = [solution[name].values[0] if name in solution else np.full(len(expected.times), np.nan)
               for name in expected.observables]  # fmt: skip
    return compare(case.name, np.column_stack(columns), expected)


def compare(case: str, got: NDArray[np.float64], expected: Expectation) -> Verdict:
    """Whether what was ``got`` (time × variable) is as ``expected``; infinities and NaN have to be the same."""
    wanted = expected.values
    if got.shape != wanted.shape:
        return Verdict(case, "failed", "mismatch", f"{len(wanted)} expected times, {len(got)} in the settings")
    with np.errstate(invalid="ignore"):
        error = np.abs(wanted - got) - (expected.absolute + expected.relative * np.abs(wanted))
    same = (wanted == got) | (np.isnan(wanted) & np.isnan(got))
    wrong = ~(same | (np.isfinite(wanted) & (error <= 0)))
    if not wrong.any():
        return Verdict(case, "passed")
    time, variable = (int(index[0]) for index in np.nonzero(wrong))
    what = f"{expected.observables[variable]} at {expected.times[time]:g}"
    detail = f"{what}: {got[time, variable]:.9g}, expected {wanted[time, variable]:.9g}; {wrong.sum()} values differ"
    return Verdict(case, "failed", "mismatch", detail)


def _known(system: System, expected: Expectation) -> list[str]:
    """Observables without those that have no value: a parameter that is given none and is used by nothing."""
    return [name for name in dict.fromkeys(expected.observables) if name in system.units]


def _code(problem: Problem) -> str:
    return problem.code if isinstance(problem, Refused) else "invalid"
