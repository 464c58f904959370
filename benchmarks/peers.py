"""Processor time per individual beside libRoadRunner and CVODE, at the same achieved error, on one core.

    python benchmarks/peers.py [--quick] [--amici] [--error 1e-5] [--repeats 3]

Same equations, same doses and outputs. All run over a range of tolerances, in turn, several times over; the least time
of each counts, and the time at an error is read off between the points. Errors are against CVODE at a far tighter
tolerance: root mean square over individuals, outputs and states of the deviation, relative to the state or its scale,
whichever is larger.

libRoadRunner runs the model as SBML that coley writes (roadrunner_peer.py). CVODE runs through scikit-sundae, with the
analytic Jacobian and compiled rates behind Python callbacks: a C program around CVODE has no such callbacks, and would
be faster than what is compared with here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import roadrunner_peer
from models import DAYS_PER_YEAR, assembled, control, machine, network, population, versions

from coley.engine import cvode, rosenbrock
from coley.engine.batch import Batch, Paths
from coley.system import System

Outcome = tuple[np.ndarray, float]  # individual × time × state, seconds of processor time
Dose = tuple[float, float, float, str]
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
MANY, FEW = 256, 8
PAIR = ("nivolumab", "ipilimumab")


def fast(system: System, batch: Batch, rtol: float) -> Outcome:
    return timed(lambda: _all_states(rosenbrock.follow(system, batch, control(system, rtol), 1)))


def cvode_in_python(system: System, batch: Batch, rtol: float) -> Outcome:
    return timed(lambda: _all_states(cvode.follow(system, batch, control(system, rtol))))


def libroadrunner(system: System, batch: Batch, rtol: float) -> Outcome:
    return timed(lambda: roadrunner_peer.follow(system, batch, control(system, rtol)))


def amici_solver(system: System, batch: Batch, rtol: float) -> Outcome:
    """Only the seconds inside AMICI's solver."""
    import amici_peer

    return amici_peer.follow(system, batch, control(system, rtol))


def timed(run: Callable[[], np.ndarray]) -> Outcome:
    begin = time.process_time()
    states = run()
    return states, time.process_time() - begin


def _all_states(paths: Paths) -> np.ndarray:
    if (paths.status != "ok").any():
        raise RuntimeError(paths.reason[paths.status != "ok"][0])
    return paths.states


@dataclass
class Contender:
    """Who runs, with how many individuals; the error and the least seconds per individual by tolerance, so far."""

    name: str
    run: Callable[[System, Batch, float], Outcome]
    individuals: int
    points: dict[float, tuple[float, float]] = field(default_factory=dict)

    def measure(self, system: System, batch: Batch, rtol: float, exact: np.ndarray) -> None:
        """Run once; a tolerance at which it fails gives no point."""
        try:
            self.run(system, batch.part(0, 1), rtol)  # compiles
            states, seconds = self.run(system, batch.part(0, self.individuals), rtol)
        except RuntimeError:
            return
        scales = np.array([state.scale for state in system.states])
        deviation = (states[: len(exact)] - exact) / np.maximum(np.abs(exact), scales)
        error = float(np.sqrt(np.mean(deviation**2)))
        self.points[rtol] = (error, min(seconds / self.individuals, self.points.get(rtol, (error, np.inf))[1]))

    def seconds_at(self, error: float) -> float:
        """Seconds per individual at an error, between the measured points; infinite where they do not reach it."""
        errors, seconds = np.log(np.array(sorted(self.points.values()))).T
        return float(np.exp(np.interp(np.log(error), errors, seconds, left=np.inf)))


def compare(label: str, system: System, days: float, doses: Sequence[Dose], asked: argparse.Namespace) -> None:
    """One line: who takes how long for an individual, and how many times as long as coley."""
    batch = population(system, MANY, np.linspace(0, days, 105), doses)
    exact, _ = cvode_in_python(system, batch.part(0, FEW), 1e-10)
    contenders = [
        Contender("coley", fast, MANY),
        Contender("libRoadRunner", libroadrunner, FEW),
        Contender("CVODE", cvode_in_python, FEW),
    ]
    if asked.amici:
        contenders.append(Contender("AMICI", amici_solver, FEW))
    for _ in range(asked.repeats):
        for rtol in TOLERANCES:
            for contender in contenders:
                contender.measure(system, batch, rtol, exact)
    own, *found = [contender.seconds_at(asked.error) for contender in contenders]
    cells = "".join(f"{1e3 * seconds:11.2f} {seconds / own:7.1f}" for seconds in found)
    print(f"{label:42} {len(system.states):6} {1e3 * own:10.3f} {cells}", flush=True)


def both(copies: int = 1) -> list[Dose]:
    """Nivolumab every two weeks and ipilimumab four times, shared by versions of each drug."""
    names = ["", *(f"_{i}" for i in range(2, copies + 1))]
    doses = [(14.0 * i, 240.0 / copies, 0.02, f"A1_nivolumab{name}") for i in range(52) for name in names]
    return doses + [(21.0 * i, 240.0 / copies, 0.06, f"A1_ipilimumab{name}") for i in range(4) for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the assembled melanoma model only")
    parser.add_argument("--amici", action="store_true", help="beside AMICI too, which is built for each model")
    parser.add_argument("--error", type=float, default=1e-5, help="at which times are compared")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    print(f"{machine()}; one core; error {asked.error:g}\n")
    peers = ["RR, ms", "CVODE, ms"] + ["AMICI, ms"] * asked.amici
    heads = "".join(f"{name:>11} {'ratio':>7}" for name in peers)
    print(f"{'':42} {'states':>6} {'coley, ms':>10} {heads}")
    years = 2 * DAYS_PER_YEAR

    def line(label: str, system: System, days: float, doses: Sequence[Dose]) -> None:
        compare(label, system, days, doses, asked)

    line("melanoma, nivolumab + ipilimumab, 2 years", assembled("melanoma", PAIR), years, both())
    if asked.quick:
        return
    line("melanoma, all drugs known, 2 years", assembled("melanoma"), years, both())
    for copies in (2, 4, 6):
        line(f"melanoma, {copies} versions of every drug, 2 years", versions("melanoma", copies), years, both(copies))
    for n in (10, 30, 100, 300):
        line(f"network of {n}, 10 days", network(n), 10.0, [])
    print(machine())


if __name__ == "__main__":
    main()
