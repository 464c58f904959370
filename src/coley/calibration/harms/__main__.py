"""``python -m coley.calibration.harms FOLDER``: fit every immune-related harm.

Writes ``calibrated.toml``, for ``python -m coley.calibration.write``, and ``rates.csv``, published beside fitted.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from coley.calibration.harms.drivers import Driven, drivers
from coley.calibration.harms.fit import fit_harm
from coley.calibration.harms.plan import fitted_harms, read_harm_plan
from coley.calibration.harms.rates import Published, published
from coley.calibration.results import rounded
from coley.catalogue import Catalogue, load_catalogue
from coley.errors import ColeyError
from coley.trial.settings import RunSettings


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m coley.calibration.harms", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the results")
    parser.add_argument("--patients", type=int, default=100, help="virtual patients of each arm (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="of every random number (default: 1)")
    options = parser.parse_args()
    try:
        catalogue = load_catalogue()
        rows, plan = published(catalogue), read_harm_plan()
        arms = driven(rows, catalogue, RunSettings(options.patients, options.seed))
        found = [fit_harm(name, rows, arms, plan, catalogue) for name in fitted_harms(catalogue)]
    except ColeyError as error:
        print("\n".join(f"error: {problem}" for problem in error.problems), file=sys.stderr)
        return 2
    options.folder.mkdir(parents=True, exist_ok=True)
    values = {path: value for one in found for path, value in one.values.items()}
    text = "".join(f'"{path}" = {rounded(value)!r}\n' for path, value in values.items())
    (options.folder / "calibrated.toml").write_text(text, encoding="utf-8")
    table = [{**vars(row), **{f"fitted_{k}": v for k, v in vars(e).items()}} for one in found for row, e in one.rows]
    pd.DataFrame(table).to_csv(options.folder / "rates.csv", index=False)
    return 0


def driven(rows: tuple[Published, ...], catalogue: Catalogue, settings: RunSettings) -> dict[tuple[str, str], Driven]:
    """Every arm that a row is of, simulated."""
    found: dict[tuple[str, str], Driven] = {}
    for trial in dict.fromkeys(row.trial for row in rows):
        wanted = dict.fromkeys(row.arm for row in rows if row.trial == trial)
        arms = drivers(trial, wanted, catalogue, settings)
        found |= {(trial, arm): one for arm, one in arms.items()}
    return found


if __name__ == "__main__":
    sys.exit(main())
