"""Published SBML models: time courses beside libRoadRunner and COPASI, and the time of a population.

    python benchmarks/biomodels.py PATH [--speed] [--only NAME] [--limit SECONDS] [--csv FILE]

PATH is a folder or a zip of SBML files. Each model runs in a process of its own, with a time limit. It runs for 100 of
its own units of time, or for 10 or 1 where libRoadRunner comes no further, with 51 outputs. Compared is everything that
may change with time: amounts of species, and what rules and events change. An error is the largest deviation over
variables and outputs, relative to the value, a millionth of the variable's largest value or 1e-10, whichever is
largest. Where that is above 1e-4 against libRoadRunner, COPASI decides; both run at a relative tolerance of 1e-11 and
an absolute one of 1e-14. coley's are 1e-9, and 1e-9 of each state's scale.

With ``--speed``, 200, 1,000 and 10,000 individuals whose parameters differ by 20 % run on one core, over a range of
tolerances; compared is the processor's time at an error of 1e-5 (root mean square). libRoadRunner follows one
individual after the other, compiled once: the first 20 are timed, and their mean is taken for all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from models import machine
from races import SIZES, race
from simulators import CannotSimulateError, copasi_course, roadrunner_course, variables

import coley
from coley.engine import solve
from coley.errors import ColeyError

TIGHT, OURS = 1e-11, 1e-9
ALLOWED = 1e-4
SMALL = 1e-6  # of a variable's largest value; below that a deviation counts less
LEAST = 1e-10  # and below this, where an absolute tolerance of 1e-14 lets nobody know a value within 1e-4
OUTPUTS = 51
HORIZONS = (100.0, 10.0, 1.0)


def error(values: np.ndarray, reference: np.ndarray) -> tuple[float, int]:
    """The largest relative deviation, and of which column; columns that the reference lacks do not count."""
    least = np.maximum(SMALL * np.nanmax(np.abs(reference), axis=0, initial=0.0), LEAST)
    deviation = np.abs(values - reference) / np.maximum(np.abs(reference), least)
    known = ~np.isnan(reference)
    worst = np.where(known, np.where(np.isnan(deviation), np.inf, deviation), 0.0).max(axis=0)
    return float(worst.max(initial=0.0)), int(worst.argmax()) if worst.size else 0


def reference(path: Path, names: list[str]) -> tuple[np.ndarray, np.ndarray | None, str]:
    """Times, and libRoadRunner's values at them; its own words where it follows the model nowhere."""
    words = ""
    for horizon in HORIZONS:
        times = np.linspace(0, horizon, OUTPUTS)
        try:
            return times, roadrunner_course(path, times, names, TIGHT), ""
        except CannotSimulateError as refusal:
            words = str(refusal)
    return np.linspace(0, HORIZONS[-1], OUTPUTS), None, words


def compare(path: Path) -> dict[str, object]:
    """One row of the table."""
    row: dict[str, object] = {"model": path.stem}
    try:
        begin = time.perf_counter()
        system = coley.load_sbml(path)
        row |= {"load_s": time.perf_counter() - begin, "states": len(system.states)}
    except ColeyError as refusal:
        return row | {"outcome": "refused", "reason": str(refusal)}
    names = variables(path)
    times, peer, words = reference(path, names)
    row |= {"time": times[-1], "variables": len(names)}
    solution = solve(system, times, observables=names, rtol=OURS, threads=1)
    if (status := str(solution["status"].values[0])) != "ok":
        return row | {"outcome": "fails", "reason": f"{status}: {solution['reason'].values[0]}; libRoadRunner: {words}"}
    values = np.stack([solution[name].values[0] for name in names], axis=1)
    if peer is not None:
        row["from_roadrunner"], worst = error(values, peer)
        row["worst"] = names[worst] if names else ""
        if row["from_roadrunner"] <= ALLOWED:
            return row | {"outcome": "agrees"}
    return row | vote(path, times, names, values, peer, words)


