"""What the model gets wrong of trials that it has not seen, learned from the trials that calibrations left out.

The misfit of a figure left out is taken as normal, on the scale of its kind, with three variances: sampling and
parameters, which are known; the discrepancy of its kind; and an effect of the trial, which the figures of one kind in
one trial share. The last two are those of maximum likelihood over all trials left out. A plan's own numbers say how
closely its figures are to be fitted; these say how far off a prediction may be.

``python -m coley.calibration.discrepancy FOLDER...`` learns them from the results in the folders of calibrations that
left trials out, and prints the file that ships.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from coley.calibration.leave_out import FILE
from coley.calibration.plan import CalibrationPlan, Kind, read_plan
from coley.catalogue import Catalogue, load_catalogue
from coley.catalogue.reading import entry_of, read_document
from coley.errors import ColeyError
from coley.facts import Entry

Floats = NDArray[np.float64]
SHIPPED = resources.files("coley.catalogue").joinpath("data", "calibration-errors.toml")
PLAN = "solid"
"""The plan whose kinds of figures are learned of."""
FEWEST = 8
"""Figures from which a discrepancy can be learned: with fewer it stays as the plan has it."""
_Z = 1.959964
_LEAST = {"percent": 0.5, "log": 0.02}


class _Kinds(Entry):
    kinds: tuple[Kind, ...]


@cache
def prediction_kinds() -> tuple[Kind, ...]:
    """Kinds of figures, with the errors of a prediction, as they ship."""
    document = read_document(SHIPPED, SHIPPED.name)
    found = entry_of(_Kinds, document.data)
    if isinstance(found, list):
        raise ColeyError(document.problems(found))
    return found.kinds


def for_prediction(plan: CalibrationPlan) -> CalibrationPlan:
    """``plan`` with the errors of a prediction instead of those of a fit."""
    return plan.model_copy(update={"kinds": prediction_kinds()})


def learn(table: pd.DataFrame, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """``kinds``, each with the discrepancy and the effect of a trial that the figures left out in ``table`` show.

    Args:
        table: as :func:`~coley.calibration.leave_out.leave_out` has it: kind, trial, misfit and error are read.
    """
    return tuple(_learned(table[table["kind"] == " ".join(kind.endpoints)], kind) for kind in kinds)


def crossed(table: pd.DataFrame, kinds: Sequence[Kind], groups: pd.Series) -> pd.DataFrame:
    """How the learned errors hold up where they were not learned: each of ``groups`` judged by the others.

    Columns: kind, n, coverage (share of figures inside 95 % intervals) and width (median width of the intervals,
    relative to that of sampling and parameters).
    """
    rows = []
    for group in groups.unique():
        learned = {" ".join(k.endpoints): k for k in learn(table[groups != group], kinds)}
        for _, figure in table[groups == group].iterrows():
            kind = learned[figure["kind"]]
            sd = float(np.sqrt(figure["error"] ** 2 + kind.discrepancy**2 + kind.trial**2))
            inside = abs(figure["misfit"]) <= _Z * sd
            rows.append({"kind": figure["kind"], "inside": inside, "width": sd / figure["error"]})
    told = pd.DataFrame(rows).groupby("kind", sort=False)
    summary = pd.DataFrame({"n": told.size(), "coverage": told["inside"].mean(), "width": told["width"].median()})
    return summary.reset_index()


def _learned(table: pd.DataFrame, kind: Kind) -> Kind:
    known = table[np.isfinite(table["misfit"]) & (table["error"] > 0)]
    if len(known) < FEWEST:
        return kind
    trials = [rows for _, rows in known.groupby("trial", sort=True)]
    blocks = [(rows["misfit"].to_numpy(float), rows["error"].to_numpy(float) ** 2) for rows in trials]
    start = np.log([kind.discrepancy, max(kind.trial, _LEAST[kind.scale])])
    found = minimize(_surprise, start, args=(blocks,), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-4})
    least = _LEAST[kind.scale]
    discrepancy, trial = (float(f"{value:.3g}") for value in np.exp(found.x))
    return kind.model_copy(update={"discrepancy": max(discrepancy, least), "trial": trial if trial >= least else 0.0})


def _surprise(logs: Floats, blocks: Sequence[tuple[Floats, Floats]]) -> float:
    """Negative log likelihood of the misfits of each trial, but for a constant."""
    discrepancy, trial = np.exp(2 * logs)
    total = 0.0
    for misfit, variance in blocks:
        covariance = np.diag(variance + discrepancy) + trial
        total += 0.5 * (np.linalg.slogdet(covariance)[1] + float(misfit @ np.linalg.solve(covariance, misfit)))
    return total


def left_out(folders: Sequence[Path]) -> pd.DataFrame:
    """The figures left out by the calibrations in ``folders``, together."""
    return pd.concat([pd.read_csv(folder / FILE) for folder in folders], ignore_index=True)


def as_toml(kinds: Sequence[Kind], table: pd.DataFrame, crossed_: pd.DataFrame) -> str:
    """The file that ships."""
    lines = [
        "# How far off a prediction may be, by kind of figure: discrepancy, and what figures of one trial share.",
        f"# Learned by `python -m coley.calibration.discrepancy` from {table['trial'].nunique()} trials, each left out",
        "# of the fit that predicted it. Coverage: of figures of each cancer, by errors learned from the others.",
        "",
    ]
    told = crossed_.set_index("kind")
    for kind in kinds:
        name = " ".join(kind.endpoints)
        if name in told.index:
            row = told.loc[name]
            lines.append(f"# {row['n']:.0f} figures, coverage {100 * row['coverage']:.0f} %")
        endpoints = ", ".join(f'"{endpoint}"' for endpoint in kind.endpoints)
        lines += ["[[kinds]]", f"endpoints = [{endpoints}]", f'scale = "{kind.scale}"']
        lines += [f"discrepancy = {kind.discrepancy!r}", f"trial = {kind.trial!r}", ""]
    return "\n".join(lines)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m coley.calibration.discrepancy", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="results of calibrations that left trials out")
    options = parser.parse_args()
    try:
        catalogue: Catalogue = load_catalogue()
        kinds = read_plan(PLAN, catalogue).kinds
        table = left_out(options.folders)
    except ColeyError as error:
        print("\n".join(f"error: {problem}" for problem in error.problems), file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    cancers = table["trial"].map(lambda name: catalogue.trials[name].cancer)
    print(as_toml(learn(table, kinds), table, crossed(table, kinds, cancers)), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
