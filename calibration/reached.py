"""Run the calibrated trials and write docs/calibration.md: simulated beside published, misses included."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from coley.catalogue import load_catalogue
from coley.catalogue.schema import Trial
from coley.trial.run import predict

OUT = Path(__file__).parent.parent / "docs" / "calibration.md"
ENDPOINTS = ("ORR", "CR", "PFS_median", "OS_median", "PFS_12mo", "OS_12mo", "OS_24mo", "OS_60mo", "PFS_HR", "OS_HR")
THIRD = 1 / 3
SIDES = ("predicted", "published")

INTRODUCTION = """# What calibration reached

The parameters marked `calibrated` in the catalogue were fitted to the arms below: one set for melanoma, one for lung
cancer, physiology and drugs shared by both. None belongs to one arm. The figures below are therefore fits, not
predictions. Written by `python calibration/reached.py` with {patients} virtual patients per arm and seed {seed}, which
is not the seed of the calibration.

Each cell is simulated / published; `–` is not reached or not published. Rates in percent, medians in months. Each
published figure is compared at its own data cut.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    catalogue = load_catalogue()
    trials = [trial for trial in catalogue.trials.values() if trial.calibrated]
    tables = {t.name: predict(t, catalogue, patients=options.patients, seed=options.seed) for t in trials}
    parts = [INTRODUCTION.format(patients=options.patients, seed=options.seed)]
    parts += [
        _summary(trials, tables),
        _plateau(trials, tables),
        *(_trial(trial, tables[trial.name]) for trial in trials),
    ]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("\n".join(parts), encoding="utf-8")


def _summary(trials: list[Trial], tables: dict[str, pd.DataFrame]) -> str:
    table = pd.concat([tables[t.name].assign(trial=t.name) for t in trials])
    known = table[table["published"].notna()]
    rates = known[known["endpoint"] == "ORR"]
    error = (rates["predicted"] - rates["published"]).abs()
    medians = known[known["endpoint"].isin(["PFS_median", "OS_median"])]
    near = (medians["predicted"] / medians["published"] - 1).abs() <= THIRD
    ratios = known[known["endpoint"].str.endswith("_HR")]
    off = np.log(ratios["predicted"] / ratios["published"]).abs()
    judged = known[known[["lower", "upper"]].notna().all(axis=1)]
    inside = judged["published"].between(judged["lower"], judged["upper"])
    lines = [
        "## In all\n",
        f"- objective response: mean absolute error {error.mean():.1f} points over {len(rates)} arms, "
        f"at most {error.max():.1f}",
        f"- order of the arms by objective response: right in {_ordered(trials, tables)} of {len(trials)} trials",
        f"- medians of PFS and OS within a third of published: {near.sum()} of {len(medians)}",
        f"- hazard ratios: mean absolute error of the logarithm {off.mean():.2f} over {len(ratios)}",
        f"- published figure inside the simulated 95 % interval at the arm's size: {inside.sum()} of {len(judged)}\n",
    ]
    return "\n".join(lines)


def _plateau(trials: list[Trial], tables: dict[str, pd.DataFrame]) -> str:
    """Hazard of death in years three to five over that of the first two, where both landmarks are published."""
    lines = [
        "## Flattening of survival\n",
        "Hazard of death in years three to five, relative to that of the first two years, from the survival at 24 and",
        "60 months. The smaller, the flatter the curve.\n",
        "| trial | arm | simulated | published |",
        "|---|---|---|---|",
    ]
    for trial in trials:
        for arm, rows in tables[trial.name].groupby("arm", sort=False):
            at = rows.set_index("endpoint")
            if {"OS_24mo", "OS_60mo"} <= set(at.index[at["published"].notna()]):
                ratios = [_flattening(at.loc["OS_24mo", side], at.loc["OS_60mo", side]) for side in SIDES]
                lines.append(f"| {trial.name} | {arm} | {ratios[0]:.2f} | {ratios[1]:.2f} |")
    return "\n".join([*lines, ""])


def _flattening(second: float, fifth: float) -> float:
    return float(np.log(second / fifth) / 3 / (np.log(100 / second) / 2))


def _ordered(trials: list[Trial], tables: dict[str, pd.DataFrame]) -> int:
    """Trials whose arms stand in the published order of response; arms within two points of each other may swap."""
    right = 0
    for trial in trials:
        rows = tables[trial.name].query("endpoint == 'ORR'")
        got, want = rows["predicted"].to_numpy(), rows["published"].to_numpy()
        pairs = [(i, j) for i in range(len(want)) for j in range(len(want)) if want[i] - want[j] > 2.0]
        right += all(got[i] > got[j] for i, j in pairs)
    return right


def _trial(trial: Trial, table: pd.DataFrame) -> str:
    head = [name for name in ENDPOINTS if (table["endpoint"] == name).any()]
    lines = [f"## {trial.title}\n", "| arm | " + " | ".join(head) + " |", "|---|" + "---|" * len(head)]
    for arm, rows in table.groupby("arm", sort=False):
        cells = rows.set_index("endpoint")
        lines.append(f"| {arm} | " + " | ".join(_cell(cells, name) for name in head) + " |")
    return "\n".join([*lines, ""])


def _cell(cells: pd.DataFrame, name: str) -> str:
    if name not in cells.index:
        return "–"
    return " / ".join(_number(cells.loc[name, side], name) for side in SIDES)


def _number(value: float, name: str) -> str:
    if np.isnan(value):
        return "–"
    return f"{value:.2f}" if name.endswith("_HR") else f"{value:.1f}"


if __name__ == "__main__":
    main()
