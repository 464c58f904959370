"""``coley patient``: one patient of a result, in the terminal and as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from coley.cli.commands import EXIT_CODES, app, console
from coley.cli.shared import Plot

if TYPE_CHECKING:
    import pandas as pd

    from coley.report import Patient
    from coley.trial import TrialResult

_ABOUT = ("STUDYID", "USUBJID", "SUBJID", "ARM")
_TIMES = 7
"""Times at which the terminal shows the courses."""


@app.command(epilog=EXIT_CODES)
def patient(
    result: Annotated[Path, typer.Argument(help="The folder of a report, as 'coley run' wrote it.")],
    name: Annotated[
        str,
        typer.Argument(metavar="ID", help="USUBJID of ADSL; or a number: the same virtual patient in each arm."),
    ],
    plot: Plot = None,
) -> None:
    """Show one patient of a result: who, doses, scans with response, what happened, and courses."""
    from coley.cli.figure_file import check_svg, write_figure
    from coley.report import find_patients, patient_figure, read_result

    check_svg(plot)
    known = read_result(result)
    found = find_patients(known, name)
    screen = console()
    for each in found:
        print_patient(screen, known, each)
    if plot is not None:
        write_figure(plot, patient_figure(known, found), f"Scans, doses and courses of patient {name}")
        screen.print(f"Figure: {plot}", highlight=False, markup=False, soft_wrap=True)


def print_patient(screen: Console, result: TrialResult, found: Patient) -> None:
    """Print all that is known of one patient in one arm."""
    screen.print(Text(found.name, style="bold"))
    screen.print(Text(f"arm: {found.arm}"))
    about = [f"{key} {_cell(value)}" for key, value in found.who.items() if key not in _ABOUT and _cell(value)]
    screen.print(Text("; ".join(about)))
    whole = found.doses.assign(dose=[f"{dose:,.4g}" for dose in found.doses["dose"]])
    _print(screen, "Doses (days from the first)", whole, "None was given.")
    _print(screen, "Scans", found.scans.assign(day=found.scans["day"].round()), "None was made.")
    _print(screen, "What happened", found.events.assign(day=found.events["day"].round()), "Nothing was recorded.")
    _print(screen, "Courses", _courses(result, found), "None was kept of this patient.")


def _courses(result: TrialResult, found: Patient) -> pd.DataFrame:
    """Observables by a few times, from the first to the last."""
    import numpy as np
    import pandas as pd

    courses = found.courses
    if courses.empty:
        return pd.DataFrame()
    kept = courses.iloc[np.unique(np.linspace(0, len(courses) - 1, min(len(courses), _TIMES)).astype(int))]
    rows = []
    for name, values in result.trajectories.data_vars.items():
        if (courses[str(name)] > 0).any():
            title = str(values.attrs.get("long_name", name))
            rows.append((title, str(values.attrs.get("units", "")), *kept[str(name)]))
    return pd.DataFrame(rows, columns=["what", "unit", *(f"day {time:.0f}" for time in kept["time"])])


def _print(screen: Console, title: str, frame: pd.DataFrame, nothing: str) -> None:
    if frame.empty:
        screen.print(Text(f"{title}: {nothing}"))
        return
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for heading, values in frame.items():
        table.add_column(Text(str(heading)), justify="right" if values.dtype.kind in "if" else "left")
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*(Text(_cell(value)) for value in row))
    screen.print(table)


def _cell(value: Any) -> str:
    """A value as text; nothing where it is not known."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}" if abs(value) < 1e5 else f"{value:.3g}"
    return "" if value is None or value != value else str(value)
