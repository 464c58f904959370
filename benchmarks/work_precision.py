"""Time per individual against the error that is reached: every method, and CVODE, on one core.

    python benchmarks/work_precision.py [--figure docs/work-precision.svg]

Each method runs over a range of tolerances. Errors are against CVODE at rtol 1e-11: root mean square over individuals,
outputs and states, relative to the state or its scale, whichever is larger. Times are of the processor, the best of
three. CVODE runs through scikit-sundae, with the analytic Jacobian and compiled rates behind Python callbacks; a C
program around it would be faster. A tolerance has no point where an individual fails or ends elsewhere.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
from models import DAYS_PER_YEAR, assembled, control, error, hires, machine, network, population, robertson

from coley.engine import cvode, rosenbrock
from coley.engine.batch import Batch, Control, Paths
from coley.engine.tableau import METHODS, Method
from coley.report.svg import render
from coley.report.theme import ARM_COLOURS, ARM_SHAPES, finish, inline
from coley.system import System

Follow = Callable[[Batch, Control], Paths]
MANY, FEW, REPEATS = 128, 8, 3
TOLERANCES = tuple(10.0**-k for k in range(2, 10))
BOTH = [(14.0 * i, 240.0, 0.02, "A1_nivolumab") for i in range(52)]
BOTH += [(21.0 * i, 240.0, 0.06, "A1_ipilimumab") for i in range(4)]


def problems() -> Iterator[tuple[str, System, np.ndarray, list[tuple[float, float, float, str]]]]:
    """Label, system, output times, doses."""
    melanoma = assembled("melanoma", ("nivolumab", "ipilimumab"))
    yield "melanoma, nivolumab + ipilimumab, 2 years", melanoma, np.linspace(0, 2 * DAYS_PER_YEAR, 105), BOTH
    yield "network of 30 species, 10 days", network(30), np.linspace(0, 10, 105), []
    yield "HIRES, to 321.8", hires(), np.linspace(0, 321.8122, 21), []
    yield "Robertson, to 1e11", robertson(), np.array([0, *10.0 ** np.arange(-5, 12)]), []


def point(follow: Follow, system: System, batch: Batch, exact: np.ndarray, how: Control) -> tuple[float, float] | None:
    """Error, and seconds per individual; None where one fails, or is off by more than all that it has."""
    seconds = []
    for _ in range(REPEATS):
        begin = time.process_time()
        paths = follow(batch, how)
        seconds.append(time.process_time() - begin)
    off = error(paths.states[: len(exact)], exact, system) if (paths.status == "ok").all() else np.inf
    return (off, min(seconds) / len(batch)) if off < 1 else None


def curves(label: str, system: System, times: np.ndarray, doses: list[tuple[float, float, float, str]]) -> pd.DataFrame:
    """A row for each method and tolerance."""
    many = population(system, MANY, times, doses)
    few = many.part(0, FEW)
    exact = cvode.follow(system, few, control(system, 1e-11)).states
    ways: list[tuple[str, Follow, Batch, Method | None]] = [
        (method.name, partial(rosenbrock.follow, system, threads=1), many, method) for method in METHODS
    ]
    ways.append(("CVODE", partial(cvode.follow, system), few, None))
    rows = []
    for name, follow, batch, method in ways:
        follow(few.part(0, 1), control(system, 1e-2, method))  # compiles
        for rtol in TOLERANCES:
            found = point(follow, system, batch, exact, control(system, rtol, method))
            if found:
                rows.append((label, name, rtol, *found))
                print(f"{label:42} {name:8} {rtol:7.0e} {found[0]:9.1e} {found[1] * 1e3:10.4f}", flush=True)
    return pd.DataFrame(rows, columns=["problem", "method", "rtol", "error", "seconds"])


def figure(table: pd.DataFrame) -> str:
    """The diagram as SVG: a panel for each problem, a curve for each method."""
    names = list(dict.fromkeys(table["method"]))
    data = table.assign(ms=table["seconds"] * 1e3)
    decades = alt.Axis(format="~e", grid=True, values=[10.0**-k for k in range(13)])
    lines = (
        alt.Chart(inline(data))
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "error:Q", title="error reached", scale=alt.Scale(type="log", reverse=True, nice=True), axis=decades
            ),
            y=alt.Y(
                "ms:Q",
                title="ms per individual",
                scale=alt.Scale(type="log", nice=True),
                axis=alt.Axis(format="~g", tickCount=5),
            ),
            color=alt.Color("method:N", scale=alt.Scale(domain=names, range=list(ARM_COLOURS[: len(names)]))),
            shape=alt.Shape("method:N", scale=alt.Scale(domain=names, range=list(ARM_SHAPES[: len(names)]))),
            order=alt.Order("rtol:Q"),
        )
        .properties(width=300, height=200)
        .facet(facet=alt.Facet("problem:N", title=None, sort=list(dict.fromkeys(table["problem"]))), columns=2)
        .resolve_scale(x="independent", y="independent")
    )
    return render(
        finish(lines, "Work and precision"),
        "work-precision",
        "time per individual against the error that is reached, by method",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figure", type=Path, help="where to write the diagram, as SVG")
    target = parser.parse_args().figure
    print(f"{machine()}; one core\n\n{'':42} {'method':8} {'rtol':>7} {'error':>9} {'ms each':>10}")
    table = pd.concat([curves(*problem) for problem in problems()])
    if target:
        target.write_text(figure(table), encoding="utf-8")


if __name__ == "__main__":
    main()
