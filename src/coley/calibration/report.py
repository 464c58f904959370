"""The page of a calibration: every trial, fitted or predicted, figure by figure, with the look-up beside predictions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from coley.calibration.figures import figures
from coley.calibration.leave_out import FILE as LEFT_OUT
from coley.calibration.leave_out import scores
from coley.calibration.lookup import look_up, treated
from coley.calibration.plan import CalibrationPlan
from coley.catalogue import Catalogue

_ORDER = ("ORR", "CR", "DCR", "DOR", "PFS", "OS")
_THIRD = 1 / 3
NEAR = 2.0
"""Points of response within which the order of two arms is left open."""

INTRODUCTION = """# What calibration reached

{title}. {summary}

Written by `coley calibrate --report`. Simulated figures come from the same virtual patients as the fit. **A fitted
figure is no prediction**: predictions are the trials under "Left out" and "Never fitted", and they alone say how well
the model foresees a trial that it has not seen.

In the tables of trials a cell is simulated / published; `–` is not reached or not published. Rates in percent, medians
in months. Every published figure is compared at its own data cut.
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
    """The fit in a few lines, of arms and not of strata."""
    arms = table[~table["arm"].str.contains(" | ", regex=False)]
    rates = arms[arms["endpoint"] == "ORR"]
    error = (rates["simulated"] - rates["published"]).abs()
    medians = arms[arms["endpoint"].isin(["PFS_median", "OS_median"])]
    near = (medians["simulated"] / medians["published"] - 1).abs() <= _THIRD
    ratios = arms[arms["endpoint"].str.endswith("_HR")]
    off = np.log(ratios["simulated"] / ratios["published"]).abs()
    inside = (table["standardised"].abs() <= 1.959964).sum()
    trials = list(rates.groupby("trial", sort=False))
    right = sum(_ordered(rows) for _, rows in trials)
    return [
        "## The fit\n",
        f"- objective response: mean absolute error {error.mean():.1f} points over {len(rates)} arms, at most "
        f"{error.max():.1f}",
        f"- order of the arms by objective response: right in {right} of {len(trials)} trials (arms within {NEAR:g} points "
        "may swap)",
        f"- medians of PFS and OS within a third of published: {near.sum()} of {len(medians)}",
        f"- hazard ratios: mean absolute error of the logarithm {off.mean():.2f} over {len(ratios)}",
        f"- figures within two standard deviations of what sampling and the model's known discrepancy allow: {inside} of "
        f"{len(table)}, strata included\n",
        "Largest misfits:\n",
        *_rows(
            ("trial", "arm", "figure", "simulated", "published", "in standard deviations"),
            (
                (r.trial, r.arm, r.endpoint, _number(r.simulated), _number(r.published), f"{r.standardised:+.1f}")
                for r in table.reindex(table["standardised"].abs().sort_values(ascending=False).index)[:15].itertuples()
            ),
        ),
    ]


def _left_out(table: pd.DataFrame | None) -> list[str]:
    if table is None:
        return []
    names = ", ".join(table["trial"].drop_duplicates())
    return [
        "## Left out\n",
        "Each of these trials was predicted from a fit without its figures: "
        + names
        + ". The look-up copies the figure of the",
        "most similar fitted arm of another trial (same cancer, same drug classes, same line, nearest selection by biomarkers);",
        "errors are over the figures that have one. Coverage is the share of published figures inside the model's 95 %",
        "intervals.\n",
        *_rows(
            ("figures", "number", "model's error", "look-up's error", "coverage"),
            (
                (r.figures, r.n, _number(r.model), _number(r.looked_up), f"{100 * r.coverage:.0f} %")
                for r in scores(table).itertuples()
            ),
        ),
        *_predictions(table),
    ]


def _never_fitted(plan: CalibrationPlan, catalogue: Catalogue, table: pd.DataFrame) -> list[str]:
    if not plan.predict:
        return []
    known = figures(plan, catalogue, 1)
    arms = treated(catalogue, [*plan.fit, *plan.predict])
    copied = {}
    for figure in known:
        other = look_up(figure, known, arms) if figure.study in plan.predict else None
        if other is not None:
            copied[figure.study, figure.arm, figure.endpoint] = (other.published, f"{other.study}: {other.arm}")
    shown = table[table["trial"].isin(plan.predict)]
    keys = list(zip(shown["trial"], shown["arm"], shown["endpoint"], strict=True))
    shown = shown.assign(
        looked_up=[copied.get(key, (np.nan, ""))[0] for key in keys],
        looked_up_from=[copied.get(key, (np.nan, ""))[1] for key in keys],
    )
    return [
        "## Never fitted\n",
        "Trials that no parameter was fitted to, with the fitted values.\n",
        *_predictions(shown),
    ]


