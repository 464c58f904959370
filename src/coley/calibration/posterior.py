"""Draws from the posterior of a calibration: sets of values of the calibrated parameters that the figures allow alike.

The posterior is approximated by a normal distribution in the unit cube of the plan (see ``fit``), cut at its bounds.
What ships is one table, a row per draw and a column per path of the catalogue.

``python -m coley.calibration.posterior FOLDER`` draws from the results of a calibration in FOLDER.
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


def draw(plan: CalibrationPlan, catalogue: Catalogue, covariance: pd.DataFrame, number: int, seed: int) -> pd.DataFrame:
    """``number`` draws about the values that ``catalogue`` has.

    Args:
        covariance: (parameters × parameters) in the unit cube, by name of the parameter, as a calibration writes it.

    Raises:
        ColeyError: where the covariance is not of the parameters of ``plan``.
    """
    names = [parameter.name for parameter in plan.parameters]
    if list(covariance.index) != names:
        raise ColeyError(Problem("covariance.csv", "is not of the parameters of the plan", "calibrate again"))
    space = Space(plan.parameters, catalogue)
    normal = stream(seed, "posterior", 0).standard_normal((number, len(names)))
    points = np.clip(space.start + normal @ np.linalg.cholesky(covariance.to_numpy()).T, 0.0, 1.0)
    rows = [{path: rounded(value) for path, value in space.values(point).items()} for point in points]
    return pd.DataFrame(rows)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m coley.calibration.posterior", description=__doc__)
    parser.add_argument("folder", type=Path, help="results of a calibration whose values the catalogue has")
    parser.add_argument("--plan", default="solid", help="the plan that was carried out")
    parser.add_argument("--out", type=Path, default=None, help="CSV file to write (default: standard output)")
    options = parser.parse_args()
    try:
        catalogue = load_catalogue()
        covariance = pd.read_csv(options.folder / "covariance.csv", index_col=0)
        table = draw(read_plan(options.plan, catalogue), catalogue, covariance, DRAWS, 1)
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
