"""A report's folder is a result again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coley.errors import ColeyError, Problem
from coley.report.layout import (
    COURSES,
    MANIFEST,
    PARAMETERS,
    REJECTED,
    REPORT,
    RESULT,
    SOFTWARE,
    SUMMARY,
    TABLES,
    Described,
)
from coley.report.long_table import trajectories_of
from coley.trial.analysis.summary import COLUMNS
from coley.trial.result import ModelDescription, TrialResult
from coley.version import __version__

_SUMMARY_TYPES = dict.fromkeys(COLUMNS, "float64") | {"arm": "str", "endpoint": "str"}
_FOREIGN = "name a folder that coley run or write_report wrote"


def read_result(folder: Path) -> TrialResult:
    """The result whose report :func:`coley.write_report` wrote as ``folder``, equal to what was written.

    Raises:
        ColeyError: where ``folder`` is no report, misses a file, or holds one that was changed.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    files = manifest[REPORT]["files"]
    _demand_whole(folder, files)
    try:
        said = Described.from_json(manifest.pop(RESULT))
        del manifest[REPORT]
        names = [Path(name) for name in files if name.startswith(f"{TABLES}/")]
        if missing := sorted({"ADSL", "ADEX", "ADTR", "ADRS", "ADTTE"} - {path.stem for path in names}):
            raise KeyError(f"no table {', '.join(missing)}")
        model = ModelDescription(said.model, said.mechanisms, said.assumptions, pd.read_parquet(folder / PARAMETERS))
        return TrialResult(
            trial=said.trial,
            seed=said.seed,
            patients=said.patients,
            criteria=said.criteria,
            biomarkers=said.biomarkers,
            tables={path.stem: pd.read_parquet(folder / path) for path in names},
            trajectories=trajectories_of(pq.read_table(folder / COURSES)),
            rejected=_csv(folder / REJECTED, {"REASON": "str", "N": "int64"}),
            summary=_csv(folder / SUMMARY, _SUMMARY_TYPES),
            model=model,
            manifest=manifest,
            notes=said.notes,
        )
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        writer = manifest.get("coley", "of an unknown version")
        what = f"was written by coley {writer} and cannot be read by {__version__}"
        reason = " ".join(str(error).split())
        raise ColeyError(Problem(str(folder), f"{what} ({reason})", "run the trial again")) from error


def _manifest(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ColeyError(Problem(str(folder), "is no folder", _FOREIGN))
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest[REPORT]["software"] != SOFTWARE or not isinstance(manifest[REPORT]["files"], dict):
            raise ValueError("of another software")
    except OSError as error:
        what = f"holds no report: {MANIFEST} cannot be read ({error.strerror or error})"
        raise ColeyError(Problem(str(folder), what, _FOREIGN)) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:  # the last: nested deeper than can be read
        raise ColeyError(Problem(str(folder), f"holds no report: {MANIFEST} is not of one", _FOREIGN)) from error
    return dict(manifest)


def _demand_whole(folder: Path, files: dict[str, str]) -> None:
    """That every file of the report is there as it was written."""
    problems = []
    for name, digest in files.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            problems.append(Problem(str(folder / name), f"cannot be read ({error.strerror or error})"))
            continue
        if found != digest:
            problems.append(Problem(str(folder / name), "is not as it was written", "run the trial again"))
    if problems:
        raise ColeyError(problems)


def _csv(path: Path, types: Mapping[str, str]) -> pd.DataFrame:
    """A table whose columns are of these ``types``; texts are as they stand, numbers have all their digits."""
    numbers = {name: [""] for name, kind in types.items() if kind != "str"}
    exact: Any = {"dtype": dict(types), "float_precision": "round_trip"}
    table: pd.DataFrame = pd.read_csv(path, encoding="utf-8", na_values=numbers, keep_default_na=False, **exact)
    return table
