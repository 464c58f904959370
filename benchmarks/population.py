"""A virtual population as published ones are run: 17 doses, 857 days, a model of at least 150 states.

    python benchmarks/population.py [--individuals 1000000] [--outputs 2] [--small]

The published peer takes 34 s on 960 processors for 10,000 patients of 164 species. No assembled model is that large
yet: here the one with all drugs stands beside a network that fills it up. Shown is the cost by number of individuals,
on all cores, and the memory at the end of each.
"""

from __future__ import annotations

import argparse
import os
import resource
import time

import numpy as np
from models import assembled, control, machine, network, population

from coley.engine import rosenbrock
from coley.system import System

DAYS, RTOL, PART = 857.0, 1e-4, 10_000


def large() -> System:
    """The assembled melanoma model with all drugs, and a network, as one system of at least 150 states."""
    first = assembled("melanoma")
    rest = network(150 - len(first.states))
    parts = ("states", "parameters", "rules", "reactions")
    return System("large", **{part: (*getattr(first, part), *getattr(rest, part)) for part in parts})


def solved(system: System, n: int, times: np.ndarray, threads: int) -> tuple[float, int]:
    """Seconds for ``n`` individuals, and how many failed. They go through in parts, of which nothing is kept."""
    doses = [(21.0 * i, 240.0, 0.04, "A1_nivolumab") for i in range(17)]
    seconds, failed = 0.0, 0
    for first in range(0, n, PART):
        batch = population(system, min(PART, n - first), times, doses, seed=first)
        begin = time.perf_counter()
        paths = rosenbrock.follow(system, batch, control(system, RTOL), threads)
        seconds += time.perf_counter() - begin
        failed += int((paths.status != "ok").sum())
    return seconds, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--individuals", type=int, default=10_000, help="the most")
    parser.add_argument("--outputs", type=int, default=30, help="times at which all states are kept")
    parser.add_argument("--small", action="store_true", help="the assembled model with nivolumab and ipilimumab alone")
    arguments = parser.parse_args()
    system = assembled("melanoma", ("nivolumab", "ipilimumab")) if arguments.small else large()
    threads, times = os.cpu_count() or 1, np.linspace(0, DAYS, arguments.outputs)
    print(f"{machine()}; {len(system.states)} states, {len(system.parameters)} parameters, rtol {RTOL:g}, "
          f"{arguments.outputs} outputs\n")  # fmt: skip
    solved(system, 8, times, 1)  # compiles
    print(f"{'individuals':>12} {'seconds':>9} {'ms each':>9} {'failed':>7} {'MiB at most':>12}")
    n = 100
    while n <= arguments.individuals:
        seconds, failed = solved(system, n, times, threads)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{n:12,} {seconds:9.2f} {seconds / n * 1e3:9.3f} {failed:7} {memory:12.0f}", flush=True)
        n *= 10


if __name__ == "__main__":
    main()
