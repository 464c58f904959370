"""Draws from the posterior of a calibration: sets of values of the calibrated parameters that the figures allow alike.

The posterior of each plan is approximated by a normal distribution in its unit cube (see ``fit``), cut at its bounds;
plans that build on one another are drawn from independently. What ships is one table, a row per draw and a column per
path of the catalogue.

``python -m coley.calibration.posterior PLAN=FOLDER...`` draws from the results of calibrations, each in its folder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from coley.calibration.plan import CalibrationPlan, read_plan
from coley.calibration.results import rounded
from coley.calibration.space import Space
from coley.catalogue import Catalogue, load_catalogue
from coley.errors import ColeyError, Problem
from coley.streams import stream

DRAWS = 200
SHIPPED = resources.files("coley.catalogue").joinpath("data", "calibration", "posterior.csv")


@cache
def posterior() -> tuple[Mapping[str, float], ...]:
    """The draws that ship: of each, values by path of the catalogue."""
    with SHIPPED.open("r", encoding="utf-8") as file:
        table = pd.read_csv(file)
    return tuple({str(path): float(value) for path, value in row.items()} for row in table.to_dict("records"))


def first_draws(number: int) -> tuple[Mapping[str, float], ...]:
    """The first ``number`` draws that ship.

    Raises:
        ColeyError: where there are not so many.
    """
    if not 1 <= number <= len(posterior()):
        raise ColeyError(Problem("posterior", f"{number} is out of range", f"choose 1 to {len(posterior())} draws"))
    return posterior()[:number]


def draw(
    plan: CalibrationPlan, catalogue: Catalogue, covariance: pd.DataFrame, number: int, seed: int, nth: int = 0
) -> pd.DataFrame:
    """``number`` draws about the values that ``catalogue`` has.

    Args:
        covariance: (parameters × parameters) in the unit cube, by name of the parameter, as a calibration writes it.
        nth: which of the plans that are drawn from this is, each with numbers of its own.

    Raises:
        ColeyError: where the covariance is not of the parameters of ``plan``.
    """
    names = [parameter.name for parameter in plan.parameters]
    if list(covariance.index) != names:
        raise ColeyError(Problem("covariance.csv", "is not of the parameters of the plan", "calibrate again"))
    space = Space(plan.parameters, catalogue)
    normal = stream(seed, "posterior", nth).standard_normal((number, len(names)))
    points = np.clip(space.start + normal @ np.linalg.cholesky(covariance.to_numpy()).T, 0.0, 1.0)
    rows = [{path: rounded(value) for path, value in space.values(point).items()} for point in points]
    return pd.DataFrame(rows)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m coley.calibration.posterior", description=__doc__)
    parser.add_argument("plans", nargs="+", metavar="PLAN=FOLDER", help="results whose values the catalogue has")
    parser.add_argument("--out", type=Path, default=None, help="CSV file to write (default: standard output)")
    options = parser.parse_args()
    try:
        catalogue = load_catalogue()
        tables = []
        for nth, text in enumerate(options.plans):
            name, _, folder = text.partition("=")
            covariance = pd.read_csv(Path(folder) / "covariance.csv", index_col=0)
            tables.append(draw(read_plan(name, catalogue), catalogue, covariance, DRAWS, 1, nth))
        table = pd.concat(tables, axis="columns")
    except ColeyError as error:
        print("\n".join(f"error: {problem}" for problem in error.problems), file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    table.to_csv(options.out or sys.stdout, index=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
