"""A published trial from the command line to its report, and where the time goes.

    python benchmarks/run.py [--repeats 5]

`coley run checkmate-067`: three arms of 1,000 virtual patients, five years, with the report. Every number is that of a
new process, as median over repeats: seconds on the clock, and of the processors in all threads, which other work on the
machine disturbs less. "First" is one run with empty caches of kernels and of the driver.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

TRIAL = "checkmate-067"
IMPORTED = ("coley.cli.commands", "coley.cli.options", "coley.report", "coley.trial", "coley.engine.rosenbrock")
FUNCTIONS = {
    "population": ("coley.trial.run", "recruit"),
    "simulation": ("coley.trial.run", "follow"),
    "endpoints": ("coley.trial.run", "summarise"),
    "tables": ("coley.trial.run", "_result"),
    "figures": ("coley.report.write", "drawings"),
    "page": ("coley.report.write", "render_page"),
    "files": ("coley.report.write", "write_report"),
}
INSIDE = {"tables": ("endpoints",), "files": ("figures", "page")}
"""Stages within others, whose time is theirs alone."""
ROWS = ("import", *FUNCTIONS, "other", "all")
Seconds = list[float]


def clocks() -> Seconds:
    """Now, on the clock and of the processors."""
    return [time.perf_counter(), time.process_time()]


def spent(since: Seconds) -> Seconds:
    return [now - then for now, then in zip(clocks(), since, strict=True)]


def minus(whole: Seconds, *parts: Seconds) -> Seconds:
    return [total - sum(part) for total, *part in zip(whole, *parts, strict=True)]


def timed(function: Callable[..., Any], total: Seconds) -> Callable[..., Any]:
    """``function``, which adds what it takes to ``total``."""

    def call(*args: Any, **keywords: Any) -> Any:
        begin = clocks()
        try:
            return function(*args, **keywords)
        finally:
            total[:] = [have + more for have, more in zip(total, spent(begin), strict=True)]

    return call


def inside(folder: Path) -> dict[str, Seconds]:
    """Run the command in this process; what each stage took."""
    gc.disable()  # as the command does for its imports
    begin = clocks()
    for name in (*IMPORTED, "lifelines"):
        importlib.import_module(name)
    took = {"import": spent(begin)} | {stage: [0.0, 0.0] for stage in FUNCTIONS}
    for stage, (module, name) in FUNCTIONS.items():
        for place in (sys.modules[module], sys.modules[module.rpartition(".")[0]]):
            if hasattr(place, name):
                setattr(place, name, timed(getattr(place, name), took[stage]))
    sys.modules["coley.cli.commands"].app(["run", TRIAL, "--out", str(folder / "report")], standalone_mode=False)
    for stage, parts in INSIDE.items():
        took[stage] = minus(took[stage], *(took[part] for part in parts))
    return took


def outside(caches: str | None = None) -> dict[str, Seconds]:
    """The same in a new process, with what the process as a whole took and what no stage has."""
    more = {"XDG_CACHE_HOME": caches, "NUMBA_CACHE_DIR": f"{caches}/numba"} if caches else {}
    with tempfile.TemporaryDirectory() as folder:
        used, begin = os.times(), time.perf_counter()
        call = [sys.executable, __file__, "--inside", folder]
        subprocess.run(call, check=True, capture_output=True, env=os.environ | more)
        seconds, after = time.perf_counter() - begin, os.times()
        took: dict[str, Seconds] = json.loads((Path(folder) / "took.json").read_text())
    processors = after.children_user + after.children_system - used.children_user - used.children_system
    everything = [seconds, processors]
    return {**took, "other": minus(everything, *took.values()), "all": everything}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        (given.inside / "took.json").write_text(json.dumps(inside(given.inside)))
        return
    from models import machine  # imports coley, which a run inside has to time

    print(f"{machine()}\n\n{'':12} {'seconds':>9} {'CPU':>7} {'first, s':>9} {'CPU':>7}", flush=True)
    with tempfile.TemporaryDirectory() as caches:
        first = outside(caches)
    outside()
    again = [outside() for _ in range(given.repeats)]
    for row in ROWS:
        wall, processors = (median(took[row][i] for took in again) for i in (0, 1))
        print(f"{row:12} {wall:9.2f} {processors:7.2f} {first[row][0]:9.2f} {first[row][1]:7.2f}")


if __name__ == "__main__":
    main()
