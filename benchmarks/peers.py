"""Time per individual of the default backend beside CVODE, at the same achieved error, on one core.

    python benchmarks/peers.py [--quick]

Same equations, same doses and outputs. Both run over a range of tolerances; the time at an error is read off between
the points. Errors are against CVODE at a far tighter tolerance: root mean square over individuals, outputs and states
of the deviation, relative to the state or its scale, whichever is larger. CVODE runs through scikit-sundae, with the
analytic Jacobian and compiled rates behind Python callbacks: a C program around CVODE has no such callbacks, and would
be faster than what is compared with here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from models import DAYS_PER_YEAR, assembled, control, machine, network, population

from coley.engine import cvode, rosenbrock
from coley.engine.batch import Batch, Paths
from coley.system import System

Run = Callable[[System, Batch, float], Paths]
TARGET = 1e-5
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
MANY, FEW = 256, 8
NAMES = {"melanoma": ("nivolumab", "ipilimumab")}


def fast(system: System, batch: Batch, rtol: float) -> Paths:
    return rosenbrock.follow(system, batch, control(system, rtol), 1)


def slow(system: System, batch: Batch, rtol: float) -> Paths:
    return cvode.follow(system, batch, control(system, rtol))


def points(run: Run, system: System, batch: Batch, exact: np.ndarray) -> list[tuple[float, float]]:
    """Error and seconds per individual for each tolerance."""
    scales = np.array([state.scale for state in system.states])
    run(system, batch.part(0, 1), TOLERANCES[0])  # compiles
    found = []
    for rtol in TOLERANCES:
        begin = time.perf_counter()
        paths = run(system, batch, rtol)
        seconds = (time.perf_counter() - begin) / len(batch)
        if (paths.status != "ok").any():
            raise SystemExit(f"{system.name} at rtol {rtol:g}: {paths.reason[paths.status != 'ok'][0]}")
        error = (paths.states[: len(exact)] - exact) / np.maximum(np.abs(exact), scales)
        found.append((float(np.sqrt(np.mean(error**2))), seconds))
    return found


def seconds_at(error: float, found: list[tuple[float, float]]) -> float:
    """Seconds per individual at an error, between the measured points or at the nearest of them."""
    errors, seconds = np.log(np.array(sorted(found))).T
    return float(np.exp(np.interp(np.log(error), errors, seconds)))


def compare(label: str, system: System, days: float, doses: list[tuple[float, float, float, str]]) -> None:
    times = np.linspace(0, days, 105)
    many = population(system, MANY, times, doses)
    few = many.part(0, FEW)
    exact = slow(system, few, 1e-10).states
    ours, theirs = points(fast, system, many, exact), points(slow, system, few, exact)
    a, b = seconds_at(TARGET, ours), seconds_at(TARGET, theirs)
    print(f"{label:42} {len(system.states):6} {a * 1e3:10.3f} {b * 1e3:10.2f} {b / a:8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the assembled melanoma model only")
    quick = parser.parse_args().quick
    print(f"{machine()}; one core; error {TARGET:g}\n")
    print(f"{'':42} {'states':>6} {'coley, ms':>10} {'CVODE, ms':>10} {'ratio':>8}")
    combined = [(14.0 * i, 240.0, 0.02, "A1_nivolumab") for i in range(52)]
    combined += [(21.0 * i, 240.0, 0.06, "A1_ipilimumab") for i in range(4)]
    compare(
        "melanoma, nivolumab + ipilimumab, 2 years",
        assembled("melanoma", NAMES["melanoma"]),
        2 * DAYS_PER_YEAR,
        combined,
    )
    if quick:
        return
    compare("melanoma, all drugs known, 2 years", assembled("melanoma"), 2 * DAYS_PER_YEAR, combined)
    for n in (10, 30, 100, 300):
        compare(f"network of {n}, 10 days", network(n), 10.0, [])


if __name__ == "__main__":
    main()
