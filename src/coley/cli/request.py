"""From the options of ``coley simulate`` to what is simulated: model, individuals, doses and times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coley.cli.options import seed_problems, thread_problems
from coley.data import Records, draw, read_cohort, read_records, read_variations
from coley.data.parts import put_together
from coley.data.results import COLUMNS
from coley.engine.batch import Budget
from coley.engine.checks import budget_problems, observable_problems, setting_problems
from coley.errors import ColeyError, Problem
from coley.report.folder import folder_problems
from coley.system import System

MAX_INDIVIDUALS = 1_000_000
MAX_POINTS = 100_000
USUAL_INDIVIDUALS = 1000
USUAL_POINTS = 101
MOST_SHOWN = 20
RTOL = 1e-6


@dataclass(frozen=True)
class Asked:
    """What the options say, as they were given; None where they were not."""

    model: Path
    to: float | None = None
    start: float | None = None
    points: int | None = None
    times: str | None = None
    observe: tuple[str, ...] = ()
    parameters: Path | None = None
    doses: Path | None = None
    vary: tuple[str, ...] = ()
    n: int | None = None
    seed: int = 1
    rtol: float | None = None
    threads: int | None = None
    max_steps: int | None = None
    max_seconds: float | None = None
    out: Path | None = None
    plot: bool = False

    @property
    def relative_tolerance(self) -> float:
        """That of the solver."""
        return RTOL if self.rtol is None else self.rtol

    @property
    def budget(self) -> Budget:
        """What an individual may take."""
        given = {"steps": self.max_steps, "seconds": self.max_seconds}
        return Budget(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Request:
    """What is simulated.

    Attributes:
        table: a row per individual with what is its own, its ID as index.
        times: output times of all; None where only what the records observe is asked for.
        names: all observables.
        shown: those to show in figures and on the terminal.
        origin: what the manifest says of where a model of the catalogue comes from.
    """

    system: System
    records: Records | None
    table: pd.DataFrame
    times: NDArray[np.float64] | None
    names: tuple[str, ...]
    shown: tuple[str, ...]
    rtol: float
    budget: Budget
    origin: Mapping[str, Any] = field(default_factory=dict)


def request(asked: Asked, load: Callable[[Path], System]) -> Request:
    """What the options ask for.

    Raises:
        ColeyError: with everything that is wrong in options and files.
    """
    problems = settings_of(asked)
    times = _tried(problems, _times, asked)
    system = _tried(problems, load, asked.model)
    if system is None:
        raise ColeyError(problems)
    problems += [replace(p, where="--rtol") for p in setting_problems(system, asked.relative_tolerance, None, None)]
    problems += [replace(p, where="--observe") for p in observable_problems(system, asked.observe)]
    records = _tried(problems, read_records, asked.doses, system) if asked.doses is not None else None
    cohort = _tried(problems, read_cohort, asked.parameters, system) if asked.parameters is not None else None
    variations = _tried(problems, read_variations, asked.vary, system) or ()
    if records is not None or asked.doses is None:
        problems += _time_needs(times, records, asked)
    problems += _count_problems(asked, records)
    names = asked.observe or tuple(dict.fromkeys((*system.state_names, *(rule.name for rule in system.rules))))
    problems += [
        Problem("--observe", f"{name!r} is the name of a column of every result", "observe others")
        for name in sorted({*names} & COLUMNS)
    ]
    if asked.out is not None:
        problems += folder_problems(asked.out)
    if problems:
        raise ColeyError(problems)
    drawn = draw(variations, _count(asked, cohort, records), asked.seed)
    shown = asked.observe or system.state_names or names
    table, records = put_together(records, _table(cohort, drawn, records))
    return Request(
        system=system,
        records=records,
        table=table,
        times=times,
        names=tuple(dict.fromkeys(names)),
        shown=tuple(dict.fromkeys(shown))[:MOST_SHOWN],
        rtol=asked.relative_tolerance,
        budget=asked.budget,
    )


def settings_of(asked: Asked) -> list[Problem]:
    """What is wrong with the numbers of the options."""
    return [*_number_problems(asked), *seed_problems(asked.seed), *thread_problems(asked.threads)]


def simulated_times(asked: Asked, problems: list[Problem]) -> NDArray[np.float64] | None:
    """Output times, the start among them, None where none are asked for; what is wrong with them joins ``problems``."""
    times: NDArray[np.float64] | None = _tried(problems, _times, asked)
    return times


def _tried(problems: list[Problem], read: Callable[..., Any], *arguments: object) -> Any:
    """What ``read`` gives, or None where it does not; then its problems join ``problems``."""
    try:
        return read(*arguments)
    except ColeyError as error:
        problems += error.problems
        return None


def _number_problems(asked: Asked) -> Iterator[Problem]:
    if asked.n is not None and not 1 <= asked.n <= MAX_INDIVIDUALS:
        yield Problem("--n", f"{asked.n:,} individuals are out of range", f"give 1 to {MAX_INDIVIDUALS:,}")
    if asked.points is not None and not 2 <= asked.points <= MAX_POINTS:
        yield Problem("--points", f"{asked.points:,} is out of range", f"give 2 to {MAX_POINTS:,}")
    for problem in budget_problems(asked.budget):
        steps = "steps" in problem.what
        yield replace(problem, where="--max-steps" if steps else "--max-seconds")
    for option, value in (("--to", asked.to), ("--from", asked.start)):
        if value is not None and not math.isfinite(value):
            yield Problem(option, f"{value} is no finite number")


def _times(asked: Asked) -> NDArray[np.float64] | None:
    """Output times, the start among them; None where none are asked for."""
    start = 0.0 if asked.start is None else asked.start
    if asked.times is not None:
        return _listed(asked, start)
    if asked.to is None:
        given = [("--from", asked.start), ("--points", asked.points)]
        needless = [Problem(name, "means nothing without --to") for name, value in given if value is not None]
        if needless:
            raise ColeyError(needless)
        return None
    if not (math.isfinite(asked.to) and math.isfinite(start)):
        return None  # told elsewhere
    if asked.to <= start:
        raise ColeyError(Problem("--to", f"{asked.to:g} is not after the start, {start:g}", "see --from"))
    if not math.isfinite(asked.to - start):
        raise ColeyError(Problem("--to", f"{asked.to:g} is too far from the start, {start:g}"))
    points = USUAL_POINTS if asked.points is None else asked.points
    return np.linspace(start, asked.to, min(max(points, 2), MAX_POINTS))


def _listed(asked: Asked, start: float) -> NDArray[np.float64]:
    problems = [
        Problem(option, "says the same as --times in other words", "leave out one of the two")
        for option, value in (("--to", asked.to), ("--points", asked.points))
        if value is not None
    ]
    words = [word.strip() for word in str(asked.times).split(",")]
    values = [_number(word) for word in words]
    problems += [
        Problem("--times", f"{word!r} is no finite number", "write numbers such as 0,1.5,7")
        for word, value in zip(words, values, strict=True)
        if value is None
    ]
    known = [value for value in values if value is not None]
    if any(b <= a for a, b in pairwise(known)):
        problems.append(Problem("--times", "do not ascend", "from early to late, each once"))
    if known and min(known) < start:
        what = f"{min(known):g} is before the start, {start:g}"
        problems.append(Problem("--times", what, "let individuals start earlier with --from"))
    if len(known) > MAX_POINTS:
        problems.append(Problem("--times", f"are {len(known):,}", f"give at most {MAX_POINTS:,}"))
    if problems:
        raise ColeyError(problems)
    return np.array(known if known[0] == start else [start, *known])


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _time_needs(times: NDArray[np.float64] | None, records: Records | None, asked: Asked) -> Iterator[Problem]:
    observed = records is not None and bool((records.rows["EVID"] == 0).any())
    if times is None and not observed and (asked.to, asked.times) == (None, None):
        yield Problem("coley simulate", "does not know until when", "give --to, --times, or EVID 0 records in --doses")


def _count_problems(asked: Asked, records: Records | None) -> Iterator[Problem]:
    if asked.n is None:
        return
    if asked.parameters is not None:
        yield Problem("--n", "is said by --parameters already: a row per individual", "leave it out")
    elif records is not None and not records.everyone:
        yield Problem("--n", "is said by --doses already: its IDs", "leave it out, or give doses without ID")
    elif not asked.vary and asked.n > 1:
        yield Problem("--n", f"{asked.n:,} individuals would all be the same", "say with --vary how they differ")


def _count(asked: Asked, cohort: pd.DataFrame | None, records: Records | None) -> int:
    if cohort is not None:
        return len(cohort)
    if records is not None and not records.everyone:
        return len(records.parameters)
    if asked.n is not None:
        return asked.n
    return USUAL_INDIVIDUALS if asked.vary else 1


def _table(cohort: pd.DataFrame | None, drawn: pd.DataFrame, records: Records | None) -> pd.DataFrame:
    """What is an individual's own: from the cohort, and drawn."""
    if cohort is not None:
        twice: Sequence[str] = [str(name) for name in drawn.columns.intersection(cohort.columns)]
        if twice:
            raise ColeyError(
                Problem(f"--vary {name}", "is also a column of --parameters", "leave out one of the two")
                for name in twice
            )
        return cohort.join(drawn.set_axis(cohort.index, axis=0))
    if records is not None and not records.everyone:
        return drawn.set_axis(records.parameters.index, axis=0)
    return drawn
