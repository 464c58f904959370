"""A virtual population as published ones are run: 17 doses, 857 days, a model of at least 150 states.

    python benchmarks/population.py [--individuals 10000]

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

DAYS, OUTPUTS, RTOL = 857.0, 30, 1e-4


def large() -> System:
    """The assembled melanoma model with all drugs, and a network, as one system of at least 150 states."""
    first = assembled("melanoma")
    rest = network(150 - len(first.states))
    parts = ("states", "parameters", "rules", "reactions")
    return System("large", **{part: (*getattr(first, part), *getattr(rest, part)) for part in parts})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--individuals", type=int, default=10_000)
    most = parser.parse_args().individuals
    system, threads = large(), os.cpu_count() or 1
    doses = [(21.0 * i, 240.0, 0.04, "A1_nivolumab") for i in range(17)]
    times = np.linspace(0, DAYS, OUTPUTS)
    print(f"{machine()}; {len(system.states)} states, {len(system.parameters)} parameters, rtol {RTOL:g}\n")
    rosenbrock.follow(system, population(system, 8, times, doses), control(system, RTOL), 1)
    print(f"{'individuals':>12} {'seconds':>9} {'ms each':>9} {'failed':>7} {'MiB at most':>12}")
    n = 100
    while n <= most:
        batch = population(system, n, times, doses)
        begin = time.perf_counter()
        paths = rosenbrock.follow(system, batch, control(system, RTOL), threads)
        seconds = time.perf_counter() - begin
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        failed = int((paths.status != "ok").sum())
        print(f"{n:12,} {seconds:9.2f} {seconds / n * 1e3:9.3f} {failed:7} {memory:12.0f}", flush=True)
        n *= 10


if __name__ == "__main__":
    main()
