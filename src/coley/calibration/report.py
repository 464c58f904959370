"""The page of a calibration: every trial, fitted or predicted, with the look-up beside what is predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coley.calibration.figures import figures
from coley.calibration.leave_out import FILE as LEFT_OUT
from coley.calibration.leave_out import scores
from coley.calibration.lookup import look_up, treated
from coley.calibration.plan import CalibrationPlan
from coley.catalogue import Catalogue
from coley.report.markdown import figure_text, table_rows

_ORDER = ("ORR", "CR", "DCR", "DOR", "PFS", "OS")
_THIRD = 1 / 3
_Z = 1.959964
MISSES = 15
"""Misfits that are listed."""
NEAR = 2.0
"""Points of response within which the order of two arms is left open."""

INTRODUCTION = """# What calibration reached

{title}. {summary}

Written by `coley calibrate --report`. Simulated figures come from the same virtual patients as the fit. **A fitted
figure is no prediction**: predictions are the trials under "Left out" and "Never fitted", and they alone say how well
the model foresees a trial that it has not seen.

In the tables of trials a cell is simulated / published; `–` is not reached or not published. Rates in percent, medians
in months. Every published figure is compared at its own data cut; a simulated time that was not reached by then, or by
the end of follow-up, stands there.
"""

LEFT_OUT_TEXT = """## Left out

Each of these trials was predicted from a fit without its figures: {trials}. The look-up copies the figure of the most
similar fitted arm of another trial: same cancer, classes of drugs, line and selection by biomarkers, in this order.
Errors are points of response and differences of log hazard ratios, over the figures that have a look-up. Coverage is
the share of published figures inside the model's 95 % intervals.
"""

FLATTENING_TEXT = """## Flattening of survival

Hazard of death in years three to five, relative to that of the first two years, from survival at 24 and 60 months. The
smaller, the flatter the curve.
"""

PARAMETERS_TEXT = """## Parameters