def vote(
    path: Path, times: np.ndarray, names: list[str], values: np.ndarray, peer: np.ndarray | None, words: str
) -> dict[str, object]:
    """What COPASI says where libRoadRunner does not agree."""
    try:
        third = copasi_course(path, times, names, TIGHT)
    except CannotSimulateError as refusal:
        return {"outcome": "differs" if peer is not None else "alone", "reason": f"{words} COPASI: {refusal}".strip()}
    ours, worst = error(values, third)
    row: dict[str, object] = {"from_copasi": ours, "reason": words}
    if ours <= ALLOWED:
        return row | {"outcome": "agrees with COPASI"}
    between = np.inf if peer is None else error(peer, third)[0]
    outcome = "differs" if between <= ALLOWED else "all differ"
    return row | {"outcome": outcome, "reason": f"{words} COPASI from libRoadRunner: {between:.1e}, in {names[worst]}"}


def one(path: Path, speed: bool) -> dict[str, object]:
    row = compare(path)
    if speed and str(row["outcome"]).startswith("agrees"):
        row |= race(path, float(str(row["time"])))
    return row


def apart(path: Path, speed: bool, limit: float) -> dict[str, object]:
    """A row from a process of its own."""
    command = [sys.executable, __file__, str(path), "--one", *(["--speed"] if speed else [])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"model": path.stem, "outcome": "fails", "reason": f"took more than {limit:g} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        return {"model": path.stem, "outcome": "fails", "reason": f"exit {done.returncode}: {last}"}
    return dict(json.loads(lines[-1]))


def files(path: Path, folder: Path) -> Iterator[Path]:
    """The SBML files under a folder or in a zip, which is unpacked into ``folder``."""
    if path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        path = folder
    yield from sorted(path.rglob("*.xml"))


def line(row: dict[str, object]) -> str:
    shown = f"{row['model']:18} {row['outcome']:19} {row.get('states', ''):>6} {row.get('time', ''):>6} "
    shown += " ".join(f"{row[key]:10.1e}" if key in row else " " * 10 for key in ("from_roadrunner", "from_copasi"))
    if "peer_ms" in row:
        shown += f" {row['ms_1000']:9.3f} {row['peer_ms']:9.3f}" + "".join(f" {row[f'ratio_{n}']:7.1f}" for n in SIZES)
    return f"{shown} {row.get('reason', '')}".rstrip()


def summary(table: pd.DataFrame) -> Iterator[str]:
    yield "  ".join(f"{outcome}: {n}" for outcome, n in table["outcome"].value_counts().items())
    refused = [str(row.reason) for row in table.itertuples() if row.outcome == "refused"]
    yield from (f"refused {n}: {reason}" for reason, n in Counter(refused).most_common())
    for size in SIZES if "peer_ms" in table else ():
        ratio = table[f"ratio_{size}"].dropna()
        spread = f"median {ratio.median():.1f}, least {ratio.min():.2f}, most {ratio.max():.1f}"
        yield f"{size} individuals, time of libRoadRunner over ours: {spread}, of {len(ratio)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--only", default="", help="models whose name contains this")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a model")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.path, options.speed)))
        return
    print(f"{machine()}; one core\n")
    print(f"{'':18} {'':19} {'states':>6} {'time':>6} {'libRR':>10} {'COPASI':>10}", end="")
    print(f" {'coley, ms':>9} {'libRR, ms':>9}" + "".join(f" {n:>7}" for n in SIZES) if options.speed else "")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for path in files(options.path, Path(folder)):
            if options.only in path.stem:
                rows.append(apart(path, options.speed, options.limit))
                print(line(rows[-1]), flush=True)
    table = pd.DataFrame(rows)
    print("", *summary(table), sep="\n")
    if options.csv:
        table.to_csv(options.csv, index=False)


if __name__ == "__main__":
    main()
