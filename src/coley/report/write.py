"""The report as a folder, written whole or not at all.

Files:

* ``report.html``: the page.
* ``figures/*.svg``: every figure.
* ``tables/*.parquet``: ADSL, ADEX, ADTR, ADRS and ADTTE.
* ``trajectories.parquet``: one row per patient and time, while the patient is followed: USUBJID, ARM, TIME (days since
  first dose), then one column per state or observable, whose unit, long name and group stand in the metadata of its
  field.
* ``summary.csv``: arm, endpoint, predicted, lower, upper, published, published_lower, published_upper; empty is NaN.
* ``rejected.csv``: REASON, N.
* ``manifest.json``: the trial's manifest, and under ``report`` the SHA-256 of every other file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from coley.errors import ColeyError, Problem
from coley.report.figures import drawings
from coley.report.page import render_page
from coley.report.select import SUMMARY_COLUMNS

if TYPE_CHECKING:
    import xarray as xr

    from coley.trial.result import TrialResult

_MANIFEST = "manifest.json"
_COURSES = "trajectories.parquet"
_SOFTWARE = "coley"


def write_report(result: TrialResult, folder: Path) -> list[Path]:
    """Write the report of ``result`` as ``folder``; an earlier report there is replaced, anything else is kept.

    All is written in a folder beside ``folder`` and put in place by renaming, so that a failure or an interruption at
    any moment leaves what was there before. The same result gives the same bytes.

    Returns:
        the files written, the page first.

    Raises:
        ColeyError: where ``folder`` cannot be written or holds something else; see :func:`check_writable`.
    """
    check_writable(folder)
    target = folder.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    old = staging / "old"
    try:
        new = staging / "new"
        new.mkdir()
        names = _write_files(result, new)
        _swap(new, target, old)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        if target.exists() or not old.exists():
            shutil.rmtree(staging, ignore_errors=True)
    return [folder / name for name in names]


def check_writable(folder: Path) -> None:
    """Make sure, before a long run, that a report can be written as ``folder``. Leaves nothing behind.

    Raises:
        ColeyError: where ``folder`` is a file, holds anything but an earlier report, or its parent cannot be written.
    """
    target = folder.resolve()
    try:
        _check_replaceable(folder, target)
        parent = next(place for place in target.parents if place.exists())
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=parent):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error


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
        manifest = json.loads((target / _MANIFEST).read_text(encoding="utf-8"))
        report = manifest["report"]
        return {_MANIFEST, *report["files"]} if report["software"] == _SOFTWARE else set()
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return set()


def _unwritable(folder: Path, error: OSError) -> ColeyError:
    reason = error.strerror or str(error)
    return ColeyError(Problem(str(folder), f"cannot be written ({reason})", "name a folder that you may write"))


def _swap(new: Path, target: Path, old: Path) -> None:
    """Put ``new`` in the place of ``target``, which goes to ``old``; on any failure put ``target`` back."""
    try:
        if target.exists():
            os.rename(target, old)
        os.rename(new, target)
    except BaseException:
        if old.exists() and not target.exists():
            os.rename(old, target)
        raise


def _write_files(result: TrialResult, folder: Path) -> list[str]:
    """Write every file into the existing empty ``folder``; returns their names, the manifest last."""
    with ThreadPoolExecutor(1) as aside:  # compressing the courses leaves the interpreter to the drawings
        written = aside.submit(_write_courses, result.trajectories, folder / _COURSES)
        drawn = drawings(result)
        written.result()
    texts = {
        "report.html": render_page(result, drawn),
        "summary.csv": result.summary[list(SUMMARY_COLUMNS)].to_csv(index=False, lineterminator="\n"),
        "rejected.csv": result.rejected.to_csv(index=False, lineterminator="\n"),
        **{f"figures/{name}.svg": svg for name, svg in drawn.items()},
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    (folder / "tables").mkdir()
    for name, table in result.tables.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False, compression="zstd")
    names = [*texts, *(f"tables/{name}.parquet" for name in result.tables), _COURSES]
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    _write_manifest(result.manifest, digests, folder / _MANIFEST)
    return [*names, _MANIFEST]


def _write_courses(trajectories: xr.Dataset, path: Path) -> None:
    pq.write_table(_long_table(trajectories), path, compression="zstd")


def _write_manifest(manifest: dict[str, Any], digests: dict[str, str], path: Path) -> None:
    full = manifest | {"report": {"software": _SOFTWARE, "files": digests}}
    text = json.dumps(full, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _long_table(trajectories: xr.Dataset) -> pa.Table:
    """``trajectories`` as one row per individual and time, without the rows in which nothing is known."""
    ordered = trajectories.transpose("individual", "time")
    patients, times = ordered.sizes["individual"], ordered.sizes["time"]
    known = np.zeros((patients, times), dtype=bool)
    for values in ordered.data_vars.values():
        known |= values.notnull().to_numpy()
    rows = np.flatnonzero(known.ravel())
    owner = (rows // max(times, 1)).astype(np.int32)
    columns: list[pa.Array] = [_labels(ordered[name].to_numpy(), owner) for name in ("USUBJID", "ARM")]
    fields = [pa.field(name, column.type) for name, column in zip(("USUBJID", "ARM"), columns, strict=True)]
    columns.append(pa.array(ordered["time"].to_numpy().astype(float)[rows % max(times, 1)]))
    fields.append(pa.field("TIME", pa.float64(), metadata={"units": "day", "long_name": "time since first dose"}))
    for name, values in ordered.data_vars.items():
        columns.append(pa.array(values.to_numpy().ravel()[rows]))
        attrs = {key: str(values.attrs[key]) for key in ("units", "long_name", "group") if key in values.attrs}
        fields.append(pa.field(str(name), columns[-1].type, metadata=attrs))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _labels(labels: np.ndarray[Any, Any], owner: np.ndarray[Any, Any]) -> pa.DictionaryArray:
    """The label of each row's owner, each distinct label stored once."""
    distinct, codes = np.unique(labels.astype(str), return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)[owner]), pa.array(distinct.tolist()))