The interval is that of the approximate posterior (95 %). Contraction is the posterior standard deviation over that of
the prior: near 1, the figures say nothing of the parameter, and it stays where the prior has it.
"""


def write_report(plan: CalibrationPlan, catalogue: Catalogue, folder: Path, file: Path) -> None:
    """Write the page from the results in ``folder``."""
    residuals, parameters = (pd.read_csv(folder / f"{name}.csv") for name in ("residuals", "parameters"))
    left_out = pd.read_csv(folder / LEFT_OUT) if (folder / LEFT_OUT).exists() else None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(plan, catalogue, residuals, parameters, left_out), encoding="utf-8")


def page(
    plan: CalibrationPlan,
    catalogue: Catalogue,
    residuals: pd.DataFrame,
    parameters: pd.DataFrame,
    left_out: pd.DataFrame | None,
) -> str:
    """The page as Markdown.

    Args:
        residuals, parameters, left_out: tables as :mod:`coley.calibration.results` and
            :func:`~coley.calibration.leave_out.leave_out` have them.
    """
    endpoints = residuals[~residuals["endpoint"].isin([target.measure for target in plan.biology])]
    parts = [
        INTRODUCTION.format(title=plan.title, summary=plan.summary),
        *_summary(endpoints[endpoints["fitted"]]),
        *_left_out(left_out),
        *_never_fitted(plan, catalogue, endpoints),
        *_flattening(endpoints),
        *_biology(plan, residuals),
        *_parameters(parameters),
    ]
    for name in (*plan.fit, *plan.predict):
        kind = "fitted" if name in plan.fit else "never fitted"
        parts += _trial(f"{catalogue.trials[name].title} ({kind})", endpoints[endpoints["trial"] == name])
    return "\n".join(parts).rstrip() + "\n"


def _summary(table: pd.DataFrame) -> list[str]:
    """The fit in a few lines, of arms; in the last one of strata too."""
    arms = table[~table["arm"].str.contains(" | ", regex=False)]
    rates = arms[arms["endpoint"] == "ORR"]
    error = (rates["simulated"] - rates["published"]).abs()
    medians = arms[arms["endpoint"].isin(["PFS_median", "OS_median"])]
    near = (medians["simulated"] / medians["published"] - 1).abs() <= _THIRD
    ratios = arms[arms["endpoint"].str.endswith("_HR")]
    off = np.abs(np.log(ratios["simulated"].to_numpy(float) / ratios["published"].to_numpy(float)))
    inside = int((table["standardised"].abs() <= _Z).sum())
    ordered = [_ordered(rows) for _, rows in rates.groupby("trial", sort=False)]
    worst = table.reindex(table["standardised"].abs().sort_values(ascending=False).index)[:MISSES]
    misses = [
        (row["trial"], row["arm"], row["endpoint"], *_pair(row), f"{row['standardised']:+.1f}")
        for row in _records(worst)
    ]
    return [
        "## The fit\n",
        f"- objective response: mean absolute error {error.mean():.1f} points over {len(rates)} arms, at most "
        f"{error.max():.1f}",
        f"- order of the arms by objective response: right in {sum(ordered)} of {len(ordered)} trials; arms within "
        f"{NEAR:g} points may swap",
        f"- medians of PFS and OS within a third of published: {near.sum()} of {len(medians)}",
        f"- hazard ratios: mean absolute error of the logarithm {off.mean():.2f} over {len(ratios)}",
        "- figures within two standard deviations of what sampling and the discrepancy allow, with those of strata: "
        f"{inside} of {len(table)}\n",
        "The largest misfits, in standard deviations:\n",
        *table_rows(("trial", "arm", "figure", "simulated", "published", "misfit"), misses),
    ]


def _left_out(table: pd.DataFrame | None) -> list[str]:
    if table is None:
        return []
    summary = [
        (
            row["figures"],
            row["n"],
            figure_text(row["model"]),
            figure_text(row["looked_up"]),
            f"{100 * row['coverage']:.0f} %",
        )
        for row in _records(scores(table))
        if row["n"]
    ]
    return [
        LEFT_OUT_TEXT.format(trials=", ".join(table["trial"].drop_duplicates())),
        *table_rows(("figures", "number", "error of the model", "error of the look-up", "coverage"), summary),
        *_predictions(table),
    ]


def _never_fitted(plan: CalibrationPlan, catalogue: Catalogue, table: pd.DataFrame) -> list[str]:
    if not plan.predict:
        return []
    known = figures(plan, catalogue, 1)
    arms = treated(catalogue, [*plan.fit, *plan.predict])
    others = {f.key: look_up(f, known, arms) for f in known if f.study in plan.predict and f.nth == 0}
    shown = table[table["trial"].isin(plan.predict)]
    copied = [others.get((row["arm"], row["endpoint"], 0)) for row in _records(shown)]
    shown = shown.assign(
        looked_up=[other.published if other else np.nan for other in copied],
        looked_up_from=[f"{other.study}: {other.arm}" if other else "" for other in copied],
    )
    return [
        "## Never fitted\n",
        "Trials that no parameter was fitted to, under the fitted values.\n",
        *_predictions(shown),
    ]


def _predictions(table: pd.DataFrame) -> list[str]:
    """Responses and hazard ratios one by one, with their intervals."""
    shown = table[(table["endpoint"] == "ORR") | table["endpoint"].str.endswith("_HR")]
    rows = [
        (
            row["trial"],
            row["arm"],
            row["endpoint"],
            f"{figure_text(row['simulated'])} ({figure_text(max(row['lower'], 0.0))} to {figure_text(row['upper'])})",
            figure_text(row["published"]),
            figure_text(row["looked_up"]),
            row["looked_up_from"] or "–",
        )
        for row in _records(shown.fillna({"looked_up_from": ""}))
    ]
    return table_rows(("trial", "arm", "figure", "predicted (95 %)", "published", "look-up", "of"), rows)


def _flattening(table: pd.DataFrame) -> list[str]:
    """Hazard of death in years three to five over that of the first two, where both landmarks are published."""
    rows = []
    for (trial, arm), own in table.groupby(["trial", "arm"], sort=False):
        at = {row["endpoint"]: row for row in _records(own)}
        if {"OS_24mo", "OS_60mo"} <= at.keys():
            ratios = [_hazards(at["OS_24mo"][side], at["OS_60mo"][side]) for side in ("simulated", "published")]
            rows.append((trial, arm, *map(figure_text, ratios)))
    return [FLATTENING_TEXT, *table_rows(("trial", "arm", "simulated", "published"), rows)] if rows else []


def _biology(plan: CalibrationPlan, table: pd.DataFrame) -> list[str]:
    if not plan.biology:
        return []
    shown = table[table["endpoint"].isin([target.measure for target in plan.biology])]
    rows = [(row["trial"], row["arm"], row["endpoint"], *_pair(row)) for row in _records(shown)]
    return ["## Biology\n", *table_rows(("trial", "arm", "measure", "simulated", "target"), rows)]


def _parameters(table: pd.DataFrame) -> list[str]:
    rows = [
        (
            row["name"],
            row["group"],
            f"{row['start']:.3g}",
            f"{row['value']:.3g}",
            f"{row['lower']:.3g} to {row['upper']:.3g}",
            f"{row['low']:g} to {row['high']:g}",
            f"{row['contraction']:.2f}",
            row["at_bound"],
        )
        for row in _records(table.fillna({"at_bound": ""}))
    ]
    head = ("parameter", "group", "start", "value", "95 %", "searched", "contraction", "at a bound")
    return [PARAMETERS_TEXT, *table_rows(head, rows)]


def _trial(title: str, table: pd.DataFrame) -> list[str]:
    names = sorted(table["endpoint"].unique(), key=_place)
    rows = []
    for arm, own in table.groupby("arm", sort=False):
        at = {row["endpoint"]: " / ".join(_pair(row)) for row in reversed(_records(own))}
        rows.append((arm, *(at.get(name, "–") for name in names)))
    return [f"## {title}\n", *table_rows(("arm", *names), rows)]


def _place(name: str) -> tuple[int, str]:
    """Where an endpoint stands in a table: by kind, then median, ratio and landmarks in time."""
    head, _, rest = name.partition("_")
    months = rest.removesuffix("mo")
    place = months.zfill(3) if months.isdecimal() else {"median": "", "HR": "0"}.get(rest, rest)
    return (_ORDER.index(head) if head in _ORDER else len(_ORDER), place)


def _pair(row: dict[str, Any]) -> tuple[str, str]:
    return figure_text(row["simulated"]), figure_text(row["published"])


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _hazards(second: float, fifth: float) -> float:
    if not (second > 0 and fifth > 0 and second < 100):
        return float("nan")
    return float(np.log(second / fifth) / 3 / (np.log(100 / second) / 2))


def _ordered(rates: pd.DataFrame) -> bool:
    """Whether arms stand in the published order of response, as far as that is clear."""
    got, want = rates["simulated"].to_numpy(), rates["published"].to_numpy()
    pairs = [(i, j) for i in range(len(want)) for j in range(len(want)) if want[i] - want[j] > NEAR]
    return all(got[i] > got[j] for i, j in pairs)
