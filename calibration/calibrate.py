"""Fit the free parameters of one cancer to the published arms of its trials. See README.md beside this file."""

from __future__ import annotations

import argparse
import dataclasses
import json
import tomllib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cma
import numpy as np
import pandas as pd

from coley.catalogue import Cancer, Catalogue, Drug, Physiology, load_catalogue
from coley.trial.run import predict

HERE = Path(__file__).parent
# One unit of misfit: what a published arm of some 300 patients leaves uncertain, and the model may well miss.
RATE_ERROR = {"ORR": 4.0, "CR": 5.0, "DCR": 10.0}
LANDMARK_ERROR = 6.0  # percentage points
MEDIAN_ERROR = 0.2  # of the logarithm
NOT_REACHED = 61.0  # months, for a simulated median beyond follow-up


def changed(catalogue: Catalogue, values: dict[str, float]) -> Catalogue:
    """The catalogue with other values at the given paths."""
    tree: dict[str, Any] = {
        "cancers": {name: cancer.model_dump() for name, cancer in catalogue.cancers.items()},
        "drugs": {name: drug.model_dump() for name, drug in catalogue.drugs.items()},
        "physiology": catalogue.physiology.model_dump(),
    }
    for path, value in values.items():
        *parents, last = path.split(".")
        node: Any = tree
        for key in parents:
            node = node[int(key)] if key.isdigit() else node[key]
        node[last] = value
    return dataclasses.replace(
        catalogue,
        cancers={name: Cancer.model_validate(cancer) for name, cancer in tree["cancers"].items()},
        drugs={name: Drug.model_validate(drug) for name, drug in tree["drugs"].items()},
        physiology=Physiology.model_validate(tree["physiology"]),
    )


def simulate(task: tuple[str, dict[str, float], int]) -> pd.DataFrame:
    """Summary of one trial under other values."""
    name, values, patients = task
    catalogue = changed(load_catalogue(), values)
    table = predict(catalogue.trials[name], catalogue, patients=patients, seed=1, threads=1)
    return table.assign(trial=name)


def misfit(table: pd.DataFrame) -> float:
    """Sum over published figures of the squared misfit, hazard ratios and durations of response left out."""
    total = 0.0
    for row in table[table["published"].notna()].itertuples():
        if row.endpoint in RATE_ERROR:
            error = (row.predicted - row.published) / RATE_ERROR[row.endpoint]
        elif row.endpoint.endswith("mo"):
            error = (np.nan_to_num(row.predicted) - row.published) / LANDMARK_ERROR
        elif row.endpoint in ("PFS_median", "OS_median"):
            months = NOT_REACHED if np.isnan(row.predicted) else row.predicted
            error = np.log(months / min(row.published, NOT_REACHED)) / MEDIAN_ERROR
        else:
            continue
        total += min(error**2, 25.0)
    return total


class Box:
    """The free parameters of one cancer as points of the unit cube, each on its own scale."""

    def __init__(self, free: dict[str, dict[str, Any]], fixed: dict[str, float]) -> None:
        self.paths, self.fixed = list(free), fixed
        self.low, self.high = (np.array([free[path][side] for path in self.paths]) for side in ("low", "high"))
        self.logarithmic = np.array([free[path]["scale"] == "log" for path in self.paths])

    def values(self, x: np.ndarray) -> dict[str, float]:
        """Values at a point, the fixed ones among them."""
        mixed = np.where(
            self.logarithmic, self.low * (self.high / self.low) ** x, self.low + (self.high - self.low) * x
        )
        return {**self.fixed, **dict(zip(self.paths, map(float, mixed), strict=True))}

    def point(self, values: dict[str, float]) -> np.ndarray:
        """The point with these values, a little inside the cube."""
        at = np.array([values[path] for path in self.paths])
        logs = np.log(at / self.low) / np.log(self.high / self.low)
        return np.clip(np.where(self.logarithmic, logs, (at - self.low) / (self.high - self.low)), 0.02, 0.98)


def main() -> None:
    """Search from the start, and write each improvement as it is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cancer")
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--evaluations", type=int, default=600)
    parser.add_argument("--step", type=float, default=0.1, help="first step, as a share of each range")
    parser.add_argument("--start", type=Path, help="values to start from, as written by --out; default the catalogue's")
    parser.add_argument("--out", type=Path, default=Path("calibrated.json"))
    options = parser.parse_args()
    plan = tomllib.loads((HERE / "free.toml").read_text())[options.cancer]
    free, trials = plan["parameters"], plan["trials"]
    given = json.loads(options.start.read_text())["values"] if options.start else {}
    box = Box(free, {path: value for path, value in given.items() if path not in free})
    start = box.point({path: given.get(path, _now(path)) for path in free})
    settings = {"bounds": [0, 1], "seed": 1, "maxfevals": options.evaluations, "verbose": -9}
    search = cma.CMAEvolutionStrategy(start, options.step, settings)
    best = np.inf
    with ProcessPoolExecutor() as pool:
        while not search.stop():
            points = search.ask()
            tasks = [(trial, box.values(x), options.patients) for x in points for trial in trials]
            tables = list(pool.map(simulate, tasks))
            fits = [pd.concat(tables[k : k + len(trials)]) for k in range(0, len(tables), len(trials))]
            scores = [misfit(table) for table in fits]
            search.tell(points, scores)
            k = int(np.argmin(scores))
            if scores[k] < best:
                best = scores[k]
                options.out.write_text(json.dumps({"misfit": best, "values": box.values(points[k])}, indent=1))
                fits[k].to_csv(options.out.with_suffix(".csv"), index=False)
            print(f"{search.countevals} evaluations, misfit {scores[k]:.1f}, best {best:.1f}", flush=True)


def _now(path: str) -> float:
    """The value that the catalogue has at a path."""
    node: Any = load_catalogue()
    for key in path.split("."):
        node = node[int(key)] if key.isdigit() else node[key] if isinstance(node, dict) else getattr(node, key)
    return float(node)


if __name__ == "__main__":
    main()
