"""``coley simulate problem.yaml``: a PEtab problem simulated and compared with its measurements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

from coley.cli.options import thread_problems
from coley.cli.request import Asked
from coley.data.petab import Fit, evaluate, load
from coley.errors import ColeyError, Problem
from coley.report.folder import new_folder

SIMULATIONS = "simulations.tsv"
RTOL = 1e-8


def fit(asked: Asked) -> Fit:
    """Simulate the problem at its nominal parameters; write ``simulations.tsv``, with residuals, where --out says.

    Raises:
        ColeyError: options that mean nothing to a PEtab problem, and whatever is wrong with it.
    """
    problems = [*_needless(asked), *thread_problems(asked.threads)]
    if problems:
        raise ColeyError(problems)
    problem = load(asked.model)
    rtol = RTOL if asked.rtol is None else asked.rtol
    if asked.out is None:
        return evaluate(problem, rtol=rtol, threads=asked.threads)
    with new_folder(asked.out) as folder:
        found = evaluate(problem, rtol=rtol, threads=asked.threads)
        table = found.simulations.assign(residual=found.residuals)
        table.to_csv(folder / SIMULATIONS, sep="\t", index=False, lineterminator="\n")
    return found


def print_fit(console: Console, found: Fit, out: Path | None) -> None:
    """Print log-likelihood, chi² and what failed."""
    measured = len(found.simulations)
    console.print(
        f"log-likelihood {found.llh:.10g}, chi² {found.chi2:.10g}, {measured:,} measurements", highlight=False
    )
    for name, reason in found.failed.items():
        console.print(f"experiment {name} failed: {reason}", highlight=False, markup=False, soft_wrap=True)
    lost = int(np.isnan(found.residuals).sum())
    if lost:
        console.print(f"{lost:,} measurements could not be simulated.", highlight=False)
    if out is not None:
        console.print(f"Written: {out / SIMULATIONS}", highlight=False, markup=False, soft_wrap=True)


def _needless(asked: Asked) -> list[Problem]:
    given = {
        "--to": asked.to is not None,
        "--from": asked.start is not None,
        "--points": asked.points is not None,
        "--times": asked.times is not None,
        "--observe": bool(asked.observe),
        "--parameters": asked.parameters is not None,
        "--doses": asked.doses is not None,
        "--vary": bool(asked.vary),
        "--n": asked.n is not None,
        "--max-steps": asked.max_steps is not None,
        "--max-seconds": asked.max_seconds is not None,
        "--plot": asked.plot,
    }
    what = "means nothing to a PEtab problem, which says all of this itself"
    return [Problem(option, what, "leave it out") for option, is_given in given.items() if is_given]
