"""A comparison of designs as a folder: ``design.html``, its tables as CSV and Parquet, and its figure."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

from coley.design.designs import Design
from coley.design.figures import power_figure
from coley.report.findings import findings_page, write_findings
from coley.report.svg import Sketch
from coley.report.tables import DASH, Table, grouped, number

_CAPTION = (
    "Power: share of simulated trials that show the arm under study to be better, at 5 % two-sided [95 % interval of "
    "posterior and simulation]; ± standard error of simulation alone. Early, later: hazard ratio of the first and the "
    "second half of the events. Penalty: how many times more patients the log-rank test needs than if the later hazard "
    "ratio held from the start. Per arm for 80 and 90 % [95 %], at this data cut. \u2014: not known. ∞: no benefit."
)


def write_design(found: Design, folder: Path) -> list[Path]:
    """Write the page, ``design.csv``, ``design.parquet``, ``draws.csv`` and ``power.svg`` into ``folder``.

    Returns:
        the files written, the page first.
    """
    shown, lead = [design_table(found)], [f"{label or found.arm}: {text}." for label, text in found.regimens.items()]
    return write_findings(
        folder,
        {"design.csv": found.table, "design.parquet": found.table, "draws.csv": found.draws},
        [Sketch("power", partial(power_figure, found), "Power by number of patients")],
        "design.html",
        lambda figures: findings_page("design of a trial", design_title(found), lead, figures, shown),
    )


def design_title(found: Design) -> str:
    """What was compared, and when."""
    events = found.settings.events
    cut = f"at {events} events" if events else f"at month {found.table['months'].iloc[0]:g}"
    return f"{found.trial.title}: {found.arm} against {found.versus}, {found.settings.endpoint}, {cut}"


def design_table(found: Design) -> Table:
    """A row for each design: its power, and what it takes."""
    rate = bool(found.table["late"].isna().all())
    varied = found.varied or ("arm",)
    columns = ["per arm", "power", "±", "events", "months", "points" if rate else "HR"]
    columns += [] if rate else ["early", "later", "penalty"]
    rows = [
        (*([str(row[name]) for name in found.varied] or [found.arm]), *_cells(row, rate))
        for row in found.table.to_dict("records")
    ]
    return Table(_CAPTION, (*varied, *columns, "for 80 %", "for 90 %"), grouped(rows), texts=len(varied))


def _cells(row: dict[Hashable, Any], rate: bool) -> list[str]:
    power = f"{row['power']:.0%} [{100 * row['lower']:.0f}{DASH}{100 * row['upper']:.0f}]"
    cells = [f"{row['n']:,}", power, f"{row['monte_carlo']:.1%}", number(row["events"], 0), number(row["months"])]
    cells += [number(row["effect"], 1 if rate else 2)]
    cells += [] if rate else [number(row[name], 2) for name in ("early", "later", "penalty")]
    return [*cells, _size(row, "n_80"), _size(row, "n_90")]


def _size(row: dict[Hashable, Any], name: str) -> str:
    ends = [f"{row[key]:,.0f}" if isfinite(row[key]) else "∞" for key in (name, f"{name}_lower", f"{name}_upper")]
    return f"{ends[0]} [{ends[1]}{DASH}{ends[2]}]"
