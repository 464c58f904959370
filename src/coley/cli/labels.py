"""``coley labels``: every regimen of a label, run on a few virtual patients of its cancer."""

from __future__ import annotations

import csv
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from coley.cli.commands import EXIT_CODES, PURPOSE, RESULTS, app, console
from coley.cli.shared import Folders, Seed, Threads
from coley.errors import ColeyError, Problem, did_you_mean

if TYPE_CHECKING:
    from coley.catalogue import Catalogue
    from coley.catalogue.labels import Label

_NOT_RUN = "no cancer of the catalogue stands for it"


@dataclass(frozen=True)
class Row:
    """What a regimen gave.

    Attributes:
        failed: patients whose simulation failed.
        orr: share of the others with an objective response, in percent; "" where nothing was simulated.
        seconds: that the run took.
        problem: why it could not be run; "" where it was.
    """

    drug: str
    cancer: str
    setting: str
    entry: str
    regimen: str
    patients: str
    months: str
    seed: str
    failed: str = ""
    orr: str = ""
    seconds: str = ""
    problem: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it apart from others."""
        return self.drug, self.cancer, self.setting, self.regimen, self.patients, self.months, self.seed


@app.command(epilog=EXIT_CODES)
def labels(
    *,
    patients: Annotated[int, typer.Option(help="Virtual patients of each regimen.")] = 50,
    months: Annotated[float, typer.Option(help="Follow-up in months.")] = 12.0,
    only: Annotated[
        list[str] | None, typer.Option(help="Only of this drug, or of this cancer of the catalogue; may be repeated.")
    ] = None,
    seed: Seed = 1,
    threads: Threads = None,
    out: Annotated[Path, typer.Option(help="The table, as a CSV file; what it holds already is not run again.")] = (
        RESULTS / "labels.csv"
    ),
    catalogue: Folders = None,
) -> None:
    """Run the regimens of all labels: which can be simulated, how many patients fail, and how many respond.

    Patients are those of the cancer as the catalogue has it, without the biomarkers and earlier treatment of the label:
    response rates show that a regimen acts, and are no prediction of its trial.
    """
    from coley.catalogue import load_catalogue
    from coley.cli.options import size_problems

    known = load_catalogue(*(catalogue or ()))
    problems = size_problems(patients, seed, threads)
    problems += _months_problems(months, known)
    try:
        wanted = _wanted(only or [])
    except ColeyError as error:
        problems += error.problems
    if problems:
        raise ColeyError(problems)
    done = _read(out)
    rows = []
    for number, label in enumerate(wanted, start=1):
        row = Row(*_about(label), str(patients), f"{months:g}", str(seed))
        if row.key not in done:
            print(f"{number} of {len(wanted)}: {label.drug}, {label.cancer}", file=sys.stderr, flush=True)
            done[row.key] = _run(row, known, patients, months, seed, threads)
            _append(out, done[row.key])
        rows.append(done[row.key])
    screen = console()
    screen.print(_table(rows))
    for row in rows:
        if row.problem:
            screen.print(f"{row.drug}, {row.cancer}: {row.problem}", highlight=False, markup=False)
    screen.print(f"Table: {out}", highlight=False, markup=False, soft_wrap=True)
    screen.print(PURPOSE)


def _wanted(only: list[str]) -> list[Label]:
    from coley.catalogue.labels import label_regimens

    every = label_regimens()
    names = {label.drug for label in every} | {label.entry for label in every if label.entry}
    problems = [
        Problem("--only", f"no label is of {name!r}", did_you_mean(name, names)) for name in only if name not in names
    ]
    if problems:
        raise ColeyError(problems)
    return [label for label in every if not only or label.drug in only or label.entry in only]


def _about(label: Label) -> tuple[str, str, str, str, str]:
    return label.drug, label.cancer, label.setting, label.entry, label.regimen


def _months_problems(months: float, known: Catalogue) -> list[Problem]:
    """What is wrong with the length of follow-up, whatever the regimen."""
    from coley.cli.options import Own, own_trial

    try:
        own_trial(next(iter(known.cancers)), Own(arms=("",), months=months), known)
    except ColeyError as error:
        return [problem for problem in error.problems if problem.where == "--months"]
    return []


def _run(row: Row, known: Catalogue, patients: int, months: float, seed: int, threads: int | None) -> Row:
    from coley.cli.options import Own, own_trial
    from coley.report.select import evaluable, response_names
    from coley.trial import RunSettings, run

    if not row.entry:
        return Row(**(asdict(row) | {"problem": _NOT_RUN}))
    began = time.monotonic()
    try:
        trial = own_trial(row.entry, Own(row.entry, (row.regimen,), months), known)
        result = run(trial, catalogue=known, settings=RunSettings(patients, seed, threads))
    except ColeyError as error:
        return Row(**(asdict(row) | {"problem": "; ".join(map(str, error.problems))}))
    people = evaluable(result)
    share = people["BOR"].isin(response_names(result).objective).mean() if len(people) else float("nan")
    said = {"failed": f"{patients - len(people)}", "orr": f"{100 * share:.1f}" if len(people) else ""}
    return Row(**(asdict(row) | said | {"seconds": f"{time.monotonic() - began:.1f}"}))


def _read(path: Path) -> dict[tuple[str, ...], Row]:
    """Rows of an earlier run by their keys."""
    from coley.report.folder import make_folder

    names = [field.name for field in fields(Row)]
    try:
        make_folder(path.parent)
        if not path.exists():
            return {}
        if not path.is_file():  # a device may be read without end
            raise ValueError
        with path.open("r+", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != names:
                raise ValueError
            rows = [Row(**{name: line[name] or "" for name in names}) for line in reader]
    except OSError as error:
        raise ColeyError(Problem(str(path), f"cannot be written ({error.strerror or error})")) from error
    except (ValueError, csv.Error) as error:
        raise ColeyError(Problem(str(path), "is no table of this command", "choose another --out")) from error
    return {row.key: row for row in rows}


def _append(path: Path, row: Row) -> None:
    names = [field.name for field in fields(Row)]
    fresh = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(asdict(row))


def _table(rows: list[Row]) -> Table:
    table = Table(box=SIMPLE_HEAD, caption="ORR: objective response, % of those simulated.", caption_justify="left")
    for heading in ("drug", "cancer", "regimen"):
        table.add_column(heading)
    for heading in ("patients", "failed", "ORR", "seconds"):
        table.add_column(heading, justify="right")
    for row in rows:
        numbers = ("not run", "", "") if row.problem else (row.failed, row.orr, row.seconds)
        table.add_row(row.drug, row.cancer, row.regimen, row.patients, *numbers)
    return table
