"""Leave trials out: refit without their figures, predict them, and hold the look-up beside the prediction.

The refit is the best point of the other trials and the prior by the Jacobian of the full fit: a Gauss-Newton step,
again with Huber's weights of where it led until they settle. What was left out is then simulated there. Its figures
enter neither the loss nor the step: only the Jacobian was taken at a point that has seen them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.calibration.evaluate import Failure
from coley.calibration.fit import Fitted, Objective
from coley.calibration.lookup import look_up, treated
from coley.calibration.plan import CalibrationPlan
from coley.calibration.results import figure_table
from coley.catalogue import Catalogue
from coley.errors import ColeyError, Problem, did_you_mean

Floats = NDArray[np.float64]
STEPS = 5
"""Huber's weights have settled by then."""
FILE = "left-out.csv"
_Z = 1.959964


def leave_out(
    objective: Objective, fitted: Fitted, groups: Sequence[Sequence[str]], catalogue: Catalogue, folder: Path
) -> pd.DataFrame:
    """Predict the trials of each of ``groups`` from all others; written into ``folder`` as left-out.csv.

    Columns are those of :func:`~coley.calibration.results.figure_table`, with the parameters' uncertainty in the
    intervals; ``kind``, ``misfit`` and ``error``: simulated less published on the scale of the kind of figure, and its
    standard deviation by sampling and parameters alone; ``looked_up`` and ``looked_up_from``: what the most similar
    fitted arm of another trial shows, and which that is.
    """
    arms = treated(catalogue, list(dict.fromkeys(figure.study for figure in objective.figures)))
    tables = []
    for group in groups:
        point, without = refit(objective, fitted, group)
        found = objective.evaluate(f"left out: {', '.join(group)}", [point], [group])[0]
        if isinstance(found, Failure):
            found = np.full(len(objective.figures), np.nan)
        own = [k for k, f in enumerate(objective.figures) if f.study in group and not f.kind.startswith("biology")]
        slopes = fitted.jacobian[own]
        covariance = without.covariance(fitted.simulated, fitted.jacobian)
        variance = np.einsum("ij,jk,ik->i", slopes, covariance, slopes)
        figures = [objective.figures[k] for k in own]
        table = figure_table(figures, found[own], variance).drop(columns=["weight", "fitted"])
        table["kind"] = [figure.kind for figure in figures]
        table["misfit"] = found[own] - np.array([figure.target for figure in figures])
        table["error"] = np.sqrt([figure.sampling**2 + more for figure, more in zip(figures, variance, strict=True)])
        others = [look_up(figure, objective.figures, arms) for figure in figures]
        table["looked_up"] = [other.published if other else np.nan for other in others]
        table["looked_up_from"] = [f"{other.study}: {other.arm}" if other else "" for other in others]
        tables.append(table)
    done = pd.concat(tables, ignore_index=True)
    done.to_csv(folder / FILE, index=False)
    return done


def groups_of(wanted: str | None, plan: CalibrationPlan, catalogue: Catalogue) -> tuple[tuple[str, ...], ...]:
    """What is left out together: nothing for None; ``each`` fitted trial; ``cancers``: all of a cancer; or one trial.

    Raises:
        ColeyError: a name that is no fitted trial of ``plan``.
    """
    if wanted is None:
        return ()
    if wanted == "each":
        return tuple((name,) for name in plan.fit)
    if wanted == "cancers":
        cancers = dict.fromkeys(catalogue.trials[name].cancer for name in plan.fit)
        return tuple(tuple(n for n in plan.fit if catalogue.trials[n].cancer == cancer) for cancer in cancers)
    if wanted not in plan.fit:
        hint = did_you_mean(wanted, [*plan.fit, "each", "cancers"])
        raise ColeyError(Problem("leave out", f"{wanted!r} is not fitted", hint))
    return ((wanted,),)


def refit(objective: Objective, fitted: Fitted, trials: Sequence[str]) -> tuple[Floats, Objective]:
    """The point that fits without the figures of ``trials``, and the objective without them."""
    without = objective.without(trials)
    point, found = fitted.point, fitted.simulated
    for _ in range(STEPS):
        point = without.step(point, found, fitted.jacobian, np.zeros(len(point)))
        found = fitted.simulated + fitted.jacobian @ (point - fitted.point)
    return point, without


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """How well trials left out were predicted, and how well the look-up did, on the same figures.

    Rows: objective response of arms and of their strata (mean absolute error in points), hazard ratios of arms (mean
    absolute error of the logarithm), each over the figures that have a look-up; and all figures. Columns: n, model,
    looked_up, and coverage, the share of published figures inside the model's 95 % intervals.
    """
    known = table[table["standardised"].notna()]
    copied = known[known["looked_up"].notna()]
    strata = copied["arm"].str.contains(" | ", regex=False)
    response, ratio = copied["endpoint"] == "ORR", copied["endpoint"].str.endswith("_HR")
    rows = [
        ("ORR, arms", *_errors(copied[response & ~strata])),
        ("ORR, strata", *_errors(copied[response & strata])),
        ("log HR, arms", *_errors(copied[ratio & ~strata], logarithmic=True)),
        ("all figures", len(known), np.nan, np.nan, _coverage(known)),
    ]
    return pd.DataFrame(rows, columns=["figures", "n", "model", "looked_up", "coverage"])


def _errors(table: pd.DataFrame, *, logarithmic: bool = False) -> tuple[int, float, float, float]:
    published, model, copied = (table[name].to_numpy(float) for name in ("published", "simulated", "looked_up"))
    if not len(table):
        return 0, np.nan, np.nan, np.nan
    if logarithmic:
        published, model, copied = np.log(published), np.log(model), np.log(copied)
    return len(table), float(abs(model - published).mean()), float(abs(copied - published).mean()), _coverage(table)


def _coverage(table: pd.DataFrame) -> float:
    return float((table["standardised"].abs() <= _Z).mean()) if len(table) else np.nan
