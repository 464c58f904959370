"""``coley simulate``: the request carried out, its results in a folder, a figure and the terminal."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coley.cli.figure_file import write_svg
from coley.cli.progress import progress_bars
from coley.cli.request import Asked, Request
from coley.data.parts import simulate_in_parts
from coley.data.results import Results, first_courses, last_values, quantiles, write_results
from coley.data.tolerance import tolerance_problems
from coley.errors import ColeyError, Problem
from coley.report.folder import hidden, new_folder
from coley.report.theme import NO_UNIT, Figure
from coley.version import __version__

FIGURE, MANIFEST = "courses.svg", "manifest.json"
MOST_LINES = 20
"""Individuals who each have a line of their own; of more, quantiles are drawn."""
_LIBRARIES = ("numpy", "symengine", "llvmlite", "numba", "pandas", "pyarrow", "python-libsbml")
_BYTES = 8
_MOST_DOUBTS = 3


@dataclass(frozen=True, eq=False)
class Told:
    """What the terminal shows when all is done: results, last values, where files are, and what hangs on tolerances."""

    results: Results
    last: pd.DataFrame
    files: tuple[Path, ...]
    doubts: tuple[Problem, ...] = ()


def carry_out(asked: Asked, wanted: Request) -> Told:
    """Simulate; write what is to be kept.

    Raises:
        ColeyError: a folder that is there already, cannot be written, or is too small.
    """
    out, plot = asked.out, asked.plot
    figure = Path(f"{asked.model.stem}-courses.svg") if plot and out is None else None
    with _workplace(out) as folder:
        _demand_room(wanted, folder)
        results = _simulated(asked, wanted, folder, None if out is not None else wanted.shown)
        last = last_values(results, wanted.shown)
        svg = _svg(results, wanted) if plot or out is not None else ""
        if out is not None:
            if svg:
                (folder / FIGURE).write_text(svg, encoding="utf-8", newline="\n")
            _write_manifest(asked, wanted, folder)
    drawn = (figure,) if figure is not None and svg else ()
    for path in drawn:
        write_svg(path, svg)
    files = tuple(sorted(out.iterdir())) if out is not None else drawn
    return Told(results, last, files, _doubts(asked, wanted))


@contextmanager
def _workplace(out: Path | None) -> Iterator[Path]:
    if out is not None:
        with new_folder(out) as folder:
            yield folder
        return
    with hidden(Path(tempfile.gettempdir()).resolve() / "coley") as place:
        folder = place / "new"
        folder.mkdir()
        yield folder


def _demand_room(wanted: Request, folder: Path) -> None:
    times = 0 if wanted.times is None else len(wanted.times)
    needed = len(wanted.table) * times * (len(wanted.names) + 2) * _BYTES
    free = shutil.disk_usage(folder).free
    if needed > free:
        what = f"may take {needed / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free on the disk"
        raise ColeyError(
            Problem("trajectories", what, "fewer individuals, times (--points) or observables (--observe)")
        )


def _simulated(asked: Asked, wanted: Request, folder: Path, only: tuple[str, ...] | None) -> Results:
    names = wanted.names if only is None else only
    count = len(wanted.table)
    with progress_bars() as report:
        done = 0

        def progress(more: int) -> None:
            nonlocal done
            done = min(done + more, count)
            report("individuals", done, count)

        parts = simulate_in_parts(
            wanted.system,
            wanted.records,
            times=wanted.times,
            parameters=wanted.table,
            observables=names,
            rtol=wanted.rtol,
            budget=wanted.budget,
            threads=asked.threads,
            progress=progress,
        )
        observed = wanted.records is not None and bool(wanted.records.rows["DV"].notna().any())
        return write_results(parts, wanted.system, names, wanted.table, observed, folder)


def _doubts(asked: Asked, wanted: Request) -> tuple[Problem, ...]:
    """What of a few individuals hangs on the tolerance."""
    found = tolerance_problems(
        wanted.system,
        wanted.records,
        times=wanted.times,
        parameters=wanted.table,
        observables=wanted.shown,
        rtol=wanted.rtol,
        budget=wanted.budget,
        threads=asked.threads,
    )
    return tuple(found)


def _svg(results: Results, wanted: Request) -> str:
    """The figure; nothing where it could not be drawn, of which the log tells: results are kept without it."""
    from coley.report.svg import Sketch, draw

    sketch = Sketch("courses", lambda: _figure(results, wanted), f"Time courses of {wanted.system.name}")
    return draw([sketch])["courses"].svg


def _figure(results: Results, wanted: Request) -> Figure:
    from coley.report.populations import MOST_PANELS, bands, lines

    system = wanted.system
    units = {name: system.units[name] for name in wanted.shown[:MOST_PANELS]}
    if results.individuals <= MOST_LINES or wanted.times is None:
        courses = first_courses(results, list(units), MOST_LINES)
        return lines(courses, results.individuals, units, system.time_unit, system.name)
    found = {name: quantiles(results, name, wanted.times) for name in units}
    return bands(found, units, system.time_unit, system.name)


def _write_manifest(asked: Asked, wanted: Request, folder: Path) -> None:
    inputs = [path for path in (asked.model, asked.parameters, asked.doses) if path is not None and path.is_file()]
    manifest: dict[str, Any] = {
        "coley": __version__,
        "model": {"name": wanted.system.name, "sha256": wanted.system.fingerprint},
        "options": {name: str(v) if isinstance(v, Path) else v for name, v in asdict(asked).items()},
        **wanted.origin,
        "individuals": len(wanted.table),
        "observables": list(wanted.names),
        "inputs": {path.name: _digest(path) for path in inputs},
        "files": {path.name: _digest(path) for path in sorted(folder.iterdir())},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _LIBRARIES}},
    }
    text = json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def print_results(console: Console, told: Told, wanted: Request) -> None:
    """Print last values, who failed and why, and where files are."""
    console.print(Text(f"{wanted.system.name or 'A model without name'}, at {_moment(wanted)}", style="bold"))
    console.print(_last_values(told, wanted))
    hidden = len(wanted.names) - len(wanted.shown)
    if hidden:
        console.print(f"{hidden} more are not shown; name what to see with --observe.", highlight=False)
    if told.results.ended:
        console.print(f"{told.results.ended:,} ended early, by an event of the model.", highlight=False)
    for line in failure_lines(told.results):
        console.print(Text(line), soft_wrap=True)
    for doubt in told.doubts[:_MOST_DOUBTS]:
        console.print(Text(f"Not settled: {doubt}."), soft_wrap=True)
    for path in told.files:
        console.print(f"Written: {path}", highlight=False, markup=False, soft_wrap=True)


def failure_lines(results: Results) -> Iterator[str]:
    """How many failed, then a line for each status with the reason of its first individual."""
    if not len(results.failures):
        return
    yield f"{results.failures['count'].sum():,} of {results.individuals:,} individuals failed:"
    for row in results.failures.itertuples():
        yield f"  {row.count:,} {row.status}; first ID {row.ID}: {row.reason}"


def _moment(wanted: Request) -> str:
    if wanted.times is None:
        return "the last observation"
    unit = wanted.system.time_unit
    return f"{'time' if unit in NO_UNIT else unit} {wanted.times[-1]:g}"


def _last_values(told: Told, wanted: Request) -> Table:
    system, last = wanted.system, told.last
    many = told.results.individuals > 1
    headings = ("median", "5 %", "95 %", "individuals") if many else ("value",)
    table = Table("", box=SIMPLE_HEAD)
    for heading in headings:
        table.add_column(heading, justify="right")
    table.add_column("unit")
    for name in wanted.shown:
        values = last[name].dropna().to_numpy(dtype=float)
        table.add_row(Text(name), *_cells(values, many), Text(system.units[name]))
    return table


def _cells(values: Any, many: bool) -> list[str]:
    if not many:
        return [f"{values[0]:.6g}" if len(values) else "–"]
    if not len(values):
        return ["–", "–", "–", "0"]
    lower, median, upper = np.quantile(values, (0.05, 0.5, 0.95))
    return [f"{median:.4g}", f"{lower:.4g}", f"{upper:.4g}", f"{len(values):,}"]
