"""The report as a folder, written whole or not at all.

Files:

* ``report.html``: the page.
* ``figures/*.svg``: every figure.
* ``tables/*.parquet``: the tables of the result, such as ADSL, ADEX, ADTR, ADRS, ADTTE, ADAE and ADCM.
* ``trajectories.parquet``: one row per patient and time, while the patient is followed: USUBJID, ARM, TIME (days since
  first dose), then one column per state or observable, whose unit, long name and group stand in the metadata of its
  field.
* ``summary.csv``: arm, endpoint, predicted, lower, upper, published, published_lower, published_upper; empty is NaN.
* ``rejected.csv``: REASON, N.
* ``parameters.parquet``: the parameters of the model.
* ``manifest.json``: the trial's manifest; under ``result`` the trial itself, seed, patients, notes and model; and under
  ``report`` the SHA-256 of every other file, and the fault of each figure that could not be drawn.

:func:`coley.report.read_result` makes a result of them again.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from coley.errors import ColeyError, Problem
from coley.report.figures import drawings
from coley.report.folder import clear, hidden, replaced, unwritable
from coley.report.layout import (
    COURSES,
    MANIFEST,
    PAGE,
    PARAMETERS,
    REJECTED,
    REPORT,
    RESULT,
    SOFTWARE,
    SUMMARY,
    TABLES,
    Described,
)
from coley.report.long_table import long_table
from coley.report.page import render_page
from coley.report.pieces import write_pieces
from coley.report.svg import Drawing, fault_of
from coley.trial.analysis.summary import COLUMNS
from coley.trial.store import pieces

if TYPE_CHECKING:
    from coley.trial.result import TrialResult

_LOG = logging.getLogger(__name__)


def write_report(result: TrialResult, folder: Path) -> list[Path]:
    """Write the report of ``result`` as ``folder``; an earlier report there is replaced, anything else is kept.

    All is written in a folder beside ``folder`` and put in place by renaming, so that a failure or an interruption at
    any moment leaves what was there before. The same result gives the same bytes. A figure that cannot be drawn is a
    note in its place and in the log (``logging``), for what was computed must not be lost with it.

    Returns:
        the files written, the page first.

    Raises:
        ColeyError: where ``folder`` cannot be written or holds something else; see :func:`check_writable`.
    """
    folder = Path(folder)
    check_writable(folder)
    with replaced(folder) as new:
        names = _write_files(result, new)
    return [folder / name for name in names]


def check_writable(folder: Path) -> None:
    """Make sure, before a long run, that a report can be written as ``folder``. Leaves nothing behind.

    Removes hidden folders that a run to the same ``folder`` left when its process was killed.

    Raises:
        ColeyError: where ``folder`` is a file, holds anything but an earlier report, or its parent cannot be written.
    """
    target = folder.resolve()
    try:
        clear(target)
        _check_replaceable(folder, target)
        with hidden(target):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def _check_replaceable(folder: Path, target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ColeyError(Problem(str(folder), "is a file, not a folder", "name another folder for the report"))
    if target.is_mount():
        raise ColeyError(Problem(str(folder), "is a mount point, which cannot be replaced", "name a folder inside it"))
    present = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    if not present:
        return
    strange = sorted(present - _files_of_earlier_report(target))
    if strange:
        listed = ", ".join(strange[:5]) + (" and more" if len(strange) > 5 else "")
        what = f"holds files that are no part of an earlier report: {listed}"
        raise ColeyError(Problem(str(folder), what, "name another folder, or move them away"))


def _files_of_earlier_report(target: Path) -> set[str]:
    """Names of the files that the manifest in ``target`` says were written with it; none where it is no report."""
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        report = manifest[REPORT]
        return {MANIFEST, *report["files"]} if report["software"] == SOFTWARE else set()
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError, RecursionError):
        return set()


def _write_files(result: TrialResult, folder: Path) -> list[str]:
    """Write every file into the existing empty ``folder``; returns their names, the page first, the manifest last.

    What was computed comes first; then it is drawn.
    """
    data = _write_data(result, folder)
    drawn = drawings(result)
    svgs = {f"figures/{name}.svg": drawing.svg for name, drawing in drawn.items() if drawing.svg}
    texts = {PAGE: _page(result, drawn), **svgs}
    _write_texts(texts, folder)
    names = [*texts, *data]
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    faults = {name: drawing.fault for name, drawing in drawn.items() if drawing.fault}
    report = {"software": SOFTWARE, "files": digests, **({"faults": faults} if faults else {})}
    _write_manifest({**result.manifest, RESULT: Described.of(result).as_json(), REPORT: report}, folder / MANIFEST)
    return [*names, MANIFEST]


def _write_data(result: TrialResult, folder: Path) -> list[str]:
    """Write what was computed; returns the names of the files."""
    texts = {
        SUMMARY: result.summary[COLUMNS].to_csv(index=False, lineterminator="\n"),
        REJECTED: result.rejected.to_csv(index=False, lineterminator="\n"),
    }
    _write_texts(texts, folder)
    tables = {name: f"{TABLES}/{name}.parquet" for name in result.tables}
    (folder / TABLES).mkdir()
    for name, place in tables.items():
        write_pieces(pieces(result.tables, name), folder / place)
    write_pieces([result.model.parameters], folder / PARAMETERS)
    pq.write_table(long_table(result.trajectories), folder / COURSES, compression="zstd")
    return [*texts, *tables.values(), PARAMETERS, COURSES]


def _write_texts(texts: Mapping[str, str], folder: Path) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _page(result: TrialResult, drawn: Mapping[str, Drawing]) -> str:
    """The page; where it fails, one that says so, for what was computed must not be lost with it."""
    try:
        return render_page(result, drawn)
    except Exception as error:
        fault = fault_of(error)
        _LOG.warning("the page of the report could not be made: %s", fault)
        said = f"The page of this report could not be made: {fault}. Tables and trajectories lie beside it, whole."
        head = '<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>coley</title>'
        return f"{head}<p>{escape(said)}</p></html>\n"


def _write_manifest(manifest: dict[str, Any], path: Path) -> None:
    text = json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")