def _predictions(table: pd.DataFrame) -> list[str]:
    """Responses and hazard ratios one by one, with their intervals."""
    shown = table[(table["endpoint"] == "ORR") | table["endpoint"].str.endswith("_HR")]
    return _rows(
        ("trial", "arm", "figure", "predicted (95 %)", "published", "look-up", "from"),
        (
            (
                r.trial,
                r.arm,
                r.endpoint,
                f"{_number(r.simulated)} ({_number(max(r.lower, 0.0))} to {_number(r.upper)})",
                _number(r.published),
                _number(r.looked_up),
                r.looked_up_from if isinstance(r.looked_up_from, str) and r.looked_up_from else "–",
            )
            for r in shown.itertuples()
        ),
    )


def _flattening(table: pd.DataFrame) -> list[str]:
    """Hazard of death in years three to five over that of the first two, where both landmarks are published."""
    rows = []
    for (trial, arm), figures_ in table.groupby(["trial", "arm"], sort=False):
        at = figures_.drop_duplicates("endpoint").set_index("endpoint")
        if {"OS_24mo", "OS_60mo"} <= set(at.index):
            ratios = [_hazards(at.loc["OS_24mo", side], at.loc["OS_60mo", side]) for side in ("simulated", "published")]
            rows.append((str(trial), str(arm), *(f"{ratio:.2f}" for ratio in ratios)))
    if not rows:
        return []
    return [
        "## Flattening of survival\n",
        "Hazard of death in years three to five, relative to that of the first two years, from survival at 24 and 60 months. The",
        "smaller, the flatter the curve.\n",
        *_rows(("trial", "arm", "simulated", "published"), rows),
    ]


def _biology(plan: CalibrationPlan, table: pd.DataFrame) -> list[str]:
    if not plan.biology:
        return []
    shown = table[table["endpoint"].isin([target.measure for target in plan.biology])]
    return [
        "## Biology\n",
        *_rows(
            ("trial", "arm", "measure", "simulated", "target"),
            ((r.trial, r.arm, r.endpoint, _number(r.simulated), _number(r.published)) for r in shown.itertuples()),
        ),
    ]


def _parameters(table: pd.DataFrame) -> list[str]:
    return [
        "## Parameters\n",
        "The interval is the approximate posterior's (95 %); contraction is its standard deviation over that of the prior: near 1",
        "the figures say nothing of the parameter, and it stays where the prior has it.\n",
        *_rows(
            ("parameter", "group", "start", "value", "95 %", "searched", "contraction", "at a bound"),
            (
                (
                    r.name,
                    r.group,
                    f"{r.start:.3g}",
                    f"{r.value:.3g}",
                    f"{r.lower:.3g} to {r.upper:.3g}",
                    f"{r.low:g} to {r.high:g}",
                    f"{r.contraction:.2f}",
                    r.at_bound if isinstance(r.at_bound, str) else "",
                )
                for r in table.itertuples(index=False)
            ),
        ),
    ]


def _trial(title: str, table: pd.DataFrame) -> list[str]:
    names = sorted(table["endpoint"].unique(), key=_endpoint_order)
    rows = []
    for arm, figures_ in table.groupby("arm", sort=False):
        cells = figures_.drop_duplicates("endpoint").set_index("endpoint")
        rows.append((str(arm).replace("|", "–"), *(_cell(cells, name) for name in names)))
    return [f"## {title}\n", *_rows(("arm", *names), rows)]


def _endpoint_order(name: str) -> tuple[int, int, int]:
    head, _, rest = name.partition("_")
    months = int(rest.removesuffix("mo")) if rest.endswith("mo") else 0
    return (
        _ORDER.index(head) if head in _ORDER else len(_ORDER),
        ("median", "HR").index(rest) if rest in ("median", "HR") else 2,
        months,
    )


def _cell(cells: pd.DataFrame, name: str) -> str:
    if name not in cells.index:
        return "–"
    return f"{_number(cells.loc[name, 'simulated'])} / {_number(cells.loc[name, 'published'])}"


def _hazards(second: float, fifth: float) -> float:
    if not (second > 0 and fifth > 0 and second < 100):
        return float("nan")
    return float(np.log(second / fifth) / 3 / (np.log(100 / second) / 2))


def _ordered(rates: pd.DataFrame) -> bool:
    """Whether arms stand in the published order of response, as far as that is clear."""
    got, want = rates["simulated"].to_numpy(), rates["published"].to_numpy()
    pairs = [(i, j) for i in range(len(want)) for j in range(len(want)) if want[i] - want[j] > NEAR]
    return all(got[i] > got[j] for i, j in pairs)


def _rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace(" | ", " – ") for cell in row) + " |" for row in rows]
    return [*lines, ""]


def _number(value: float) -> str:
    """Two decimals for ratios and small numbers, one for the rest."""
    if np.isnan(value):
        return "–"
    return f"{value:.2f}" if abs(value) < 3 else f"{value:.1f}"
