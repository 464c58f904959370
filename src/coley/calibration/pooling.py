"""How cancers differ in a number that each of them has: what draws the fits of single cancers together.

A number of a cancer is what was derived of it without any fit, times a factor whose logarithm is normal over cancers.
Its mean and standard deviation are of maximum likelihood, from the estimates of a calibration with the prior's part
taken out (a random-effects meta-analysis; DerSimonian & Laird, Control Clin Trials 7:177, 1986).

``python -m coley.calibration.pooling PLAN=FOLDER`` prints them for each kind of number of the cancers of a plan: the
next plan can centre its priors there, and make them so wide.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from coley.calibration.plan import CalibrationPlan, Parameter, read_plan
from coley.calibration.space import PRIOR_SD
from coley.catalogue import load_catalogue
from coley.errors import ColeyError, Problem

Floats = NDArray[np.float64]
TELLING = 0.9
"""Contraction above which an estimate is the prior's alone."""


def pooled(plan: CalibrationPlan, parameters: pd.DataFrame) -> pd.DataFrame:
    """What cancers have in common, by the end of a parameter's path.

    Args:
        parameters: as :func:`~coley.calibration.results.parameter_table` has it.

    Returns:
        columns number, cancers, factor and sd: the factor to the centres, and the standard deviation of its logarithm
        over cancers.
    """
    table = parameters.set_index("name")
    contraction = {str(name): float(value) for name, value in table["contraction"].items()}
    groups: dict[str, list[Parameter]] = {}
    for parameter in plan.parameters:
        if parameter.group == "cancer" and parameter.scale == "log" and parameter.centre is not None:
            groups.setdefault(parameter.paths[0].split(".", 2)[2], []).append(parameter)
    rows = []
    for number, members in groups.items():
        told = [p for p in members if contraction[p.name] < TELLING]
        if len(told) > 2:
            mean, sd = _random_effects(*_estimates(told, table))
            rows.append({"number": number, "cancers": len(told), "factor": np.exp(mean), "sd": sd})
    return pd.DataFrame(rows, columns=["number", "cancers", "factor", "sd"])


def _estimates(members: Sequence[Parameter], table: pd.DataFrame) -> tuple[Floats, Floats]:
    """Logarithms of value over centre as the figures alone have them, and their variances."""
    own = table.loc[[p.name for p in members]]
    centre = np.array([p.centre for p in members], dtype=float)
    prior: Floats = PRIOR_SD * np.log(own["high"].to_numpy(float) / own["low"].to_numpy(float))
    variance = (own["contraction"].to_numpy(float) * prior) ** 2
    alone = 1 / (1 / variance - 1 / prior**2)
    shift = np.log(own["value"].to_numpy(float) / centre)
    return shift * alone / variance, alone


def _random_effects(shifts: Floats, variances: Floats) -> tuple[float, float]:
    """Mean and standard deviation between cancers."""

    def surprise(at: Floats) -> float:
        total = variances + np.exp(2 * at[1])
        return float((np.log(total) + (shifts - at[0]) ** 2 / total).sum())

    found = minimize(surprise, [float(np.median(shifts)), np.log(0.5)], method="Nelder-Mead").x
    return float(found[0]), float(np.exp(found[1]))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m coley.calibration.pooling", description=__doc__)
    parser.add_argument("plan", metavar="PLAN=FOLDER", help="a plan, and the results of its calibration")
    options = parser.parse_args()
    name, _, folder = options.plan.partition("=")
    try:
        if not folder:
            raise ColeyError(Problem("plan", f"{options.plan!r} names no folder", "write PLAN=FOLDER"))
        table = pooled(read_plan(name, load_catalogue()), pd.read_csv(Path(folder) / "parameters.csv"))
    except ColeyError as error:
        print("\n".join(f"error: {problem}" for problem in error.problems), file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3g}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
