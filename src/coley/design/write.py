"""A comparison of designs as a folder: tables as CSV and Parquet, and the figure."""

from __future__ import annotations

from pathlib import Path

from coley.design.designs import Design
from coley.design.figures import power_figure
from coley.report.svg import render

TABLE, DRAWS, FIGURE = "design", "draws", "power.svg"


def write_design(found: Design, folder: Path) -> list[Path]:
    """Write ``design.csv``, ``design.parquet``, ``draws.csv`` and ``power.svg`` into ``folder``; tables first.

    Returns:
        the files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{TABLE}.csv", folder / f"{TABLE}.parquet", folder / f"{DRAWS}.csv", folder / FIGURE]
    found.table.to_csv(files[0], index=False)
    found.table.to_parquet(files[1], index=False)
    found.draws.to_csv(files[2], index=False)
    files[3].write_text(render(power_figure(found), "power", "Power by number of patients"), encoding="utf-8")
    return files
