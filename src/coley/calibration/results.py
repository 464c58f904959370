"""What a calibration leaves in its folder: values, figures, parameters and their covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.calibration.figures import Figure
from coley.calibration.fit import Fitted, Objective
from coley.calibration.space import PRIOR_SD, Space

Floats = NDArray[np.float64]
EDGE = 0.05
"""Share of a range within which a value lies at its bound."""
DIGITS = 4
"""Significant digits of a calibrated value."""
_Z = 1.959964


def figure_table(figures: Sequence[Figure], simulated: Floats, variance: Floats | None = None) -> pd.DataFrame:
    """Figure by figure: trial, arm, endpoint, published, simulated, lower, upper, standardised, weight, fitted.

    ``lower`` to ``upper`` is where 95 % of published figures would lie, were the model right within its discrepancy:
    sampling of both sides, discrepancy, effect of the trial and, where given, the ``variance`` of the parameters, on
    the scale of each figure. ``standardised`` is simulated less published over that standard deviation.
    """
    rows = []
    for k, figure in enumerate(figures):
        sd = float(np.sqrt(figure.sd**2 + (0.0 if variance is None else variance[k])))
        value = float(simulated[k])
        rows.append(
            {
                "trial": figure.study,
                "arm": figure.arm,
                "endpoint": figure.endpoint,
                "versus": figure.versus,
                "published": figure.published,
                "simulated": figure.off_scale(value),
                "lower": figure.off_scale(value - _Z * sd),
                "upper": figure.off_scale(value + _Z * sd),
                "standardised": (value - figure.target) / sd,
                "weight": figure.weight,
                "fitted": figure.fitted and figure.weight > 0,
            }
        )
    return pd.DataFrame(rows)


def parameter_table(space: Space, fitted: Fitted) -> pd.DataFrame:
    """Parameter by parameter: name, group, start, low, high, value, lower, upper, contraction, at_bound.

    ``lower`` to ``upper`` is the approximate 95 % interval; ``contraction`` is the posterior standard deviation over
    that of
    the prior: near 1 for what the figures say nothing of. ``at_bound`` is ``low`` or ``high`` within 5 % of a bound.
    """
    sd = np.sqrt(np.diag(fitted.covariance))
    columns = {
        "start": space.numbers(space.start),
        "low": [p.low for p in space.parameters],
        "high": [p.high for p in space.parameters],
        "value": space.numbers(fitted.point),
        "lower": space.numbers(fitted.point - _Z * sd),
        "upper": space.numbers(fitted.point + _Z * sd),
        "contraction": sd / PRIOR_SD,
        "at_bound": np.where(fitted.point < EDGE, "low", np.where(fitted.point > 1 - EDGE, "high", "")),
    }
    names = {"name": [p.name for p in space.parameters], "group": [p.group for p in space.parameters]}
    return pd.DataFrame({**names, **columns})


def rounded(value: float) -> float:
    """``value`` to as many digits as go into the catalogue."""
    return float(f"{value:.{DIGITS}g}")


def write_results(objective: Objective, fitted: Fitted, folder: Path) -> None:
    """Write calibrated.toml, residuals.csv, parameters.csv, covariance.csv and rounds.csv into ``folder``."""
    space = objective.space
    values = [f'"{path}" = {rounded(value)!r}' for path, value in space.values(fitted.point).items()]
    head = "# Values found by `coley calibrate`. `python -m coley.calibration.write` puts them into a catalogue.\n"
    (folder / "calibrated.toml").write_text(head + "\n".join(values) + "\n", encoding="utf-8")
    variance = np.einsum("ij,jk,ik->i", fitted.jacobian, fitted.covariance, fitted.jacobian)
    tables = {
        "residuals": figure_table(objective.figures, fitted.simulated, variance),
        "parameters": parameter_table(space, fitted),
        "rounds": pd.DataFrame([asdict(round_) for round_ in fitted.rounds]),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    names = [parameter.name for parameter in space.parameters]
    pd.DataFrame(fitted.covariance, index=names, columns=names).to_csv(folder / "covariance.csv")
